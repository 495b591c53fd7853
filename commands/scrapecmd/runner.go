package scrapecmd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// RunnerConfig is what a Runner needs.
type RunnerConfig struct {
	Jobs  *Jobs
	Queue *Queue
	// Call tells an address that a job has ended, signed, within 10 s; nil where callbacks can't be signed.
	Call   func(ctx context.Context, id, to string, body []byte) error
	Logger *slog.Logger
	// Look is how often a job is looked at for a cancellation; 2 s when 0. Pauses are those between callbacks; 2, 4 and 8 s when nil.
	Look   time.Duration
	Pauses []time.Duration
}

// Runner carries jobs out. How far a job has come is in its stream and nowhere else, so it may be killed and begun again at any point.
type Runner struct {
	RunnerConfig
	*Jobs
}

// NewRunner makes a runner.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	if cfg.Jobs == nil || cfg.Queue == nil || cfg.Logger == nil {
		return nil, errors.New("a runner of scraping needs jobs, a queue and a logger")
	}
	if cfg.Look <= 0 {
		cfg.Look = 2 * time.Second
	}
	if cfg.Pauses == nil {
		cfg.Pauses = []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}
	}
	return &Runner{cfg, cfg.Jobs}, nil
}

const (
	atOnce      = 8         // pages of one job
	maxLosses   = 2         // of processes over one page
	keepTrying  = time.Hour // a site that asks to be left alone
	shortestTry = time.Second
	longestTry  = 5 * time.Minute
)

func (r *Runner) meta(job *scrape.Job, command string) kernel.Meta {
	return kernel.Meta{Actor: kernel.System(), Workspace: job.Workspace}.As(command)
}

// Lost notes that a process was lost over the job, before Run goes on.
func (r *Runner) Lost(ctx context.Context, id scrape.JobID) error {
	job, err := r.Job(ctx, id)
	if err != nil {
		return err
	}
	_, err = r.repo.Update(ctx, r.meta(job, "scrape.lost"),
		string(id), func(job *scrape.Job) (any, error) { return nil, job.Lose(r.cfg.Clock.Now()) })
	return err
}

// Run carries the job out until nothing of it is left to do. alive is told how far it has come.
func (r *Runner) Run(ctx context.Context, id scrape.JobID, alive func(done, of int)) error {
	job, err := r.Job(ctx, id)
	if err != nil {
		return err
	}
	if job.Open() {
		if err := r.read(ctx, job, alive); err != nil {
			return err
		}
		if job, err = r.Job(ctx, id); err != nil {
			return err
		}
	}
	return r.call(ctx, job)
}

// read reads the job's pages, several at once. After a process was lost they are read one at a time: the second loss is then the guilty
// page's, which fails.
func (r *Runner) read(ctx context.Context, job *scrape.Job, alive func(done, of int)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.watch(ctx, job, stop, alive)
	}()
	width := atOnce
	left := job.Left()
	if job.Losses > 0 {
		width = 1
	}
	if job.Losses >= maxLosses && len(left) > 0 {
		end := scrape.PageRead{Index: left[0], Reason: scrape.ReasonInternal, Message: "reading the page has ended its worker twice"}
		if err := r.record(ctx, job, end); err != nil {
			return err
		}
		left = left[1:]
	}
	slots, failed := make(chan struct{}, width), make(chan error, len(left))
	var wg sync.WaitGroup
	for _, index := range left {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			failed <- r.page(ctx, job, index)
		})
	}
	wg.Wait()
	close(failed)
	var first error
	for err := range failed {
		if err != nil && first == nil {
			first = err
		}
	}
	cancelled := ctx.Err() != nil
	stop()
	<-watched
	if first != nil || cancelled {
		if now, err := r.Job(context.WithoutCancel(ctx), job.ID); err == nil && !now.Open() {
			return nil // it was cancelled
		}
		return errors.Join(first, ctx.Err())
	}
	_, err := r.repo.Update(context.WithoutCancel(ctx), r.meta(job, "scrape.finish"),
		string(job.ID), func(job *scrape.Job) (any, error) { return nil, job.Finish(r.cfg.Clock.Now()) })
	return err
}

// watch stops the work when the job was cancelled.
func (r *Runner) watch(ctx context.Context, job *scrape.Job, stop context.CancelFunc, alive func(done, of int)) {
	tick := time.NewTicker(r.Look)
	defer tick.Stop()
	for {
		alive(len(job.Pages), len(job.Tasks))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := r.Job(ctx, job.ID)
		if err != nil {
			continue // the log is away; the work goes on, and its next record waits for it
		}
		if !now.Open() {
			stop()
			return
		}
		job = now
	}
}

