package scrapecmd

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
)

// Category is that of the streams of jobs.
const Category = "scrape"

// Sealer seals pages under keys that can be destroyed.
type Sealer interface {
	// Seal encrypts data under the subject's key, which is made when there is none.
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
	// Open decrypts it; false means that the key was destroyed.
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
}

// Objects keeps pages.
type Objects interface {
	Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error)
	Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error)
}

// JobsConfig is what the handlers of jobs need.
type JobsConfig struct {
	Store   eventstore.Store
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Sealer  Sealer
	Objects Objects
	// Waiting is how many pages of jobs have yet to be read, in all workspaces.
	Waiting func(ctx context.Context) (int, error)
	// Exists reports whether there is such a workspace.
	Exists func(ctx context.Context, ws kernel.WorkspaceID) (bool, error)
	Reader *Reader
	// Callbacks reports whether callbacks can be signed; Loopback whether they may go to this machine, in development.
	Callbacks, Loopback bool
}

// Validate says what is missing.
func (c JobsConfig) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Sealer == nil || c.Objects == nil || c.Waiting == nil ||
		c.Exists == nil || c.Reader == nil {
		return errors.New("jobs of the scraper need a store, codec, ids, clock, sealer, objects, what waits, workspaces and a reader")
	}
	return nil
}

// Jobs carries out the commands of jobs.
type Jobs struct {
	cfg  JobsConfig
	repo *eventstore.Repo[*scrape.Job]
}

// NewJobs makes the handlers.
func NewJobs(cfg JobsConfig) (*Jobs, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Jobs{cfg: cfg, repo: eventstore.NewRepo(Category, cfg.Store, cfg.Codec, scrape.NewJob)}, nil
}

// Start asks for a job.
type Start struct {
	Workspace kernel.WorkspaceID
	Tasks     []scrape.Task
	Callback  string // an address that is told when the job has ended; may be empty
}

// Started is the answer to it.
type Started struct {
	Job scrape.JobID `json:"job_id"`
}

