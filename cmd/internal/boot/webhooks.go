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
	handlers *webhookcmd.Handlers
	reads    *webhookread.Queries
	queue    *webhookqueue.Queue
	worker   *webhookflow.Worker
}

func (p *Platform) webhooks(ctx context.Context) (*webhooks, error) {
	v, err := vault.New(p.cfg.MasterKey.Reveal()...)
	if err != nil {
		return nil, err
	}
	w := &webhooks{reads: webhookread.NewQueries(p.rows)}
	loopback := slices.ContainsFunc(p.cfg.DialAllow, func(n netip.Prefix) bool { return n.Addr().Unmap().IsLoopback() })
	w.handlers, err = webhookcmd.New(webhookcmd.Config{
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Sealer: signingSecrets{v}, Counter: w.reads, Random: rand.Reader, Loopback: loopback,
	})
	if err != nil {
		return nil, err
	}
	w.queue, err = webhookqueue.Open(ctx, webhookqueue.Config{Pool: p.pool, Log: p.store, Codec: p.codec, Encoder: p.encoder, Process: p.presence.ID()})
	if err != nil {
		return nil, err
	}
	client := safedial.NewClient(safedial.Config{Allow: p.cfg.DialAllow, Redirects: -1, Timeout: webhooksend.Timeout})
	w.worker, err = webhookflow.NewWorker(webhookflow.Config{
		Queue: w.queue, Events: w.queue, Secrets: w.handlers, Sender: webhooksend.New(client, safedial.Body), Stopper: w.handlers, Clock: p.clock,
		Jitter: random.Float64, Ward: p.ward, Logger: p.log.With("part", "webhooks"), Agent: "Morket/" + Version + " (+https://github.com/morket/morket)",
	})
	return w, err
}

// reactions are the feeder of the queue, and the mails about webhooks that were turned off.
func (w *webhooks) reactions(p *Platform, t *accounts) []reaction {
	n := &webhookcmd.Notifier{Mailer: t.mails, Recipients: managers{workspaceread.NewQueries(p.rows, p.ring)}, PublicURL: strings.TrimRight(p.cfg.PublicURL, "/")}
	wake := func([]eventstore.Recorded) { w.worker.Wake() }
	return []reaction{
		{name: webhookqueue.FeederName, types: w.queue.Types(), apply: w.queue.Apply, applied: wake},
		{name: "webhook_mail", types: n.Types(), handle: n.Handle},
	}
}

func (p *Platform) registerWebhooks(a *httpapi.API, w *webhooks, tables httpapi.Tables) {
	webhookapi.Register(a, webhookapi.Deps{Handlers: w.handlers, Reads: w.reads, Queue: w.queue, Clock: p.clock, Tables: tables})
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
