package findcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Sealer seals what was found under a key of the run's, which is destroyed when the run has ended.
type Sealer interface {
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
	Destroy(ctx context.Context, subject string) error
}

// RunnerConfig is what a Runner needs.
type RunnerConfig struct {
	Handlers *Handlers
	Sealer   Sealer
	Imports  Imports
	Logger   *slog.Logger
	// Sleep waits; nil waits by the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Runner carries runs out. Any number of them may be given the same run: the log lets only one of them go on.
type Runner struct {
	RunnerConfig
	h *Handlers
}

// NewRunner makes a runner.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	if cfg.Handlers == nil || cfg.Sealer == nil || cfg.Imports == nil || cfg.Logger == nil {
		return nil, errors.New("the runner of searches needs handlers, a sealer, imports and a logger")
	}
	if cfg.Sleep == nil {
		cfg.Sleep = kernel.Pause
	}
	return &Runner{cfg, cfg.Handlers}, nil
}

// Run brings a run to its end, from where it stands. It returns nil when there is nothing left to do; an error means that it should be
// called again. alive is told now and then how many rows there are.
func (r *Runner) Run(ctx context.Context, id kernel.FindID, alive func(rows int)) error {
	for {
		run, version, err := r.h.runs.Load(ctx, string(id))
		if err != nil {
			return err
		}
		if run.Started().FindID == "" {
			return fmt.Errorf("there is no run %s", id)
		}
		alive(run.Rows())
		w := &work{Runner: r, run: run, version: version, alive: alive}
		if !run.Running() {
			return r.Sealer.Destroy(ctx, w.subject())
		}
		if err := w.do(ctx); err != nil && !errors.Is(err, eventstore.ErrMoved) {
			return fmt.Errorf("run %s: %w", id, err)
		}
	}
}

// Lost notes that a worker was lost over the run, before Run goes on. What has killed its worker several times is given up.
func (r *Runner) Lost(ctx context.Context, id kernel.FindID) error {
	run, version, err := r.h.runs.Load(ctx, string(id))
	if err != nil {
		return err
	}
	w := &work{Runner: r, run: run, version: version, alive: func(int) {}}
	err = w.append(ctx, func(run *find.Run) error {
		killed, err := run.Lose()
		if err != nil || killed < quarantine.MostKills {
			return err
		}
		if run.Next() > 0 {
			return run.Stop(quarantine.Reason("the page"), run.Lost() > 0 && run.Started().PageCredits > 0)
		}
		return run.End(quarantine.Reason("taking over what was found"), r.h.cfg.Clock.Now())
	})
	if errors.Is(err, eventstore.ErrMoved) {
		return nil
	}
	return err
}

// work is one stretch of work on a run at a known version of its stream.
type work struct {
	*Runner
	run     *find.Run
	version int64
	alive   func(rows int)
	tries   int // of the page that is asked for
}

func (w *work) id() kernel.FindID { return w.run.Started().FindID }

func (w *work) subject() string { return find.Keys + string(w.id()) }

func (w *work) meta() kernel.Meta {
	s := w.run.Started()
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: string(s.FindID), OnBehalfOf: s.By},
		Workspace: s.Workspace, Command: "find", CorrelationID: string(s.FindID),
	}
}

// append adds what fn records; eventstore.ErrMoved when another writer has added to the stream.
func (w *work) append(ctx context.Context, fn func(*find.Run) error) error {
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
	w.alive(w.run.Rows())
	return nil
}

// do asks for pages, then has what they had taken over.
func (w *work) do(ctx context.Context) error {
	if lost := w.run.Lost(); lost > 0 && w.run.Started().PageCredits > 0 {
		why := fmt.Sprintf("the answer to page %d was lost, and asking again could cost a second time", lost)
		if err := w.append(ctx, func(r *find.Run) error { return r.Stop(why, true) }); err != nil {
			return err
		}
	}
	for page := w.run.Next(); page > 0; page = w.run.Next() {
		if err := w.page(ctx, page); err != nil {
			return err
		}
	}
	return w.takeOver(ctx)
}

const (
	pageTries   = 5
	firstPause  = time.Second
	settleTries = 5
	longestWait = 15 * time.Minute // for a vendor that says when it may be asked again
	beatEvery   = 5 * time.Second
)

