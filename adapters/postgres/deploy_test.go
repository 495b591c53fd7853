package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// envProcess makes the test's own program a process of the product with one projection: "<version> <what it does> <database>".
const envProcess = "MORKET_TEST_PROJECTOR"

func TestMain(m *testing.M) {
	var version int
	var does, dsn, consumer string
	if n, _ := fmt.Sscan(os.Getenv(envProcess), &version, &does, &dsn); n == 3 {
		if err := serve(version, does, dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if n, _ := fmt.Sscan(os.Getenv(envLethal), &consumer, &dsn); n == 2 {
		if err := consume(consumer, dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What a process of the tests does.
const (
	projects = "projects" // and reads
	reads    = "reads"
	unheard  = "unheard" // projects, as a release that doesn't say which versions it reads
)

// serve is a process of the product until standard input ends. It says "at <position>" for each position that it is asked to reach, and
// for "read" what it reads: the number of events, or the code of the error.
func serve(version int, does, dsn string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	presence, err := postgres.Join(ctx, postgres.PresenceConfig{Pool: pool, Logger: logger, Patience: 500 * time.Millisecond})
	if err != nil {
		return err
	}
	if does != unheard {
		if err := presence.Read(ctx, map[string]int{"counts": version}); err != nil {
			return err
		}
	}
	s := &serving{version: version, rows: postgres.NewScoped(pool, pool).Of(presence.Models())}
	if does != reads {
		if err := s.project(ctx, pool, logger); err != nil {
			return err
		}
	}
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		answer, err := s.answer(ctx, asked.Text())
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(os.Stdout, answer)
	}
	return presence.Leave(ctx)
}

// serving is what a process has.
type serving struct {
	version int
	rows    *postgres.Scoped
	runner  *projections.Runner
}

func (s *serving) project(ctx context.Context, pool *pgxpool.Pool, logger *slog.Logger) error {
	log, err := pgstore.Open(ctx, pgstore.Config{Pool: pool})
	if err != nil {
		return err
	}
	store, err := postgres.NewStore(pool, countsIn(s.version))
	if err != nil {
		return err
	}
	s.runner, err = projections.NewRunner(projections.RunnerConfig{
		Projector: counts{version: s.version}, Log: log, Store: store, Clock: kernel.SystemClock{}, Logger: logger, Peers: postgres.NewPeers(pool),
		Limits: projections.Limits{PollMax: 50 * time.Millisecond, CheckpointEvery: 50 * time.Millisecond, Deserted: 300 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	go func() { _ = s.runner.Run(ctx) }()
	return nil
}

func (s *serving) answer(ctx context.Context, asked string) (string, error) {
	if asked == "read" {
		return s.read(ctx), nil
	}
	var position int64
	if _, err := fmt.Sscan(asked, &position); err != nil {
		return "", err
	}
	return fmt.Sprint("at ", position), s.runner.Wait(ctx, position)
}

// read asks as the process' version does: that of version 3 calls the table otherwise, and can ask a copy of version 2.
func (s *serving) read(ctx context.Context) string {
	ctx = kernel.WithScope(ctx, kernel.Scope{System: "test"})
	var n int
	err := s.rows.QueryRow(ctx, `SELECT count(*) FROM rm_counts.`+tableIn(s.version)).Scan(&n)
	if s.version == 3 && err != nil {
		err = s.rows.QueryRow(ctx, `SELECT count(*) FROM rm_counts.`+tableIn(2)).Scan(&n)
	}
	var said *kernel.Error
	switch {
	case errors.As(err, &said):
		return said.Code
	case err != nil:
		return err.Error()
	}
	return fmt.Sprint("read ", n)
}

func tableIn(version int) string {
	if version < 3 {
		return "events"
	}
	return "facts"
}

// countsIn is the model of a version.
func countsIn(version int) postgres.Model {
	m := countsModel
	if version >= 3 {
		m.DDL = strings.ReplaceAll(m.DDL, "TABLE events", "TABLE facts")
		m.Indexes = `CREATE INDEX ON facts (stream)`
		m.Policies = map[string]string{"facts": postgres.Nobodys, "streams": postgres.Nobodys}
	}
	return m
}

// process is another process with the projection.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	asks io.WriteCloser
	says *bufio.Scanner
}

func (w *world) dsn() string {
	c := w.pool.Config().ConnConfig
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s", c.User, c.Password, c.Host, c.Port, c.Database)
}

func (w *world) process(t *testing.T, version int, does string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s %s", envProcess, version, does, w.dsn()))
	cmd.Stderr = os.Stderr
	p := &process{t: t}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	p.says = bufio.NewScanner(out)
	p.asks, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.cmd = cmd
	t.Cleanup(p.end)
	return p
}

// end ends the process in order.
func (p *process) end() {
	_ = p.asks.Close()
	_ = p.cmd.Wait()
}

// ask asks the process for an answer.
func (p *process) ask(what any) string {
	p.t.Helper()
	_, err := fmt.Fprintln(p.asks, what)
	require.NoError(p.t, err)
	require.True(p.t, p.says.Scan(), "the process has ended")
	return p.says.Text()
}

// reaches waits until the process has seen the projection at the position.
func (p *process) reaches(position int64) {
	p.t.Helper()
	require.Equal(p.t, fmt.Sprint("at ", position), p.ask(position))
}

// swapped waits until the live copy is of the version.
func (w *world) swapped(t *testing.T, version int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return w.count(t, fmt.Sprintf(`SELECT count(*) FROM projection.checkpoints WHERE place = 'counts' AND version = %d`, version)) == 1
	}, 30*time.Second, 10*time.Millisecond)
}

// filled waits until the next copy has come as far.
func (w *world) filled(t *testing.T, position int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		return w.count(t, fmt.Sprintf(`SELECT count(*) FROM projection.checkpoints WHERE place = 'counts__next' AND position >= %d`, position)) == 1
	}, 30*time.Second, 10*time.Millisecond)
}

// Both versions answer from the copy that the earlier one keeps, until its last process has gone.
func TestTwoVersionsServeAtOnceDuringADeploy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.process(t, 2, projects)
	first.reaches(w.say(t, "a", "thing.said.v1", 500))
	second := w.process(t, 2, projects)
	next := w.process(t, 3, projects)
	w.filled(t, 500)
	last := int64(0)
	both := func() {
		for range 5 {
			last = w.say(t, "a", "thing.said.v1", 10)
			second.reaches(last)
			w.filled(t, last)
			for _, p := range []*process{second, next} {
				require.Equal(t, fmt.Sprint("read ", last), p.ask("read"))
			}
		}
	}
	both()
	first.end()
	both()
	require.EqualValues(t, 2, w.count(t, `SELECT version FROM projection.checkpoints WHERE place = 'counts'`))
	second.end()
	w.swapped(t, 3)
	last = w.say(t, "a", "thing.said.v1", 1)
	next.reaches(last)
	require.Equal(t, "read 601", next.ask("read"))
	require.EqualValues(t, 601, w.count(t, `SELECT n FROM rm_counts.streams`), "each event once")
	require.Zero(t, w.count(t, `SELECT count(*) FROM projection.checkpoints WHERE place <> 'counts'`), "no copy is left")
}

// Where the only process that kept the earlier copy has gone, those that still read it are told, and say that they can't answer.
func TestAReaderOfAnEarlierVersionAnswersNothingWrong(t *testing.T) {
	t.Parallel()
	for _, ends := range []string{"in order", "by a crash"} {
		t.Run(ends, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			old := w.process(t, 2, projects)
			reader := w.process(t, 2, reads)
			old.reaches(w.say(t, "a", "thing.said.v1", 10))
			next := w.process(t, 3, projects)
			w.filled(t, 10)
			if ends == "by a crash" {
				require.NoError(t, old.cmd.Process.Kill())
			}
			old.end()
			require.Equal(t, "read 10", reader.ask("read"), "nothing has come since")
			w.say(t, "a", "thing.said.v1", 5)
			for w.count(t, `SELECT version FROM projection.checkpoints WHERE place = 'counts'`) == 2 {
				answer := reader.ask("read")
				require.Contains(t, []string{"read 10", "READ_MODEL_TAKEN_OVER"}, answer)
			}
			require.Equal(t, "READ_MODEL_TAKEN_OVER", reader.ask("read"), "it knows before the copy is replaced")
			next.reaches(15)
			require.Equal(t, "read 15", next.ask("read"))
		})
	}
}

