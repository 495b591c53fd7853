package temporal_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/morket/morket/adapters/servers/temporalchild"
	"github.com/morket/morket/adapters/temporal"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/commands/workflowflow"
	"github.com/morket/morket/domain/kernel"
)

// script is a run of a workflow that stands where it is told.
type script struct {
	mu     sync.Mutex
	stands []workflowcmd.Stand
	looked chan struct{}
}

// Lost implements workflowflow.Runner.
func (*script) Lost(context.Context, kernel.WorkflowRunID) error { return nil }

// Run implements workflowflow.Runner.
func (s *script) Run(context.Context, kernel.WorkflowRunID, workflowcmd.Alive) (workflowcmd.Stand, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.stands[0]
	s.stands = s.stands[1:]
	s.looked <- struct{}{}
	return at, nil
}

// TestTheFlowOfWorkflows: one flow waits for its time and to be woken, and what Temporal writes down of it does not grow with the rows of a
// run. With MORKET_TEST_RECORD its history is written for the replay test.
func TestTheFlowOfWorkflows(t *testing.T) {
	t.Parallel()
	server, err := temporalchild.Start(t.Context(), temporalchild.Config{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	client, err := temporal.Open(temporal.Config{Address: server.Address(), Logger: logger()})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	s := &script{looked: make(chan struct{}, 10), stands: []workflowcmd.Stand{{Wait: time.Second}, {}, {Done: true}}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- client.RunWorker(ctx, temporal.WorkerConfig{}, func(r worker.Registry) { workflowflow.Register(r, workflowflow.NewActivities(s)) })
	}()
	f := workflowflow.Underway("wfr_1")
	started, err := client.Start(t.Context(), f.ID, f.Workflow, f.Input)
	require.NoError(t, err)
	require.True(t, started)
	<-s.looked
	<-s.looked // its time has passed
	require.Eventually(t, func() bool {
		found, err := client.Signal(t.Context(), f.ID, f.Signal)
		return err == nil && found
	}, 10*time.Second, 50*time.Millisecond)
	<-s.looked
	require.NoError(t, client.SDK().GetWorkflow(t.Context(), f.ID, "").Get(t.Context(), nil))
	out := &history.History{}
	it := client.SDK().GetWorkflowHistory(t.Context(), f.ID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(t, err)
		out.Events = append(out.Events, e)
	}
	require.Less(t, len(out.Events), 40, "three looks at the log, whatever the run does in them")
	if folder := os.Getenv(envRecord); folder != "" {
		b, err := protojson.MarshalOptions{Multiline: true}.Marshal(out)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "workflow_run.json"), b, 0o600))
	}
	stop()
	<-ended
}
