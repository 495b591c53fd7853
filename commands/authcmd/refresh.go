package authcmd

import (
	"context"
	"errors"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// RefreshSession trades a refresh token for its successor and a new access token. A token that was used before closes the
// session, since one of its two users must have stolen it; tabs that refresh at the same moment get the same successor.
func (h *Handlers) RefreshSession(ctx context.Context, meta kernel.Meta, token string) (commands.Result[Opened], error) {
	session, err := h.cfg.Refresh.RefreshSession(token)
	if err != nil {
		return commands.Result[Opened]{}, auth.ErrUnauthorized()
	}
	next, err := h.cfg.Refresh.NextRefresh(token)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	meta.IdempotencyKey = ""
	// When another tab was faster, its successor is ours.
	return eventstore.Retry(ctx, func(int) (commands.Result[Opened], error) { return h.refreshOnce(ctx, meta, session, token, next) })
}

func (h *Handlers) refreshOnce(
	ctx context.Context, meta kernel.Meta, session kernel.SessionID, token, next string,
) (commands.Result[Opened], error) {
	s, version, err := h.sessions.Load(ctx, string(session))
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	u, _, err := h.users.Load(ctx, string(s.User()))
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	if !u.HasSession(session) {
		return commands.Result[Opened]{}, auth.ErrUnauthorized()
	}
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(u.ID())}
	err = s.Refresh(auth.Hash(token), auth.Hash(next), h.cfg.Clock.Now())
	if errors.Is(err, auth.ErrRefreshReused()) {
		h.cfg.Logger.WarnContext(ctx, "refresh token reused: session closed", "event", "auth.refresh_reused", "user", u.ID(), "session", session)
		if _, cerr := h.closeSession(ctx, meta, u.ID(), session, auth.ClosedByReuse); cerr != nil {
			return commands.Result[Opened]{}, cerr
		}
	}
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	if len(s.Pending()) == 0 {
		return h.opened(ctx, u, s, next, 0)
	}
	req, err := h.sessions.Append(meta.As("refresh-session"), Done{},
		eventstore.At(h.sessions.Stream(string(session)), eventstore.Expected(version), s.Pending()...))
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	return h.opened(ctx, u, s, next, done.Last)
}

// closeSession closes a session; its access tokens are refused from this moment on.
func (h *Handlers) closeSession(
	ctx context.Context, meta kernel.Meta, user kernel.UserID, session kernel.SessionID, why auth.CloseReason,
) (commands.Result[Done], error) {
	return h.updateUser(ctx, meta.As("close-session"), user, func(u *auth.User) error {
		return u.CloseSession(session, why, h.cfg.Clock.Now())
	})
}

// Logout closes the sessions that the access token and the refresh token, either of which may be empty or stale, belong to.
func (h *Handlers) Logout(ctx context.Context, meta kernel.Meta, access, refresh string) (commands.Result[Done], error) {
	var res commands.Result[Done]
	meta.IdempotencyKey = ""
	end := func(user kernel.UserID, session kernel.SessionID) error {
		meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}
		done, err := h.closeSession(ctx, meta, user, session, auth.ClosedByLogout)
		res.Position = max(res.Position, done.Position)
		return err
	}
	if user, session, _, err := h.cfg.Access.Verify(access); err == nil {
		if err := end(user, session); err != nil {
			return res, err
		}
	}
	session, err := h.cfg.Refresh.RefreshSession(refresh)
	if err != nil {
		return res, nil //nolint:nilerr // no refresh token of ours: there is nothing to close
	}
	s, _, err := h.sessions.Load(ctx, string(session))
	if err != nil || s.ID() == "" {
		return res, err
	}
	return res, end(s.User(), session)
}

// RevokeSession closes one of the caller's own sessions.
func (h *Handlers) RevokeSession(ctx context.Context, meta kernel.Meta, session kernel.SessionID) (commands.Result[Done], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("revoke-session"), user, func(u *auth.User) error {
		if !u.HasSession(session) {
			return kernel.NotFound("session", string(session))
		}
		return u.CloseSession(session, auth.ClosedByUser, h.cfg.Clock.Now())
	})
}

// RevokeOtherSessions closes all of the caller's own sessions but the one that asks.
func (h *Handlers) RevokeOtherSessions(ctx context.Context, meta kernel.Meta, keep kernel.SessionID) (commands.Result[Done], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("revoke-other-sessions"), user, func(u *auth.User) error {
		return u.CloseOthers(keep, h.cfg.Clock.Now())
	})
}

// ExpireSession closes a session whose last refresh token has run out; any other stays as it is.
func (h *Handlers) ExpireSession(ctx context.Context, meta kernel.Meta, session kernel.SessionID) (expired bool, err error) {
	s, _, err := h.sessions.Load(ctx, string(session))
	if err != nil || s.ID() == "" || h.cfg.Clock.Now().Before(s.ExpiresAt()) {
		return false, err
	}
	res, err := h.closeSession(ctx, meta, s.User(), session, auth.ClosedByExpiry)
	return res.Position > 0, err
}
