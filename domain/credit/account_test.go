package credit_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

func at(day int) time.Time { return time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC) }

func line(amount kernel.Credits) credit.Line {
	return credit.Line{Row: "row_1", Column: "col_1", Provider: "p", Attempt: 1, Amount: amount, AnswerHash: "h"}
}

func keys(b byte) credit.Keys {
	k, err := credit.NewKeys(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		panic(err)
	}
	return k
}

func author() credit.Author { return credit.Author{Workspace: "ws_1", Actor: kernel.System()} }

func account() *credit.Account { return credit.NewAccount(keys(1)).As(author()) }

func placed(e credit.Entry) credit.Placed {
	return credit.Placed{Entry: e, StreamVersion: e.Seq, Position: e.Seq * 10, By: kernel.System()}
}

func funded(tb testing.TB, amount kernel.Credits) *credit.Account {
	tb.Helper()
	a := account()
	require.NoError(tb, a.Grant(credit.KindGrant, amount, "", at(1)))
	return a
}

func TestDebitTakesFromTheReservation(t *testing.T) {
	t.Parallel()
	a := funded(t, 10_000)
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 4_000, at(1)))
	require.NoError(t, a.Debit("r", []credit.Line{line(1_000), line(500)}, at(1)))
	require.Equal(t, kernel.Credits(6_000), a.Available())
	require.Equal(t, kernel.Credits(2_500), a.Reserved())
	require.NoError(t, a.Release("r", at(1)))
	require.Equal(t, kernel.Credits(8_500), a.Available())
	require.Zero(t, a.Reserved())
}

func TestDebitBeyondTheReservationTakesWhatIsAvailableOrNothing(t *testing.T) {
	t.Parallel()
	a := funded(t, 3_000)
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 1_000, at(1)))
	require.NoError(t, a.Debit("r", []credit.Line{line(2_000)}, at(1)))
	require.Equal(t, kernel.Credits(1_000), a.Available())
	pending := len(a.Pending())
	require.ErrorIs(t, a.Debit("r", []credit.Line{line(1_001)}, at(1)), credit.ErrInsufficient())
	require.Len(t, a.Pending(), pending, "a refused debit records nothing")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*credit.Account) error{
		"grant of nothing":           func(a *credit.Account) error { return a.Grant(credit.KindGrant, 0, "", at(1)) },
		"negative grant":             func(a *credit.Account) error { return a.Grant(credit.KindPurchase, -1, "", at(1)) },
		"grant of a debit":           func(a *credit.Account) error { return a.Grant(credit.KindDebit, 1, "", at(1)) },
		"adjustment below zero":      func(a *credit.Account) error { return a.Grant(credit.KindAdjustment, -1_001, "", at(1)) },
		"overflow":                   func(a *credit.Account) error { return a.Grant(credit.KindGrant, 1<<62, "", at(1)) },
		"reserve more than there is": func(a *credit.Account) error { return a.Reserve("r", "", "", 1_001, at(1)) },
		"negative reservation":       func(a *credit.Account) error { return a.Reserve("r", "", "", -1, at(1)) },
		"debit without reservation":  func(a *credit.Account) error { return a.Debit("none", []credit.Line{line(1)}, at(1)) },
		"cap without period":         func(a *credit.Account) error { return a.SetCaps([]credit.Cap{{Scope: credit.ScopeWorkspace}}) },
		"cap twice": func(a *credit.Account) error {
			return a.SetCaps([]credit.Cap{{Scope: credit.ScopeRun}, {Scope: credit.ScopeRun, Limit: 5}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := funded(t, 1_000)
			require.Error(t, do(a))
			require.Len(t, a.Pending(), 1, "a refusal records nothing")
			require.Equal(t, kernel.Credits(1_000), a.Available())
		})
	}
}

func TestWorkspaceCapHoldsWithinItsPeriodOnly(t *testing.T) {
	t.Parallel()
	a := funded(t, 100_000)
	require.NoError(t, a.SetCaps([]credit.Cap{{Scope: credit.ScopeWorkspace, Period: credit.PeriodDay, Limit: 3_000}}))
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 50_000, at(1)))
	require.NoError(t, a.Debit("r", []credit.Line{line(3_000)}, at(1)))
	require.ErrorIs(t, a.Debit("r", []credit.Line{line(1)}, at(1)), credit.ErrCapReached())
	require.NoError(t, a.Debit("r", []credit.Line{line(3_000)}, at(2)), "a new day, a new budget")
}

func TestRunCapHoldsForEachRun(t *testing.T) {
	t.Parallel()
	a := funded(t, 100_000)
	require.NoError(t, a.SetCaps([]credit.Cap{{Scope: credit.ScopeRun, Limit: 2_000}}))
	for _, r := range []string{"r1", "r2"} {
		require.NoError(t, a.Reserve(r, kernel.RunID(r), "tbl_1", 5_000, at(1)))
		require.NoError(t, a.Debit(r, []credit.Line{line(2_000)}, at(1)))
		require.ErrorIs(t, a.Debit(r, []credit.Line{line(1)}, at(1)), credit.ErrCapReached())
	}
}

