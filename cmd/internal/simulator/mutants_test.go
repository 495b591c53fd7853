package simulator_test

import (
	"context"
	"slices"
	"strings"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
)

// mutant is a fault that is seeded into one layer, by a port that breaks what it promises or a setting that is wrong. It shows that the
// simulator would find such a fault; README.md has the list.
type mutant string

const (
	sound           mutant = ""
	logUnchecked    mutant = "log: expected versions are not checked"
	relayEarly      mutant = "relay: the checkpoint moves before the events are published"
	ackBeforeCommit mutant = "projection: the checkpoint moves before the rows are written"
	storeUncompared mutant = "projection: the checkpoint is not compared"
	runUnfenced     mutant = "run: a writer that was superseded goes on"
	ledgerUnkeyed   mutant = "ledger: entries have no idempotency key"
	askedAgain      mutant = "run: a provider that must not be asked twice is asked again after a crash"
	reconcilerOff   mutant = "reconciler: flows that are lost are not started again"
	importTwice     mutant = "import: a batch is appended again when its answer was lost"
	endpointShared  mutant = "webhook: an endpoint is given to a second process while the first has it"
	endpointLost    mutant = "webhook: the endpoint of a process that ended is given to no other"
	answersUnpaid   mutant = "run: an answer and its debit are two appends"
)

func mutants() []mutant {
	return []mutant{
		logUnchecked, relayEarly, ackBeforeCommit, storeUncompared, runUnfenced, ledgerUnkeyed, askedAgain, reconcilerOff, importTwice, answersUnpaid,
		endpointShared, endpointLost,
	}
}

// chain is what the log makes of a chain.
func (m mutant) chain(_ *world, chain []eventstore.Append) []eventstore.Append {
	if m != logUnchecked {
		return chain
	}
	return loosened(chain, "", false)
}

// loosened leaves the expected versions of streams of the category out, and the keys if unkeyed. No category are all.
func loosened(chain []eventstore.Append, category string, unkeyed bool) []eventstore.Append {
	out := slices.Clone(chain)
	for i := range out {
		out[i].Streams = slices.Clone(out[i].Streams)
		for k := range out[i].Streams {
			if s := &out[i].Streams[k]; category == "" || s.Stream.Category() == category {
				s.Expected = eventstore.Any
			}
		}
		if unkeyed {
			out[i].Meta.IdempotencyKey, out[i].Meta.Fingerprint = "", ""
		}
	}
	return out
}

// loose is a log that does so.
type loose struct {
	eventstore.Store
	category string
	unkeyed  bool
}

// Append implements eventstore.Writer.
func (l loose) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := l.AppendChain(ctx, []eventstore.Append{a})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return done[0], nil
}

// AppendChain implements eventstore.Writer.
func (l loose) AppendChain(ctx context.Context, chain []eventstore.Append) ([]eventstore.Appended, error) {
	return l.Store.AppendChain(ctx, loosened(chain, l.category, l.unkeyed))
}

func (m mutant) ledgerLog(p *process) eventstore.Store {
	if m == ledgerUnkeyed {
		return loose{p.log, "none", true}
	}
	return p.log
}

func (m mutant) runLog(p *process) eventstore.Store {
	if m == runUnfenced {
		return loose{p.log, enrichmentcmd.RunCategory, false}
	}
	return p.log
}

// runLedger is the ledger of runs.
func (m mutant) runLedger(p *process) enrichmentcmd.Ledger {
	switch m {
	case runUnfenced:
		return creditcmd.NewLedger(m.runLog(p), p.w.codec, p.w.keys)
	case answersUnpaid:
		return apart{p.ledger, p}
	default:
		return p.ledger
	}
}

// apart is a ledger that appends what it is given beside its entries first, by itself.
type apart struct {
	*creditcmd.Ledger
	p *process
}

