package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// envProcess makes the test's own program a process of the product with one projection: "<version> <database>".
const envProcess = "MORKET_TEST_PROJECTOR"

func TestMain(m *testing.M) {
	var version int
	var dsn, consumer string
	if n, _ := fmt.Sscan(os.Getenv(envProcess), &version, &dsn); n == 2 {
		if err := project(version, dsn); err != nil {
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

// project runs the projection until standard input ends, and says "at <position>" for each position that it is asked to reach.
func project(version int, dsn string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	log, err := pgstore.Open(ctx, pgstore.Config{Pool: pool})
	if err != nil {
		return err
	}
	defer log.Close()
	store, err := postgres.NewStore(pool, countsModel)
	if err != nil {
		return err
	}
	r, err := projections.NewRunner(projections.RunnerConfig{
		Projector: counts{version: version}, Log: log, Store: store, Clock: kernel.SystemClock{},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Limits: projections.Limits{PollMax: 50 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	go func() { _ = r.Run(ctx) }()
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		var position int64
		if _, err := fmt.Sscan(asked.Text(), &position); err != nil {
			return err
		}
		if err := r.Wait(ctx, position); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(os.Stdout, "at", position)
	}
	return nil
}

// process is another process with the projection.
type process struct {
	t    *testing.T
	asks io.WriteCloser
	says *bufio.Scanner
}

func (w *world) dsn() string {
	c := w.pool.Config().ConnConfig
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s", c.User, c.Password, c.Host, c.Port, c.Database)
}

func (w *world) process(t *testing.T, version int) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", envProcess, version, w.dsn()))
	cmd.Stderr = os.Stderr
	p := &process{t: t}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	p.says = bufio.NewScanner(out)
	p.asks, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = p.asks.Close()
		_ = cmd.Wait()
	})
	return p
}

// reaches waits until the process has seen the projection at the position.
func (p *process) reaches(position int64) {
	p.t.Helper()
	_, err := fmt.Fprintln(p.asks, position)
	require.NoError(p.t, err)
	require.True(p.t, p.says.Scan(), "the process has ended")
	require.Equal(p.t, fmt.Sprint("at ", position), p.says.Text())
}

func TestADeployOfANewVersionRebuildsWhileTheOldOneServes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.process(t, 1)
	old.reaches(w.say(t, "a", "thing.said.v1", 500))
	next := w.process(t, 2)
	last := int64(0)
	for range 20 {
		last = w.say(t, "a", "thing.said.v1", 10)
		require.GreaterOrEqual(t, w.count(t, `SELECT count(*) FROM rm_counts.events`), int64(500), "readers see a whole read model at every moment")
	}
	next.reaches(last)
	require.Eventually(t, func() bool {
		return w.count(t, `SELECT version FROM projection.checkpoints WHERE place = 'counts'`) == 2
	}, 30*time.Second, 10*time.Millisecond)
	last = w.say(t, "a", "thing.said.v1", 1)
	next.reaches(last)
	old.reaches(last) // it stands by, and knows how far its successor is
	require.EqualValues(t, 701, w.count(t, `SELECT count(*) FROM rm_counts.events`), "each event once")
	require.EqualValues(t, 701, w.count(t, `SELECT n FROM rm_counts.streams`))
	require.Zero(t, w.count(t, `SELECT count(*) FROM projection.checkpoints WHERE place <> 'counts'`), "no copy is left")
}
