package systemtest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/childproc"
)

// common is the one server of the tests that neither stop it nor count what all of it did. Each of them works in a workspace of its own.
var common struct { //nolint:gochecknoglobals // made by the first test that wants it, ended by run
	once sync.Once
	dir  string
	s    *server
}

// sharedServer is the shared server, started if it is not yet. It must not be stopped, killed or configured.
func sharedServer(t *testing.T) *server {
	t.Helper()
	common.once.Do(func() {
		s := newServerIn(t, filepath.Join(common.dir, "shared"))
		s.start()
		common.s = s
	})
	require.NotNil(t, common.s, "the shared server has not started")
	s := *common.s
	s.t, s.env = t, slices.Clone(s.env)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the shared server's log:\n%s", childproc.Tail(s.log))
		}
	})
	return &s
}

// endShared proves what the tests have left on the shared server, ends it and returns what is wrong.
func endShared(verified bool) error {
	s := common.s
	if s == nil {
		return nil
	}
	var wrong error
	if verified {
		cmd := exec.Command(s.exe, "verify")
		cmd.Env = s.env
		out, err := cmd.CombinedOutput()
		if err != nil || bytes.Contains(out, []byte("BAD")) {
			wrong = fmt.Errorf("verify the shared server: %w\n%s", err, out)
		}
	}
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("the shared server has not ended %s after an interrupt", stopWithin)
	}
	text, err := os.ReadFile(s.log)
	if err == nil && bytes.Contains(text, panicked) {
		return fmt.Errorf("the shared server's log tells of a panic\n%s", childproc.Tail(s.log))
	}
	return wrong
}
