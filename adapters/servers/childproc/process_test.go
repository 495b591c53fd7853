//go:build unix

package childproc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/childproc"
)

// roleVar makes the test binary play a program: the children here need nothing installed.
const roleVar = "CHILDPROC_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVar); role {
	case "":
		os.Exit(m.Run())
	case "idle", "stubborn":
		if role == "stubborn" {
			ignoreTermination()
		}
		fmt.Println("up")
		fmt.Fprintln(os.Stderr, "secret="+os.Getenv("MORKET_MASTER_KEY"))
		idle()
	case "fail":
		fmt.Println("the disk is full")
		os.Exit(3)
	case "parent":
		os.Exit(playParent(os.Getenv("CHILDPROC_TEST_DIR")))
	default:
		os.Exit(2)
	}
}

func playParent(dir string) int {
	p, err := childproc.Start(context.Background(), config(dir, "idle"))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println(p.Pid())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func config(dir, role string) childproc.Config {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	log := filepath.Join(dir, "log")
	return childproc.Config{
		Name: role, Path: exe, Dir: dir, Env: childproc.Env(roleVar + "=" + role), LogFile: log,
		PidFile: filepath.Join(dir, "pid"), Grace: 5 * time.Second,
		Ready: func(context.Context, int) error {
			if !strings.Contains(childproc.Tail(log), "up") {
				return errors.New("says nothing yet")
			}
			return nil
		},
	}
}

func TestStopIsGraceful(t *testing.T) {
	t.Parallel()
	p, err := childproc.Start(t.Context(), config(t.TempDir(), "idle"))
	require.NoError(t, err)
	require.NoError(t, p.Err())
	require.NoError(t, p.Stop())
	require.NoError(t, p.Stop(), "a second Stop does nothing")
	<-p.Done()
	require.ErrorContains(t, p.Err(), "terminated")
}

func TestStopKillsAChildThatDoesNotListen(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir(), "stubborn")
	cfg.Grace = 50 * time.Millisecond
	p, err := childproc.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.ErrorContains(t, p.Stop(), "did not end within 50ms and was killed")
}

func TestAChildThatEndsEarlyShowsItsLog(t *testing.T) {
	t.Parallel()
	_, err := childproc.Start(t.Context(), config(t.TempDir(), "fail"))
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "the disk is full")
}

func TestAChildThatIsNeverReadyIsStopped(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir(), "idle")
	pid := 0
	cfg.ReadyWithin = 60 * time.Millisecond
	cfg.Ready = func(_ context.Context, p int) error { pid = p; return errors.New("no answer on its port") }
	_, err := childproc.Start(t.Context(), cfg)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no answer on its port")
	require.False(t, lives(pid))
}

func TestTheEnvironmentHoldsNoSecret(t *testing.T) {
	t.Setenv("MORKET_MASTER_KEY", "hunter2")
	t.Setenv("DATABASE_URL", "postgres://u:hunter2@h/d")
	dir := t.TempDir()
	p, err := childproc.Start(t.Context(), config(dir, "idle"))
	require.NoError(t, err)
	require.NoError(t, p.Stop())
	log := childproc.Tail(filepath.Join(dir, "log"))
	require.Contains(t, log, "up")
	require.NotContains(t, log, "hunter2")
	require.NotContains(t, strings.Join(childproc.ToolEnv(), "\n"), "hunter2")
}

func TestASecondStarterIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := childproc.Start(t.Context(), config(dir, "idle"))
	require.NoError(t, err)
	_, err = childproc.Start(t.Context(), config(dir, "idle"))
	require.ErrorIs(t, err, childproc.ErrInUse)
	require.True(t, lives(p.Pid()), "the first one is left alone")
	require.NoError(t, p.Stop())
	p, err = childproc.Start(t.Context(), config(dir, "idle"))
	require.NoError(t, err, "the lock goes with the child")
	require.NoError(t, p.Stop())
}

func TestKillingTheParentKillsTheChild(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux has a parent-death signal; the pid file covers the others")
		return
	}
	child := orphan(t, t.TempDir())
	require.Eventually(t, func() bool { return !lives(child) }, 10*time.Second, 5*time.Millisecond)
}

func TestAStaleChildIsStoppedAtStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config(dir, "idle")
	stale := exec.CommandContext(t.Context(), cfg.Path)
	stale.Env = cfg.Env
	require.NoError(t, stale.Start())
	require.NoError(t, os.WriteFile(cfg.PidFile, []byte(strconv.Itoa(stale.Process.Pid)+"\n"+cfg.Path+"\n"), 0o600))
	ended := make(chan error, 1)
	go func() { ended <- stale.Wait() }()
	p, err := childproc.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.ErrorContains(t, <-ended, "terminated")
	require.NoError(t, p.Stop())
}

// A folder that is copied while a child runs names a child that is not its own.
func TestTheChildOfACopiedFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	first, err := childproc.Start(t.Context(), config(dir, "idle"))
	require.NoError(t, err)
	named, err := os.ReadFile(config(dir, "idle").PidFile)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config(copied, "idle").PidFile, named, 0o600))
	second, err := childproc.Start(t.Context(), config(copied, "idle"))
	require.NoError(t, err)
	require.True(t, lives(first.Pid()))
	require.NoError(t, second.Stop())
	require.NoError(t, first.Stop())
}

func TestAPidThatWasUsedAgainIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config(dir, "idle")
	require.NoError(t, os.WriteFile(cfg.PidFile, []byte(strconv.Itoa(os.Getpid())+"\n/usr/bin/another\n"), 0o600))
	p, err := childproc.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, p.Stop())
}

// orphan starts a parent that starts a child, kills the parent as kill -9 does, and returns the child's pid.
func orphan(t *testing.T, dir string) int {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	parent := exec.CommandContext(t.Context(), exe)
	parent.Env = append(os.Environ(), roleVar+"=parent", "CHILDPROC_TEST_DIR="+dir)
	stdin, err := parent.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	return pid
}

func lives(pid int) bool {
	state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err == nil {
		_, after, _ := strings.Cut(string(state), ") ")
		return !strings.HasPrefix(after, "Z")
	}
	return runtime.GOOS != "linux" && syscall.Kill(pid, 0) == nil
}