// page asks for a page. Right before the call there is the intent, so that it is known after a crash that it may have been paid for. A call
// that is under way is waited for also when the process stops.
func (w *work) page(ctx context.Context, no int) error {
	s := w.run.Started()
	searcher, ok := w.h.cfg.Searches.Searcher(s.Definition.Search)
	if !ok {
		return w.append(ctx, func(r *find.Run) error { return r.Stop("there is no search "+s.Definition.Search+" any more", false) })
	}
	req, err := w.h.prepare(ctx, s.Workspace, searcher.DescribeSearch(), s.Definition.CredentialID, enrichment.SearchRequest{
		Filters: s.Definition.Filters, Page: no, PerPage: s.PageSize,
	})
	if err != nil {
		return w.trouble(ctx, no, err)
	}
	if err := w.append(ctx, func(r *find.Run) error { return r.Ask(no) }); err != nil {
		return err
	}
	settle := context.WithoutCancel(ctx)
	got, err := w.h.ask(settle, s.Definition.Search, req)
	if err != nil {
		return w.trouble(ctx, no, err)
	}
	w.tries = 0
	return w.keep(settle, no, got)
}

// keep records what a page had.
func (w *work) keep(ctx context.Context, no int, got enrichment.SearchPage) error {
	rows := got.Rows[:min(len(got.Rows), w.run.Room())]
	seen := int64(no) * int64(w.run.Started().PageSize)
	e := find.PageFound{Page: no, Rows: len(rows), Total: got.Total, Last: len(got.Rows) == 0 || got.Total > 0 && seen >= got.Total}
	if len(rows) > 0 {
		lines, err := linesOf(rows)
		if err != nil {
			return err
		}
		if e.Sealed, err = w.Sealer.Seal(ctx, w.subject(), lines); err != nil {
			return err
		}
	}
	return w.settle(ctx, no, func(r *find.Run) error { return r.Find(e) })
}

// settle records what became of a page also when the run was cancelled, or its answer from the log lost, meanwhile: what was paid for is
// kept. Another runner that has gone on with the page is met as eventstore.ErrMoved.
func (w *work) settle(ctx context.Context, no int, fn func(*find.Run) error) error {
	for range settleTries {
		err := w.append(ctx, fn)
		if !errors.Is(err, eventstore.ErrMoved) {
			return err
		}
		if w.run, w.version, err = w.h.runs.Load(ctx, string(w.id())); err != nil {
			return err
		}
		if w.run.Asked() != no {
			return eventstore.ErrMoved
		}
	}
	return eventstore.ErrMoved
}

// trouble decides what becomes of a page that was not answered: it is asked for again where that helps and costs nothing twice.
func (w *work) trouble(ctx context.Context, no int, err error) error {
	var ce *enrichment.CallError
	if !errors.As(err, &ce) { // a store of ours is away
		return err
	}
	settle := context.WithoutCancel(ctx)
	if ce.Lost && w.run.Started().PageCredits > 0 {
		why := fmt.Sprintf("the answer to page %d was lost, and asking again could cost a second time: %s", no, ce.Message)
		return w.settle(settle, no, func(r *find.Run) error { return r.Stop(why, true) })
	}
	if err := w.settle(settle, no, func(r *find.Run) error { return r.Refuse(ce.Message) }); err != nil {
		return err
	}
	if w.tries++; !ce.Retryable() || w.tries == pageTries || ce.RetryAfter > longestWait {
		return w.append(settle, func(r *find.Run) error { return r.Stop(ce.Message, false) })
	}
	for wait := max(firstPause<<(w.tries-1), ce.RetryAfter); wait > 0; wait -= beatEvery {
		if err := w.Sleep(ctx, min(wait, beatEvery)); err != nil {
			return err
		}
		w.alive(w.run.Rows())
	}
	return nil
}

// linesOf writes rows as JSON Lines, with values of bounded length.
func linesOf(rows []map[string]any) ([]byte, error) {
	var out []byte
	for _, row := range rows {
		line := make(map[string]any, len(row))
		for name, v := range row {
			if s, ok := v.(string); ok && len(s) > find.MaxFieldBytes {
				v = strings.ToValidUTF8(s[:find.MaxFieldBytes], "")
			}
			line[name] = v
		}
		b, err := json.Marshal(line)
		if err != nil {
			return nil, err
		}
		out = append(append(out, b...), '\n')
	}
	return out, nil
}
