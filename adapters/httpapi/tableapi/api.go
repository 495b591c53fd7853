// Package tableapi is the HTTP side of tables: structure, rows and cells, history, undo and the live stream.
package tableapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
)

const (
	tag     = "tables"
	grid    = "grid"
	history = "history"
)

// Names finds the names of people for the history.
type Names interface {
	Names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *tablecmd.Handlers
	Grid     Grid
	History  History
	Moments  Moments
	Branches Branches
	Hub      *livestream.Hub
	Presence *livestream.Presence
	Names    Names
	Clock    kernel.Clock
}

type service struct{ Deps }

type inWorkspace struct{ httpapi.InWorkspace }

// InTable is embedded by the inputs of endpoints of a table.
type InTable struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId" doc:"tbl_…"`
}

// InColumn is embedded by the inputs of endpoints of a column.
type InColumn struct {
	InTable
	ColumnID kernel.ColumnID `path:"columnId" doc:"col_…"`
}

// rowsBody is the limit of /rows:batch, in bytes.
const rowsBody = 10 << 20

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerTables(a, s)
	registerColumns(a, s)
	registerRows(a, s)
	registerHistory(a, s)
	registerSummary(a, s)
	registerFind(a, s)
	registerMoments(a, s)
	registerBranches(a, s)
}

