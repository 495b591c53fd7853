package enrichmentflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// writer appends to the run's stream. It is the only writer: it appends at the version that it knows, and an event there that
// is neither its own nor a person's request means that another writer has taken over.
type writer struct {
	r       *Runner
	in      Input
	run     *enrichment.Run
	version int64
	token   string // makes its idempotency keys its own
	seq     int
	skipTo  kernel.RowID
}

// after is the row after which the next page begins.
func (w *writer) after() kernel.RowID { return max(w.run.Next(), w.skipTo) }

// change is something to append.
type change struct {
	decide func(*enrichment.Run) error // records on the run
	pay    func(*credit.Account) error // nil: no credits move
	guards []eventstore.Change         // on other streams
}

const (
	firstPauseOfLog   = 50 * time.Millisecond
	longestPauseOfLog = 5 * time.Second
	patienceWithLog   = 2 * time.Minute // outcomes that were paid for are worth waiting for a log that is away
)

// commit appends the change. It is repeated under its key until it is known what became of it; a person's request on the run's
// stream in between is taken in. A conflict on a guarded stream and a refusal of the ledger are the caller's.
func (w *writer) commit(ctx context.Context, c change) error {
	w.seq++
	key := fmt.Sprintf("run/%s/%d/%s/%d", w.in.Run, w.run.Page(), w.token, w.seq)
	began, pauses := w.r.cfg.Clock.Now(), kernel.Doubling(firstPauseOfLog, longestPauseOfLog)
	for {
		done, runAt, err := w.try(ctx, key, c)
		if err == nil && !done.Replayed {
			w.run.Committed()
			w.version = done.Versions[runAt]
			return nil
		}
		if refused(err) || eventstore.IsConflict(err) && !w.onRun(err) {
			return errors.Join(err, w.catchUp(ctx, eventstore.Appended{})) // it may be refused because another writer has ended the run
		}
		for {
			happened, lost := w.resolve(ctx, key)
			if lost == nil && happened || errors.Is(lost, ErrSuperseded) {
				return lost
			}
			if lost == nil && eventstore.IsConflict(err) {
				break
			}
			if w.r.cfg.Clock.Now().Sub(began) > patienceWithLog {
				return fmt.Errorf("append to run %s: %w", w.in.Run, errors.Join(err, lost))
			}
			if e := w.r.cfg.Engine.Sleep(ctx, pauses.NextBackOff()); e != nil {
				return fmt.Errorf("append to run %s: %w", w.in.Run, errors.Join(err, e))
			}
			if lost == nil {
				break
			}
		}
	}
}

// refused reports whether err is an answer that the same append would get again.
func refused(err error) bool {
	if err == nil {
		return false
	}
	switch kernel.KindOf(err) {
	case kernel.KindInternal, kernel.KindUnavailable:
		return false
	default:
		return true
	}
}

// resolve finds out whether the append with the key has happened, and takes in what else is new on the run's stream.
func (w *writer) resolve(ctx context.Context, key string) (happened bool, err error) {
	cmd, found, err := w.r.cfg.Store.Command(ctx, key)
	if err != nil {
		return false, err
	}
	return found, w.catchUp(ctx, eventstore.Appended{Replayed: found, First: cmd.First, Last: cmd.Last})
}

// try makes one attempt. runAt is the run's place among the versions of the answer.
func (w *writer) try(ctx context.Context, key string, c change) (done eventstore.Appended, runAt int, err error) {
	if err := c.decide(w.run); err != nil {
		return eventstore.Appended{}, 0, err
	}
	meta := kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: string(w.in.Run), OnBehalfOf: w.run.By()},
		Workspace: w.in.Workspace, Command: "enrichment.run", CorrelationID: string(w.in.Run), IdempotencyKey: key,
	}
	changes := append([]eventstore.Change{eventstore.At(w.r.runs.Stream(string(w.in.Run)), eventstore.Expected(w.version),
		w.run.Pending()...)}, c.guards...)
	if c.pay != nil {
		done, err = w.r.cfg.Ledger.Commit(ctx, meta, w.in.Workspace, nil, c.pay, changes...)
		return done, 1, err
	}
	req, err := w.r.cfg.Codec.Append(meta, nil, changes...)
	if err != nil {
		return eventstore.Appended{}, 0, err
	}
	done, err = w.r.cfg.Store.Append(ctx, req)
	return done, 0, err
}

