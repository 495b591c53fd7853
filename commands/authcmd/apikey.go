package authcmd

import (
	"context"
	"strings"
	"time"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// CreateAPIKey makes an API key of the workspace in the meta.
type CreateAPIKey struct {
	Name      string
	Role      kernel.Role
	Tables    []kernel.TableID
	ExpiresAt *time.Time
}

// APIKey is an API key as lists show it. Key, the secret, is only in the answer to its making.
type APIKey struct {
	ID         kernel.APIKeyID  `json:"id"`
	Name       string           `json:"name"`
	Role       kernel.Role      `json:"role"`
	Tables     []kernel.TableID `json:"tables"`
	Last4      string           `json:"last4"`
	CreatedAt  time.Time        `json:"created_at"`
	LastUsedAt *time.Time       `json:"last_used_at"`
	ExpiresAt  *time.Time       `json:"expires_at"`
	Key        string           `json:"key,omitempty" pattern:"^mk_[0-7][0-9A-HJKMNP-TV-Z]{25}_[A-Za-z0-9_-]{43}$" doc:"The whole key, shown this once."`
}

// Validate checks the fields.
func (c CreateAPIKey) Validate() (name string, err error) {
	name, wrong := auth.CheckName("name", c.Name)
	return name, kernel.Check(
		kernel.Field("tables", c.Tables, kernel.AllIDs[kernel.TableID](kernel.PrefixTable)),
		kernel.Field("role", c.Role, kernel.OneOf(auth.KeyRoles(), "must be admin, member or viewer")),
		kernel.Field("name", c.Name, validation.By(func(any) error { return wrong })),
	)
}

// CreateAPIKey makes a key. The stored answer lacks the secret; it follows from the key's id, so a repeat of the request
// gets it again.
func (h *Handlers) CreateAPIKey(ctx context.Context, meta kernel.Meta, cmd CreateAPIKey) (commands.Result[APIKey], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[APIKey]{}, err
	}
	name, err := cmd.Validate()
	if err != nil {
		return commands.Result[APIKey]{}, err
	}
	role, membership, ok, err := h.cfg.Members.Member(ctx, meta.Workspace, user)
	if err != nil {
		return commands.Result[APIKey]{}, err
	}
	if may, _ := auth.EffectiveRole(cmd.Role, role); !ok || (may != cmd.Role && may != "") {
		return commands.Result[APIKey]{}, kernel.E(kernel.KindForbidden, "FORBIDDEN", "a key can't have a role above your own")
	}
	id := kernel.APIKeyID(h.cfg.IDs.New(kernel.PrefixAPIKey))
	secret := h.cfg.Keys.APIKey(id)
	k := &auth.APIKey{}
	if err := k.Create(auth.APIKeyCreated{
		KeyID:      id,
		Workspace:  meta.Workspace,
		Name:       name,
		Role:       cmd.Role,
		Tables:     cmd.Tables,
		Hash:       auth.Hash(secret),
		Last4:      secret[len(secret)-4:],
		CreatedBy:  user,
		Membership: membership,
		ExpiresAt:  kernel.UTC(cmd.ExpiresAt),
		At:         h.cfg.Clock.Now(),
	}); err != nil {
		return commands.Result[APIKey]{}, err
	}
	answer := keyView(k.Created())
	req, err := h.keys.Append(meta.As("create-api-key"), answer, eventstore.At(h.keys.Stream(string(id)), eventstore.NoStream, k.Pending()...))
	if err != nil {
		return commands.Result[APIKey]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[APIKey]{}, err
	}
	res, err := commands.Reply(done, answer)
	res.Value.Key = h.cfg.Keys.APIKey(res.Value.ID)
	return res, err
}

func keyView(e auth.APIKeyCreated) APIKey {
	tables := e.Tables
	if tables == nil {
		tables = []kernel.TableID{}
	}
	return APIKey{ID: e.KeyID, Name: e.Name, Role: e.Role, Tables: tables, Last4: e.Last4, CreatedAt: e.At, ExpiresAt: e.ExpiresAt}
}

// RevokeAPIKey ends a key of the workspace in the meta, at once.
func (h *Handlers) RevokeAPIKey(ctx context.Context, meta kernel.Meta, id kernel.APIKeyID) (commands.Result[Done], error) {
	if _, err := person(meta); err != nil {
		return commands.Result[Done]{}, err
	}
	if kernel.ParseID(kernel.PrefixAPIKey, string(id)) != nil {
		return commands.Result[Done]{}, kernel.NotFound("API key", shorten(string(id), 40))
	}
	done, err := h.keys.Update(ctx, meta.As("revoke-api-key"), string(id), func(k *auth.APIKey) (any, error) {
		return Done{}, k.Revoke(meta.Workspace, h.cfg.Clock.Now())
	})
	h.liveKeys.Forget(id)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return commands.Reply(done, Done{})
}

// keyUseEvery is how often the use of one key is noted. It is noted beside the log, not in it: an event for each use
// would outnumber all others, and nothing depends on it.
const keyUseEvery = time.Minute

func (h *Handlers) noteUse(ctx context.Context, k auth.APIKeyCreated) {
	_, err := h.keyUses.Get(ctx, k.KeyID, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.cfg.KeyUses.Used(ctx, k.KeyID, k.Workspace, h.cfg.Clock.Now())
	})
	if err != nil && ctx.Err() == nil {
		h.cfg.Logger.WarnContext(ctx, "the use of an API key could not be noted", "key", k.KeyID, "error", err)
	}
}

// looksLikeKey tells API keys from access tokens.
func looksLikeKey(token string) bool { return strings.HasPrefix(token, "mk_") }
