package tablecmd

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// makerIn makes things of a workspace, in whose zone formulas are told the time.
func (h *Handlers) makerIn(ctx context.Context, ws kernel.WorkspaceID) (table.Maker, error) {
	reader, err := h.reader(ctx, ws)
	m := h.maker
	m.Zone = reader.Zone
	return m, err
}

// Tick records the time for a table's formulas, if they ask for it and it is another one than they know: another day of the workspace, or
// another hour if a formula asks for now(). It reports whether it did.
func (h *Handlers) Tick(ctx context.Context, meta kernel.Meta, id kernel.TableID) (ticked bool, err error) {
	maker, err := h.makerIn(ctx, meta.Workspace)
	if err != nil {
		return false, err
	}
	t, _, err := h.repo.Load(ctx, string(id))
	if err != nil || t.Holds(meta.Workspace, id) != nil || !due(t, maker.Now()) {
		return false, err
	}
	defer h.forget(id)
	_, err = h.repo.Update(ctx, meta, string(id), func(t *table.Table) (any, error) {
		ticked = t.Holds(meta.Workspace, id) == nil && due(t, maker.Now())
		if !ticked {
			return Done{}, nil
		}
		return Done{}, t.Tick(maker.Now())
	})
	return ticked && err == nil, err
}

func due(t *table.Table, now time.Time) bool {
	day, hour := t.Formulas().AskFor()
	known := t.Schema().Tick.In(now.Location())
	if !day || now.Before(known) {
		return false
	}
	form := time.DateOnly
	if hour {
		form = "2006-01-02T15"
	}
	return known.Format(form) != now.Format(form)
}
