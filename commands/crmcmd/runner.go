package crmcmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Runner carries runs out. Any number of them may be given the same run: the log lets only one of them go on.
type Runner struct {
	h   *Handlers
	log *slog.Logger
}

// NewRunner makes a runner.
func NewRunner(h *Handlers, log *slog.Logger) (*Runner, error) {
	if h == nil || log == nil {
		return nil, errors.New("the runner of syncs needs handlers and a logger")
	}
	return &Runner{h, log}, nil
}

// Run brings a run to its end, from where it stands. It returns nil when there is nothing left to do; an error means that it should be
// called again. alive is told now and then how many records there are.
func (r *Runner) Run(ctx context.Context, id kernel.SyncRunID, alive func(records int)) error {
	for {
		run, version, err := r.h.runs.Load(ctx, string(id))
		if err != nil {
			return err
		}
		if run.Started().RunID == "" {
			return fmt.Errorf("there is no run %s", id)
		}
		alive(run.Counts().Records())
		if !run.Running() {
			return nil
		}
		w := &work{Runner: r, run: run, version: version, alive: alive, made: map[string]bool{}}
		if err := w.do(ctx); err != nil && !errors.Is(err, eventstore.ErrMoved) {
			return fmt.Errorf("run %s: %w", id, err)
		}
	}
}

// Lost notes that a worker was lost over the run, before Run goes on. What has killed its worker several times is given up.
func (r *Runner) Lost(ctx context.Context, id kernel.SyncRunID) error {
	run, version, err := r.h.runs.Load(ctx, string(id))
	if err != nil {
		return err
	}
	w := &work{Runner: r, run: run, version: version, alive: func(int) {}}
	err = w.append(ctx, func(run *crm.Run) error {
		killed, err := run.Lose()
		if err != nil || killed < quarantine.MostKills {
			return err
		}
		return run.Stop(quarantine.Reason("the batch"))
	})
	if errors.Is(err, eventstore.ErrMoved) {
		return nil
	}
	return err
}

// work is one stretch of work on a run at a known version of its stream.
type work struct {
	*Runner
	run     *crm.Run
	version int64
	alive   func(records int)
	plan    crm.Plan
	from    int64           // position of the log that rows must reflect
	made    map[string]bool // keys of records that were made
}

func (w *work) id() kernel.SyncRunID { return w.run.Started().RunID }

func (w *work) subject() string { return crm.RecordSubject(w.run.Started().Definition.TableID, w.id()) }

func (w *work) meta() kernel.Meta {
	s := w.run.Started()
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: string(s.RunID), OnBehalfOf: s.By},
		Workspace: s.Workspace, Command: "crm.run", CorrelationID: string(s.RunID),
	}
}

// append adds what fn records; eventstore.ErrMoved when another writer has added to the stream.
func (w *work) append(ctx context.Context, fn func(*crm.Run) error) error {
	if err := fn(w.run); err != nil {
		return err
	}
	if len(w.run.Pending()) == 0 {
		return nil
	}
	version, err := w.h.runs.Extend(ctx, w.meta(), string(w.id()), w.version, w.run)
	if err != nil {
		return err
	}
	w.version = version
	w.run.Committed()
	w.alive(w.run.Counts().Records())
	return nil
}

const noteTries = 5

// note is append for what must not make a batch that was begun be taken up anew: another writer, such as one who cancels, is no hindrance
// as long as the batch is still the one that was begun.
func (w *work) note(ctx context.Context, fn func(*crm.Run) error) error {
	mine := w.run.Open()
	for range noteTries {
		err := w.append(ctx, fn)
		if !errors.Is(err, eventstore.ErrMoved) || mine == nil {
			return err
		}
		if w.run, w.version, err = w.h.runs.Load(ctx, string(w.id())); err != nil {
			return err
		}
		if open := w.run.Open(); open == nil || open.LastRow != mine.LastRow || open.LastVersion != mine.LastVersion {
			return eventstore.ErrMoved
		}
	}
	return eventstore.ErrMoved
}

