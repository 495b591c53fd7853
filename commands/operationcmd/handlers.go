// Package operationcmd carries out what operators ask of the read models, and runs their jobs one at a time.
package operationcmd

import (
	"context"
	"errors"
	"strings"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/eventstore"
)

// The streams: of the jobs, and of what is done about dead letters.
const (
	jobsID    = "jobs"
	LetterLog = eventstore.StreamID("operation-letters")
)

// DeadLetters are the streams that projections and reactors have set aside.
type DeadLetters interface {
	// DeadLetter returns the parked stream of a unit and its workspace; kernel.KindNotFound without one.
	DeadLetter(ctx context.Context, consumer, kind, stream string) (operation.DeadLetter, kernel.WorkspaceID, error)
	// Retry has it tried again soon; with a reason, without its first event.
	Retry(ctx context.Context, l operation.DeadLetter, skipReason string) error
}

// Config is what the handlers need.
type Config struct {
	Store       eventstore.Store
	Codec       *eventstore.Codec
	IDs         *kernel.IDs
	Clock       kernel.Clock
	DeadLetters DeadLetters
	Projections func() []string // those that can be rebuilt
	Backups     Backups
}

// Backups knows the backups that are kept.
type Backups interface {
	// Has reports whether there is one with the name; a kernel error if none are kept, since no place for them is set.
	Has(ctx context.Context, name string) (bool, error)
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.DeadLetters == nil || c.Projections == nil || c.Backups == nil {
		return errors.New("operationcmd needs a Store, Codec, IDs, Clock, DeadLetters, Projections and Backups")
	}
	return nil
}

// Handlers carries out the module's commands.
type Handlers struct {
	cfg  Config
	jobs *eventstore.Repo[*operation.Jobs]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{cfg: cfg, jobs: jobsOf(cfg.Store, cfg.Codec)}, nil
}

func jobsOf(store eventstore.Store, codec *eventstore.Codec) *eventstore.Repo[*operation.Jobs] {
	return eventstore.NewRepo("operation", store, codec, operation.NewJobs)
}

// Start asks for a job.
type Start struct {
	Kind       operation.Kind
	Projection string // of a rebuild or verification
	Backup     string // of a drill
}

// Started is the answer to it.
type Started struct {
	Job string `json:"job_id"`
}

// Start carries out a Start: the job is begun within about a second by the process that leads.
func (h *Handlers) Start(ctx context.Context, meta kernel.Meta, c Start) (commands.Result[Started], error) {
	if err := h.subject(ctx, c); err != nil {
		return commands.Result[Started]{}, err
	}
	if first, found, err := commands.Repeat[Started](ctx, h.cfg.Store, meta); err != nil || found {
		return first, err
	}
	out := Started{Job: h.cfg.IDs.New("job")}
	done, err := h.jobs.Update(ctx, meta.As("operation."+string(c.Kind)), jobsID, func(j *operation.Jobs) (any, error) {
		return out, j.Request(out.Job, c.Kind, c.Projection+c.Backup, h.cfg.Clock.Now())
	})
	if err != nil {
		return commands.Result[Started]{}, err
	}
	return commands.Reply(done, out)
}

// subject sees that what the job is about is there.
func (h *Handlers) subject(ctx context.Context, c Start) error {
	if c.Kind != operation.Backup && c.Kind != operation.Drill {
		if !contains(h.cfg.Projections(), c.Projection) {
			return kernel.NotFound("projection", c.Projection)
		}
		return nil
	}
	there, err := h.cfg.Backups.Has(ctx, c.Backup)
	if err == nil && !there && c.Kind == operation.Drill {
		err = kernel.NotFound("backup", c.Backup)
	}
	return err
}

func contains(list []string, name string) bool {
	for _, s := range list {
		if s == name {
			return true
		}
	}
	return false
}

// Jobs returns the jobs, newest first.
func (h *Handlers) Jobs(ctx context.Context) ([]operation.Job, error) {
	j, _, err := h.jobs.Load(ctx, jobsID)
	if err != nil {
		return nil, err
	}
	return j.List(), nil
}

// ResolveDeadLetter says what is to become of a dead letter.
type ResolveDeadLetter struct {
	Consumer, Kind, Stream string
	Skip                   bool
	Reason                 string // of Skip
}

// maxReason is in bytes.
const maxReason = 500

// Validate checks the command by itself.
func (c ResolveDeadLetter) Validate() error {
	reason := strings.TrimSpace(c.Reason)
	return kernel.Check(kernel.Field("reason", reason, kernel.Holds(!c.Skip || reason != "", "say why the event is left out"),
		kernel.Sized(0, maxReason, "is longer than %d bytes", maxReason)))
}

// ResolveDeadLetter carries out a ResolveDeadLetter: actor and reason go into the log, then the projection or reactor goes on. Asking
// twice is harmless.
func (h *Handlers) ResolveDeadLetter(
	ctx context.Context, meta kernel.Meta, c ResolveDeadLetter,
) (commands.Result[operation.DeadLetter], error) {
	if err := c.Validate(); err != nil {
		return commands.Result[operation.DeadLetter]{}, err
	}
	if first, found, err := commands.Repeat[operation.DeadLetter](ctx, h.cfg.Store, meta); err != nil || found {
		return first, err
	}
	l, ws, err := h.cfg.DeadLetters.DeadLetter(ctx, c.Consumer, c.Kind, c.Stream)
	if err != nil {
		return commands.Result[operation.DeadLetter]{}, err
	}
	var e kernel.Event = operation.DeadLetterRetried{DeadLetter: l}
	command, reason := "operation.retry", ""
	if c.Skip {
		command, reason = "operation.skip", strings.TrimSpace(c.Reason)
		e = operation.DeadLetterSkipped{DeadLetter: l, Reason: reason}
	}
	meta.Workspace = ws // it is the workspace's data, so its audit log tells of it
	req, err := h.cfg.Codec.Append(meta.As(command), l, eventstore.At(LetterLog, eventstore.Any, e))
	if err != nil {
		return commands.Result[operation.DeadLetter]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[operation.DeadLetter]{}, err
	}
	if err := h.cfg.DeadLetters.Retry(ctx, l, reason); err != nil {
		return commands.Result[operation.DeadLetter]{}, err
	}
	return commands.Reply(done, l)
}
