package workflowcmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// RunnerConfig is what a Runner needs.
type RunnerConfig struct {
	Handlers *Handlers
	Logger   *slog.Logger
	// Sleep waits; nil waits by the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Runner carries runs out. Any number of them may be given the same run: what each does has a name that the others' has too.
type Runner struct {
	RunnerConfig
	h *Handlers
}

// NewRunner makes a runner.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	if cfg.Handlers == nil || cfg.Logger == nil {
		return nil, errors.New("the runner of workflows needs handlers and a logger")
	}
	if cfg.Sleep == nil {
		cfg.Sleep = kernel.Pause
	}
	return &Runner{cfg, cfg.Handlers}, nil
}

// Stand is where a run stands when there is nothing to do for now.
type Stand struct {
	Done bool `json:"done,omitempty"`
	// Wait is how long nothing happens unless the flow is signalled; 0 is until it is.
	Wait time.Duration `json:"wait,omitempty"`
}

// Alive is told now and then what is done.
type Alive func(doing string)

// errWait says that the run waits.
var errWait = errors.New("the run waits")

// Run works on a run until it has ended or waits for something. An error means that it should be called again.
func (r *Runner) Run(ctx context.Context, id kernel.WorkflowRunID, alive Alive) (Stand, error) {
	for {
		run, version, err := r.h.runs.Load(ctx, string(id))
		if err != nil {
			return Stand{}, err
		}
		if run.State() == "" {
			return Stand{}, fmt.Errorf("there is no run %s", id)
		}
		w := &work{Runner: r, run: run, version: version, alive: alive}
		alive("look at the log")
		switch {
		case run.State().Final():
			return Stand{Done: true}, nil
		case run.Cancelling():
			err = w.cancel(ctx)
		case run.State() == workflow.Paused:
			return Stand{}, nil
		default:
			err = w.goOn(ctx)
		}
		switch {
		case errors.Is(err, errWait):
			return Stand{Wait: w.wait}, nil
		case err != nil && !errors.Is(err, eventstore.ErrMoved):
			return Stand{}, fmt.Errorf("run %s: %w", id, err)
		}
	}
}

// Lost notes that a worker was lost over the run, before Run goes on. What has killed its worker several times is given up.
func (r *Runner) Lost(ctx context.Context, id kernel.WorkflowRunID) error {
	meta := kernel.Meta{Actor: kernel.System(), Command: "workflow.lost"}
	_, err := r.h.runs.Update(ctx, meta, string(id), func(run *workflow.Run) (any, error) {
		killed, err := run.Lose()
		if err != nil || killed < quarantine.MostKills {
			return nil, err
		}
		return nil, run.GiveUp(quarantine.Reason("the run"), r.h.cfg.Clock.Now())
	})
	return err
}

// work is one stretch of work on a run at a known version of its stream.
type work struct {
	*Runner
	run     *workflow.Run
	version int64
	alive   Alive
	wait    time.Duration
	head    int64 // of the log when the step began, which what it reads must reflect
}

func (w *work) id() kernel.WorkflowRunID { return w.run.Started().RunID }

func (w *work) workspace() kernel.WorkspaceID { return w.run.Started().Workspace }

// meta is that of what the run does. Its correlation leads back to the run from whatever follows.
func (w *work) meta(command string) kernel.Meta {
	s := w.run.Started()
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: string(s.RunID), OnBehalfOf: s.By},
		Workspace: s.Workspace, Command: command, CorrelationID: string(s.RunID),
	}
}

// name names what a step does to the rows, the same for whoever does it, also after a crash. What the node does again later has another
// name, since it has acted meanwhile.
func (w *work) name(s workflow.Step, pieces []workflow.Piece) string {
	b, err := json.Marshal([]any{w.id(), s.Node.ID, s.Hash, w.run.Acts(s.Node.ID), pieces})
	if err != nil { // numbers and texts always can be written
		panic(err)
	}
	sum := sha256.Sum256(b)
	return "wf-" + hex.EncodeToString(sum[:16])
}

// append adds what fn records; eventstore.ErrMoved when another writer has added to the stream.
func (w *work) append(ctx context.Context, fn func(*workflow.Run) error) error {
	if err := fn(w.run); err != nil {
		return err
	}
	if len(w.run.Pending()) == 0 {
		return nil
	}
	version, err := w.h.runs.Extend(ctx, w.meta("workflow"), string(w.id()), w.version, w.run)
	if err != nil {
		return err
	}
	w.version = version
	w.run.Committed()
	w.alive(fmt.Sprintf("%d events", w.version))
	return nil
}

// goOn does step after step.
func (w *work) goOn(ctx context.Context) error {
	people := map[workflow.NodeID]bool{} // nodes that wait for people; the others go on
	for {
		s, ok := w.run.NextBut(people)
		switch {
		case !ok && len(people) > 0:
			return errWait
		case !ok:
			return w.append(ctx, func(r *workflow.Run) error { return r.End(w.h.cfg.Clock.Now()) })
		}
		before := w.wait
		err := w.step(ctx, s)
		if errors.Is(err, errWait) && before > 0 {
			w.wait = min(before, w.wait)
		}
		if errors.Is(err, errWait) && s.Node.Kind == workflow.Approval {
			people[s.Node.ID] = true
			continue
		}
		if err != nil {
			return err
		}
		if w.run.State().Final() {
			return nil
		}
	}
}

// cancel ends the enrichments that the run waits for, keeps what they have answered, and ends the run.
func (w *work) cancel(ctx context.Context) error {
	for _, id := range w.run.Open() {
		if err := w.h.cfg.Enrichments.Cancel(ctx, w.meta("workflow.cancel"), id); err != nil && passing(err) {
			return err
		}
	}
	for _, n := range w.run.Graph().Nodes {
		asked, ok := w.run.Asked(n)
		if !ok {
			continue
		}
		out, err := w.h.outcome(ctx, asked.Enrichment)
		if err != nil {
			return err
		}
		if !out.ended {
			w.wait = enrichmentLook
			return errWait
		}
		s := workflow.Step{Node: n, Hash: asked.Hash}
		kept, _ := w.split(asked.Pieces, out)
		if err := w.append(ctx, func(r *workflow.Run) error { return r.Do(s, passed(kept), out.spent, "cancelled") }); err != nil {
			return err
		}
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.End(w.h.cfg.Clock.Now()) })
}

// passing reports whether an error goes away by itself. The others are the run's own, and are told.
func passing(err error) bool {
	switch kernel.KindOf(err) {
	case kernel.KindInternal, kernel.KindUnavailable, kernel.KindRateLimited:
		return true
	default:
		return false
	}
}

// passed are results that let all rows of the pieces out.
func passed(pieces []workflow.Piece) []workflow.Result {
	var out []workflow.Result
	for _, p := range pieces {
		out = append(out, workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{workflow.Out: p.Rows}})
	}
	return out
}