// do settles the batch that was begun, then goes through the others.
func (w *work) do(ctx context.Context) error {
	if why := w.run.Stopped(); why != "" && w.run.Open() != nil { // what has killed its workers is not begun again
		return w.hindered(ctx, why)
	}
	err := w.prepare(ctx)
	if err == nil && w.run.Open() != nil {
		err = w.resume(ctx)
	}
	if err == nil && w.run.Started().Kind == crm.RunPull {
		err = w.pull(ctx)
	}
	for err == nil && w.run.Started().Kind != crm.RunPull && w.run.Room() > 0 {
		var b *batch
		if b, err = w.next(ctx); err != nil || b == nil {
			break
		}
		err = w.batch(ctx, b)
	}
	if err == nil {
		return w.end(ctx)
	}
	why, ours := reasonOf(err)
	if ours {
		return err
	}
	return w.hindered(ctx, why)
}

func (w *work) end(ctx context.Context) error {
	now := w.h.cfg.Clock.Now()
	if err := w.run.End(now); err != nil {
		return err
	}
	if err := w.release(ctx); err != nil {
		return err
	}
	s, c := w.run.Started(), w.run.Counts()
	w.log.InfoContext(ctx, "sync run ended", "run", s.RunID, "sync", s.SyncID, "workspace", s.Workspace, "vendor", s.Vendor,
		"object", s.Definition.Object, "kind", s.Kind, "dry", s.Dry, "state", w.run.State(), "duration", now.Sub(s.At),
		"records", c.Records(), "created", c.Created, "updated", c.Updated, "archived", c.Archived, "failed", c.Failed,
		"conflicts", c.Conflicts, "unknown", c.Unknown)
	return nil
}

// release appends the run's end, with that of its claim on the sync.
func (w *work) release(ctx context.Context) error {
	s := w.run.Started()
	if s.Dry {
		return w.append(ctx, func(*crm.Run) error { return nil })
	}
	var cursor *crm.Cursor
	if at := w.run.Cursor(); s.Kind == crm.RunPull && s.Resolve == "" {
		cursor = &at
	}
	_, err := eventstore.Retry(ctx, func(int) (eventstore.Appended, error) {
		sync, version, err := w.h.syncs.Load(ctx, string(s.SyncID))
		if err != nil {
			return eventstore.Appended{}, err
		}
		if err := sync.Release(s.RunID, s.Definition, cursor); err != nil {
			return eventstore.Appended{}, err
		}
		if now, err := w.h.cfg.Store.StreamVersion(ctx, w.stream()); err != nil || now != w.version {
			return eventstore.Appended{}, errors.Join(err, eventstore.ErrMoved)
		}
		req, err := w.h.cfg.Codec.Append(w.meta(), nil, w.pending(),
			eventstore.At(w.h.syncs.Stream(string(s.SyncID)), eventstore.Expected(version), sync.Pending()...))
		if err != nil {
			return eventstore.Appended{}, err
		}
		return w.h.cfg.Store.Append(ctx, req)
	})
	if errors.Is(err, eventstore.ErrUnknownOutcome) {
		return eventstore.ErrMoved
	}
	if err == nil {
		w.appended()
	}
	return err
}

func (w *work) stream() eventstore.StreamID { return w.h.runs.Stream(string(w.id())) }

// pending is what the run has recorded and not appended yet.
func (w *work) pending() eventstore.Change {
	return eventstore.At(w.stream(), eventstore.Expected(w.version), w.run.Pending()...)
}

// appended notes that what was pending is in the log.
func (w *work) appended() {
	w.version += int64(len(w.run.Pending()))
	w.run.Committed()
	w.alive(w.run.Counts().Records())
}

// caughtUp waits until the links of rows have come to a position of the log.
func (w *work) caughtUp(ctx context.Context, position int64) error {
	ctx, cancel := context.WithTimeout(ctx, linksWithin)
	defer cancel()
	if reached, ok := w.h.cfg.Waiter.Wait(ctx, linksModel, position); !ok {
		return kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the links of rows are catching up (at %d of %d)", reached, position)
	}
	return nil
}

const (
	linksModel  = "crm" // crmview.Name
	linksWithin = 30 * time.Second
)

// prepare reads what the run works by: the CRM's fields as they are now.
func (w *work) prepare(ctx context.Context) error {
	s := w.run.Started()
	first, err := w.h.cfg.Store.ReadStream(ctx, w.h.runs.Stream(string(w.id())), 0, 1)
	if err != nil {
		return err
	}
	w.from = first[0].Position
	if err := w.caughtUp(ctx, w.from); err != nil {
		return err
	}
	kind, ok := w.h.crm(s.Vendor)
	if !ok {
		return crm.ErrNotConnected()
	}
	w.plan = crm.Plan{Definition: s.Definition}
	w.plan.Object, _ = kind.Connector.Describe().Object(s.Definition.Object)
	return w.read(ctx, func(ctx context.Context, c crm.Connector, g crm.Grant) error {
		var err error
		w.plan.Fields, err = c.Fields(ctx, g, s.Definition.Object)
		return err
	})
}