// page does one task, again as long as its site only asks for patience.
func (r *Runner) page(ctx context.Context, job *scrape.Job, index int) error {
	for {
		out := r.Queue.Do(ctx, job.Workspace, job.Tasks[index], len(job.Tasks))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := out.Fault
		patience := f != nil && (f.Reason == scrape.ReasonResting || f.Reason == scrape.ReasonRobotsAway || f.Reason == scrape.ReasonBusy ||
			f.Reason == scrape.ReasonNoProxy)
		if !patience || kernel.Passed(r.cfg.Clock.Now(), job.Requested, keepTrying) {
			return r.end(ctx, job, index, out)
		}
		if err := kernel.Pause(ctx, min(max(f.Retry, shortestTry), longestTry)); err != nil {
			return err
		}
	}
}

// end keeps the page and records how its task ended.
func (r *Runner) end(ctx context.Context, job *scrape.Job, index int, out scrape.Outcome) error {
	e := scrape.PageRead{Index: index, Fetches: out.Fetches, Notes: out.Notes, At: r.cfg.Clock.Now()}
	switch {
	case out.Fault != nil:
		e.Reason, e.Message, e.Status = out.Fault.Reason, out.Fault.Message, out.Fault.Status
	default:
		p := out.Page
		e.URL, e.Status, e.Rendered = p.URL, p.Status, p.Rendered
		e.Cut, e.Size, e.Language = p.Cut, int64(len(p.Body)), p.Header["content-language"]
		sealed, err := r.cfg.Sealer.Seal(ctx, scrape.KeysOf(job.Workspace, e.At), p.Body)
		if err != nil {
			return err
		}
		if e.Object, err = r.keep(ctx, r.meta(job, "scrape.read"), e.At, p.Body, sealed); err != nil {
			return err
		}
	}
	return r.record(ctx, job, e)
}

// keep puts a page into the object store. Its name is of its owner, the month, and the hash of its text.
func (r *Runner) keep(ctx context.Context, meta kernel.Meta, at time.Time, text, sealed []byte) (string, error) {
	sum := sha256.Sum256(text)
	object, err := r.cfg.Objects.Put(ctx, "pages/"+string(meta.Workspace)+"/"+scrape.Month(at)+"/"+hex.EncodeToString(sum[:]),
		bytes.NewReader(sealed), maxKept)
	return object.Key, err
}

func (r *Runner) record(ctx context.Context, job *scrape.Job, e scrape.PageRead) error {
	if e.At.IsZero() {
		e.At = r.cfg.Clock.Now()
	}
	_, err := r.repo.Update(ctx, r.meta(job, "scrape.read"), string(job.ID), func(job *scrape.Job) (any, error) { return nil, job.Read(e) })
	return err
}

// ended is what a callback says.
type ended struct {
	Type      string             `json:"type"`
	Job       scrape.JobID       `json:"job_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	State     scrape.State       `json:"state"`
	Pages     int                `json:"pages"`
	Read      int                `json:"read"`
	Failed    int                `json:"failed"`
	EndedAt   time.Time          `json:"ended_at"`
}

// call tells the job's callback that it has ended, at most once and three times again. The id is the job's, so a receiver can tell repeats.
func (r *Runner) call(ctx context.Context, job *scrape.Job) error {
	if len(job.Callback) == 0 || job.Called != nil {
		return nil
	}
	attempts, why := 0, ""
	to, ok, err := r.cfg.Sealer.Open(ctx, scrape.KeysOf(job.Workspace, job.Requested), job.Callback)
	switch {
	case err != nil:
		return err
	case !ok:
		why = "the address is not kept any longer"
	case r.Call == nil:
		why = "callbacks can't be signed any longer: MORKET_SCRAPE_CALLBACK_SECRET is not set"
	default:
		body, err := json.Marshal(ended{
			Type:      "scrape.ended",
			Job:       job.ID,
			Workspace: job.Workspace,
			State:     job.State,
			Pages:     len(job.Tasks),
			Read:      len(job.Pages) - job.Failed,
			Failed:    job.Failed,
			EndedAt:   job.Ended,
		})
		if err != nil {
			return err
		}
		if attempts, why, err = r.tell(ctx, job, string(to), body); err != nil {
			return err
		}
	}
	_, err = r.repo.Update(ctx, r.meta(job, "scrape.call_back"),
		string(job.ID), func(job *scrape.Job) (any, error) { return nil, job.CallBack(attempts, why, r.cfg.Clock.Now()) })
	return err
}

func (r *Runner) tell(ctx context.Context, job *scrape.Job, to string, body []byte) (attempts int, why string, err error) {
	for {
		attempts++
		failed := r.Call(ctx, string(job.ID), to, body)
		if failed == nil {
			return attempts, "", nil
		}
		if ctx.Err() != nil {
			return attempts, "", ctx.Err()
		}
		if attempts > len(r.Pauses) {
			r.Logger.WarnContext(ctx, "a callback was given up", "job", job.ID, "workspace_id", job.Workspace, "attempts", attempts, "error", failed)
			return attempts, failed.Error(), nil
		}
		if err := kernel.Pause(ctx, r.Pauses[attempts-1]); err != nil {
			return attempts, "", err
		}
	}
}
