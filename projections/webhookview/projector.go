// Package webhookview keeps the list of a workspace's webhooks, without their secrets.
package webhookview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "webhook"

// Webhook is one line of the list.
type Webhook struct {
	ID        kernel.WebhookID
	Workspace kernel.WorkspaceID
	webhook.Settings
	SealedURL     *webhook.Sealed // the address; nil: the settings have it in clear
	Enabled       bool
	Reason        webhook.Reason // why it is off
	OffAt         *time.Time     // since when it is off
	OffPosition   int64          // what came after it was not sent
	SecretVersion int
	OldUntil      *time.Time // the secret before the one in force signs until then
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	Get(ctx context.Context, id kernel.WebhookID) (Webhook, error)
	Put(ctx context.Context, w Webhook) error
	Delete(ctx context.Context, id kernel.WebhookID) error
}

// Projector folds the webhooks.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec: codec, open: open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return []string{
		webhook.Created{}.EventType(), webhook.Changed{}.EventType(), webhook.SecretRotated{}.EventType(), webhook.SecretRewrapped{}.EventType(),
		webhook.Disabled{}.EventType(),
		webhook.Enabled{}.EventType(), webhook.Deleted{}.EventType(),
	}
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, r := range events {
		e, err := p.codec.Decode(r)
		if err == nil {
			err = apply(ctx, w, r, e)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", r.Position, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, r eventstore.Recorded, e kernel.Event) error {
	switch e := e.(type) {
	case webhook.Created:
		return w.Put(ctx, Webhook{
			ID:            e.ID,
			Workspace:     e.Workspace,
			Settings:      e.Settings,
			SealedURL:     e.SealedURL,
			Enabled:       true,
			SecretVersion: 1,
			CreatedAt:     r.RecordedAt,
			UpdatedAt:     r.RecordedAt,
		})
	case webhook.Deleted:
		return w.Delete(ctx, e.ID)
	}
	line, err := w.Get(ctx, kernel.WebhookID(r.Stream.ID()))
	if err != nil {
		return err
	}
	line.UpdatedAt = r.RecordedAt
	switch e := e.(type) {
	case webhook.Changed:
		line.Settings, line.SealedURL = e.Settings, e.SealedURL
	case webhook.SecretRewrapped:
		if e.Version != webhook.URLVersion {
			return nil
		}
		line.SealedURL = &e.Sealed
	case webhook.SecretRotated:
		until := e.OldUntil
		line.SecretVersion, line.OldUntil = e.Version, &until
	case webhook.Disabled:
		at := e.At
		line.Enabled, line.Reason, line.OffAt, line.OffPosition = false, e.Reason, &at, r.Position
	case webhook.Enabled:
		line.Enabled, line.Reason, line.OffAt = true, "", nil
	default:
		return fmt.Errorf("unknown event %s", r.Type)
	}
	return w.Put(ctx, line)
}
