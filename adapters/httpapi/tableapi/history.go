package tableapi

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/historyview"
)

type rowHistory struct {
	InRow
	AsOf
	httpapi.Page
}

func (s service) rowHistory(ctx context.Context, p httpapi.Principal, in *rowHistory) ([]historyview.Entry, httpapi.Meta, error) {
	return s.entries(ctx, p, in.InRow, "", in.AsOf, in.Page)
}

type cellHistory struct {
	InRow
	ColumnID kernel.ColumnID `path:"columnId" doc:"col_…"`
	AsOf
	httpapi.Page
}

func (s service) cellHistory(ctx context.Context, p httpapi.Principal, in *cellHistory) ([]historyview.Entry, httpapi.Meta, error) {
	return s.entries(ctx, p, in.InRow, in.ColumnID, in.AsOf, in.Page)
}

func (s service) entries(
	ctx context.Context, p httpapi.Principal, in InRow, col kernel.ColumnID, asOf AsOf, page httpapi.Page,
) ([]historyview.Entry, httpapi.Meta, error) {
	var meta httpapi.Meta
	id, row := in.TableID, in.RowID
	info, err := s.info(ctx, p, id)
	if err != nil {
		return nil, meta, err
	}
	if kernel.ParseID(kernel.PrefixRow, string(row)) != nil {
		return nil, meta, kernel.NotFound("row", string(row))
	}
	if col != "" && !info.HasColumn(col) {
		return nil, meta, kernel.NotFound("column", string(col))
	}
	live, trashed, err := s.Grid.Exists(ctx, info.ID, []kernel.RowID{row})
	if err != nil {
		return nil, meta, err
	}
	if !live[row] && !trashed[row] {
		return nil, meta, kernel.NotFound("row", string(row))
	}
	before := int64(math.MaxInt64)
	moment, err := s.moment(ctx, info, asOf)
	if err != nil {
		return nil, meta, err
	}
	if moment != nil {
		before, meta.AsOf = moment.Position+1, (*httpapi.AsOf)(moment)
	}
	if page.Cursor != "" {
		if before, err = strconv.ParseInt(page.Cursor, 10, 64); err != nil || before <= 0 {
			return nil, meta, kernel.BadCursor()
		}
	}
	list, next, err := s.History.Entries(ctx, id, row, col, before, page.Limit)
	if err != nil {
		return nil, meta, err
	}
	if next > 0 {
		meta.NextCursor = strconv.FormatInt(next, 10)
	}
	return list, meta, s.name(ctx, list)
}

// name fills in the names of the people behind the entries.
func (s service) name(ctx context.Context, list []historyview.Entry) error {
	var users []kernel.UserID
	for _, e := range list {
		users = append(users, e.Actor.User)
	}
	names, err := s.names(ctx, users)
	for i := range list {
		list[i].Actor.Name = names[list[i].Actor.User]
	}
	return err
}

// names finds the names of people, each of whom may be listed often, or be nobody.
func (s service) names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error) {
	slices.Sort(users)
	users = slices.DeleteFunc(slices.Compact(users), func(u kernel.UserID) bool { return u == "" })
	if s.Names == nil || len(users) == 0 {
		return nil, nil //nolint:nilnil // nobody has a name
	}
	return s.Names.Names(ctx, users)
}

// Stack is what the caller can undo and redo in a table, the next step first.
type Stack struct {
	Undo []tablecmd.StepRecord `json:"undo"`
	Redo []tablecmd.StepRecord `json:"redo"`
}

func (s service) stack(ctx context.Context, p httpapi.Principal, in *InTable) (Stack, httpapi.Meta, error) {
	if _, err := s.info(ctx, p, in.TableID); err != nil {
		return Stack{}, httpapi.Meta{}, err
	}
	undo, redo, err := s.History.Stack(ctx, in.TableID, p.User)
	if err != nil {
		return Stack{}, httpapi.Meta{}, err
	}
	return Stack{Undo: append([]tablecmd.StepRecord{}, undo...), Redo: append([]tablecmd.StepRecord{}, redo...)}, httpapi.Meta{}, nil
}

// UndoBody says what to undo or redo.
type UndoBody struct {
	Steps []string `json:"steps,omitempty" maxItems:"50" doc:"The caller's last one if absent."`
	Force bool     `json:"force,omitempty" doc:"Take back also what was changed since."`
}

type undoIn struct {
	InTable
	Body *UndoBody
}

func (in *undoIn) command(redo bool) tablecmd.Undo {
	cmd := tablecmd.Undo{Table: in.TableID, Redo: redo}
	if in.Body != nil {
		cmd.Steps, cmd.Force = in.Body.Steps, in.Body.Force
	}
	return cmd
}

func (s service) undo(ctx context.Context, meta kernel.Meta, in *undoIn) (commands.Result[tablecmd.Undone], error) {
	return s.undoOrRedo(ctx, meta, in.command(false))
}

func (s service) redo(ctx context.Context, meta kernel.Meta, in *undoIn) (commands.Result[tablecmd.Undone], error) {
	return s.undoOrRedo(ctx, meta, in.command(true))
}

func (s service) undoOrRedo(ctx context.Context, meta kernel.Meta, cmd tablecmd.Undo) (commands.Result[tablecmd.Undone], error) {
	if err := visible(ctx, cmd.Table); err != nil {
		return commands.Result[tablecmd.Undone]{}, err
	}
	return s.Handlers.Undo(ctx, meta, cmd)
}

type streamIn struct {
	InTable
	LastEventID string `header:"Last-Event-ID" doc:"Position of the last event seen."`
	After       string `query:"after" doc:"The same, for clients that can't set headers."`
}

func (s service) stream(ctx context.Context, p httpapi.Principal, in *streamIn) (func(http.ResponseWriter) error, error) {
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return nil, err
	}
	last := in.LastEventID
	if last == "" {
		last = in.After
	}
	after := int64(-1)
	if last != "" {
		if after, err = strconv.ParseInt(last, 10, 64); err != nil || after < 0 {
			return nil, kernel.E(kernel.KindMalformed, "MALFORMED", "Last-Event-ID is a log position, not %.40q", last)
		}
	}
	reached, err := s.Grid.Reached(ctx, info)
	if err != nil {
		return nil, err
	}
	reader := livestream.Reader{
		Workspace: p.Workspace,
		Table:     info.ID,
		Reached:   reached,
		After:     after,
		Schema:    info.Schema.Version,
		Rows:      info.RowCount,
	}
	return func(w http.ResponseWriter) error { return s.Hub.Serve(ctx, w, reader) }, nil
}
