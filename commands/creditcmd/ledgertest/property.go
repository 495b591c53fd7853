package ledgertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// testAnything asks random things of one account from two nodes at once. What was answered with yes, and nothing else, is in the
// ledger; and in any order the ledger is sound.
func testAnything(t *testing.T, f *fixture) {
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		ws := kernel.WorkspaceID(fmt.Sprint("ws_any", runs))
		nodes := []*creditcmd.Ledger{f.node(), f.node()}
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 24).Draw(r, "steps")
		errs := make([]error, len(steps))
		together(len(steps), func(i int) {
			_, errs[i] = nodes[i%2].Commit(t.Context(), keyed(fmt.Sprintf("%s.%d", ws, i)), ws, nil, steps[i].decide)
		})
		var brought, spent kernel.Credits
		for i, s := range steps {
			switch {
			case errs[i] != nil:
				require.Contains(r, []kernel.Kind{kernel.KindPayment, kernel.KindConflict, kernel.KindInvalid}, kernel.KindOf(errs[i]), "%v", errs[i])
			case s.kind == "grant":
				brought += s.amount
			case s.kind == "debit":
				spent += s.amount
			}
		}
		proof := f.requireSound(t.Context(), r, ws)
		require.Equal(r, brought, proof.Brought)
		require.Equal(r, spent, proof.Spent)
	})
}

type step struct {
	kind, id string
	amount   kernel.Credits
}

func drawStep(t *rapid.T) step {
	return step{
		rapid.SampledFrom([]string{"grant", "reserve", "debit", "debit", "release"}).Draw(t, "kind"),
		rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id"),
		kernel.Credits(rapid.Int64Range(0, 60).Draw(t, "amount")),
	}
}

func (s step) decide(a *credit.Account) error {
	switch s.kind {
	case "grant":
		return grant(s.amount)(a)
	case "reserve":
		return a.Reserve(s.id, "run_1", "tbl_1", s.amount, moment())
	case "debit":
		return a.Debit(s.id, []credit.Line{{Provider: "p", Amount: s.amount}}, moment())
	default:
		return a.Release(s.id, moment())
	}
}
