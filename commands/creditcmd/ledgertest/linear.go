package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// move is what a client asks: credits in (positive) or out (negative).
type move struct{ amount kernel.Credits }

// testLinearizable has clients on several nodes spend and grant; what they were told must be explainable by some order of their
// requests, each between its call and its answer, in which exactly those spendings are refused that would overdraw.
func testLinearizable(t *testing.T, f *fixture) {
	const funds, clients, each = kernel.Credits(400), 8, 14
	nodes := []*creditcmd.Ledger{f.node(), f.node()}
	f.grant(t, nodes[0], funds)
	var steps atomic.Int64 // tells what came before what
	var mu sync.Mutex
	var ops []porcupine.Operation
	errs := make([]error, clients)
	together(clients, func(c int) {
		for i := range each {
			in, id := move{-kernel.Credits(7 + (c*each+i)%40)}, fmt.Sprintf("c%d.%d", c, i)
			decide := spend(id, -in.amount)
			if i%5 == 4 {
				in = move{kernel.Credits(11 + c)}
				decide = grant(in.amount)
			}
			call := steps.Add(1)
			_, err := nodes[c%len(nodes)].Commit(t.Context(), keyed(id), workspace, nil, decide)
			back := steps.Add(1)
			if err != nil && !errors.Is(err, credit.ErrInsufficient()) {
				errs[c] = err
				return
			}
			mu.Lock()
			ops = append(ops, porcupine.Operation{ClientId: c, Input: in, Call: call, Output: err == nil, Return: back})
			mu.Unlock()
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	model := porcupine.Model{
		Init: func() any { return funds },
		Step: func(state, input, output any) (bool, any) {
			left, in, ok := state.(kernel.Credits), input.(move), output.(bool) //nolint:errcheck,forcetypeassert // as put in above
			if ok != (left+in.amount >= 0) {
				return false, left
			}
			if ok {
				left += in.amount
			}
			return true, left
		},
	}
	require.NotEqual(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(model, ops, 20*time.Second), "no order explains the answers")
	refused := 0
	for _, op := range ops {
		if op.Output == false {
			refused++
		}
	}
	require.Positive(t, refused, "nobody met the limit")
}