// Commit implements enrichmentcmd.Ledger.
func (a apart) Commit(
	ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, result any, decide func(*credit.Account) error, changes ...eventstore.Change,
) (eventstore.Appended, error) {
	req, err := a.p.w.codec.Append(meta, result, changes...)
	if err != nil {
		return eventstore.Appended{}, err
	}
	done, err := a.p.log.Append(ctx, req)
	if err != nil || done.Replayed {
		return done, err
	}
	meta.IdempotencyKey += "/debit"
	if _, err := a.Ledger.Commit(ctx, meta, ws, nil, decide); err != nil {
		return eventstore.Appended{}, err
	}
	done.Versions = append([]int64{0}, done.Versions...)
	return done, nil
}

func (m mutant) importLog(p *process) eventstore.Store {
	if m == importTwice {
		return again{p.log}
	}
	return p.log
}

// again is a log that repeats an append whose answer was lost as if nothing had happened.
type again struct{ eventstore.Store }

// Append implements eventstore.Writer.
func (l again) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := l.Store.Append(ctx, a)
	if err == nil || !strings.Contains(err.Error(), eventstore.ErrUnknownOutcome.Error()) || a.Streams[0].Stream.Category() != "import" {
		return done, err
	}
	return loose{l.Store, "", true}.Append(ctx, a)
}

func (m mutant) leadership(p *process) relay.Leadership {
	if m == relayEarly {
		return early{court{p}, p}
	}
	return court{p}
}

// relayLog is the log as the relay reads it.
func (m mutant) relayLog(p *process) relay.Log {
	if m == relayEarly {
		return ahead{p.log, p}
	}
	return p.tail
}

// ahead moves the relay's checkpoint to what is read.
type ahead struct {
	logPort
	p *process
}

// ReadAll implements relay.Log.
func (a ahead) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	events, err := a.logPort.ReadAll(ctx, after, limit)
	if err != nil || len(events) == 0 {
		return events, err
	}
	t := a.p.w.throne
	t.mu.Lock()
	defer t.mu.Unlock()
	t.position = max(t.position, events[len(events)-1].Position)
	return events, nil
}

// early is the leadership whose terms leave the checkpoint where it is.
type early struct {
	court
	p *process
}

type earlyTerm struct{ relay.Term }

// Lead implements relay.Leadership.
func (e early) Lead(ctx context.Context) (relay.Term, error) {
	t, err := e.court.Lead(ctx)
	return earlyTerm{t}, err
}

// Advance implements relay.Term.
func (earlyTerm) Advance(context.Context, int64, int64) error { return nil }

// Resign implements relay.Term.
func (t earlyTerm) Resign(ctx context.Context) {
	if t.Term != nil {
		t.Term.Resign(ctx)
	}
}

func (m mutant) advance(
	ctx context.Context, p *process, store projections.Store, from projections.Checkpoint, step projections.Step,
) (projections.Checkpoint, error) {
	switch m {
	case storeUncompared:
		now, ok, err := store.Checkpoint(ctx, from.Location)
		if err != nil || !ok {
			return now, err
		}
		step.To = max(step.To, now.Position)
		return store.Advance(ctx, now, step)
	case ackBeforeCommit:
		rows := step.Apply
		step.Apply = nil
		next, err := store.Advance(ctx, from, step)
		if err != nil || rows == nil {
			return next, err
		}
		if p.moment("rows", from.Location.String()).diesBefore {
			p.end("dies before the rows")
			return from, errGone
		}
		return store.Advance(ctx, next, projections.Step{To: next.Position, Apply: rows})
	default:
		return store.Advance(ctx, from, step)
	}
}

func (m mutant) careful() bool { return m != askedAgain }

// free reports whether the queue gives an endpoint to a process, as it would if the fault is not in it.
func (m mutant) free(process, holder string, free bool) bool {
	switch m {
	case endpointShared:
		return holder != process || free
	case endpointLost:
		return free && (holder == "" || holder == process)
	default:
		return free
	}
}
