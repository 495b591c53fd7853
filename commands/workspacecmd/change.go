package workspacecmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// Change renames a workspace or changes its slug or time zone; what is empty stays.
type Change struct {
	Name     string
	Slug     string
	TimeZone string
	As       kernel.Role // the caller's role, for an API key
}

// Change changes the workspace of the meta. The old slug becomes free for others.
func (h *Handlers) Change(ctx context.Context, meta kernel.Meta, cmd Change) (commands.Result[Workspace], error) {
	var err error
	if cmd.Name != "" {
		if cmd.Name, err = workspace.CheckName(cmd.Name); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	if cmd.Slug != "" {
		if err := workspace.CheckSlug(cmd.Slug); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	if cmd.TimeZone != "" {
		if _, err := workspace.CheckTimeZone(cmd.TimeZone); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[Workspace], error) { return h.changeOnce(ctx, meta, cmd) })
}

func (h *Handlers) changeOnce(ctx context.Context, meta kernel.Meta, cmd Change) (commands.Result[Workspace], error) {
	w, version, err := h.workspaces.Load(ctx, string(meta.Workspace))
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	if !w.Live() {
		return commands.Result[Workspace]{}, kernel.NotFound("workspace", string(meta.Workspace))
	}
	var changes []eventstore.Change
	if cmd.Slug != "" && cmd.Slug != w.Slug() {
		if changes, err = h.moveSlug(ctx, w, cmd.Slug); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	if cmd.Name != "" {
		if err := w.Rename(cmd.Name); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	if cmd.TimeZone != "" {
		if err := w.ChangeTimeZone(cmd.TimeZone); err != nil {
			return commands.Result[Workspace]{}, err
		}
	}
	answer := view(w, callerRole(w, meta, cmd.As))
	changes = append(changes, eventstore.At(h.workspaces.Stream(string(w.ID())), eventstore.Expected(version), w.Pending()...))
	req, err := h.workspaces.Append(meta.As("change-workspace"), answer, changes...)
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

func (h *Handlers) moveSlug(ctx context.Context, w *workspace.Workspace, slug string) ([]eventstore.Change, error) {
	from, fromVersion, err := h.slugs.Load(ctx, w.Slug())
	if err != nil {
		return nil, err
	}
	to, toVersion, err := h.slugs.Load(ctx, slug)
	if err != nil {
		return nil, err
	}
	if err := to.Reserve(slug, w.ID()); err != nil {
		return nil, err
	}
	if err := from.Release(w.ID()); err != nil {
		return nil, err
	}
	changes := []eventstore.Change{
		eventstore.At(h.slugs.Stream(slug), eventstore.Expected(toVersion), to.Pending()...),
		eventstore.At(h.slugs.Stream(w.Slug()), eventstore.Expected(fromVersion), from.Pending()...),
	}
	return changes, w.ChangeSlug(slug)
}

// Delete hides the workspace of the meta; ConfirmName is its name, typed again.
type Delete struct{ ConfirmName string }

// Delete hides the workspace. For 30 days an owner can restore it; until then it keeps its slug.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, cmd Delete) (commands.Result[Done], error) {
	return update(ctx, h, meta.As("delete-workspace"), func(w *workspace.Workspace) (Done, error) {
		return Done{}, w.Delete(cmd.ConfirmName, h.cfg.Clock.Now())
	})
}

// Restore brings the deleted workspace of the meta back. It checks by itself that the caller is an owner, since nobody
// has a role in a workspace that is deleted.
func (h *Handlers) Restore(ctx context.Context, meta kernel.Meta) (commands.Result[Workspace], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	if kernel.ParseID(kernel.PrefixWorkspace, string(meta.Workspace)) != nil {
		return commands.Result[Workspace]{}, kernel.NotFound("workspace", "")
	}
	var answer Workspace
	done, err := h.workspaces.Update(ctx, meta.As("restore-workspace"), string(meta.Workspace), func(w *workspace.Workspace) (any, error) {
		if !w.Exists() {
			return nil, kernel.NotFound("workspace", string(meta.Workspace))
		}
		err := w.Restore(user, h.cfg.Clock.Now())
		m, _ := w.Member(user)
		answer = view(w, m.Role)
		return answer, err
	})
	h.recent.Forget(meta.Workspace)
	if err != nil {
		return commands.Result[Workspace]{}, err
	}
	return commands.Reply(done, answer)
}
