package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/redischild"
)

func TestAServerThatIsKilledIsStartedAgainAtItsAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := kept("redis", func(ctx context.Context, log *slog.Logger, port int) (*redischild.Server, error) {
		return redischild.Start(ctx, redischild.Config{Dir: dir, Port: port, Logger: log})
	}, func(s *redischild.Server) []string { return []string{strconv.Itoa(s.Port())} })
	ctx, cancel := context.WithCancel(t.Context())
	up, err := start(ctx, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	cancel() // an interrupt, after which Morket still needs its servers for a while
	pid := func() int {
		text, _ := os.ReadFile(filepath.Join(dir, "redis.pid"))
		first, _, _ := strings.Cut(string(text), "\n")
		n, _ := strconv.Atoi(first)
		return n
	}
	answers := func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+up.env[0])
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
	first := pid()
	require.Positive(t, first)
	require.True(t, answers())
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	require.Eventually(t, func() bool { return pid() > 0 && pid() != first && answers() }, time.Minute, 10*time.Millisecond)
	require.NoError(t, up.stop())
	require.False(t, answers())
}
