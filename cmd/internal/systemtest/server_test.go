package systemtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/adapters/servers/childproc"
)

// binary is the program under test, built once for all tests.
var binary string //nolint:gochecknoglobals // made by TestMain, read by every test

// hubSpot is the address of the stand-in that servers connect to unless a test says otherwise.
var hubSpot string //nolint:gochecknoglobals // the same

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "morket-system-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "morket")
	build := exec.Command("go", "build", "-o", binary, "github.com/morket/morket/cmd/morket")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program under test: %v\n%s", err, out)
		return 1
	}
	vendor := httptest.NewServer(hubspottwin.New(hubspottwin.Config{Now: time.Now}))
	defer vendor.Close()
	hubSpot, common.dir = vendor.URL, dir
	code := m.Run()
	if err := endShared(code == 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

const (
	startWithin = 90 * time.Second // the machine may be busy with other packages' tests
	stopWithin  = 40 * time.Second
	doneWithin  = 2 * time.Minute
	// verifiedWithin is longer: each read model is made anew, those of the servers beside Morket too.
	verifiedWithin = 10 * time.Minute
	pollEvery      = 10 * time.Millisecond
)

// server is one process of the program under test.
type server struct {
	t    *testing.T
	dir  string // its data folder
	url  string
	env  []string
	args []string
	log  string // what it wrote, over all its lives
	exe  string // the program; that under test

	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// newServer returns a server with an empty data folder of its own, not started yet. Rate limits are off: the tests are
// faster than any person.
func newServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := newServerIn(t, t.TempDir(), env...)
	t.Cleanup(s.end)
	return s
}

// newServerIn returns one with its data in the folder, which the caller ends.
func newServerIn(t *testing.T, dir string, env ...string) *server {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	// The embedded Postgres runs as an ordinary user when the tests run as root, so others must be able to pass.
	for _, d := range []string{dir, filepath.Dir(dir)} {
		require.NoError(t, os.Chmod(d, 0o755))
	}
	port, err := childproc.FreePort(t.Context())
	require.NoError(t, err)
	address := "127.0.0.1:" + strconv.Itoa(port)
	s := &server{t: t, dir: filepath.Join(dir, "data"), url: "http://" + address, log: filepath.Join(dir, "morket.log"), exe: binary, args: []string{"serve"}}
	s.env = append(cleanEnv(),
		"MORKET_DATA_DIR="+s.dir, "MORKET_HTTP_ADDR="+address, "MORKET_LOG_FORMAT=json",
		"MORKET_RATE_GENERAL=0", "MORKET_RATE_GRID=0", "MORKET_RATE_AUTH=0", "MORKET_RATE_ENRICHMENT=0", "MORKET_RATE_ADMIN=0")
	s.env = slices.Concat(s.env, crmEnv(hubSpot), env)
	return s
}

// cleanEnv is our environment without the settings of Morket, whose meaning for the program under test is up to the test.
func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return strings.HasPrefix(name, "MORKET_") || strings.HasPrefix(name, "TEMPORAL_ADDRESS") || strings.HasPrefix(name, "TEMPORAL_NAMESPACE") ||
			slices.Contains([]string{"DATABASE_URL", "AMQP_URL", "REDIS_URL", "S3_URL", "CLICKHOUSE_URL", "OPENSEARCH_URL", "SMTP_URL"}, name)
	})
}

// start runs the program and returns when it says that it is ready.
func (s *server) start() {
	s.t.Helper()
	out, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(s.t, err)
	ready := &herald{word: []byte("Morket is ready"), heard: make(chan struct{}), out: out}
	s.cmd = exec.Command(s.exe, s.args...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.env, ready, out
	require.NoError(s.t, s.cmd.Start())
	s.done = make(chan struct{})
	go func() {
		s.err = s.cmd.Wait()
		_ = out.Close()
		close(s.done)
	}()
	select {
	case <-ready.heard:
	case <-s.done:
		s.t.Fatalf("the server ended while starting: %v\n%s", s.err, childproc.Tail(s.log))
	case <-time.After(startWithin):
		s.t.Fatalf("the server is not ready after %s\n%s", startWithin, childproc.Tail(s.log))
	}
}

// herald passes on what is written and closes heard when the word comes by.
type herald struct {
	word  []byte
	heard chan struct{}
	out   *os.File
	seen  []byte
	once  sync.Once
}

// Write implements io.Writer.
func (h *herald) Write(p []byte) (int, error) {
	h.seen = append(h.seen, p...)
	if bytes.Contains(h.seen, h.word) {
		h.once.Do(func() { close(h.heard) })
	}
	return h.out.Write(p)
}

// kill ends the process as a crash would, waits until its children are gone too, and returns how long they took.
func (s *server) kill() time.Duration {
	s.t.Helper()
	children := s.children()
	began := time.Now()
	require.NoError(s.t, s.cmd.Process.Kill())
	<-s.done
	s.gone(children)
	return time.Since(began)
}

// stop interrupts the process, as Ctrl-C does, and returns how long it took to end and its exit code.
func (s *server) stop() (time.Duration, int) {
	s.t.Helper()
	children := s.children()
	began := time.Now()
	require.NoError(s.t, s.cmd.Process.Signal(os.Interrupt))
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		s.t.Fatalf("the server has not ended %s after an interrupt\n%s", stopWithin, childproc.Tail(s.log))
	}
	took := time.Since(began)
	for _, pid := range children {
		require.False(s.t, alive(pid), "a child outlived the server")
	}
	return took, s.cmd.ProcessState.ExitCode()
}