// Start carries out a Start. A queue without room is a kernel.KindUnavailable error.
func (j *Jobs) Start(ctx context.Context, meta kernel.Meta, c Start) (commands.Result[Started], error) {
	var none commands.Result[Started]
	if err := j.check(c); err != nil {
		return none, err
	}
	if first, found, err := commands.Repeat[Started](ctx, j.cfg.Store, meta); err != nil || found {
		return first, err
	}
	switch there, err := j.cfg.Exists(ctx, c.Workspace); {
	case err != nil:
		return none, err
	case !there:
		return none, kernel.NotFound("workspace", string(c.Workspace))
	}
	waiting, err := j.cfg.Waiting(ctx)
	if err != nil {
		return none, err
	}
	if waiting+len(c.Tasks) > MaxQueue {
		full := kernel.E(kernel.KindUnavailable, "QUEUE_FULL", "%d pages are waiting already, %d may", waiting, MaxQueue)
		full.RetryAfter = fullRetry
		return none, full
	}
	e := scrape.Requested{Job: scrape.JobID(j.cfg.IDs.New(scrape.JobPrefix)), Workspace: c.Workspace, Tasks: c.Tasks, At: j.cfg.Clock.Now()}
	if c.Callback != "" {
		if e.CallbackSealed, err = j.cfg.Sealer.Seal(ctx, scrape.KeysOf(e.Workspace, e.At), []byte(c.Callback)); err != nil {
			return none, err
		}
	}
	meta.Workspace = c.Workspace
	done, err := j.repo.Update(ctx, meta.As("scrape.start"), string(e.Job), func(job *scrape.Job) (any, error) {
		return Started{e.Job}, job.Request(e)
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, Started{e.Job})
}

const maxCallback = 2000

func (j *Jobs) check(c Start) error {
	if n := len(c.Tasks); n < 1 || n > scrape.MaxTasks {
		return kernel.Invalid("tasks", "1 to %d pages", scrape.MaxTasks)
	}
	for _, t := range c.Tasks {
		if err := t.Validate(j.cfg.Reader.Known); err != nil {
			return err
		}
	}
	if c.Callback == "" {
		return nil
	}
	if !j.cfg.Callbacks {
		return kernel.Invalid("callback_url", "callbacks can't be signed here: MORKET_SCRAPE_CALLBACK_SECRET is not set")
	}
	u, err := url.Parse(c.Callback)
	plain := err == nil && u.Scheme == "http" && j.cfg.Loopback
	if err != nil || u.Scheme != "https" && !plain || u.Host == "" || u.User != nil || len(c.Callback) > maxCallback {
		return kernel.Invalid("callback_url", "an address that begins with https://")
	}
	return nil
}

// Cancel ends a job before its tasks have. What is being read ends soon after.
func (j *Jobs) Cancel(ctx context.Context, meta kernel.Meta, id scrape.JobID) error {
	job, err := j.Job(ctx, id)
	if err != nil {
		return err
	}
	meta.Workspace = job.Workspace
	_, err = j.repo.Update(ctx, meta.As("scrape.cancel"), string(id), func(job *scrape.Job) (any, error) {
		return nil, job.Cancel(j.cfg.Clock.Now())
	})
	return err
}

// Job returns a job as it stands.
func (j *Jobs) Job(ctx context.Context, id scrape.JobID) (*scrape.Job, error) {
	if !strings.HasPrefix(string(id), scrape.JobPrefix+"_") {
		return nil, kernel.NotFound("job", string(id))
	}
	job, version, err := j.repo.Load(ctx, string(id))
	if err == nil && version == 0 {
		err = kernel.NotFound("job", string(id))
	}
	return job, err
}

// Result returns how a task of a job ended. What is found on its page is found now, so that an extractor that has changed since needs no
// second look at the site.
func (j *Jobs) Result(ctx context.Context, job *scrape.Job, index int) (scrape.Outcome, bool, error) {
	read, done := job.Pages[index]
	if !done {
		return scrape.Outcome{}, false, nil
	}
	out := scrape.Outcome{Fetches: read.Fetches}
	if read.Reason != "" {
		out.Fault = scrape.Fail(read.Reason, "%s", read.Message)
		out.Fault.Status = read.Status
		return out, true, nil
	}
	text, err := j.open(ctx, job, read)
	if err != nil {
		return out, true, err
	}
	if text == nil {
		out.Fault = scrape.Fail(scrape.ReasonInternal, "the page is not kept any longer")
		return out, true, nil
	}
	page := scrape.Page{
		URL:      read.URL,
		Status:   read.Status,
		Rendered: read.Rendered,
		Cut:      read.Cut,
		Body:     text,
		Header:   map[string]string{"content-language": read.Language},
	}
	found, err := j.cfg.Reader.cfg.Extractors.Look(page).Extract(job.Tasks[index].Target)
	if err != nil {
		return out, true, err
	}
	found.Reasons = append(append([]string{}, read.Notes...), found.Reasons...)
	out.Page, out.Extract = &page, &found
	return out, true, nil
}

// maxKept bounds what is read of a page's object: the text, and what sealing adds.
const maxKept = 16 << 20

// open reads a page's text; nil if its key was destroyed or the object is gone.
func (j *Jobs) open(ctx context.Context, job *scrape.Job, read scrape.PageRead) ([]byte, error) {
	r, err := j.cfg.Objects.Open(ctx, read.Object, 0)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	sealed, err := io.ReadAll(io.LimitReader(r, maxKept))
	if err != nil {
		return nil, err
	}
	text, ok, err := j.cfg.Sealer.Open(ctx, scrape.KeysOf(job.Workspace, read.At), sealed)
	if err != nil || !ok {
		return nil, err
	}
	return text, nil
}
