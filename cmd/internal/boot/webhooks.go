package boot

import (
	"context"
	"crypto/rand"
	random "math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/webhookapi"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/adapters/postgres/webhookread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// webhooks is the addresses that events are sent to, the queue of what is sent, and the worker that sends.
type webhooks struct {
	core     *core
	handlers *webhookcmd.Handlers
	reads    *webhookread.Queries
	queue    *webhookqueue.Queue
	worker   *webhookflow.Worker
	mails    webhookcmd.Mailer
	tables   httpapi.Tables
}

func newWebhooks(ctx context.Context, c *core, mails webhookcmd.Mailer, tables httpapi.Tables) (*webhooks, error) {
	v, err := vault.New(c.cfg.MasterKey.Reveal()...)
	if err != nil {
		return nil, err
	}
	w := &webhooks{core: c, mails: mails, tables: tables, reads: webhookread.NewQueries(c.rows)}
	loopback := slices.ContainsFunc(c.cfg.DialAllow, func(n netip.Prefix) bool { return n.Addr().Unmap().IsLoopback() })
	w.handlers, err = webhookcmd.New(webhookcmd.Config{
		Store:    c.store,
		Codec:    c.codec,
		IDs:      c.ids,
		Clock:    c.clock,
		Sealer:   signingSecrets{v},
		Counter:  w.reads,
		Random:   rand.Reader,
		Loopback: loopback,
	})
	if err != nil {
		return nil, err
	}
	w.queue, err = webhookqueue.Open(ctx, webhookqueue.Config{
		Pool:    c.pool,
		Log:     c.store,
		Codec:   c.codec,
		Encoder: c.encoder,
		Process: c.presence.ID(),
	})
	if err != nil {
		return nil, err
	}
	client := safedial.NewClient(safedial.Config{Allow: c.cfg.DialAllow, Redirects: -1, Timeout: webhooksend.Timeout})
	w.worker, err = webhookflow.NewWorker(webhookflow.Config{
		Queue:   w.queue,
		Events:  w.queue,
		Secrets: w.handlers,
		Sender:  webhooksend.New(client, safedial.Body),
		Stopper: w.handlers,
		Clock:   c.clock,
		Jitter:  random.Float64,
		Ward:    c.ward,
		Watch:   c.watch,
		Logger:  c.log.With("part", "webhooks"),
		Agent:   "Morket/" + Version + " (+https://github.com/morket/morket)",
	})
	return w, err
}

func (w *webhooks) endpoints(a *httpapi.API) {
	webhookapi.Register(a, webhookapi.Deps{Handlers: w.handlers, Reads: w.reads, Queue: w.queue, Clock: w.core.clock, Tables: w.tables})
}

// parts are the feeder of the queue, the mails about webhooks that were turned off, and the worker that sends.
func (w *webhooks) parts() parts {
	c := w.core
	n := &webhookcmd.Notifier{
		Mailer:     w.mails,
		Recipients: managers{workspaceread.NewQueries(c.rows, c.ring)},
		PublicURL:  strings.TrimRight(c.cfg.PublicURL, "/"),
	}
	wake := func([]eventstore.Recorded) { w.worker.Wake() }
	return parts{
		reactions: []reaction{
			{name: webhookqueue.FeederName, types: w.queue.Types(), apply: w.queue.Apply, applied: wake},
			{name: "webhook_mail", types: n.Types(), handle: n.Handle},
		},
		tasks: []task{{name: "webhooks", role: config.RoleWorker, run: w.worker.Run}},
	}
}

// signingSecrets keeps signing secrets in the vault's way.
type signingSecrets struct{ vault *vault.Vault }

// secretField is the one field of a signing secret.
const secretField = "secret"

// Seal implements webhookcmd.Sealer.
func (s signingSecrets) Seal(ws kernel.WorkspaceID, id kernel.WebhookID, version int, secret string) (webhook.Sealed, error) {
	sealed, err := s.vault.Seal(ws, kernel.CredentialID(id), version, map[string]string{secretField: secret})
	return webhook.Sealed(sealed), err
}

// Open implements webhookcmd.Sealer.
func (s signingSecrets) Open(ws kernel.WorkspaceID, id kernel.WebhookID, version int, sealed webhook.Sealed) (string, error) {
	secret, err := s.vault.Open(ws, kernel.CredentialID(id), version, credential.Sealed(sealed))
	return secret[secretField], err
}

// Stale implements webhookcmd.Sealer.
func (s signingSecrets) Stale(sealed webhook.Sealed) bool {
	return s.vault.Stale(credential.Sealed(sealed))
}

// Rewrap implements webhookcmd.Sealer.
func (s signingSecrets) Rewrap(ws kernel.WorkspaceID, id kernel.WebhookID, version int, sealed webhook.Sealed) (webhook.Sealed, error) {
	again, err := s.vault.Rewrap(ws, kernel.CredentialID(id), version, credential.Sealed(sealed))
	return webhook.Sealed(again), err
}

// managers are the members who may manage webhooks.
type managers struct{ reads *workspaceread.Queries }

// Managers implements webhookcmd.Recipients.
func (m managers) Managers(ctx context.Context, ws kernel.WorkspaceID) ([]string, error) {
	const page = 500
	var out []string
	after := kernel.UserID("")
	for {
		members, err := m.reads.Members(ctx, ws, after, page)
		if err != nil {
			return nil, err
		}
		for _, member := range members {
			if member.Email != "" && workspace.Allowed(member.Role, workspace.ManageWebhooks) {
				out = append(out, member.Email)
			}
			after = member.UserID
		}
		if len(members) < page {
			return out, nil
		}
	}
}