// panicked is what the log has after a panic.
var panicked = []byte(`"msg":"panic"`) //nolint:gochecknoglobals // a constant, but for its type

// end is the cleanup: nothing of the server is left, also after a failed test.
func (s *server) end() {
	if s.cmd != nil {
		select {
		case <-s.done:
		default:
			_ = s.cmd.Process.Signal(os.Interrupt)
			select {
			case <-s.done:
			case <-time.After(stopWithin):
				s.t.Errorf("the server has not ended %s after an interrupt", stopWithin)
				_ = s.cmd.Process.Kill()
				<-s.done
			}
		}
	}
	if s.t.Failed() {
		s.t.Logf("end of the server's log:\n%s", childproc.Tail(s.log))
	}
	text, err := os.ReadFile(s.log)
	if err == nil && bytes.Contains(text, panicked) {
		s.t.Error("the server's log tells of a panic")
	}
}

// children are the pids of the server's own Postgres and Temporal, by name.
func (s *server) children() map[string]int {
	found := map[string]int{}
	for _, name := range []string{"postgres", "temporal"} {
		if pid, ok := s.child(name); ok {
			found[name] = pid
		}
	}
	return found
}

func (s *server) child(name string) (int, bool) {
	text, err := os.ReadFile(filepath.Join(s.dir, name, name+".pid"))
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	return pid, err == nil && pid > 1
}

// mustChild waits until the child runs; Temporal is started in the background.
func (s *server) mustChild(name string, not int) int {
	s.t.Helper()
	var pid int
	s.eventually(startWithin, name+" runs", func() bool {
		var ok bool
		pid, ok = s.child(name)
		return ok && pid != not && alive(pid)
	})
	return pid
}

func (s *server) gone(children map[string]int) {
	s.t.Helper()
	for name, pid := range children {
		s.eventually(stopWithin, name+" is gone", func() bool { return !alive(pid) })
	}
}

// alive reports whether the process runs; one that nobody has waited for yet does not.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// eventually polls what only shows from outside until it holds.
func (s *server) eventually(within time.Duration, what string, holds func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("not within %s: %s\n%s", within, what, childproc.Tail(s.log))
		}
	}
}

// tool runs another command of the program on the server's folder and returns what it printed and its exit code.
func (s *server) tool(args ...string) (string, int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), doneWithin)
	defer cancel()
	return s.toolWithin(ctx, args...)
}

// toolWithin is tool with a time limit of the caller's.
func (s *server) toolWithin(ctx context.Context, args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.CommandContext(ctx, s.exe, args...)
	cmd.Env = s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(s.t, err, errs.String())
	}
	return out.String() + errs.String(), cmd.ProcessState.ExitCode()
}

// verify proves the log's invariants, and that each read model equals one rebuilt from it.
func (s *server) verify() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), verifiedWithin)
	defer cancel()
	out, code := s.toolWithin(ctx, "verify")
	require.Zero(s.t, code, out)
	require.Contains(s.t, out, "dense, every stream whole")
	require.NotContains(s.t, out, "BAD")
	require.GreaterOrEqual(s.t, strings.Count(out, "live = rebuilt"), 7, out)
}

// health is an answer of /readiness.
type health struct {
	Ready        bool `json:"ready"`
	Dependencies map[string]struct {
		State   string `json:"state"`
		Message string `json:"message"`
	} `json:"dependencies"`
	status int
}

func (s *server) readiness() (health, error) {
	var h health
	c := client{t: s.t, base: s.url}
	r, err := c.try(s.t.Context(), http.MethodGet, "/readiness", nil)
	if err != nil {
		return h, err
	}
	h.status = r.Status
	return h, r.into(&h)
}
