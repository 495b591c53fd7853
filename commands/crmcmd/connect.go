package crmcmd

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Connect begins an attempt to connect a CRM.
type Connect struct {
	Vendor   string
	ID       kernel.ConnectionID // of one to be connected again; empty for a new one
	Instance string
}

// Asked is the answer to a Connect. URL and Browser hold secrets.
type Asked struct {
	ID      kernel.ConnectionID `json:"id"`
	URL     string              `json:"url" doc:"The page of the CRM where the access is allowed. It holds for 10 minutes, in this browser, once."`
	Expires time.Time           `json:"expires"`
	Browser string              `json:"-"` // a secret that the browser keeps: another one can't complete the attempt
}

var instanceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,99}$`)

// Connect carries out a Connect. A repeat begins another attempt, since the first answer held secrets.
func (h *Handlers) Connect(ctx context.Context, meta kernel.Meta, c Connect) (commands.Result[Asked], error) {
	var none commands.Result[Asked]
	kind, err := h.configured(c.Vendor)
	if err != nil {
		return none, err
	}
	if c.Instance != "" && !instanceForm.MatchString(c.Instance) {
		return none, kernel.Invalid("instance", "must be a host name such as example.my.salesforce.com, or sandbox")
	}
	id, fresh := c.ID, c.ID == ""
	if fresh {
		id = kernel.ConnectionID(h.cfg.IDs.New(kernel.PrefixConnection))
	}
	state, browser, verifier := string(id)+"."+secret(), secret(), secret()
	url := kind.Connector.AuthorizeURL(crm.Authorization{
		ClientID: kind.App.ClientID, ClientSecret: kind.App.ClientSecret, Redirect: h.cfg.Redirect(c.Vendor), State: state, Verifier: verifier,
		Instance: c.Instance,
	})
	if url == "" {
		return none, kernel.Invalid("instance", "is no login address of %s", kind.Connector.Describe().Name)
	}
	subject := crm.ConnectKeys + h.cfg.IDs.New(string(id))
	sealed, err := h.cfg.Sealer.Seal(ctx, subject, []byte(verifier))
	if err != nil {
		return none, err
	}
	now := h.cfg.Clock.Now()
	meta.IdempotencyKey = ""
	done, err := h.connections.Update(ctx, meta.As("crm.connect"), string(id), func(cn *crm.Connection) (any, error) {
		if !fresh && (!cn.In(meta.Workspace) || cn.Vendor() != c.Vendor) {
			return nil, kernel.NotFound("connection", string(id))
		}
		return Nothing{}, cn.Ask(crm.ConnectAsked{
			ConnectionID: id, Workspace: meta.Workspace, Vendor: c.Vendor, Instance: c.Instance, State: crm.Digest(state),
			Browser: crm.Digest(browser), Subject: subject, Verifier: sealed, By: meta.Actor.User(), At: now,
		})
	})
	if err != nil {
		return none, err
	}
	return commands.Result[Asked]{Value: Asked{id, url, now.Add(crm.ConnectWithin), browser}, Position: done.Last}, nil
}

const secretBytes = 32

// secret is a new random text that no one can guess; of the form that RFC 7636 asks of a verifier.
func secret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Return is what a vendor sends a person back with.
type Return struct {
	Vendor  string
	State   string
	Code    string
	Error   string // the vendor's, such as access_denied
	Browser string
}

// Completed is where a completed attempt ends.
type Completed struct {
	Workspace kernel.WorkspaceID
	ID        kernel.ConnectionID
}

// Complete takes a vendor's answer to an attempt. An attempt has one answer, at most 10 minutes old, from the browser that began it.
func (h *Handlers) Complete(ctx context.Context, r Return) (Completed, error) {
	var out Completed
	id, _, _ := strings.Cut(r.State, ".")
	if kernel.ParseID(kernel.PrefixConnection, id) != nil {
		return out, crm.ErrAttempt()
	}
	kind, err := h.configured(r.Vendor)
	if err != nil {
		return out, err
	}
	now := h.cfg.Clock.Now()
	cn, _, err := h.connections.Load(ctx, id)
	if err != nil {
		return out, err
	}
	var asked crm.ConnectAsked
	meta := kernel.Meta{Actor: kernel.System(), Workspace: cn.Workspace(), CorrelationID: id}
	if _, err = h.connections.Update(ctx, meta.As("crm.answer"), id, func(cn *crm.Connection) (any, error) {
		var err error
		asked, err = cn.Answer(r.Vendor, r.State, r.Browser, now)
		return Nothing{}, err
	}); err != nil {
		return out, err
	}
	out = Completed{asked.Workspace, asked.ConnectionID}
	verifier, ok, err := h.cfg.Sealer.Open(ctx, asked.Subject, asked.Verifier)
	if err != nil {
		return out, err
	}
	if err := h.cfg.Sealer.Destroy(ctx, asked.Subject); err != nil {
		return out, err
	}
	switch {
	case !ok:
		return out, crm.ErrAttempt()
	case r.Error != "" || r.Code == "":
		return out, kernel.E(kernel.KindForbidden, "CONNECT_REFUSED", "%s did not allow the access: %s", kind.Connector.Describe().Name,
			kernel.Shorten(strings.ToValidUTF8(r.Error, "")))
	}
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(asked.By)}
	out.ID, err = h.exchange(ctx, meta, kind, asked, string(verifier), r.Code)
	return out, err
}

const exchangeWithin = 30 * time.Second

// exchange turns the code into tokens and keeps them. An account that the workspace has connected before keeps its connection, by which
// its syncs and their records are known.
func (h *Handlers) exchange(
	ctx context.Context, meta kernel.Meta, kind CRM, asked crm.ConnectAsked, verifier, code string,
) (kernel.ConnectionID, error) {
	id := asked.ConnectionID
	call, cancel := context.WithTimeout(ctx, exchangeWithin)
	defer cancel()
	g, err := kind.Connector.Exchange(call, crm.Authorization{
		ClientID: kind.App.ClientID, ClientSecret: kind.App.ClientSecret, Redirect: h.cfg.Redirect(asked.Vendor), Verifier: verifier,
		Instance: asked.Instance,
	}, code)
	var account crm.Account
	if err == nil {
		account, err = kind.Connector.Account(call, g)
	}
	if ce := crm.AsCallError(err); ce != nil {
		return id, kernel.E(kernel.KindConflict, "CONNECT_FAILED", "%s", ce.Message).Because(ce)
	}
	if err != nil {
		return id, err
	}
	account = crm.Account{ID: kernel.Shorten(account.ID), Name: kernel.Shorten(account.Name)}
	if id, err = h.connectionOf(ctx, asked, account.ID); err != nil {
		return id, err
	}
	old := ""
	_, err = h.connections.Update(ctx, meta.As("crm.connected"), string(id), func(cn *crm.Connection) (any, error) {
		if !cn.In(asked.Workspace) {
			return nil, kernel.NotFound("connection", string(id))
		}
		sealed, err := h.sealGrant(ctx, cn.NextSubject(), g)
		if err != nil {
			return nil, err
		}
		if had, _, subject := cn.Tokens(); len(had) > 0 {
			old = subject
		}
		return Nothing{}, cn.Connect(account, sealed, asked.By, h.cfg.Clock.Now())
	})
	if err == nil && old != "" {
		err = h.cfg.Sealer.Destroy(ctx, old)
	}
	return id, err
}

// connectionOf is the connection that an account belongs to: the one that was asked to be connected again, the one that has it, or a new
// one.
func (h *Handlers) connectionOf(ctx context.Context, asked crm.ConnectAsked, account string) (kernel.ConnectionID, error) {
	cn, _, err := h.connections.Load(ctx, string(asked.ConnectionID))
	if err != nil || cn.Account().ID != "" {
		return asked.ConnectionID, err
	}
	if has, err := h.cfg.Links.OfAccount(ctx, asked.Workspace, asked.Vendor, account); has != "" || err != nil {
		return has, err
	}
	return asked.ConnectionID, nil
}

// sealGrant seals tokens. The app's secret stays where it is configured.
func (h *Handlers) sealGrant(ctx context.Context, subject string, g crm.Grant) ([]byte, error) {
	g.ClientSecret = ""
	plain, err := json.Marshal(g) //nolint:gosec // it is sealed, and the app's secret is not in it
	if err != nil {
		return nil, fmt.Errorf("encode a grant: %w", err)
	}
	return h.cfg.Sealer.Seal(ctx, subject, plain)
}

// Disconnect revokes a connection's access at the vendor and erases its tokens. A vendor that can't be reached doesn't keep them alive
// here.
func (h *Handlers) Disconnect(ctx context.Context, meta kernel.Meta, id kernel.ConnectionID) (commands.Result[Disconnected], error) {
	var none commands.Result[Disconnected]
	first, found, err := commands.Repeat[Disconnected](ctx, h.cfg.Store, meta)
	if err != nil || found {
		return first, err
	}
	cn, _, err := h.connections.Load(ctx, string(id))
	if err != nil {
		return none, err
	}
	if !cn.In(meta.Workspace) {
		return none, kernel.NotFound("connection", string(id))
	}
	out := Disconnected{Revoked: true}
	if cn.State() == crm.ConnectionActive {
		out = h.revoke(ctx, cn)
	}
	_, _, subject := cn.Tokens()
	done, err := h.connections.Update(ctx, meta.As("crm.disconnect"), string(id), func(cn *crm.Connection) (any, error) {
		if !cn.In(meta.Workspace) {
			return nil, kernel.NotFound("connection", string(id))
		}
		_, _, subject = cn.Tokens()
		return out, cn.Disconnect(h.cfg.Clock.Now())
	})
	if err != nil {
		return none, err
	}
	if err := h.cfg.Sealer.Destroy(ctx, subject); err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

// Disconnected is the answer to a Disconnect.
type Disconnected struct {
	Revoked bool   `json:"revoked" doc:"The vendor has ended the access."`
	Reason  string `json:"reason,omitempty" doc:"Why not: end it in the CRM itself."`
}

func (h *Handlers) revoke(ctx context.Context, cn *crm.Connection) Disconnected {
	kind, ok := h.crm(cn.Vendor())
	if !ok {
		return Disconnected{Reason: "this installation has no connector for it any more"}
	}
	g, err := h.openGrant(ctx, cn)
	if err == nil {
		call, cancel := context.WithTimeout(ctx, exchangeWithin)
		defer cancel()
		err = kind.Connector.Revoke(call, g)
	}
	if ce := crm.AsCallError(err); ce != nil {
		return Disconnected{Reason: ce.Message}
	}
	if err != nil {
		return Disconnected{Reason: "the CRM could not be asked"}
	}
	return Disconnected{Revoked: true}
}
