package crmcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// CallWithin bounds one call of a vendor. A runner's sign of life may be that far away.
const CallWithin = 25 * time.Second

const (
	early        = 2 * time.Minute  // before its end an access token is replaced
	longestTurn  = 5 * time.Second  // that a call waits for its turn; a turn farther away is told as a limit
	refreshTries = 24               // looks at a refresh that another process does
	refreshPause = 2 * time.Second  // between them
	busyTries    = 5                // of a refresh that the vendor says is being processed
	tokenWithin  = 30 * time.Second // a refresh, with all its calls
)

// openGrant opens the tokens of a connection.
func (h *Handlers) openGrant(ctx context.Context, cn *crm.Connection) (crm.Grant, error) {
	var g crm.Grant
	sealed, _, subject := cn.Tokens()
	if cn.State() != crm.ConnectionActive || len(sealed) == 0 {
		return g, crm.ErrNotConnected()
	}
	kind, ok := h.crm(cn.Vendor())
	if !ok {
		return g, crm.ErrNotConnected()
	}
	plain, ok, err := h.cfg.Sealer.Open(ctx, subject, sealed)
	if err != nil {
		return g, err
	}
	if !ok {
		return g, crm.ErrNotConnected()
	}
	if err := json.Unmarshal(plain, &g); err != nil {
		return g, fmt.Errorf("decode a grant of %s", cn.Vendor()) // the cause could quote it
	}
	g.ClientSecret = kind.App.ClientSecret
	return g, nil
}

// Call makes one call of a connection's CRM, within the vendor's limits, with tokens that hold. Trouble of the vendor's is a
// *crm.CallError; a connection that isn't there is a kernel.Error.
func (h *Handlers) Call(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.ConnectionID, fn func(ctx context.Context, c crm.Connector, g crm.Grant) error,
) error {
	cn, _, err := h.connections.Load(ctx, string(id))
	if err != nil {
		return err
	}
	if !cn.In(ws) {
		return kernel.NotFound("connection", string(id))
	}
	kind, ok := h.crm(cn.Vendor())
	if !ok {
		return crm.ErrNotConnected()
	}
	g, err := h.openGrant(ctx, cn)
	if err != nil {
		return err
	}
	_, serial, _ := cn.Tokens()
	if !g.Expires.IsZero() && h.cfg.Clock.Now().After(g.Expires.Add(-early)) {
		if g, serial, err = h.refresh(ctx, kind, id, serial); err != nil {
			return err
		}
	}
	for again := true; ; again = false {
		v := kind.Connector.Describe()
		if err := h.turn(ctx, v, cn); err != nil {
			return err
		}
		err := bounded(ctx, CallWithin, func(ctx context.Context) error {
			return fn(crm.WithTurns(ctx, h.turns(v, cn)), kind.Connector, g)
		})
		if ce := crm.AsCallError(err); ce == nil || ce.Kind != crm.CallExpired || !again {
			return err
		}
		if g, serial, err = h.refresh(ctx, kind, id, serial); err != nil {
			return err
		}
	}
}

func bounded(ctx context.Context, within time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return fn(ctx)
}

// turn waits for a call's turn within the vendor's limits, which count by account.
func (h *Handlers) turn(ctx context.Context, v crm.Vendor, cn *crm.Connection) error {
	return h.waited(ctx, v, "crm/"+v.Slug+"/"+cn.Account().ID, v.Limits)
}

// turns has each request of a call but the first, whose turn was taken with the call's, wait for its own. Those that read changes or search
// a vendor may allow less often than others.
func (h *Handlers) turns(v crm.Vendor, cn *crm.Connection) crm.TakeTurn {
	first := true
	return func(ctx context.Context, changes bool) error {
		if changes && len(v.Changes) > 0 {
			if err := h.waited(ctx, v, "crm/"+v.Slug+"/"+cn.Account().ID+"/changes", v.Changes); err != nil {
				return err
			}
		}
		if first {
			first = false
			return nil
		}
		return h.turn(ctx, v, cn)
	}
}

func (h *Handlers) waited(ctx context.Context, v crm.Vendor, key string, limits []crm.Limit) error {
	wait, ok, err := h.cfg.Quotas.Take(ctx, key, limits, longestTurn)
	if err != nil {
		return err
	}
	if !ok {
		return &crm.CallError{Kind: crm.CallLimited, Message: v.Name + "'s limit of calls is used up for now", RetryAfter: wait}
	}
	return h.cfg.Sleep(ctx, wait)
}

