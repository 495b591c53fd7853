package boot

import (
	"context"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/commentapi"
	"github.com/morket/morket/adapters/postgres/commentread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/commands/commentcmd"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// comments is what people say about rows and cells.
type comments struct {
	core     *core
	tables   *tables
	handlers *commentcmd.Handlers
}

func newComments(c *core, t *tables, positions projections.Positions, members commentcmd.Members) (*comments, error) {
	handlers, err := commentcmd.New(commentcmd.Config{
		Store:   c.store,
		Codec:   c.codec,
		IDs:     c.ids,
		Clock:   c.clock,
		Persons: c.ring,
		Places:  places{t, positions, c},
		Members: members,
		Counter: commentread.NewCounter(c.rows),
	})
	return &comments{core: c, tables: t, handlers: handlers}, err
}

func (m *comments) endpoints(a *httpapi.API) {
	commentapi.Register(a, commentapi.Deps{
		Handlers: m.handlers,
		Reads:    commentread.NewQueries(m.core.rows, m.core.ring),
		Tables:   m.tables.grid,
		Names:    workspaceread.NewQueries(m.core.rows, m.core.ring),
	})
}

func (*comments) parts() parts { return parts{} }

// places finds rows and cells in the grid.
type places struct {
	tables    *tables
	positions projections.Positions
	core      *core
}

// gridWait is how long the grid may take to show a row that was just made.
const gridWait = 5 * time.Second

// Find implements commentcmd.Places. What isn't there is looked for again when the grid has caught up with the log.
func (p places) Find(ctx context.Context, ws kernel.WorkspaceID, at comment.Place) error {
	err := p.find(ctx, ws, at)
	if kernel.KindOf(err) != kernel.KindNotFound {
		return err
	}
	head, headErr := p.core.store.Head(ctx)
	if headErr != nil {
		return headErr
	}
	wait, cancel := context.WithTimeout(ctx, gridWait)
	defer cancel()
	if _, ok := p.positions.Wait(wait, gridview.Name, head); !ok {
		return err
	}
	return p.find(ctx, ws, at)
}

func (p places) find(ctx context.Context, ws kernel.WorkspaceID, at comment.Place) error {
	info, err := p.tables.grid.Table(ctx, ws, at.Table)
	if err != nil {
		return err
	}
	if kernel.ParseID(kernel.PrefixRow, string(at.Row)) != nil {
		return kernel.NotFound("row", string(at.Row))
	}
	is := func(c table.Column) bool { return c.ID == at.Column }
	if at.Column != "" && !slices.ContainsFunc(info.Schema.Columns, is) {
		return kernel.NotFound("column", string(at.Column))
	}
	live, _, err := p.tables.grid.Exists(ctx, info.ID, []kernel.RowID{at.Row})
	if err == nil && !live[at.Row] {
		err = kernel.NotFound("row", string(at.Row))
	}
	return err
}
