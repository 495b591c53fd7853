package enrichmentflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Failures lists what of a run has failed, for its retry.
type Failures interface {
	// Failed returns cells of the run in the state error with row ids greater than after, by row and column, of at most limit rows.
	// Only those with the message, if one is given. The answer reflects the position.
	Failed(
		ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, message string, after kernel.RowID, limit int, position int64,
	) ([]enrichment.Cell, error)
}

// Sealer seals answers under keys that can be destroyed.
type Sealer interface {
	// Seal encrypts data under the subject's key, which is made when there is none.
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
}

// Limits are a runner's numbers. Zero takes the default.
type Limits struct {
	PageRows int // of a page; 500
	// CarefulRows are those of a page of providers that must not be asked twice: what a crash leaves unknown, or fewer where they take
	// fewer at once; 64.
	CarefulRows  int
	Workers      int           // rows asked at once by one run; 64
	FlushCells   int           // outcomes in one append; 500
	FlushEvery   time.Duration // an outcome waits at most so long; 100 ms
	Look         time.Duration // at the run's stream for a pause or cancel; 1 s
	SliceMin     int64         // cells after which a slice ends when SliceTime is over; 1,000
	SliceTime    time.Duration // 60 s
	SliceMax     time.Duration // the longest time of a slice; 10 min
	FinishCalls  time.Duration // that calls under way get when the process stops; 35 s
	RetryBusyLog time.Duration // between two tries of an append that the log had no room for; 50 ms
	WaitRests    time.Duration // that a run waits for a server that fails, without an answer meanwhile; 10 min
	WaitLimits   time.Duration // the same for rate limits; 1 h
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	wait := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.PageRows, 500)
	set(&l.CarefulRows, 64)
	set(&l.Workers, 64)
	set(&l.FlushCells, 500)
	wait(&l.FlushEvery, 100*time.Millisecond)
	wait(&l.Look, time.Second)
	wait(&l.SliceTime, time.Minute)
	wait(&l.SliceMax, 10*time.Minute)
	wait(&l.FinishCalls, 35*time.Second)
	wait(&l.RetryBusyLog, 50*time.Millisecond)
	wait(&l.WaitRests, 10*time.Minute)
	wait(&l.WaitLimits, waterfall.LongestWait)
	if l.SliceMin <= 0 {
		l.SliceMin = 1000
	}
	return l
}

// Config is what a Runner needs.
type Config struct {
	Store    eventstore.Store
	Codec    *eventstore.Codec
	IDs      *kernel.IDs
	Clock    kernel.Clock
	Engine   *waterfall.Engine
	Rows     enrichmentcmd.RowSource
	Failures Failures
	Ledger   enrichmentcmd.Ledger
	Sealer   Sealer
	Recorded enrichmentcmd.Recorded // for replays
	Logger   *slog.Logger
	Limits   Limits
	Ward     *quarantine.Ward     // the process's; NewWard by default
	OnRecord func(outcome string) // told of each cell that was recorded; may be nil
	Watch    watch.Watcher        // told of each slice; may be nil
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Store":    c.Store == nil,
		"Codec":    c.Codec == nil,
		"IDs":      c.IDs == nil,
		"Clock":    c.Clock == nil,
		"Engine":   c.Engine == nil,
		"Rows":     c.Rows == nil,
		"Failures": c.Failures == nil,
		"Recorded": c.Recorded == nil,
		"Ledger":   c.Ledger == nil,
		"Sealer":   c.Sealer == nil,
		"Logger":   c.Logger == nil,
	} {
		if missing {
			errs = append(errs, errors.New("the enrichment runner needs "+name))
		}
	}
	return errors.Join(errs...)
}

// Runner does the work of runs.
type Runner struct {
	cfg    Config
	limits Limits
	runs   *eventstore.Repo[*enrichment.Run]
	tables *eventstore.Repo[*table.Table]
	turns  turns
}

// NewRunner makes a runner.
func NewRunner(cfg Config) (*Runner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Ward == nil {
		cfg.Ward = quarantine.NewWard()
	}
	return &Runner{
		cfg: cfg, limits: cfg.Limits.withDefaults(),
		runs:   eventstore.NewRepo(enrichmentcmd.RunCategory, cfg.Store, cfg.Codec, enrichment.NewRun),
		tables: eventstore.NewRepo("table", cfg.Store, cfg.Codec, table.Blank),
	}, nil
}

