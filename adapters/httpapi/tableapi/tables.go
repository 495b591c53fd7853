package tableapi

import (
	"context"
	"slices"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

type listTables struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) tables(ctx context.Context, p httpapi.Principal, in *listTables) ([]gridview.Summary, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixTable, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Grid.List(ctx, p.Workspace, false, kernel.TableID(in.Cursor), in.Limit+1, p.KeyTables...)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(t gridview.Summary) string { return string(t.ID) })
	if list == nil {
		list = []gridview.Summary{}
	}
	return list, meta, nil
}

// NewTable is a table to be made.
type NewTable struct {
	Name    string               `json:"name"`
	Columns []tablecmd.NewColumn `json:"columns,omitempty" maxItems:"200"`
}

type createTable struct {
	httpapi.InWorkspace
	Body NewTable
}

func (s service) createTable(ctx context.Context, meta kernel.Meta, in *createTable) (commands.Result[tablecmd.Table], error) {
	return s.Handlers.Create(ctx, meta, tablecmd.CreateTable{Name: in.Body.Name, Columns: in.Body.Columns})
}

type getTable struct {
	InTable
	AsOf
}

func (s service) table(ctx context.Context, p httpapi.Principal, in *getTable) (tablecmd.Table, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return tablecmd.Table{}, httpapi.Meta{}, err
	}
	info := v.info
	lookups, err := s.lookups(ctx, p, info)
	if err != nil {
		return tablecmd.Table{}, httpapi.Meta{}, err
	}
	views := slices.DeleteFunc(slices.Clone(info.Views), func(v table.View) bool { return !v.VisibleTo(p.User) })
	return tablecmd.Table{
		ID:            info.ID,
		Name:          info.Schema.Name,
		Description:   info.Description,
		Owner:         info.Owner,
		RowCount:      info.RowCount,
		Columns:       append([]table.Column{}, info.Schema.Columns...),
		Views:         views,
		SchemaVersion: info.Schema.Version,
		LastPosition:  info.Last,
		CreatedAt:     info.CreatedAt,
		Recompute:     (*tablecmd.Recompute)(info.Recompute),
		Lookups:       lookups,
		BranchOf:      string(info.Schema.Of),
	}, v.meta, nil
}

type changeTable struct {
	InTable
	Body struct {
		Name        *string        `json:"name,omitempty"`
		Description *string        `json:"description,omitempty" maxLength:"1000"`
		Owner       *kernel.UserID `json:"owner_id,omitempty" doc:"A member of the workspace."`
	}
}

func (s service) changeTable(ctx context.Context, meta kernel.Meta, in *changeTable) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	b := in.Body
	return s.Handlers.ChangeTable(ctx, meta, tablecmd.ChangeTable{
		Table: in.TableID, Name: b.Name, Details: table.Details{Description: b.Description, Owner: b.Owner},
	})
}

func (s service) trashTable(ctx context.Context, meta kernel.Meta, in *InTable) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.Trash(ctx, meta, tablecmd.TrashTable{Table: in.TableID})
}

func (s service) restoreTable(ctx context.Context, meta kernel.Meta, in *InTable) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.Restore(ctx, meta, tablecmd.RestoreTable{Table: in.TableID})
}

// Trash is what a workspace has in the trash besides rows.
type Trash struct {
	Tables  []gridview.Summary `json:"tables"`
	Columns []TrashedColumn    `json:"columns"`
}

// TrashedColumn is a column in the trash of its table.
type TrashedColumn struct {
	TableID   kernel.TableID `json:"table_id"`
	TableName string         `json:"table_name"`
	Column    table.Column   `json:"column"`
}

// trashPage is how many tables the trash shows, and looks at for columns.
const trashPage = 1000

func (s service) trash(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (Trash, httpapi.Meta, error) {
	out := Trash{Tables: []gridview.Summary{}, Columns: []TrashedColumn{}}
	gone, err := s.Grid.List(ctx, p.Workspace, true, "", trashPage, p.KeyTables...)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	out.Tables = append(out.Tables, gone...)
	columns, err := s.Grid.DeletedColumns(ctx, p.Workspace, trashPage, p.KeyTables...)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	for _, c := range columns {
		out.Columns = append(out.Columns, TrashedColumn{TableID: c.Table, TableName: c.Name, Column: c.Column})
	}
	return out, httpapi.Meta{}, nil
}

type trashedRows struct {
	InTable
	httpapi.Page
}

// TrashedRow is a row in the trash.
type TrashedRow = gridview.TrashedRow

func (s service) trashedRows(ctx context.Context, p httpapi.Principal, in *trashedRows) ([]TrashedRow, httpapi.Meta, error) {
	var meta httpapi.Meta
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return nil, meta, err
	}
	list, next, err := s.Grid.TrashedRows(ctx, info, in.Cursor, in.Limit)
	meta.NextCursor = next
	return list, meta, err
}

// ViewBody is a view to be saved.
type ViewBody struct {
	Name       string             `json:"name"`
	Shared     bool               `json:"shared,omitempty"`
	Default    bool               `json:"default,omitempty"`
	Filter     rawJSON            `json:"filter,omitempty"`
	Sort       []table.Sort       `json:"sort,omitempty"`
	Columns    []table.ViewColumn `json:"columns,omitempty"`
	Groups     []table.Group      `json:"groups,omitempty" maxItems:"3" doc:"The outermost level first."`
	Aggregates []table.Aggregate  `json:"aggregates,omitempty" maxItems:"50" doc:"What each group shows of its rows."`
	Colours    []table.ColourRule `json:"colours,omitempty" maxItems:"20" doc:"The first rule that applies counts."`
	RowHeight  string             `json:"row_height,omitempty" enum:"short,medium,tall"`
}

func (b ViewBody) view(id kernel.ViewID) table.View {
	v := table.View{
		ID: id, Name: b.Name, Shared: b.Shared, Default: b.Default, Filter: b.Filter, Sort: b.Sort, Columns: b.Columns,
		Groups: b.Groups, Aggregates: b.Aggregates, Colours: b.Colours, RowHeight: b.RowHeight,
	}
	if v.Sort == nil {
		v.Sort = []table.Sort{}
	}
	if v.Columns == nil {
		v.Columns = []table.ViewColumn{}
	}
	return v
}

type createView struct {
	InTable
	Body ViewBody
}

func (s service) createView(ctx context.Context, meta kernel.Meta, in *createView) (commands.Result[table.View], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.View]{}, err
	}
	return s.Handlers.SaveView(ctx, meta, tablecmd.SaveView{Table: in.TableID, View: in.Body.view(""), New: true})
}

// InView is embedded by the inputs of endpoints of a view.
type InView struct {
	InTable
	ViewID kernel.ViewID `path:"viewId" doc:"viw_…"`
}

type changeView struct {
	InView
	Body ViewBody
}

func (s service) changeView(ctx context.Context, meta kernel.Meta, in *changeView) (commands.Result[table.View], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.View]{}, err
	}
	return s.Handlers.SaveView(ctx, meta, tablecmd.SaveView{Table: in.TableID, View: in.Body.view(in.ViewID)})
}

func (s service) deleteView(ctx context.Context, meta kernel.Meta, in *InView) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.DeleteView(ctx, meta, tablecmd.DeleteView{Table: in.TableID, View: in.ViewID})
}