// A process of a release that doesn't say what it reads is waited for as well.
func TestAProcessOfAnEarlierReleaseIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.process(t, 2, unheard)
	old.reaches(w.say(t, "a", "thing.said.v1", 10))
	next := w.process(t, 3, projects)
	w.filled(t, 10)
	for range 5 {
		last := w.say(t, "a", "thing.said.v1", 1)
		old.reaches(last)
		w.filled(t, last)
		require.Equal(t, fmt.Sprint("read ", last), old.ask("read"))
	}
	old.end()
	w.swapped(t, 3)
	require.Equal(t, "read 15", next.ask("read"))
}

// A process that was frozen while it was replaced stands by when it wakes up, and answers nothing of what it doesn't know.
func TestAFrozenProcessFindsItsSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.process(t, 2, projects)
	old.reaches(w.say(t, "a", "thing.said.v1", 500))
	require.NoError(t, old.cmd.Process.Signal(syscall.SIGSTOP))
	next := w.process(t, 3, projects)
	w.swapped(t, 3)
	last := w.say(t, "a", "thing.said.v1", 1)
	next.reaches(last)
	_, err := fmt.Fprintln(old.asks, "read") // waits for it
	require.NoError(t, err)
	require.NoError(t, old.cmd.Process.Signal(syscall.SIGCONT))
	require.True(t, old.says.Scan())
	require.Equal(t, "READ_MODEL_TAKEN_OVER", old.says.Text())
	old.reaches(last) // it knows how far its successor is
	require.EqualValues(t, 501, w.count(t, `SELECT n FROM rm_counts.streams`), "each event once")
	require.Zero(t, w.count(t, `SELECT count(*) FROM projection.checkpoints WHERE place <> 'counts'`), "no copy is left")
}
