//go:build fault

package systemtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// own are the harms to Morket and the servers that it starts.
func own() []harm {
	return []harm{
		{"everything is killed", func(l *loop) {
			l.kills.Add(1)
			l.killAll()
		}},
		{"Morket is killed", func(l *loop) {
			l.kills.Add(1)
			require.NoError(l.t, l.cmd.Process.Kill())
			<-l.done
			l.start()
		}},
		{"SIGTERM", func(l *loop) {
			require.NoError(l.t, l.cmd.Process.Signal(syscall.SIGTERM))
			select {
			case <-l.done:
			case <-time.After(stopWithin):
				l.t.Fatalf("not ended %s after SIGTERM", stopWithin)
			}
			require.Zero(l.t, l.cmd.ProcessState.ExitCode())
			l.start()
		}},
		{"Postgres is killed", func(l *loop) { l.killChild("postgres") }},
		{"Temporal is killed", func(l *loop) { l.killChild("temporal") }},
		{"Temporal is emptied", func(l *loop) {
			l.mustChild("temporal", 0)
			l.emptyTemporal()
			l.killChild("temporal")
		}},
	}
}

// killAll kills the server and its children at once, and starts it in the same moment, while they are still going down.
func (s *server) killAll() {
	s.t.Helper()
	children := s.children()
	require.NotEmpty(s.t, children)
	require.NoError(s.t, s.cmd.Process.Kill())
	for _, pid := range children {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			require.ErrorIs(s.t, err, syscall.ESRCH) // its parent's death took it along
		}
	}
	<-s.done
	s.start()
}

func (s *server) killChild(name string) {
	s.t.Helper()
	old := s.mustChild(name, 0)
	require.NoError(s.t, syscall.Kill(old, syscall.SIGKILL))
	s.mustChild(name, old)
}

// emptyTemporal removes the files of the Temporal that runs.
func (s *server) emptyTemporal() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "temporal", "temporal.db*"))
	require.NoError(s.t, err)
	require.NotEmpty(s.t, files)
	for _, name := range files {
		require.NoError(s.t, os.Remove(name))
	}
}

// beside are the harms to the servers beside Morket.
func beside(parts []*part) (all []harm) {
	for _, p := range parts {
		away := func(end func(), meanwhile func(*loop)) func(*loop) {
			return func(l *loop) {
				end()
				l.goesOn(3) // nobody needs it for what they do
				meanwhile(l)
				p.start(l.t)
			}
		}
		kill := func() { p.kill() }
		all = append(all,
			harm{p.name + " is stopped", away(func() { _ = p.stop() }, func(l *loop) { l.copy(p) })},
			harm{p.name + " is killed", away(kill, func(*loop) {})},
			harm{p.name + " is emptied", away(kill, func(l *loop) { instead(l.t, p.dir, "") })},
			harm{p.name + " is restored from an older copy", away(kill, func(l *loop) { l.older(p) })},
		)
	}
	return all
}

// copy keeps the data of a server that has been stopped.
func (l *loop) copy(p *part) {
	l.t.Helper()
	to := l.t.TempDir()
	out, err := exec.CommandContext(l.ctx, "cp", "-a", p.dir+"/.", to).CombinedOutput()
	require.NoError(l.t, err, "%s", out)
	if old := l.copies[p.name]; old != "" {
		require.NoError(l.t, os.RemoveAll(old))
	}
	l.copies[p.name] = to
}

// older puts an older copy in the place of the server's data; of one that has none yet, the data is copied for later.
func (l *loop) older(p *part) {
	l.t.Helper()
	if l.copies[p.name] == "" {
		l.copy(p)
		l.goesOn(3)
	}
	instead(l.t, p.dir, l.copies[p.name])
}

// instead empties the folder and fills it with a copy of another, if there is one.
func instead(t *testing.T, dir, with string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.Mkdir(dir, 0o755))
	if with != "" {
		out, err := exec.CommandContext(t.Context(), "cp", "-a", with+"/.", dir).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}
