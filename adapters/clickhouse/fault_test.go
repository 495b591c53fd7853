package clickhouse_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/sidestore"
)

// faultFixture is a log, an engine of the test's own, and the projection between them.
type faultFixture struct {
	log    *memstore.Store
	engine *clickhousechild.Server
	cfg    clickhousechild.Config
	client *clickhouse.Client
	side   *sidestore.Store
	store  *clickhouse.Analytics
	said   int64
}

func newFaultFixture(t *testing.T, through func(url string) string) *faultFixture {
	t.Helper()
	e := &faultFixture{log: memstore.New(kernel.SystemClock{}), cfg: clickhousechild.Config{DataDir: t.TempDir()}}
	e.startEngine(t)
	t.Cleanup(func() { e.engine.Kill() })
	url := e.engine.URL()
	if through != nil {
		url = through(url)
	}
	e.client = connect(t, url)
	engine := clickhouse.NewEngine(e.client, clickhouse.AnalyticsModel(500))
	e.side = sideStore(t, engine, analyticsview.NameClickHouse, e.log.Head)
	e.store = clickhouse.NewAnalytics(engine, e.side)
	return e
}

func (e *faultFixture) startEngine(t *testing.T) {
	t.Helper()
	s, err := clickhousechild.Start(context.Background(), e.cfg)
	require.NoError(t, err)
	e.engine, e.cfg.Port = s, s.Port()
}

func (e *faultFixture) config() projections.RunnerConfig {
	return projections.RunnerConfig{
		Projector: analyticsview.New(analyticsview.NameClickHouse, clickhouse.OpenAnalytics), Log: e.log, Store: e.side, Clock: kernel.SystemClock{},
		Logger: slog.New(slog.DiscardHandler), Limits: projections.Limits{BatchEvents: 50, PollMax: 100 * time.Millisecond, BackoffMax: 200 * time.Millisecond},
	}
}

// run follows the log until the test ends.
func (e *faultFixture) run(t *testing.T) {
	t.Helper()
	r, err := projections.NewRunner(e.config())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
}

// say appends grants of one credit each.
func (e *faultFixture) say(t *testing.T, n int) {
	t.Helper()
	for range n {
		e.said++
		data, err := json.Marshal(credit.Granted{Entry: credit.Entry{Kind: credit.KindGrant, Amount: 1000}})
		require.NoError(t, err)
		_, err = e.log.Append(t.Context(), eventstore.Append{
			Meta:    kernel.Meta{Actor: kernel.System(), Workspace: "ws_1"},
			Streams: []eventstore.StreamAppend{{Stream: "credit-ws_1", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: (credit.Granted{}).EventType(), Data: data}}}},
		})
		require.NoError(t, err)
	}
}

func (e *faultFixture) sum(ctx context.Context) (count, credits int64, err error) {
	now := time.Now().UTC().Truncate(analyticsview.Quarter)
	q := analyticsview.Query{Workspace: "ws_1", Kind: analyticsview.Credit, Buckets: []time.Time{now.Add(-time.Hour), now.Add(time.Hour)}}
	err = e.store.Sum(ctx, q, func(r analyticsview.Row) error {
		count, credits = r.N, r.Credits
		return nil
	})
	return count, credits, err
}

// settles waits until readers see everything that was said, once, and verifies the read model.
func (e *faultFixture) settles(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		n, sum, err := e.sum(t.Context())
		require.LessOrEqual(t, n, e.said, "something was counted twice")
		return err == nil && n == e.said && sum == 1000*e.said
	}, time.Minute, 50*time.Millisecond)
	v, err := projections.Verify(t.Context(), projections.RebuildConfig{RunnerConfig: e.config()})
	require.NoError(t, err)
	require.Empty(t, v.Differs)
	require.Empty(t, v.Parked)
	require.Equal(t, []string{"cube", "facts"}, v.Tables)
}

func TestAnEngineKilledInTheMiddleLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	e := newFaultFixture(t, nil)
	e.run(t)
	for range 3 {
		e.say(t, 400)
		e.engine.Kill()
		e.say(t, 200) // the log goes on
		_, _, err := e.sum(t.Context())
		require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err), "%v", err)
		e.startEngine(t)
	}
	e.settles(t)
}

func TestAnEmptiedEngineIsFilledAgain(t *testing.T) {
	t.Parallel()
	e := newFaultFixture(t, nil)
	e.run(t)
	e.say(t, 300)
	e.settles(t)
	require.NoError(t, clickhouse.DropDatabase(t.Context(), e.client))
	_, _, err := e.sum(t.Context())
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err), "%v", err)
	e.settles(t) // although nothing new is written
	require.NoError(t, clickhouse.DropDatabase(t.Context(), e.client))
	e.say(t, 100)
	e.settles(t)
}

// slow is a proxy that cuts connections now and then, and holds everything up a little.
func slow(t *testing.T, url string) string {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for n := 1; ; n++ {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { relay(in, strings.TrimPrefix(url, "http://"), n) })
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return fmt.Sprintf("http://%s", l.Addr())
}

// relay carries one connection; every third ends after some answers.
func relay(in net.Conn, to string, n int) {
	defer in.Close()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	buf := make([]byte, 32<<10)
	for answers := 0; n%3 != 0 || answers < 20; answers++ {
		got, err := out.Read(buf)
		if err != nil {
			return
		}
		<-time.After(20 * time.Millisecond)
		if _, err := in.Write(buf[:got]); err != nil {
			return
		}
	}
}

func TestASlowAndUnsteadyConnection(t *testing.T) {
	t.Parallel()
	e := newFaultFixture(t, func(url string) string { return slow(t, url) })
	e.run(t)
	for range 5 {
		e.say(t, 100)
	}
	e.settles(t)
}
