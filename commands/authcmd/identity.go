package authcmd

import (
	"context"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// accountOf returns the account of the person, which is made or linked at the first sign-in.
func (h *Handlers) accountOf(ctx context.Context, meta kernel.Meta, v auth.Vouched, email auth.Email) (kernel.UserID, error) {
	key := auth.IdentityKey(v.Issuer, v.Subject)
	id, linked, err := h.userByIdentity(ctx, key)
	if err != nil || linked {
		return id, err
	}
	id, known, err := h.UserByEmail(ctx, email)
	if err != nil {
		return "", err
	}
	u, changes, version := &auth.User{}, []eventstore.Change(nil), int64(0)
	if known {
		u, version, err = h.users.Load(ctx, string(id))
	} else {
		id = kernel.UserID(h.cfg.IDs.New(kernel.PrefixUser))
		changes = append(changes, eventstore.At(emailStream(email), eventstore.NoStream, auth.EmailReserved{UserID: id}))
		err = h.newcomer(ctx, u, id, auth.Profile{Email: string(email), Name: nameOf(v.Name, email)})
	}
	if err != nil {
		return "", err
	}
	if err := u.LinkIdentity(v.Issuer, key, h.cfg.Clock.Now()); err != nil {
		return "", err
	}
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(id)}
	changes = append(changes, eventstore.At(h.users.Stream(string(id)), eventstore.Expected(version), u.Pending()...),
		eventstore.At(identityStream(key), eventstore.NoStream, auth.IdentityReserved{UserID: id}))
	req, err := h.users.Append(meta.As("sign-on"), Done{}, changes...)
	if err != nil {
		return "", err
	}
	_, err = h.cfg.Store.Append(ctx, req)
	h.accounts.Forget(id)
	return id, err
}

// newcomer registers a person without a password.
func (h *Handlers) newcomer(ctx context.Context, u *auth.User, id kernel.UserID, p auth.Profile) error {
	who, err := p.Seal(ctx, h.cfg.Persons, id)
	if err != nil {
		return err
	}
	return u.Register(id, who, "", h.cfg.Clock.Now())
}

// nameOf is the provider's name of a person as far as it is one, else what stands before the address's @.
func nameOf(name string, email auth.Email) string {
	const longest = 100
	if name, err := auth.CheckName("name", shorten(name, longest)); err == nil {
		return name
	}
	return shorten(string(email[:max(1, len(email)-len(domainOf(email))-1)]), longest)
}

func identityStream(key string) eventstore.StreamID { return eventstore.Stream("identity", key) }

// userByIdentity returns whose identity it is; false if nobody's.
func (h *Handlers) userByIdentity(ctx context.Context, key string) (kernel.UserID, bool, error) {
	events, err := h.cfg.Store.ReadStream(ctx, identityStream(key), 0, 1)
	if err != nil || len(events) == 0 {
		return "", false, err
	}
	e, err := h.cfg.Codec.Decode(events[0])
	if err != nil {
		return "", false, err
	}
	r, ok := e.(auth.IdentityReserved)
	return r.UserID, ok, nil
}