// onRun reports whether err is a conflict on the run's own stream.
func (w *writer) onRun(err error) bool {
	var c *eventstore.ConflictError
	return errors.As(err, &c) && c.Stream == w.r.runs.Stream(string(w.in.Run))
}

// catchUp takes in what is new on the run's stream; mine is an append of this writer among it. The run is loaded before what is new is
// looked at: so nothing is taken in that was not looked at, as another writer may append in between.
func (w *writer) catchUp(ctx context.Context, mine eventstore.Appended) error {
	run, version, err := w.r.runs.Load(ctx, string(w.in.Run))
	if err != nil {
		return err
	}
	if version < w.version || run.Round() != w.in.Round {
		return ErrSuperseded
	}
	stream := w.r.runs.Stream(string(w.in.Run))
	const page = 100
	for after, more := w.version, true; more; {
		events, err := w.r.cfg.Store.ReadStream(ctx, stream, after, page)
		if err != nil {
			return err
		}
		for _, e := range events {
			after = e.Version
			if mine.Replayed && e.Position >= mine.First && e.Position <= mine.Last {
				continue
			}
			switch e.Type {
			case (enrichment.RunPaused{}).EventType(), (enrichment.RunResumed{}).EventType(), (enrichment.RunCancelRequested{}).EventType():
			default:
				return ErrSuperseded
			}
		}
		more = len(events) == page
	}
	w.run, w.version = run, version // without what was recorded and not appended
	return nil
}

// readRequests takes in what people have asked of the run.
func (w *writer) readRequests(ctx context.Context) error {
	v, err := w.r.cfg.Store.StreamVersion(ctx, w.r.runs.Stream(string(w.in.Run)))
	if err != nil || v == w.version {
		return err
	}
	return w.catchUp(ctx, eventstore.Appended{})
}

func (w *writer) startPage(ctx context.Context, parts []enrichment.PagePart, next kernel.RowID) error {
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error {
		return run.StartPage(parts, next, w.r.cfg.Clock.Now())
	}})
}

func (w *writer) startAgain(ctx context.Context) error {
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.StartPageAgain(w.r.cfg.Clock.Now()) }})
}

// sent records calls that are about to be made.
func (w *writer) sent(ctx context.Context, calls []enrichment.Call) error {
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.NoteCalls(calls) }})
}

// record appends outcomes that cost nothing and hold no value.
func (w *writer) record(ctx context.Context, events []enrichment.RunAnswersRecorded) error {
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.Outcomes(events...) }})
}

// leave records that the page is left in order.
func (w *writer) leave(ctx context.Context) error {
	if len(w.run.Open()) == 0 || w.run.Calm() {
		return nil
	}
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.StopPage() }})
}

// doubt records that the page is left, but perhaps with answers that were not recorded.
func (w *writer) doubt(ctx context.Context) error {
	if len(w.run.Open()) == 0 || w.run.Calm() {
		return nil
	}
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.DoubtPage() }})
}

// lose records that the page's worker was lost.
func (w *writer) lose(ctx context.Context) error {
	if len(w.run.Open()) == 0 || w.run.Calm() {
		return nil
	}
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.LoseWorker() }})
}

// wait records that the page is left in order, and which of its cells can't be asked yet.
func (w *writer) wait(ctx context.Context, cells waits) error {
	now := w.r.cfg.Clock.Now()
	return w.commit(ctx, change{decide: func(run *enrichment.Run) error { return run.Wait(cells.sorted(), cells.until, cells.why, now) }})
}

// finish ends the run and releases what it has reserved and not spent. A ledger that can't be written to doesn't keep the run from
// ending: what it reserved is given back when it is retried.
func (w *writer) finish(ctx context.Context, state enrichment.RunState, reason string) error {
	now := w.r.cfg.Clock.Now()
	ended := change{decide: func(run *enrichment.Run) error { return run.Finish(state, reason, now) }}
	released := ended
	released.pay = func(a *credit.Account) error { return a.Release(w.run.Reservation(), now) }
	err := w.commit(ctx, released)
	if refused(err) && !eventstore.IsConflict(err) {
		return w.commit(ctx, ended)
	}
	return err
}
