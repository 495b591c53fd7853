// Package webhookcmd makes, changes and ends webhooks, and asks for tests, redeliveries and replays. What is asked for is an event;
// the queue that sends follows the log.
package webhookcmd

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
)

// Category is the category of the webhooks' streams.
const Category = "webhook"

// Sealer encrypts and decrypts signing secrets.
type Sealer interface {
	Seal(ws kernel.WorkspaceID, id kernel.WebhookID, version int, secret string) (webhook.Sealed, error)
	Open(ws kernel.WorkspaceID, id kernel.WebhookID, version int, s webhook.Sealed) (string, error)
	Stale(s webhook.Sealed) bool
	Rewrap(ws kernel.WorkspaceID, id kernel.WebhookID, version int, s webhook.Sealed) (webhook.Sealed, error)
}

// Counter counts a workspace's webhooks.
type Counter interface {
	Count(ctx context.Context, ws kernel.WorkspaceID) (int, error)
}

// Config is what the handlers need.
type Config struct {
	Store    eventstore.Store
	Codec    *eventstore.Codec
	IDs      *kernel.IDs
	Clock    kernel.Clock
	Sealer   Sealer
	Counter  Counter
	Random   io.Reader // for secrets
	Loopback bool      // plain http to this machine is let through, in development
}

// Handlers carry out the commands.
type Handlers struct {
	cfg  Config
	repo *eventstore.Repo[*webhook.Webhook]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.IDs == nil || cfg.Clock == nil || cfg.Sealer == nil || cfg.Counter == nil ||
		cfg.Random == nil {
		return nil, errors.New("webhookcmd: Store, Codec, IDs, Clock, Sealer, Counter and Random are needed")
	}
	return &Handlers{cfg: cfg, repo: eventstore.NewRepo(Category, cfg.Store, cfg.Codec, webhook.New)}, nil
}

