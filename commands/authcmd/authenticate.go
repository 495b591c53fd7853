package authcmd

import (
	"context"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// Identity is the owner of a token.
type Identity struct {
	Actor    kernel.Actor
	User     kernel.UserID
	Operator bool
	// Of a signed-in person.
	Session kernel.SessionID
	TokenID string
	// Of an API key: what it may do now, where, and the tables that it is limited to (none: all).
	KeyWorkspace kernel.WorkspaceID
	KeyRole      kernel.Role
	KeyTables    []kernel.TableID
}

// Authenticate finds the owner of an access token or API key; auth.ErrUnauthorized if it is not, or no longer, good.
func (h *Handlers) Authenticate(ctx context.Context, token string) (Identity, error) {
	if looksLikeKey(token) {
		return h.authenticateKey(ctx, token)
	}
	user, session, jti, err := h.cfg.Access.Verify(token)
	if err != nil {
		return Identity{}, auth.ErrUnauthorized().Because(err)
	}
	u, err := h.account(ctx, user)
	if err != nil {
		return Identity{}, err
	}
	if !u.HasSession(session) {
		return Identity{}, auth.ErrUnauthorized().Because(auth.ErrStale)
	}
	return Identity{
		Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}, User: user, Session: session, TokenID: jti,
		Operator: h.operators[auth.Email(u.Email)],
	}, nil
}

// account is an account with its profile opened.
type account struct {
	*auth.User
	auth.Profile
}

// account returns an account as it was at most CacheLife ago; it must not be changed.
func (h *Handlers) account(ctx context.Context, id kernel.UserID) (account, error) {
	return h.accounts.Get(ctx, id, func(ctx context.Context) (account, error) {
		u, _, err := h.users.Load(ctx, string(id))
		if err != nil {
			return account{}, err
		}
		p, err := h.profile(ctx, u)
		return account{u, p}, err
	})
}

func (h *Handlers) authenticateKey(ctx context.Context, token string) (Identity, error) {
	id, ok := h.cfg.Keys.APIKeyID(token)
	if !ok {
		return Identity{}, auth.ErrUnauthorized()
	}
	k, err := h.liveKeys.Get(ctx, id, func(ctx context.Context) (*auth.APIKey, error) {
		k, _, err := h.keys.Load(ctx, string(id))
		return k, err
	})
	if err != nil {
		return Identity{}, err
	}
	if err := k.Check(auth.Hash(token), h.cfg.Clock.Now()); err != nil {
		return Identity{}, err
	}
	made := k.Created()
	maker, err := h.account(ctx, made.CreatedBy)
	if err != nil {
		return Identity{}, err
	}
	if maker.KeysRevoked(made.At) {
		return Identity{}, auth.ErrUnauthorized()
	}
	role, membership, ok, err := h.cfg.Members.Member(ctx, made.Workspace, made.CreatedBy)
	if err != nil {
		return Identity{}, err
	}
	effective, may := auth.EffectiveRole(made.Role, role)
	if !ok || membership != made.Membership || !may {
		return Identity{}, auth.ErrUnauthorized()
	}
	h.noteUse(ctx, made)
	return Identity{
		Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: string(id), OnBehalfOf: made.CreatedBy}, User: made.CreatedBy,
		KeyWorkspace: made.Workspace, KeyRole: effective, KeyTables: made.Tables,
	}, nil
}

// Account returns the account of a person.
func (h *Handlers) Account(ctx context.Context, id kernel.UserID) (User, error) {
	u, err := h.account(ctx, id)
	if err != nil {
		return User{}, err
	}
	if !u.Exists() {
		return User{}, kernel.NotFound("user", string(id))
	}
	return h.view(u.User, u.Profile), nil
}
