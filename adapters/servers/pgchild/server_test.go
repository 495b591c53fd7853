//go:build unix

package pgchild_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/pgchild"
)

const dirVar = "PGCHILD_TEST_DIR"

// TestMain lets the test binary play the parent that is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv(dirVar)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := pgchild.Start(context.Background(), pgchild.Config{DataDir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(s.Pid())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// folder returns a temporary folder that an ordinary user may pass, which t.TempDir's parent does not allow for root's.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return dir
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func show(t *testing.T, c *pgx.Conn, setting string) string {
	t.Helper()
	var v string
	require.NoError(t, c.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&v))
	return v
}

func TestRestartKeepsTheDataAndTheDurability(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err)
	require.Equal(t, dir, s.DataDir())
	c := connect(t, s.DSN())
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "commit_delay": "0", "jit": "off",
		"server_encoding": "UTF8", "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "password_encryption": "scram-sha-256", "lc_collate": "C",
	} {
		require.Equal(t, want, show(t, c, setting), setting)
	}
	_, err = c.Exec(t.Context(), "create table kept as select 42 as answer")
	require.NoError(t, err)
	require.NoError(t, s.Stop(), "with a client connected")

	s, err = pgchild.Start(t.Context(), pgchild.Config{DataDir: dir, Port: s.Port()})
	require.NoError(t, err)
	requireAnswer(t, s)
	require.NoError(t, s.Stop())
}

func requireAnswer(t *testing.T, s *pgchild.Server) {
	t.Helper()
	var answer int
	require.NoError(t, connect(t, s.DSN()).QueryRow(t.Context(), "select answer from kept").Scan(&answer))
	require.Equal(t, 42, answer)
}

// Postgres tells by the locale what a letter is; trigrams of text in other scripts need it.
func TestLettersOfEveryScriptAreLetters(t *testing.T) {
	t.Parallel()
	s, err := pgchild.Start(t.Context(), pgchild.Config{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	c := connect(t, s.DSN())
	for _, text := range []string{"Łódź", "Москва", "東京都"} {
		var letters bool
		require.NoError(t, c.QueryRow(t.Context(), `SELECT $1::text ~ '^\w+$'`, text).Scan(&letters))
		require.True(t, letters, text)
	}
}

func TestThePasswordIsAsked(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Stop()) }()
	_, err = pgx.Connect(t.Context(), fmt.Sprintf("postgres://postgres:guess@127.0.0.1:%d/postgres?sslmode=disable", s.Port()))
	require.ErrorContains(t, err, "password authentication failed")
	info, err := os.Stat(filepath.Join(dir, "data", "morket.password"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestACrashOfTheServerLosesNothingCommitted(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err)
	_, err = connect(t, s.DSN()).Exec(t.Context(), "create table kept as select 42 as answer")
	require.NoError(t, err)
	s.Kill()
	<-s.Done()
	require.Error(t, s.Err())

	s, err = pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err)
	requireAnswer(t, s)
	require.NoError(t, s.Stop())
}

func TestTheServerDiesWithItsParentAndStartsAgain(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux has a parent-death signal; the pid file covers the others")
		return
	}
	dir := folder(t)
	exe, err := os.Executable()
	require.NoError(t, err)
	parent := exec.CommandContext(t.Context(), exe)
	parent.Env = append(os.Environ(), dirVar+"="+dir)
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

	_, err = pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.ErrorIs(t, err, childproc.ErrInUse, "while the parent lives its folder is not ours")

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err, "at once, while the old server may still be shutting down")
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, 10*time.Second, 5*time.Millisecond,
		"the old server is gone")
	require.NoError(t, s.Stop())
}