// Shown is the answer that shows a secret, this once. The log keeps it without the secret; a repeat of the request has it opened again.
type Shown struct {
	ID       kernel.WebhookID `json:"id"`
	Version  int              `json:"secret_version"`
	OldUntil *time.Time       `json:"old_secret_until,omitempty" doc:"Until then the secret before signs, too."`
	Secret   string           `json:"secret,omitempty" doc:"The signing secret (whsec_…), shown this once."`
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// secretBytes are as many as HMAC-SHA-256 takes in whole; Standard Webhooks asks for 24 to 64.
const secretBytes = 32

// secret makes a signing secret in the form of Standard Webhooks.
func (h *Handlers) secret() (string, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(h.cfg.Random, b); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return "whsec_" + base64.StdEncoding.EncodeToString(b), nil
}

// Create makes a webhook of the workspace in the meta.
func (h *Handlers) Create(ctx context.Context, meta kernel.Meta, s webhook.Settings) (commands.Result[Shown], error) {
	if err := s.Validate(h.cfg.Loopback); err != nil {
		return commands.Result[Shown]{}, err
	}
	if n, err := h.cfg.Counter.Count(ctx, meta.Workspace); err != nil || n >= webhook.MaxPerSpace {
		if err == nil {
			err = kernel.E(kernel.KindConflict, "TOO_MANY_WEBHOOKS", "the workspace has %d webhooks, as many as it may; delete one first", n)
		}
		return commands.Result[Shown]{}, err
	}
	id := kernel.WebhookID(h.cfg.IDs.New(kernel.PrefixWebhook))
	secret, err := h.secret()
	if err != nil {
		return commands.Result[Shown]{}, err
	}
	sealed, err := h.cfg.Sealer.Seal(meta.Workspace, id, 1, secret)
	if err != nil {
		return commands.Result[Shown]{}, err
	}
	url, err := h.seal(meta.Workspace, id, s.URL)
	if err != nil {
		return commands.Result[Shown]{}, err
	}
	out := Shown{ID: id, Version: 1}
	done, err := h.repo.Update(ctx, meta.As("webhook.create"), string(id), func(w *webhook.Webhook) (any, error) {
		return out, w.Create(webhook.Created{
			ID:        id,
			Workspace: meta.Workspace,
			Settings:  s.Masked(),
			SealedURL: url,
			Sealed:    sealed,
			At:        h.cfg.Clock.Now(),
		})
	})
	return h.show(ctx, meta, done, out, secret, err)
}

// seal seals an address, in which there may be a secret.
func (h *Handlers) seal(ws kernel.WorkspaceID, id kernel.WebhookID, url string) (*webhook.Sealed, error) {
	sealed, err := h.cfg.Sealer.Seal(ws, id, webhook.URLVersion, url)
	return &sealed, err
}

// URL opens an address; without sealed it is plain.
func (h *Handlers) URL(
	_ context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, plain string, sealed *webhook.Sealed,
) (string, error) {
	if sealed == nil {
		return plain, nil
	}
	url, err := h.cfg.Sealer.Open(ws, id, webhook.URLVersion, *sealed)
	if err != nil {
		return "", fmt.Errorf("open the address of the webhook %s: %w", id, err)
	}
	return url, nil
}

// show answers a secret. On a repeat it is the first one's, as long as that is still valid.
func (h *Handlers) show(
	ctx context.Context, meta kernel.Meta, done eventstore.Appended, out Shown, secret string, err error,
) (commands.Result[Shown], error) {
	if err != nil {
		return commands.Result[Shown]{}, err
	}
	res, err := commands.Reply(done, out)
	if err != nil || !res.Replayed {
		res.Value.Secret = secret
		return res, err
	}
	w, _, err := h.repo.Load(ctx, string(res.Value.ID))
	if err != nil {
		return res, err
	}
	for _, s := range w.Secrets() {
		if s.Version == res.Value.Version {
			res.Value.Secret, err = h.cfg.Sealer.Open(meta.Workspace, res.Value.ID, s.Version, s.Sealed)
		}
	}
	return res, err
}

// update changes a webhook of the workspace in the meta.
func (h *Handlers) update(
	ctx context.Context, meta kernel.Meta, id kernel.WebhookID, fn func(*webhook.Webhook) (any, error),
) (eventstore.Appended, error) {
	if kernel.ParseID(kernel.PrefixWebhook, string(id)) != nil {
		return eventstore.Appended{}, kernel.NotFound("webhook", string(id))
	}
	return h.repo.Update(ctx, meta, string(id), func(w *webhook.Webhook) (any, error) {
		if !w.Exists(meta.Workspace) {
			return nil, kernel.NotFound("webhook", string(id))
		}
		return fn(w)
	})
}

// nothing is the answer of a command that has none.
func nothing(done eventstore.Appended, err error) (commands.Result[Nothing], error) {
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Change changes what is not nil.
type Change struct {
	ID          kernel.WebhookID
	URL         *string
	Description *string
	Types       *webhook.Filter
	Tables      *[]kernel.TableID
	Ordered     *bool
	Enabled     *bool
}

func (c Change) settings(s webhook.Settings) webhook.Settings {
	set(&s.URL, c.URL)
	set(&s.Description, c.Description)
	set(&s.Types, c.Types)
	set(&s.Tables, c.Tables)
	set(&s.Ordered, c.Ordered)
	return s
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Change carries out a Change.
func (h *Handlers) Change(ctx context.Context, meta kernel.Meta, c Change) (commands.Result[Nothing], error) {
	return nothing(h.update(ctx, meta.As("webhook.change"), c.ID, func(w *webhook.Webhook) (any, error) {
		was := w.Settings()
		sealed := w.SealedURL()
		var err error
		if was.URL, err = h.URL(ctx, meta.Workspace, c.ID, was.URL, sealed); err != nil {
			return nil, err
		}
		s := c.settings(was)
		if err := s.Validate(h.cfg.Loopback); err != nil {
			return nil, err
		}
		if s.URL != was.URL || sealed == nil && !webhook.Equal(s, was) {
			if sealed, err = h.seal(meta.Workspace, c.ID, s.URL); err != nil {
				return nil, err
			}
		}
		if sealed != nil {
			err = w.Change(s, sealed)
		}
		if c.Enabled != nil && *c.Enabled {
			err = errors.Join(err, w.Enable(h.cfg.Clock.Now()))
		} else if c.Enabled != nil {
			err = errors.Join(err, w.Disable(webhook.ByUser, nil, h.cfg.Clock.Now()))
		}
		return Nothing{}, err
	}))
}

// Rotate puts a new secret in force, beside which the one before signs for the overlap.
type Rotate struct {
	ID      kernel.WebhookID
	Overlap time.Duration
}

// Validate checks the command by itself.
func (c Rotate) Validate() error {
	fits := c.Overlap >= 0 && c.Overlap <= webhook.MaxOverlap
	return kernel.Check(kernel.Field("overlap_hours", c.Overlap, kernel.Holds(fits, "must be 0 to %d", int(webhook.MaxOverlap.Hours()))))
}

// Rotate carries out a Rotate.
func (h *Handlers) Rotate(ctx context.Context, meta kernel.Meta, c Rotate) (commands.Result[Shown], error) {
	if err := c.Validate(); err != nil {
		return commands.Result[Shown]{}, err
	}
	secret, err := h.secret()
	if err != nil {
		return commands.Result[Shown]{}, err
	}
	var out Shown
	done, err := h.update(ctx, meta.As("webhook.rotate_secret"), c.ID, func(w *webhook.Webhook) (any, error) {
		sealed, err := h.cfg.Sealer.Seal(meta.Workspace, c.ID, w.Version()+1, secret)
		if err != nil {
			return nil, err
		}
		now := h.cfg.Clock.Now()
		until := now.Add(c.Overlap)
		out = Shown{ID: c.ID, Version: w.Version() + 1, OldUntil: &until}
		return out, w.Rotate(sealed, c.Overlap, now)
	})
	return h.show(ctx, meta, done, out, secret, err)
}

// Delete ends a webhook; what waits for it is not sent any more.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.WebhookID) (commands.Result[Nothing], error) {
	return nothing(h.update(ctx, meta.As("webhook.delete"), id, func(w *webhook.Webhook) (any, error) { return Nothing{}, w.Delete() }))
}

// Test asks for a test event, which is sent with any filter.
func (h *Handlers) Test(ctx context.Context, meta kernel.Meta, id kernel.WebhookID) (commands.Result[Nothing], error) {
	return nothing(h.update(ctx, meta.As("webhook.test"), id, func(w *webhook.Webhook) (any, error) {
		return Nothing{}, w.Test("This is a test. Nothing has happened.", h.cfg.Clock.Now())
	}))
}

// Redeliver asks for the event at the position once more.
func (h *Handlers) Redeliver(ctx context.Context, meta kernel.Meta, id kernel.WebhookID, position int64) (commands.Result[Nothing], error) {
	events, err := h.cfg.Store.ReadPositions(ctx, []int64{position})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	if len(events) == 0 || events[0].Workspace != meta.Workspace {
		return commands.Result[Nothing]{}, kernel.NotFound("delivery", fmt.Sprint(position)) //nolint:perfsprint // a message
	}
	return nothing(h.update(ctx, meta.As("webhook.redeliver"), id, func(w *webhook.Webhook) (any, error) {
		return Nothing{}, w.Redeliver(position)
	}))
}

// Replay asks for everything after the position, up to the log's end, as far as the filter chooses it.
func (h *Handlers) Replay(ctx context.Context, meta kernel.Meta, id kernel.WebhookID, after int64) (commands.Result[Nothing], error) {
	head, err := h.cfg.Store.Head(ctx)
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return nothing(h.update(ctx, meta.As("webhook.replay"), id, func(w *webhook.Webhook) (any, error) {
		return Nothing{}, w.Replay(after, head)
	}))
}
