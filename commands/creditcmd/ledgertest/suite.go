package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Run runs the suite; open makes an empty log that is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T) eventstore.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *fixture){
		"an account that many hammer is linearizable":       testLinearizable,
		"each caller has its own answer, key and metadata":  testOwnAnswers,
		"repeats at the same moment act once":               testRepeats,
		"a repeat of what would be refused now":             testRefusedRepeat,
		"a conflict on another stream is its caller's only": testOtherStream,
		"a bad request is its caller's only":                testBadRequest,
		"who leaves while waiting has done nothing":         testLeaving,
		"a refusal is no older than what the log confirms":  testFreshRefusal,
		"lost answers lose and double nothing":              testLostAnswers,
		"whatever is asked at once adds up":                 testAnything,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec, err := eventstore.NewCodec(credit.Events(), []kernel.Event{noted{}})
			require.NoError(t, err)
			f := &fixture{store: open(t), codec: codec}
			test(t, f)
			f.requireSound(t.Context(), t, workspace)
		})
	}
}

const workspace = kernel.WorkspaceID("ws_1")

// noted is what an append of the tests adds to a stream of its own.
type noted struct {
	Note string `json:"note"`
}

// EventType names the event.
func (noted) EventType() string { return "test.noted.v1" }

type fixture struct {
	store eventstore.Store
	codec *eventstore.Codec
}

// node is the ledger of one process.
func (f *fixture) node() *creditcmd.Ledger { return creditcmd.NewLedger(f.store, f.codec, Keys()) }

func moment() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

func keyed(key string) kernel.Meta {
	return kernel.Meta{Actor: kernel.System(), Workspace: workspace, IdempotencyKey: key, Fingerprint: key}
}

func grant(amount kernel.Credits) func(*credit.Account) error {
	return func(a *credit.Account) error { return a.Grant(credit.KindGrant, amount, "", moment()) }
}

// spend reserves, pays and releases in one go.
func spend(id string, amount kernel.Credits) func(*credit.Account) error {
	return func(a *credit.Account) error {
		if err := a.Reserve(id, "run_1", "tbl_1", amount, moment()); err != nil {
			return err
		}
		if err := a.Debit(id, []credit.Line{{Provider: "p", Amount: amount}}, moment()); err != nil {
			return err
		}
		return a.Release(id, moment())
	}
}

func (f *fixture) grant(t *testing.T, l *creditcmd.Ledger, amount kernel.Credits) {
	t.Helper()
	_, err := l.Commit(t.Context(), keyed(""), workspace, nil, grant(amount))
	require.NoError(t, err)
}

func (f *fixture) account(t *testing.T) *credit.Account {
	t.Helper()
	a, err := f.node().Account(t.Context(), workspace)
	require.NoError(t, err)
	return a
}

// requireSound checks a whole ledger: its chain is unbroken, it adds up, and it was never below zero.
func (f *fixture) requireSound(ctx context.Context, t require.TestingT, ws kernel.WorkspaceID) credit.Proof {
	proof, err := f.node().Prove(ctx, ws, creditcmd.Known{})
	require.NoError(t, err)
	require.True(t, proof.OK, "%+v", proof.FirstBad)
	require.Equal(t, proof.Brought, proof.Available+proof.Reserved+proof.Spent)
	a, err := f.node().Account(ctx, ws)
	require.NoError(t, err)
	require.Equal(t, proof.Available, a.Available())
	require.Equal(t, proof.Reserved, a.Reserved())
	return *proof
}

// together calls fn at once for 0…n-1.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

func testOwnAnswers(t *testing.T, f *fixture) {
	const callers = 60
	nodes := []*creditcmd.Ledger{f.node(), f.node()}
	done, errs := make([]eventstore.Appended, callers), make([]error, callers)
	stream := func(i int) eventstore.StreamID { return eventstore.Stream("run", strconv.Itoa(i)) }
	together(callers, func(i int) {
		meta := keyed(fmt.Sprint("k", i))
		meta.CorrelationID = fmt.Sprint("req_", i)
		done[i], errs[i] = nodes[i%2].Commit(t.Context(), meta, workspace, i, grant(kernel.Credits(i+1)),
			eventstore.At(stream(i), eventstore.NoStream, noted{strconv.Itoa(i)}))
	})
	for i := range callers {
		require.NoError(t, errs[i])
		require.Equal(t, strconv.Itoa(i), string(done[i].Result))
		require.Equal(t, done[i].First+1, done[i].Last, "an entry and a note")
		events, err := f.store.ReadPositions(t.Context(), []int64{done[i].First, done[i].Last})
		require.NoError(t, err)
		require.Equal(t, stream(i), events[1].Stream)
		for _, e := range events {
			m, err := e.Meta()
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("req_", i), m.CorrelationID)
		}
		cmd, found, err := f.store.Command(t.Context(), fmt.Sprint("k", i))
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, done[i].First, cmd.First)
		require.Equal(t, done[i].Last, cmd.Last)
	}
	require.Equal(t, kernel.Credits(callers*(callers+1)/2), f.account(t).Available())
}

