package workspacecmd

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// CacheLife is how long another process's change of a membership may go unnoticed.
const CacheLife = 5 * time.Second

const cacheLimit = 20_000

// Mailer sends a mail, or takes it to be sent soon.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// MailTokens makes the tokens of mailed links: 64 hexadecimal digits.
type MailTokens interface {
	Mailed() (string, error)
}

// Persons seals and opens the addresses of invited people, each under a key of the invitation's own.
type Persons interface {
	auth.Sealer
	auth.Opener
}

// Config is what the handlers need.
type Config struct {
	Store     eventstore.Store
	Codec     *eventstore.Codec
	IDs       *kernel.IDs
	Clock     kernel.Clock
	Logger    *slog.Logger
	Mailer    Mailer
	Tokens    MailTokens
	Persons   Persons
	PublicURL string // where links in mails lead, without a slash at the end
	// ShowLinks shows an invitation's link once to the person who invites, who may pass it on: where mails reach nobody. It gives them no
	// more than they have, since they choose the address and nobody invites above their own role.
	ShowLinks bool
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Store": c.Store == nil, "Codec": c.Codec == nil, "IDs": c.IDs == nil, "Clock": c.Clock == nil, "Logger": c.Logger == nil,
		"Mailer": c.Mailer == nil, "Tokens": c.Tokens == nil, "Persons": c.Persons == nil,
	} {
		if missing {
			errs = append(errs, errors.New("workspacecmd needs "+name))
		}
	}
	return errors.Join(errs...)
}

// Handlers carries out the module's commands and knows the memberships.
type Handlers struct {
	cfg        Config
	workspaces *eventstore.Repo[*workspace.Workspace]
	slugs      *eventstore.Repo[*workspace.Slug]
	links      *eventstore.Repo[*workspace.Link]
	recent     *cached.Recent[kernel.WorkspaceID, *workspace.Workspace]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		cfg:        cfg,
		workspaces: eventstore.NewRepo("workspace", cfg.Store, cfg.Codec, func() *workspace.Workspace { return &workspace.Workspace{} }),
		slugs:      eventstore.NewRepo("slug", cfg.Store, cfg.Codec, func() *workspace.Slug { return &workspace.Slug{} }),
		links:      eventstore.NewRepo("invitation", cfg.Store, cfg.Codec, func() *workspace.Link { return &workspace.Link{} }),
		recent:     cached.NewRecent[kernel.WorkspaceID, *workspace.Workspace](cfg.Clock, CacheLife, cacheLimit),
	}, nil
}

// Done is the answer of commands that have nothing to say.
type Done struct{}

// update changes the workspace of the meta and makes the change count at once.
func update[R any](
	ctx context.Context, h *Handlers, meta kernel.Meta, fn func(*workspace.Workspace) (R, error),
) (commands.Result[R], error) {
	if first, found, err := commands.Repeat[R](ctx, h.cfg.Store, meta); found || err != nil {
		return first, err
	}
	var value R
	done, err := h.workspaces.Update(ctx, meta, string(meta.Workspace), func(w *workspace.Workspace) (any, error) {
		if !w.Live() {
			return nil, kernel.NotFound("workspace", string(meta.Workspace))
		}
		var err error
		value, err = fn(w)
		return value, err
	})
	h.recent.Forget(meta.Workspace)
	if err != nil {
		return commands.Result[R]{}, err
	}
	return commands.Reply(done, value)
}

// callerRole is the role that counts for a change: of a person the present one, of an API key the one it was let in with.
func callerRole(w *workspace.Workspace, meta kernel.Meta, asKey kernel.Role) kernel.Role {
	if meta.Actor.Kind != kernel.ActorUser {
		return asKey
	}
	m, _ := w.Member(kernel.UserID(meta.Actor.ID))
	return m.Role
}

func person(meta kernel.Meta) (kernel.UserID, error) {
	if meta.Actor.Kind != kernel.ActorUser {
		return "", kernel.E(kernel.KindForbidden, "FORBIDDEN", "only a signed-in person may do this, not an API key")
	}
	return kernel.UserID(meta.Actor.ID), nil
}