// refresh replaces the tokens with the serial number, or takes those that another process has replaced them with. One refresh of a
// connection is under way at a time: two at once can end the access at some vendors.
func (h *Handlers) refresh(ctx context.Context, kind CRM, id kernel.ConnectionID, serial int) (crm.Grant, int, error) {
	meta := kernel.Meta{Actor: kernel.System(), Command: "crm.refresh", CorrelationID: string(id)}
	for range refreshTries {
		cn, version, err := h.connections.Load(ctx, string(id))
		if err != nil {
			return crm.Grant{}, 0, err
		}
		if _, now, _ := cn.Tokens(); now != serial {
			g, err := h.openGrant(ctx, cn)
			return g, now, err
		}
		meta.Workspace = cn.Workspace()
		mine, err := cn.BeginRefresh(serial, h.cfg.Clock.Now())
		if err != nil {
			return crm.Grant{}, 0, err
		}
		if mine {
			req, err := h.cfg.Codec.Append(meta, nil, eventstore.At(h.connections.Stream(string(id)), eventstore.Expected(version), cn.Pending()...))
			if err != nil {
				return crm.Grant{}, 0, err
			}
			_, err = h.cfg.Store.Append(ctx, req)
			switch {
			case err == nil:
				return h.doRefresh(context.WithoutCancel(ctx), kind, meta, cn, serial)
			case !eventstore.IsConflict(err) && !errors.Is(err, eventstore.ErrUnknownOutcome):
				return crm.Grant{}, 0, err
			}
		}
		if err := h.cfg.Sleep(ctx, refreshPause); err != nil {
			return crm.Grant{}, 0, err
		}
	}
	return crm.Grant{}, 0, &crm.CallError{
		Kind:    crm.CallBusy,
		Message: "another process is renewing the access to the CRM", RetryAfter: refreshPause,
	}
}

// doRefresh asks for new tokens and keeps them; also when who wanted them is gone, since the old ones may hold no longer.
func (h *Handlers) doRefresh(
	ctx context.Context, kind CRM, meta kernel.Meta, cn *crm.Connection, serial int,
) (crm.Grant, int, error) {
	old, err := h.openGrant(ctx, cn)
	if err != nil {
		return old, 0, err
	}
	var g crm.Grant
	err = bounded(ctx, tokenWithin, func(ctx context.Context) (err error) {
		for try := 1; ; try++ {
			g, err = kind.Connector.Refresh(ctx, old)
			ce := crm.AsCallError(err)
			if ce == nil || ce.Kind != crm.CallBusy || try == busyTries {
				return err
			}
			if err := h.cfg.Sleep(ctx, max(ce.RetryAfter, time.Second)); err != nil {
				return ce
			}
		}
	})
	id := string(cn.ID())
	if err != nil {
		return g, 0, h.failRefresh(ctx, meta, id, serial, err)
	}
	if g.Refresh == "" { // a vendor that doesn't rotate may leave it out
		g.Refresh = old.Refresh
	}
	_, err = h.connections.Update(ctx, meta, id, func(cn *crm.Connection) (any, error) {
		_, _, subject := cn.Tokens()
		sealed, err := h.sealGrant(ctx, subject, g)
		if err != nil {
			return nil, err
		}
		return Nothing{}, cn.Refresh(serial, sealed, h.cfg.Clock.Now())
	})
	g.ClientSecret = kind.App.ClientSecret
	return g, serial + 1, err
}

// failRefresh notes that no new tokens came. A grant that is gone ends the connection visibly; all else may pass.
func (h *Handlers) failRefresh(ctx context.Context, meta kernel.Meta, id string, serial int, err error) error {
	failure := crm.CallError{Kind: crm.CallFailed, Message: "the access to the CRM could not be renewed"}
	if ce := crm.AsCallError(err); ce != nil {
		failure = *ce
	}
	denied := failure.Kind == crm.CallDenied
	if _, err := h.connections.Update(ctx, meta, id, func(cn *crm.Connection) (any, error) {
		return Nothing{}, cn.FailRefresh(serial, kernel.Shorten(failure.Message), denied, h.cfg.Clock.Now())
	}); err != nil {
		return err
	}
	if denied {
		return crm.ErrNotConnected()
	}
	failure.Lost = false // what the caller wanted was not asked for
	return &failure
}