func TestSnapshotContinuesTheLedger(t *testing.T) {
	t.Parallel()
	a := funded(t, 5_000)
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 1_000, at(1)))
	state, err := a.MarshalState()
	require.NoError(t, err)
	b := account()
	require.NoError(t, b.UnmarshalState(state))
	require.NoError(t, b.Debit("r", []credit.Line{line(700)}, at(2)))
	require.Equal(t, kernel.Credits(300), b.Reserved())
}

func TestTamperedLedgerIsRefused(t *testing.T) {
	t.Parallel()
	a := funded(t, 5_000)
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 1_000, at(1)))
	first, _ := a.Pending()[0].(credit.Granted)
	second, _ := a.Pending()[1].(credit.Reserved)
	first.Amount = 50_000
	require.Error(t, account().Apply(first), "another amount under the old hash")
	require.Error(t, account().Apply(second), "the first entry is missing")
	proof := credit.NewProof("ws_1", keys(1))
	proof.Add(placed(first.Entry))
	proof.Add(placed(second.Entry))
	proof.End()
	require.False(t, proof.OK)
	require.Equal(t, int64(1), proof.FirstBad.Seq)
}

// Whatever is asked of an account: nothing is ever below zero, everything adds up, and the log folds to the same account.
func TestAccountAlwaysAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := account()
		ids := []string{"a", "b", "c"}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "id")
			amount := kernel.Credits(rapid.Int64Range(-500, 5_000).Draw(t, "amount"))
			when := at(rapid.IntRange(1, 28).Draw(t, "day"))
			switch rapid.IntRange(0, 5).Draw(t, "op") {
			case 0:
				_ = a.Grant(credit.KindGrant, amount, "n", when)
			case 1:
				_ = a.Grant(credit.KindAdjustment, amount, "", when)
			case 2:
				_ = a.Reserve(id, kernel.RunID(id), "t", amount, when)
			case 3:
				_ = a.Debit(id, []credit.Line{line(amount), line(amount / 2)}, when)
			case 4:
				_ = a.Release(id, when)
			case 5:
				_ = a.SetCaps([]credit.Cap{{Scope: credit.ScopeRun, Limit: amount}})
			}
			require.GreaterOrEqual(t, a.Available(), kernel.Credits(0))
			require.GreaterOrEqual(t, a.Reserved(), kernel.Credits(0))
		}
		proof, folded := credit.NewProof("ws_1", keys(1)), account()
		for _, e := range a.Pending() {
			b, err := json.Marshal(e)
			require.NoError(t, err)
			if _, caps := e.(credit.CapsSet); !caps {
				var entry credit.Entry
				require.NoError(t, json.Unmarshal(b, &entry))
				proof.Add(placed(entry))
			}
			require.NoError(t, folded.Apply(e))
		}
		proof.End()
		require.True(t, proof.OK, "%+v", proof.FirstBad)
		require.Equal(t, a.Available(), proof.Available)
		require.Equal(t, a.Reserved(), proof.Reserved)
		require.Equal(t, proof.Brought, proof.Available+proof.Reserved+proof.Spent)
		require.Equal(t, a.Balance(), folded.Balance())
	})
}

func TestASnapshotThatWasChangedIsNotBelieved(t *testing.T) {
	t.Parallel()
	state, err := funded(t, 5_000).MarshalState()
	require.NoError(t, err)
	require.NoError(t, account().UnmarshalState(state))
	rich := bytes.Replace(state, []byte(`"available":5000`), []byte(`"available":9000`), 1)
	require.NotEqual(t, string(state), string(rich))
	require.Error(t, account().UnmarshalState(rich))
	require.Error(t, credit.NewAccount(keys(2)).UnmarshalState(state), "another key")
}

// A ledger from before entries were signed goes on: the first signed entry covers it.
func TestALedgerFromBeforeSigningGoesOn(t *testing.T) {
	t.Parallel()
	const was = `{"seq":1,"kind":"grant","amount_mc":5000,"at":"2026-03-01T12:00:00Z","prev_hash":"","hash":"%s"}`
	var e credit.Entry
	require.NoError(t, json.Unmarshal([]byte(was), &e))
	e.Hash = e.Sum()
	require.Equal(t, "ff1a71ee", e.Hash[:8], "the rule of version 0 must never change")
	a := account()
	require.NoError(t, a.Apply(credit.Granted{Entry: e}))
	require.NoError(t, a.Check("ws_1"))
	require.NoError(t, a.Reserve("r", "run_1", "tbl_1", 1_000, at(2)))
	reserved, _ := a.Pending()[0].(credit.Reserved)
	proof := credit.NewProof("ws_1", keys(1))
	proof.Add(placed(e))
	proof.Add(placed(reserved.Entry))
	proof.End()
	require.True(t, proof.OK, "%+v", proof.FirstBad)
	require.Equal(t, int64(1), proof.Unsigned)

	unsigned := e
	unsigned.Seq, unsigned.PrevHash = 3, reserved.Hash
	unsigned.Hash = unsigned.Sum()
	require.Error(t, a.Apply(credit.Granted{Entry: unsigned}), "not signed after a signed one")
}