// Input names the run of a flow.
type Input struct {
	Workspace kernel.WorkspaceID `json:"workspace"`
	Run       kernel.RunID       `json:"run"`
	Round     int                `json:"round,omitempty"`    // of its retries; an older round's flow has nothing to do
	Position  int64              `json:"position,omitempty"` // of the event that began the round
}

// Next says what comes after a slice.
type Next string

// What may come.
const (
	More    Next = "more"    // another slice
	Waiting Next = "waiting" // another slice after Wait: until then the providers can't be asked
	Paused  Next = "paused"  // nothing until the run is resumed or cancelled
	Done    Next = "done"    // the run has ended
)

// Result is what a slice did.
type Result struct {
	Next  Next          `json:"next"`
	Cells int64         `json:"cells"` // that got an outcome
	Wait  time.Duration `json:"wait,omitempty"`
}

// Try is one attempt at a slice.
type Try struct {
	// Beat is called with the page's number as work goes on; it may be nil.
	Beat func(page int)
	// Ended says that the attempt before this one ended by itself. Else its worker is taken to be lost, if it left a page under way.
	Ended bool
}

func (t Try) beat(page int) {
	if t.Beat != nil {
		t.Beat(page)
	}
}

// ErrNoRun says that the run of a flow is not in the log.
var ErrNoRun = errors.New("there is no such run")

// ErrSuperseded says that somebody else works on the run.
var ErrSuperseded = errors.New("another worker has taken the run over")

// Slice works on the run until it ends, is paused or cancelled, has to wait, ctx ends, or it is another run's turn. When ctx ends, calls
// under way finish and their outcomes are recorded before Slice returns.
func (r *Runner) Slice(ctx context.Context, in Input, try Try) (Result, error) {
	ctx, leave, err := r.turns.await(ctx, in.Run, r.limits.Look, func() { try.beat(0) })
	if err != nil {
		return Result{}, err
	}
	defer leave()
	run, version, err := r.runs.Load(ctx, string(in.Run))
	if err != nil {
		return Result{}, err
	}
	if run.ID() == "" {
		return Result{}, fmt.Errorf("run %s: %w", in.Run, ErrNoRun)
	}
	if run.State().Final() || run.Round() != in.Round {
		return Result{Next: Done}, nil
	}
	s := r.newSlice(ctx, in, run, version, try)
	defer s.close()
	op := watch.Begin(r.cfg.Watch, r.cfg.Clock, watch.RunSlice, "workspace", in.Workspace, "run", in.Run, "round", in.Round, "table",
		run.Table())
	res, err := s.work()
	op.Count(res.Cells, 0)
	op.Note("next", string(res.Next), "page", run.Page(), "spent", run.Spent().String())
	switch {
	case err != nil || res.Next == Done:
		op.EndWith(ctx, sliceError(s.w.run, err))
	default:
		op.End(ctx, watch.Waits, nil)
	}
	return res, err
}

// sliceError is why a slice failed; that of a run that could not go on is the run's.
func sliceError(run *enrichment.Run, err error) error {
	if err == nil && run.State() == enrichment.RunFailed {
		_, reason := run.Verdict()
		err = errors.New(reason)
	}
	return err
}

// Fail ends a run whose slices can't go on, and releases what it reserved.
func (r *Runner) Fail(ctx context.Context, in Input, reason string) error {
	return r.end(ctx, in, enrichment.RunFailed, reason)
}

// Abort ends a run as cancelled, and releases what it reserved.
func (r *Runner) Abort(ctx context.Context, in Input) error {
	return r.end(ctx, in, enrichment.RunCancelled, "the flow was cancelled")
}

func (r *Runner) end(ctx context.Context, in Input, state enrichment.RunState, reason string) error {
	run, version, err := r.runs.Load(ctx, string(in.Run))
	if err != nil || run.ID() == "" || run.State().Final() || run.Round() != in.Round {
		return err
	}
	s := &slice{r: r, in: in, w: &writer{r: r, in: in, run: run, version: version, token: r.cfg.IDs.New("wrt")}, hard: ctx, stop: ctx}
	return s.finish(state, reason)
}
