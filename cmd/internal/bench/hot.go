package bench

import (
	"context"
	"fmt"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// hotClients pay out of one reservation of one account.
const hotClients = 64

// hotAccount compares debits at one account, each with an idempotency key of its own, with single appends to a stream for each client.
func (b *logBench) hotAccount(ctx context.Context) (Ratio, error) {
	codec, err := eventstore.NewCodec(credit.Events())
	if err != nil {
		return Ratio{}, err
	}
	keys, err := credit.NewKeys(make([]byte, 32)) // what they are costs nothing
	if err != nil {
		return Ratio{}, err
	}
	ledger, clock := creditcmd.NewLedger(b.store, codec, keys), kernel.SystemClock{}
	ws := b.meta().Workspace
	const funds = 1_000_000_000
	if _, err := ledger.Commit(ctx, b.meta(), ws, nil, func(a *credit.Account) error {
		if err := a.Grant(credit.KindGrant, funds, "", clock.Now()); err != nil {
			return err
		}
		return a.Reserve("bench", "run_bench", "tbl_bench", funds, clock.Now())
	}); err != nil {
		return Ratio{}, err
	}
	return b.pair(ctx, Ratio{
		Name: fmt.Sprintf("debits at one account, %d clients", hotClients), Unit: "debits/s", Bar: 0.4, AtLeast: 2000,
		Note: "each with its own key and answer, in one hash chain; limit: single appends to a stream for each client",
	}, func(ctx context.Context) (float64, error) {
		return b.parallel(ctx, hotClients, func(client int) (func() error, error) {
			line := []credit.Line{{
				Row:        kernel.RowID(fmt.Sprint("row_", client)),
				Column:     "col_bench",
				Provider:   "bench",
				Attempt:    1,
				Amount:     1,
				AnswerHash: "0123456789abcdef",
			}}
			return func() error {
				_, err := ledger.Commit(ctx, b.meta(), ws, nil, func(a *credit.Account) error { return a.Debit("bench", line, clock.Now()) })
				return err
			}, nil
		})
	}, func(ctx context.Context) (float64, error) { return b.appendSingles(ctx, hotClients) })
}
