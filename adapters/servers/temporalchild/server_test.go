//go:build unix

package temporalchild_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/temporalchild"
)

func dial(t *testing.T, s *temporalchild.Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: s.Address(), Namespace: s.Namespace(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestACrashKeepsTheWorkflows(t *testing.T) {
	t.Parallel()
	cfg := temporalchild.Config{DataDir: t.TempDir()}
	s, err := temporalchild.Start(t.Context(), cfg)
	require.NoError(t, err)
	run, err := dial(t, s).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "kept", TaskQueue: "nobody"}, "waits")
	require.NoError(t, err)

	_, err = temporalchild.Start(t.Context(), cfg)
	require.ErrorIs(t, err, childproc.ErrInUse)

	s.Kill()
	<-s.Done()
	require.Error(t, s.Err())

	cfg.Port = s.Port()
	s, err = temporalchild.Start(t.Context(), cfg)
	require.NoError(t, err)
	state, err := dial(t, s).DescribeWorkflowExecution(t.Context(), "kept", "")
	require.NoError(t, err)
	require.Equal(t, run.GetRunID(), state.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, state.GetWorkflowExecutionInfo().GetStatus())
	require.NoError(t, s.Stop())
}

func TestATemporaryServerLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := temporalchild.Start(t.Context(), temporalchild.Config{Fast: true, Namespace: "own"})
	require.NoError(t, err)
	_, err = dial(t, s).CheckHealth(t.Context(), &client.CheckHealthRequest{})
	require.NoError(t, err)
	require.NoError(t, s.Stop())
}

func TestAnUnusableBinaryIsSaid(t *testing.T) {
	t.Setenv("TEMPORAL_BIN", "/bin/false")
	_, err := temporalchild.FindBinary(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "TEMPORAL_BIN=/bin/false")
	require.NotErrorIs(t, err, temporalchild.ErrNoBinary, "a wrong setting is not quietly passed over")
}

func TestFindBinaryWithoutAny(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("TEMPORAL_BIN", "")
	_, err := temporalchild.FindBinary(t.Context(), t.TempDir())
	require.ErrorIs(t, err, temporalchild.ErrNoBinary)
}