func testRepeats(t *testing.T, f *fixture) {
	const callers = 30
	l := f.node()
	f.grant(t, l, 100)
	done, errs := make([]eventstore.Appended, callers), make([]error, callers)
	together(callers, func(i int) {
		id := fmt.Sprint("once", i%3)
		done[i], errs[i] = l.Commit(t.Context(), keyed(id), workspace, nil, spend(id, 30))
	})
	fresh := 0
	for i := range callers {
		require.NoError(t, errs[i])
		require.Equal(t, done[i%3].Last, done[i].Last)
		if !done[i].Replayed {
			fresh++
		}
	}
	require.Equal(t, 3, fresh)
	require.Equal(t, kernel.Credits(10), f.account(t).Available())
}

func testRefusedRepeat(t *testing.T, f *fixture) {
	l := f.node()
	f.grant(t, l, 100)
	first, err := l.Commit(t.Context(), keyed("k"), workspace, "answer", spend("r", 90))
	require.NoError(t, err)
	again, err := l.Commit(t.Context(), keyed("k"), workspace, "answer", spend("r", 90))
	require.NoError(t, err, "there are not enough credits for it any more, but it has been done")
	require.True(t, again.Replayed)
	require.Equal(t, first.Last, again.Last)
	require.Equal(t, first.Result, again.Result)
	_, err = l.Commit(t.Context(), keyed("other"), workspace, nil, spend("r", 90))
	require.ErrorIs(t, err, credit.ErrInsufficient())
	other := keyed("k")
	other.Fingerprint = "another request"
	_, err = l.Commit(t.Context(), other, workspace, nil, spend("r", 90))
	require.ErrorIs(t, err, eventstore.ErrKeyReused)
}

func testOtherStream(t *testing.T, f *fixture) {
	const callers = 40
	l := f.node()
	f.grant(t, l, 1000)
	errs := make([]error, callers)
	together(callers, func(i int) {
		expected := eventstore.Any
		if i%4 == 0 {
			expected = 7 // wrong
		}
		_, errs[i] = l.Commit(t.Context(), keyed(""), workspace, nil, spend(strconv.Itoa(i), 10), eventstore.At("table-tbl_1", expected))
	})
	for i, err := range errs {
		if i%4 != 0 {
			require.NoError(t, err)
			continue
		}
		var conflict *eventstore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, eventstore.StreamID("table-tbl_1"), conflict.Stream)
	}
	require.Equal(t, kernel.Credits(1000-30*10), f.account(t).Available())
}

func testBadRequest(t *testing.T, f *fixture) {
	const callers = 20
	l := f.node()
	errs := make([]error, callers)
	together(callers, func(i int) {
		meta := keyed("")
		if i%4 == 0 {
			meta.IdempotencyKey = "a\nb"
		}
		_, errs[i] = l.Commit(t.Context(), meta, workspace, nil, grant(10))
	})
	for i, err := range errs {
		if i%4 == 0 {
			require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, kernel.Credits(15*10), f.account(t).Available())
}

func testLeaving(t *testing.T, f *fixture) {
	l := f.node()
	deciding, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		var once sync.Once
		_, err := l.Commit(t.Context(), keyed(""), workspace, nil, func(a *credit.Account) error {
			once.Do(func() { close(deciding); <-release })
			return grant(5)(a)
		})
		first <- err
	}()
	<-deciding
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := l.Commit(ctx, keyed(""), workspace, nil, grant(1_000_000))
		second <- err
	}()
	cancel()
	err := <-second
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	close(release)
	require.NoError(t, <-first)
	f.grant(t, l, 7)
	require.Equal(t, kernel.Credits(12), f.account(t).Available())
}

// A node that has seen too few credits asks the log before it refuses.
func testFreshRefusal(t *testing.T, f *fixture) {
	here, there := f.node(), f.node()
	f.grant(t, here, 10)
	f.grant(t, there, 1000)
	_, err := here.Commit(t.Context(), keyed(""), workspace, nil, spend("r", 500))
	require.NoError(t, err)
}

// lossy loses answers: of every third chain before, of every fifth after it was carried out.
type lossy struct {
	eventstore.Store
	mu sync.Mutex
	n  int
}

func (s *lossy) AppendChain(ctx context.Context, chain []eventstore.Append) ([]eventstore.Appended, error) {
	s.mu.Lock()
	s.n++
	n := s.n
	s.mu.Unlock()
	if n%3 == 0 {
		return nil, eventstore.ErrUnknownOutcome
	}
	done, err := s.Store.AppendChain(ctx, chain)
	if n%5 == 0 {
		return nil, eventstore.ErrUnknownOutcome
	}
	return done, err
}

func testLostAnswers(t *testing.T, f *fixture) {
	const callers, each, amount = 12, 10, 7
	f.grant(t, f.node(), callers*each*amount)
	f.store = &lossy{Store: f.store}
	nodes := []*creditcmd.Ledger{f.node(), f.node(), f.node()}
	errs := make([]error, callers)
	together(callers, func(c int) {
		for i := range each {
			id := fmt.Sprintf("c%d.%d", c, i)
			for {
				_, err := nodes[c%len(nodes)].Commit(t.Context(), keyed(id), workspace, nil, spend(id, amount))
				if err == nil {
					break
				}
				if !errors.Is(err, eventstore.ErrUnknownOutcome) {
					errs[c] = err
					return
				}
			}
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Zero(t, f.account(t).Balance(), "each was paid once")
}
