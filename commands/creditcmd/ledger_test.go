package creditcmd_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = kernel.WorkspaceID("ws_1")

type fixture struct {
	store eventstore.Store
	codec *eventstore.Codec
	clock *kernel.ManualClock
}

func setup(t *testing.T) fixture {
	t.Helper()
	codec, err := eventstore.NewCodec(credit.Events())
	require.NoError(t, err)
	clock := kernel.NewManualClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	return fixture{store: memstore.New(clock), codec: codec, clock: clock}
}

func (f fixture) ledger() *creditcmd.Ledger { return creditcmd.NewLedger(f.store, f.codec) }

func (f fixture) grant(t *testing.T, amount kernel.Credits) {
	t.Helper()
	_, err := creditcmd.NewHandlers(f.ledger(), f.clock).Grant(t.Context(), kernel.Meta{Actor: kernel.System()}, creditcmd.Grant{Workspace: ws, Amount: amount})
	require.NoError(t, err)
}

func TestGrantTwiceUnderOneKeyGrantsOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	h := creditcmd.NewHandlers(f.ledger(), f.clock)
	meta := kernel.Meta{Actor: kernel.System(), IdempotencyKey: "k", Fingerprint: "f"}
	cmd := creditcmd.Grant{Workspace: ws, Amount: 500}
	first, err := h.Grant(t.Context(), meta, cmd)
	require.NoError(t, err)
	second, err := h.Grant(t.Context(), meta, cmd)
	require.NoError(t, err)
	require.True(t, second.Replayed)
	require.Equal(t, first.Value, second.Value)
	require.Equal(t, first.Position, second.Position)
	a, err := f.ledger().Account(t.Context(), ws)
	require.NoError(t, err)
	require.Equal(t, kernel.Credits(500), a.Available())
}

func TestConflictOnAnotherStreamIsTheCallers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.grant(t, 100)
	decide := func(a *credit.Account) error { return a.Reserve("r", "run_1", "tbl_1", 10, f.clock.Now()) }
	_, err := f.ledger().Commit(t.Context(), kernel.Meta{}, ws, nil, decide, eventstore.At("table-tbl_1", 7))
	var conflict *eventstore.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, eventstore.StreamID("table-tbl_1"), conflict.Stream)
	a, err := f.ledger().Account(t.Context(), ws)
	require.NoError(t, err)
	require.Zero(t, a.Reserved(), "nothing was reserved")
}

type spend struct {
	node   int
	id     string
	amount kernel.Credits
}

// Several clients on two nodes hammer one account; what they saw must be explainable by some order of their spendings in
// which none overdraws.
func TestHammeredAccountIsLinearizable(t *testing.T) {
	t.Parallel()
	const funds, clients, each = kernel.Credits(1_000), 8, 12
	f := setup(t)
	f.grant(t, funds)
	nodes := []*creditcmd.Ledger{f.ledger(), f.ledger()}
	start := time.Now()
	var mu sync.Mutex
	var ops []porcupine.Operation
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				in := spend{node: c % len(nodes), id: fmt.Sprintf("c%d-%d", c, i), amount: kernel.Credits(7 + (c*each+i)%30)}
				call := time.Since(start).Nanoseconds()
				ok := f.spend(t.Context(), t, nodes[in.node], in)
				mu.Lock()
				ops = append(ops, porcupine.Operation{ClientId: c, Input: in, Call: call, Output: ok, Return: time.Since(start).Nanoseconds()})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	model := porcupine.Model{
		Init: func() any { return funds },
		Step: func(state, input, output any) (bool, any) {
			left, in, ok := state.(kernel.Credits), input.(spend), output.(bool)
			if ok != (left >= in.amount) {
				return false, left
			}
			if ok {
				left -= in.amount
			}
			return true, left
		},
	}
	require.True(t, porcupine.CheckOperations(model, ops), "no order explains the answers")
	a, err := f.ledger().Account(t.Context(), ws)
	require.NoError(t, err)
	require.GreaterOrEqual(t, a.Available(), kernel.Credits(0))
	require.Zero(t, a.Reserved())
}

// spend reserves and pays in one append; it reports false for lack of credits.
func (f fixture) spend(ctx context.Context, t *testing.T, l *creditcmd.Ledger, s spend) bool {
	t.Helper()
	_, err := l.Commit(ctx, kernel.Meta{IdempotencyKey: s.id, Fingerprint: s.id}, ws, nil, func(a *credit.Account) error {
		if err := a.Reserve(s.id, "run_1", "tbl_1", s.amount, f.clock.Now()); err != nil {
			return err
		}
		if err := a.Debit(s.id, []credit.Line{{Provider: "p", Amount: s.amount}}, f.clock.Now()); err != nil {
			return err
		}
		return a.Release(s.id, f.clock.Now())
	})
	if err != nil && !errors.Is(err, credit.ErrInsufficient()) {
		t.Errorf("spend %s: %v", s.id, err)
	}
	return err == nil
}
