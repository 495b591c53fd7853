package boot

import (
	"context"
	"fmt"
	"io"

	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

const ledgerPage = 500

// eachLedger calls do for each workspace that has a ledger, signed heads, or a balance that is shown: a ledger that was taken away
// altogether is met by what is left of it.
func eachLedger(ctx context.Context, c *core, do func(kernel.WorkspaceID) error) error {
	seen := map[kernel.WorkspaceID]bool{}
	once := func(ws kernel.WorkspaceID) error {
		if seen[ws] {
			return nil
		}
		seen[ws] = true
		return do(ws)
	}
	for _, category := range []string{creditcmd.Category, creditcmd.HeadCategory} {
		err := eachStream(ctx, c.store, category, func(stream eventstore.StreamID) error { return once(kernel.WorkspaceID(stream.ID())) })
		if err != nil {
			return err
		}
	}
	reads := creditread.NewQueries(c.pool)
	for after := kernel.WorkspaceID(""); ; {
		accounts, err := reads.Accounts(ctx, after, ledgerPage)
		if err != nil || len(accounts) == 0 {
			return err
		}
		for _, ws := range accounts {
			after = ws
			if err := once(ws); err != nil {
				return err
			}
		}
	}
}

// streamsPage is how many streams are listed at a time.
const streamsPage = 500

// eachStream calls do for each stream of a category, in the order of their names.
func eachStream(ctx context.Context, log *telemetry.Store, category string, do func(eventstore.StreamID) error) error {
	for after := eventstore.StreamID(""); ; {
		streams, err := log.Streams(ctx, category, after, streamsPage)
		if err != nil {
			return fmt.Errorf("list the streams of %s: %w", category, err)
		}
		if len(streams) == 0 {
			return nil
		}
		for _, stream := range streams {
			if err := do(stream); err != nil {
				return err
			}
		}
		after = streams[len(streams)-1]
	}
}

// verifyLedgers proves each ledger against its signatures, its signed heads and the balance that is shown.
func verifyLedgers(ctx context.Context, c *core, out io.Writer) (bool, error) {
	ledger, err := openLedger(c)
	if err != nil {
		return false, err
	}
	reads := creditread.NewQueries(c.pool)
	var problems []string
	var ledgers, entries int64
	err = eachLedger(ctx, c, func(ws kernel.WorkspaceID) error {
		shown, err := reads.Balance(ctx, ws)
		if err != nil {
			return err
		}
		proof, err := ledger.Prove(ctx, ws, creditcmd.Known{Shown: shown.Shown()})
		if err != nil {
			return fmt.Errorf("prove the ledger of %s: %w", ws, err)
		}
		ledgers, entries = ledgers+1, entries+proof.Entries
		if !proof.OK {
			problems = append(problems, fmt.Sprintf("%s, entry %d: %s", ws, proof.FirstBad.Seq, proof.FirstBad.Reason))
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	printf(out, "%-14s %s\n", "ledgers", verdict(len(problems) == 0, fmt.Sprintf("%d ledgers with %d entries prove", ledgers, entries)))
	for _, problem := range problems {
		printf(out, "  %s\n", problem)
	}
	return len(problems) == 0, nil
}
