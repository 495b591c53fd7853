package tablecmd

import (
	"context"
	"fmt"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// beside is what a command has looked at beside its table: the tables that lookups reach. The append is guarded by their versions, so that
// two lookups that are made at the same time in two tables don't close a circle.
type beside struct {
	repo   *eventstore.Repo[*table.Table]
	ws     kernel.WorkspaceID
	guards []eventstore.Change
}

// finder returns what finds the workspace's tables for as long as ctx lasts.
func (b *beside) finder(ctx context.Context) table.Tables {
	known := map[kernel.TableID]*table.Table{}
	return func(id kernel.TableID) (*table.Table, error) {
		if t, ok := known[id]; ok {
			return t, nil
		}
		if kernel.ParseID(kernel.PrefixTable, string(id)) != nil {
			return nil, kernel.NotFound("table", string(id))
		}
		t, version, err := b.repo.Load(ctx, string(id))
		if err != nil {
			return nil, err
		}
		if !t.Of(b.ws) {
			return nil, kernel.NotFound("table", string(id))
		}
		known[id] = t
		b.guards = append(b.guards, eventstore.At(b.repo.Stream(string(id)), eventstore.Expected(version)))
		return t, nil
	}
}

// updateBeside changes a table's structure where that may depend on other tables'.
func (h *Handlers) updateBeside(
	ctx context.Context, meta kernel.Meta, id kernel.TableID, fn func(*table.Table, table.Maker) (any, error),
) (eventstore.Appended, error) {
	maker, err := h.makerIn(ctx, meta.Workspace)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if kernel.ParseID(kernel.PrefixTable, string(id)) != nil {
		return eventstore.Appended{}, kernel.NotFound("table", string(id))
	}
	done, err := h.repo.UpdateBeside(ctx, meta, string(id), func(t *table.Table) (any, []eventstore.Change, error) {
		if err := t.In(meta.Workspace, id); err != nil {
			return nil, nil, err
		}
		b := &beside{repo: h.repo, ws: meta.Workspace}
		maker.Tables = b.finder(ctx)
		result, err := fn(t, maker)
		return result, b.guards, err
	})
	h.forget(id)
	if err != nil {
		return done, fmt.Errorf("change table %s: %w", id, err)
	}
	return done, nil
}