// A server that was killed leaves its lock behind, and the pid in it may be a zombie's or, by now, another program's.
func TestTheLockOfADeadServerDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("whose folder a process works in is only looked up on Linux")
		return
	}
	other, err := pgchild.Start(t.Context(), pgchild.Config{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Stop()) })
	holders := map[string]int{
		"a zombie":                          killedAndNotReaped(t),
		"another program":                   sleeping(t),
		"a server of another folder":        other.Pid(),
		"no number":                         -1,
		"the first process of the machine":  1,
		"a pid that nothing has any longer": 1 << 22,
	}
	for name, pid := range holders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
			require.NoError(t, err)
			_, err = connect(t, s.DSN()).Exec(t.Context(), "create table kept as select 42 as answer")
			require.NoError(t, err)
			lock := filepath.Join(dir, "data", "postmaster.pid")
			held, err := os.ReadFile(lock)
			require.NoError(t, err)
			s.Kill()
			_, rest, _ := strings.Cut(string(held), "\n")
			holder := strconv.Itoa(pid)
			if pid < 0 {
				holder = ""
			}
			require.NoError(t, os.WriteFile(lock, []byte(holder+"\n"+rest), 0o600))

			s, err = pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
			require.NoError(t, err)
			requireAnswer(t, s)
			require.NoError(t, s.Stop())
		})
	}
}

func TestTheLockOfALivingServerHolds(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	require.NoError(t, os.Remove(filepath.Join(dir, "postgres.pid")), "as if the server had been started by hand")
	_, err = pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.ErrorContains(t, err, "postmaster.pid")
	require.Equal(t, "on", show(t, connect(t, s.DSN()), "fsync"), "the first one goes on")
}

func killedAndNotReaped(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("sleep", "600") // killed, but not waited for
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	require.NoError(t, cmd.Process.Kill())
	require.Eventually(t, func() bool { _, lives := childproc.Look(cmd.Process.Pid); return !lives }, 10*time.Second, time.Millisecond)
	return cmd.Process.Pid
}

func sleeping(t *testing.T) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

func TestATemporaryServerLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := pgchild.Start(t.Context(), pgchild.Config{Fast: true})
	require.NoError(t, err)
	require.Equal(t, "off", show(t, connect(t, s.DSN()), "fsync"))
	dir := s.DataDir()
	require.NoError(t, s.Stop())
	require.NoDirExists(t, dir)
}

func TestDataOfAnotherMajorVersionIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("11\n"), 0o600))
	_, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	var version *pgchild.VersionError
	require.ErrorAs(t, err, &version)
	require.Equal(t, 11, version.Data)
	require.ErrorContains(t, err, "pg_dump")
	require.FileExists(t, filepath.Join(data, "PG_VERSION"))
}

func TestAStartThatIsGivenUpLeavesNoServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	dir := folder(t)
	_, err := pgchild.Start(ctx, pgchild.Config{DataDir: dir})
	require.Error(t, err)
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: dir})
	require.NoError(t, err, "the half-made folder does not stand in the way")
	require.NoError(t, s.Stop())
}

func TestPGVariablesOfTheCallerDoNotReachTheServer(t *testing.T) {
	t.Setenv("PGPORT", "")
	t.Setenv("PGDATA", "/nowhere")
	t.Setenv("PGOPTIONS", "-c nonsense=1")
	s, err := pgchild.Start(t.Context(), pgchild.Config{Fast: true})
	require.NoError(t, err)
	require.NoError(t, s.Stop())
}

func TestAnUnusablePGBinIsSaid(t *testing.T) {
	t.Setenv("PG_BIN", t.TempDir())
	_, err := pgchild.FindBinDir(t.Context())
	require.ErrorContains(t, err, "PG_BIN=")
	require.NotErrorIs(t, err, pgchild.ErrNoBinaries, "a wrong setting is not quietly passed over")
}

func TestRootsDataBehindAClosedFolderIsKeptElsewhere(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(folder(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	wanted := filepath.Join(closed, "postgres")
	var log bytes.Buffer
	cfg := pgchild.Config{DataDir: wanted, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	s, err := pgchild.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, s.Stop())
	if os.Geteuid() != 0 {
		require.Equal(t, wanted, s.DataDir())
		return
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(s.DataDir())) })
	require.True(t, strings.HasPrefix(s.DataDir(), "/var/lib/morket/postgres-"), s.DataDir())
	require.Contains(t, log.String(), "closed_folder="+closed)
	first := s.DataDir()
	s, err = pgchild.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, first, s.DataDir(), "always at the same place")
	require.NoError(t, s.Stop())
	moved := closed + "-moved"
	require.NoError(t, os.Rename(closed, moved))
	cfg.DataDir = filepath.Join(moved, "postgres")
	s, err = pgchild.Start(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, first, s.DataDir(), "also when the folder was moved")
	require.NoError(t, s.Stop())
}
