package workspacecmd

import (
	"context"
	"strings"
	"time"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// Workspace is a workspace as one of its members sees it.
type Workspace struct {
	ID        kernel.WorkspaceID `json:"id"`
	Name      string             `json:"name"`
	Slug      string             `json:"slug"`
	TimeZone  string             `json:"time_zone" doc:"An IANA name: where days and weeks begin."`
	Role      kernel.Role        `json:"role"`
	CreatedAt time.Time          `json:"created_at"`
	DeletedAt *time.Time         `json:"deleted_at,omitempty"`
}

// Create makes a workspace. Without a slug one is made of the name.
type Create struct {
	Name string
	Slug string
}

// Validate checks the fields.
func (c Create) Validate() (name string, err error) {
	name, wrong := workspace.CheckName(c.Name)
	return name, kernel.Check(
		kernel.Field("slug", c.Slug, validation.When(c.Slug != "", validation.By(func(any) error { return workspace.CheckSlug(c.Slug) }))),
		kernel.Field("name", c.Name, validation.By(func(any) error { return wrong })),
	)
}

// Create makes a workspace, whose owner the caller is. The slug's reservation and the workspace are one append.
func (h *Handlers) Create(ctx context.Context, meta kernel.Meta, cmd Create) (commands.Result[Workspace], error) {
	owner, err := person(meta)
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	name, err := cmd.Validate()
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	if first, found, err := commands.Repeat[Workspace](ctx, h.cfg.Store, meta); found || err != nil {
		return first, err
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[Workspace], error) { return h.createOnce(ctx, meta, owner, name, cmd.Slug) })
}

func (h *Handlers) createOnce(
	ctx context.Context, meta kernel.Meta, owner kernel.UserID, name, slug string,
) (commands.Result[Workspace], error) {
	id := h.cfg.IDs.New(kernel.PrefixWorkspace)
	meta.Workspace = kernel.WorkspaceID(id)
	slug, taken, version, err := h.pickSlug(ctx, meta.Workspace, name, slug)
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	w := &workspace.Workspace{}
	e := workspace.Created{
		Workspace:  meta.Workspace,
		Name:       name,
		Slug:       slug,
		Owner:      owner,
		Membership: h.cfg.IDs.New("mem"),
		At:         h.cfg.Clock.Now(),
	}
	if err := w.Create(e); err != nil {
		return commands.Result[Workspace]{}, err
	}
	answer := view(w, kernel.RoleOwner)
	req, err := h.workspaces.Append(meta.As("create-workspace"), answer,
		eventstore.At(h.slugs.Stream(slug), eventstore.Expected(version), taken.Pending()...),
		eventstore.At(h.workspaces.Stream(id), eventstore.NoStream, w.Pending()...))
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	h.recent.Forget(meta.Workspace)
	return commands.Reply(done, answer)
}

// pickSlug reserves the wanted slug, or one made of the name, with a few characters of the id behind it if it is taken.
func (h *Handlers) pickSlug(ctx context.Context, ws kernel.WorkspaceID, name, wanted string) (string, *workspace.Slug, int64, error) {
	try := []string{wanted}
	if wanted == "" {
		base := workspace.SlugOf(name)
		if len(base) < 2 {
			base = "workspace"
		}
		tail := strings.ToLower(string(ws[len(ws)-6:]))
		try = []string{base, strings.Trim(base[:min(len(base), 40)], "-") + "-" + tail}
	}
	var err error
	for _, slug := range try {
		s, version, lerr := h.slugs.Load(ctx, slug)
		if lerr != nil {
			return "", nil, 0, lerr
		}
		if err = s.Reserve(slug, ws); err == nil {
			return slug, s, version, nil
		}
	}
	return "", nil, 0, err
}

func view(w *workspace.Workspace, role kernel.Role) Workspace {
	return Workspace{
		ID:        w.ID(),
		Name:      w.Name(),
		Slug:      w.Slug(),
		TimeZone:  w.TimeZone(),
		Role:      role,
		CreatedAt: w.CreatedAt(),
		DeletedAt: w.DeletedAt(),
	}
}