// hindered ends the run before its time. A batch that was begun is settled as unknown: nothing says whether it was carried out.
func (w *work) hindered(ctx context.Context, why string) error {
	settle := context.WithoutCancel(ctx)
	if err := w.append(settle, func(r *crm.Run) error { return r.Stop(why) }); err != nil {
		return err
	}
	if open := w.run.Open(); open != nil {
		b, err := w.opened(settle, open)
		if err != nil {
			return err
		}
		for _, i := range b.waiting() {
			b.results[i] = crm.Result{
				State: crm.OutcomeUnknown, ID: b.entries[i].ID, Reason: "the CRM's answer was lost, and it can't be asked: " + why,
			}
		}
		if err := w.settle(settle, b); err != nil {
			return err
		}
	}
	return w.end(settle)
}

// reasonOf says why a run can't go on, and whether that is trouble of our own, which passes.
func reasonOf(err error) (why string, ours bool) {
	if errors.Is(err, eventstore.ErrMoved) || errors.Is(err, context.Canceled) {
		return "", true
	}
	if ce := crm.AsCallError(err); ce != nil {
		return ce.Message, false
	}
	switch kernel.KindOf(err) {
	case kernel.KindInternal, kernel.KindUnavailable, kernel.KindRateLimited:
		return "", true
	default:
		return err.Error(), false
	}
}

const (
	mostTries   = 6                // of a call that fails
	mostWaits   = 60               // of a call that is asked too often
	longestWait = 15 * time.Minute // for a vendor that says when it may be asked again
	visible     = 3 * time.Second  // a wait that is worth telling
	beatEvery   = 5 * time.Second
)

// ask makes a call, again where that helps. An answer that was lost is the caller's matter.
func (w *work) ask(ctx context.Context, fn ask) error {
	s := w.run.Started()
	for try := 1; ; try++ {
		err := w.h.Call(ctx, s.Workspace, s.Definition.ConnectionID, fn)
		ce := crm.AsCallError(err)
		if ce == nil || ce.Lost {
			return err
		}
		if !passes(ce, try) {
			return ce
		}
		if err := w.pause(ctx, ce, try); err != nil {
			return err
		}
	}
}

// read is ask for a call that changes nothing, so that a lost answer is asked for again.
func (w *work) read(ctx context.Context, fn ask) error {
	for try := 1; ; try++ {
		err := w.ask(ctx, fn)
		ce := crm.AsCallError(err)
		if ce == nil || !ce.Lost || try == mostTries {
			return err
		}
		if err := w.pause(ctx, ce, try); err != nil {
			return err
		}
	}
}

// passes reports whether trouble passes, so that the call is worth another try.
func passes(ce *crm.CallError, try int) bool {
	if ce.RetryAfter > longestWait {
		return false
	}
	switch ce.Kind {
	case crm.CallLimited, crm.CallBusy:
		return try < mostWaits
	case crm.CallFailed:
		return try < mostTries
	case crm.CallExhausted, crm.CallDenied, crm.CallExpired, crm.CallInvalid, crm.CallDuplicate, crm.CallGone, crm.CallConflicting:
	}
	return false
}

const maxDoubled = 5 // tries after which the pause grows no more

// pause waits before another try; one that is long is told.
func (w *work) pause(ctx context.Context, ce *crm.CallError, try int) error {
	wait := max(time.Second<<min(try-1, maxDoubled), ce.RetryAfter)
	if wait >= visible {
		until := w.h.cfg.Clock.Now().Add(wait)
		if err := w.note(ctx, func(r *crm.Run) error { return r.Wait(kernel.Shorten(ce.Message), until) }); err != nil {
			return err
		}
	}
	for ; wait > 0; wait -= beatEvery {
		if err := w.h.cfg.Sleep(ctx, min(wait, beatEvery)); err != nil {
			return err
		}
		w.alive(w.run.Counts().Records())
	}
	return nil
}
