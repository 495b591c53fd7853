package webhookcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
)

// GiveUp turns a webhook off that has taken nothing for too long. Several processes may find that out at once: it is turned off once.
func (h *Handlers) GiveUp(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, failingSince time.Time) error {
	meta := kernel.Meta{Actor: kernel.System(), Workspace: ws}
	_, err := h.update(ctx, meta.As("webhook.give_up"), id, func(w *webhook.Webhook) (any, error) {
		return Nothing{}, w.GiveUp(failingSince, h.cfg.Clock.Now())
	})
	return gone(err)
}

// Gone turns a webhook off whose receiver said at the time that nothing is there any more.
func (h *Handlers) Gone(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, at time.Time) error {
	meta := kernel.Meta{Actor: kernel.System(), Workspace: ws}
	_, err := h.update(ctx, meta.As("webhook.gone"), id, func(w *webhook.Webhook) (any, error) {
		return Nothing{}, w.Gone(at, h.cfg.Clock.Now())
	})
	return gone(err)
}

// gone forgets that a webhook was deleted meanwhile.
func gone(err error) error {
	if kernel.KindOf(err) == kernel.KindNotFound {
		return nil
	}
	return err
}

// Open opens the secrets that sign now, the one in force first. A secret that is wrapped under an older master key is wrapped anew on
// the way.
func (h *Handlers) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, secrets []webhook.Secret) ([]string, error) {
	var out []string
	for _, s := range webhook.Valid(secrets, h.cfg.Clock.Now()) {
		secret, err := h.cfg.Sealer.Open(ws, id, s.Version, s.Sealed)
		if err != nil {
			return nil, fmt.Errorf("open version %d of the signing secret: %w", s.Version, err)
		}
		out = append(out, secret)
		if h.cfg.Sealer.Stale(s.Sealed) {
			if err := h.rewrap(ctx, ws, id, s); err != nil {
				return nil, err
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is no signing secret")
	}
	return out, nil
}

// Address opens an address for the worker that sends to it. One that is wrapped under an older master key is wrapped anew on the way.
func (h *Handlers) Address(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, plain string, sealed *webhook.Sealed,
) (string, error) {
	url, err := h.URL(ctx, ws, id, plain, sealed)
	if err == nil && sealed != nil && h.cfg.Sealer.Stale(*sealed) {
		err = h.rewrap(ctx, ws, id, webhook.Secret{Version: webhook.URLVersion, Sealed: *sealed})
	}
	return url, err
}

func (h *Handlers) rewrap(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, s webhook.Secret) error {
	sealed, err := h.cfg.Sealer.Rewrap(ws, id, s.Version, s.Sealed)
	if err != nil {
		return err
	}
	meta := kernel.Meta{Actor: kernel.System(), Workspace: ws}
	_, err = h.update(ctx, meta.As("webhook.rewrap"), id, func(w *webhook.Webhook) (any, error) {
		if now := w.SealedURL(); s.Version == webhook.URLVersion && now != nil && h.cfg.Sealer.Stale(*now) {
			return Nothing{}, w.Rewrap(s.Version, sealed)
		}
		for _, now := range w.Secrets() {
			if now.Version == s.Version && h.cfg.Sealer.Stale(now.Sealed) {
				return Nothing{}, w.Rewrap(s.Version, sealed)
			}
		}
		return Nothing{}, nil
	})
	return gone(err)
}

// Mailer sends a mail.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Recipients are the members that manage a workspace's webhooks.
type Recipients interface {
	Managers(ctx context.Context, ws kernel.WorkspaceID) (emails []string, err error)
}

// Notifier mails that a webhook was turned off because it has failed for days or its receiver is gone. It is a reactor's function: a mail
// may come twice and is not forgotten.
type Notifier struct {
	Mailer     Mailer
	Recipients Recipients
	PublicURL  string
}

// Types are the events it wants.
func (*Notifier) Types() []string { return []string{webhook.Disabled{}.EventType()} }

// Handle mails about one event.
func (n *Notifier) Handle(ctx context.Context, r eventstore.Recorded) error {
	var e webhook.Disabled
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	if e.Reason != webhook.ByFailures && e.Reason != webhook.ByReceiver {
		return nil
	}
	to, err := n.Recipients.Managers(ctx, e.Workspace)
	if err != nil {
		return err
	}
	since := ""
	if e.FailingSince != nil {
		since = " since " + e.FailingSince.UTC().Format("2 January 15:04") + " UTC"
	}
	why := "it has taken nothing" + since
	if e.Reason == webhook.ByReceiver {
		why = "its receiver answered 410 Gone: nothing is there any more"
	}
	text := fmt.Sprintf("Morket has turned off the webhook to\n\n  %s\n\nbecause %s. What waits for it is kept.\n\n"+
		"Look at the last attempts, turn it on again, and have what it has missed sent by a replay:\n%s/w/%s/settings/webhooks\n",
		kernel.MaskAddresses(e.URL), why, n.PublicURL, e.Workspace)
	for _, address := range to {
		if err := n.Mailer.Send(ctx, address, "A webhook was turned off", text); err != nil {
			return kernel.E(kernel.KindUnavailable, "MAIL_DOWN", "the mail could not be handed over").Because(err)
		}
	}
	return nil
}