func registerTables(a *httpapi.API, s service) {
	const read, manage = workspace.ReadTables, workspace.ManageTables
	httpapi.Read(a, httpapi.Op{
		ID: "list-tables", Method: http.MethodGet, Path: "W/tables", Tag: tag, Summary: "The tables, oldest first",
		Action: read, Projection: grid, Scope: httpapi.FilteredByTable, Rate: httpapi.General,
	}, s.tables)
	httpapi.Write(a, httpapi.Op{
		ID: "create-table", Method: http.MethodPost, Path: "W/tables", Tag: tag, Summary: "Make a table", Action: manage,
		Status: http.StatusCreated, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.createTable)
	httpapi.Read(a, httpapi.Op{
		ID: "get-table", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}", Tag: tag,
		Summary: "A table with its columns and views", Action: read, Projection: grid, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.table)
	httpapi.Write(a, httpapi.Op{
		ID: "change-table", Method: http.MethodPut, Path: "W/tables/{tableId}", Tag: tag,
		Summary: "Change a table's name, description or owner; what is absent stays", Action: manage,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.changeTable)
	httpapi.Write(a, httpapi.Op{
		ID: "trash-table", Method: http.MethodDelete, Path: "W/tables/{tableId}", Tag: tag,
		Summary: "Put a table into the trash, for 30 days", Action: manage, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.trashTable)
	httpapi.Write(a, httpapi.Op{
		ID: "restore-table", Method: http.MethodPost, Path: "W/tables/{tableId}/restore", Tag: tag,
		Summary: "Take a table out of the trash", Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.restoreTable)
	httpapi.Read(a, httpapi.Op{
		ID: "get-trash", Method: http.MethodGet, Path: "W/trash", Tag: tag, Summary: "Tables and columns in the trash",
		Action: read, Projection: grid, Scope: httpapi.FilteredByTable, Rate: httpapi.General,
	}, s.trash)
	httpapi.Read(a, httpapi.Op{
		ID: "list-trashed-rows", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/trash", Tag: tag,
		Summary: "A table's rows in the trash", Action: read, Projection: grid, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.trashedRows)
	httpapi.Write(a, httpapi.Op{
		ID: "create-view", Method: http.MethodPost, Path: "W/tables/{tableId}/views", Tag: tag, Summary: "Save a view",
		Action: manage, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.createView)
	httpapi.Write(a, httpapi.Op{
		ID: "change-view", Method: http.MethodPut, Path: "W/tables/{tableId}/views/{viewId}", Tag: tag,
		Summary: "Replace a view", Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.changeView)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-view", Method: http.MethodDelete, Path: "W/tables/{tableId}/views/{viewId}", Tag: tag,
		Summary: "Delete a view", Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.deleteView)
}

func registerColumns(a *httpapi.API, s service) {
	const manage = workspace.ManageTables
	const column = "W/tables/{tableId}/columns/{columnId}"
	httpapi.Write(a, httpapi.Op{
		ID: "add-column", Method: http.MethodPost, Path: "W/tables/{tableId}/columns", Tag: tag, Summary: "Add a column",
		Action: manage, Status: http.StatusCreated, Scope: httpapi.TablesOf(addColumnReach), Rate: httpapi.General,
	}, s.addColumn)
	httpapi.Write(a, httpapi.Op{
		ID: "change-column", Method: http.MethodPut, Path: column, Tag: tag,
		Summary: "Change a column's name, description, options, format, formula or lookup", Action: manage,
		Scope: httpapi.TablesOf(changeColumnReach), Rate: httpapi.General,
	}, s.changeColumn)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-column", Method: http.MethodDelete, Path: column, Tag: tag, Summary: "Put a column into the trash",
		Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.deleteColumn)
	httpapi.Write(a, httpapi.Op{
		ID: "restore-column", Method: http.MethodPost, Path: column + "/restore", Tag: tag,
		Summary: "Take a column out of the trash", Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.restoreColumn)
	httpapi.Write(a, httpapi.Op{
		ID: "change-column-type", Method: http.MethodPost, Path: column + "/change-type", Tag: tag,
		Summary: "Change a column's type, or see what that would do", Action: manage, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.changeType)
	httpapi.Write(a, httpapi.Op{
		ID: "duplicate-column", Method: http.MethodPost, Path: column + "/duplicate", Tag: tag, Summary: "Copy a column",
		Action: manage, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.duplicateColumn)
	httpapi.Read(a, httpapi.Op{
		ID: "check-formula", Method: http.MethodPost, Path: "W/tables/{tableId}/formula:check", Tag: tag,
		Summary:     "Check a formula and try it on a row",
		Description: "A formula that is wrong is answered with what is wrong and where.", Action: workspace.ReadTables,
		Projection: grid, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.checkFormula)
	httpapi.Read(a, httpapi.Op{
		ID: "check-lookup", Method: http.MethodPost, Path: "W/tables/{tableId}/lookup:check", Tag: tag,
		Summary:     "Check a lookup and try it on the table's first rows and one row",
		Description: "A lookup that is wrong is answered with what is wrong.", Action: workspace.ReadTables,
		Projection: grid, Scope: httpapi.TablesOf(checkLookupReach), Rate: httpapi.Grid,
	}, s.checkLookup)
	httpapi.Read(a, httpapi.Op{
		ID: "list-formula-functions", Method: http.MethodGet, Path: "W/formula-functions", Tag: tag,
		Summary: "The functions that formulas have", Action: workspace.ReadTables, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.functions)
	httpapi.Write(a, httpapi.Op{
		ID: "reorder-columns", Method: http.MethodPut, Path: "W/tables/{tableId}/column-order", Tag: tag,
		Summary: "Put the columns into another order", Action: manage, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.reorderColumns)
}

func registerRows(a *httpapi.API, s service) {
	const read, edit = workspace.ReadTables, workspace.EditRows
	const rows = "W/tables/{tableId}/rows"
	httpapi.Read(a, httpapi.Op{
		ID: "list-rows", Branches: true, Method: http.MethodGet, Path: rows, Tag: tag, Summary: "A page of rows", Action: read,
		Projection: grid, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, s.rows)
	httpapi.Read(a, httpapi.Op{
		ID: "count-rows", Branches: true, Method: http.MethodGet, Path: rows + ":count", Tag: tag, Summary: "How many rows there are",
		Action: read, Projection: grid, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, s.count)
	httpapi.Read(a, httpapi.Op{
		ID: "get-row", Branches: true, Method: http.MethodGet, Path: rows + "/{rowId}", Tag: tag, Summary: "A row", Action: read,
		Projection: grid, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, s.row)
	httpapi.Write(a, httpapi.Op{
		ID: "batch-rows", Branches: true, Method: http.MethodPost, Path: rows + ":batch", Tag: tag,
		Summary:     "Insert, update, upsert and delete rows",
		Description: "Up to 10,000 operations. All or nothing, unless on_error is skip.", Action: edit, OwnText: true,
		MaxBody: rowsBody, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, s.batch)
	httpapi.Write(a, httpapi.Op{
		ID: "edit-cells", Branches: true, Method: http.MethodPatch, Path: "W/tables/{tableId}/cells", Tag: tag, Summary: "Set cells",
		Description: "Up to 5,000 cells. All or nothing, unless on_error is skip.", Action: edit, OwnText: true,
		MaxBody: rowsBody, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, s.editCells)
	httpapi.Write(a, httpapi.Op{
		ID: "update-rows-by-filter", Branches: true, Method: http.MethodPost, Path: rows + ":updateByFilter", Tag: tag,
		Summary: "Set cells of every row that a filter selects", Action: edit, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.updateByFilter)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-rows-by-filter", Branches: true, Method: http.MethodPost, Path: rows + ":deleteByFilter", Tag: tag,
		Summary: "Put every row that a filter selects into the trash", Action: edit, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.deleteByFilter)
	httpapi.Write(a, httpapi.Op{
		ID: "restore-rows", Branches: true, Method: http.MethodPost, Path: rows + ":restore", Tag: tag,
		Summary: "Take rows out of the trash", Action: edit, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.restoreRows)
}

func registerHistory(a *httpapi.API, s service) {
	const read, edit = workspace.ReadTables, workspace.EditRows
	httpapi.Read(a, httpapi.Op{
		ID: "get-row-history", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/rows/{rowId}/history", Tag: tag,
		Summary: "What happened to a row, newest first", Action: read, Projection: history, Besides: grid, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.rowHistory)
	httpapi.Read(a, httpapi.Op{
		ID: "get-cell-history", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/cells/{rowId}/{columnId}/history",
		Tag: tag, Summary: "What happened to a cell, newest first", Action: read, Projection: history, Besides: grid,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.cellHistory)
	httpapi.Read(a, httpapi.Op{
		ID: "get-undo-stack", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/undo-stack", Tag: tag,
		Summary: "The caller's steps that can be undone and redone", Action: read, Projection: history, Besides: grid,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.stack)
	httpapi.Write(a, httpapi.Op{
		ID: "undo", Branches: true, Method: http.MethodPost, Path: "W/tables/{tableId}/undo", Tag: tag, Summary: "Undo steps",
		Description: "Cells that were changed since are listed and left alone, unless forced.", Action: edit,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.undo)
	httpapi.Write(a, httpapi.Op{
		ID: "redo", Branches: true, Method: http.MethodPost, Path: "W/tables/{tableId}/redo", Tag: tag, Summary: "Redo what was undone",
		Action: edit, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.redo)
	httpapi.Read(a, httpapi.Op{
		ID: "tell-presence", Branches: true, Method: http.MethodPost, Path: "W/tables/{tableId}/presence", Tag: tag,
		Summary: "Tell the others in a table that the caller has it open, and which cell is selected",
		Description: "It is shown by the table's stream, as the event presence, for 25 s; say it again before, and gone when the window " +
			"closes. It is kept nowhere.",
		Action: read, Scope: httpapi.PersonInWorkspace, Rate: httpapi.Grid,
	}, s.presence)
	httpapi.Stream(a, httpapi.Op{
		ID: "stream-table", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/stream", Tag: tag,
		Summary: "The table's changes as they happen (Server-Sent Events)", Description: "Resume with Last-Event-ID.",
		Action: read, Rate: httpapi.Grid, Scope: httpapi.TableInPath,
	}, "text/event-stream", s.stream)
}

// visible hides tables that the caller's API key doesn't extend to.
func visible(ctx context.Context, id kernel.TableID) error {
	if !httpapi.PrincipalOf(ctx).CanSeeTable(id) {
		return kernel.NotFound("table", string(id))
	}
	return nil
}

// info finds a table that the caller may see.
func (s service) info(ctx context.Context, p httpapi.Principal, id kernel.TableID) (gridview.Info, error) {
	if !p.CanSeeTable(id) {
		return gridview.Info{}, kernel.NotFound("table", string(id))
	}
	return s.Grid.Table(ctx, p.Workspace, id)
}
