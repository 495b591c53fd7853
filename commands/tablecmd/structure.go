package tablecmd

import (
	"context"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Table is a table as commands and the API answer it.
type Table struct {
	ID            kernel.TableID `json:"id"`
	Name          string         `json:"name"`
	Description   string         `json:"description,omitempty"`
	Owner         kernel.UserID  `json:"owner_id,omitempty" doc:"Absent for a table from before that was recorded."`
	RowCount      int64          `json:"row_count"`
	Columns       []table.Column `json:"columns"`
	Views         []table.View   `json:"views"`
	SchemaVersion int64          `json:"schema_version"`
	LastPosition  int64          `json:"last_position"`
	CreatedAt     time.Time      `json:"created_at"`
	Recompute     *Recompute     `json:"recompute,omitempty" doc:"How far formula and lookup columns are computed after a change; absent when they are."`
	Lookups       []LookupState  `json:"lookups,omitempty" doc:"What the lookup columns look into."`
	BranchOf      string         `json:"branch_of,omitempty" doc:"Of a branch: the id of its table."`
}

// LookupState is what a lookup column looks into, as far as the caller may see it.
type LookupState struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Table    string          `json:"table,omitempty" doc:"The name of the table that is looked into; absent if the caller can't see it."`
	Match    string          `json:"match,omitempty" doc:"The name of the column in which the key is found; likewise."`
	Value    string          `json:"value,omitempty" doc:"The name of the column that is taken; likewise."`
	Problem  string          `json:"problem,omitempty" doc:"Why nothing is found; absent if nothing is wrong."`
}

// Recompute is how far the computing of formula and lookup columns has come.
type Recompute struct {
	Columns []kernel.ColumnID `json:"columns"`
	Done    int64             `json:"done"`
	Total   int64             `json:"total" doc:"Rows, with those in the trash."`
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// NewColumn is a column to be made.
type NewColumn struct {
	Name        string              `json:"name"`
	Type        table.Type          `json:"type"`
	Kind        table.Kind          `json:"kind,omitempty"`
	Options     []table.Option      `json:"options,omitempty"`
	Format      *table.NumberFormat `json:"format,omitempty"`
	Form        *table.Form         `json:"form,omitempty" doc:"How written values are read."`
	Description string              `json:"description,omitempty"`
	Formula     *table.Formula      `json:"formula,omitempty" doc:"Of a column of the kind formula."`
	Lookup      *table.Lookup       `json:"lookup,omitempty" doc:"Of a column of the kind lookup."`
}

func (c NewColumn) draft() table.Draft {
	return table.Draft{
		Name:        c.Name,
		Type:        c.Type,
		Kind:        c.Kind,
		Options:     c.Options,
		Format:      c.Format,
		Form:        c.Form,
		Description: c.Description,
		Formula:     c.Formula,
		Lookup:      c.Lookup,
	}
}

// CreateTable makes a table in the workspace of the request.
type CreateTable struct {
	Name    string
	Columns []NewColumn
}

// Create carries out CreateTable.
func (h *Handlers) Create(ctx context.Context, meta kernel.Meta, cmd CreateTable) (commands.Result[Table], error) {
	id := kernel.TableID(h.cfg.IDs.New(kernel.PrefixTable))
	drafts := make([]table.Draft, len(cmd.Columns))
	for i, c := range cmd.Columns {
		drafts[i] = c.draft()
	}
	maker, err := h.makerIn(ctx, meta.Workspace)
	if err != nil {
		return commands.Result[Table]{}, err
	}
	beside := &beside{repo: h.repo, ws: meta.Workspace}
	maker.Tables, maker.By = beside.finder(ctx), meta.Actor.User()
	t, err := table.New(maker, id, meta.Workspace, "", cmd.Name, drafts)
	if err != nil {
		return commands.Result[Table]{}, err
	}
	answer := Describe(t, h.cfg.Clock.Now())
	req, err := h.cfg.Codec.Append(meta, answer, append(beside.guards, eventstore.At(structureOf(id), eventstore.NoStream, t.Pending()...))...)
	if err != nil {
		return commands.Result[Table]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[Table]{}, err
	}
	res, err := commands.Reply(done, answer)
	res.Value.LastPosition = done.Last
	return res, err
}

// Describe returns a table without rows as commands answer it.
func Describe(t *table.Table, created time.Time) Table {
	s := t.Schema()
	return Table{
		ID:            s.Table,
		Name:          s.Name,
		Description:   t.Description(),
		Owner:         t.Owner(),
		Columns:       append([]table.Column{}, s.Columns...),
		Views:         t.Views(),
		SchemaVersion: s.Version,
		CreatedAt:     created,
	}
}

// ChangeTable changes a table's name, or what else is said of it; what is nil stays as it is.
type ChangeTable struct {
	Table   kernel.TableID
	Name    *string
	Details table.Details
}

// ChangeTable carries out ChangeTable.
func (h *Handlers) ChangeTable(ctx context.Context, meta kernel.Meta, cmd ChangeTable) (commands.Result[Done], error) {
	label := "Rename table"
	if cmd.Name == nil {
		label = "Change the table's details"
	}
	if err := h.checkOwner(ctx, meta.Workspace, cmd.Details.Owner); err != nil {
		return commands.Result[Done]{}, err
	}
	step := h.step(ctx, meta, cmd.Table, label)
	return reply[Done](h.update(ctx, meta, cmd.Table, func(t *table.Table) (any, error) {
		if cmd.Name != nil {
			if err := t.Rename(*cmd.Name, step); err != nil {
				return nil, err
			}
		}
		return Done{}, t.Describe(cmd.Details, step)
	}))
}

// checkOwner refuses an owner who is no member of the workspace.
func (h *Handlers) checkOwner(ctx context.Context, ws kernel.WorkspaceID, owner *kernel.UserID) error {
	if owner == nil || *owner == "" || h.cfg.Members == nil {
		return nil
	}
	_, is, err := h.cfg.Members.Role(ctx, ws, *owner)
	if err == nil && !is {
		err = kernel.Invalid("owner_id", "the owner is no member of the workspace; choose one of its members")
	}
	return err
}

// reply turns an append whose answer doesn't depend on the aggregate into a result.
func reply[R any](done eventstore.Appended, err error) (commands.Result[R], error) {
	if err != nil {
		return commands.Result[R]{}, err
	}
	var r R
	return commands.Reply(done, r)
}

// TrashTable puts a table into the trash.
type TrashTable struct{ Table kernel.TableID }

// Trash carries out TrashTable.
func (h *Handlers) Trash(ctx context.Context, meta kernel.Meta, cmd TrashTable) (commands.Result[Done], error) {
	return reply[Done](h.update(ctx, meta, cmd.Table, func(t *table.Table) (any, error) { return Done{}, t.Trash() }))
}

// RestoreTable takes a table out of the trash.
type RestoreTable struct{ Table kernel.TableID }

// Restore carries out RestoreTable.
func (h *Handlers) Restore(ctx context.Context, meta kernel.Meta, cmd RestoreTable) (commands.Result[Done], error) {
	defer h.forget(cmd.Table)
	if kernel.ParseID(kernel.PrefixTable, string(cmd.Table)) != nil {
		return commands.Result[Done]{}, kernel.NotFound("table", string(cmd.Table))
	}
	return reply[Done](h.repo.Update(ctx, meta, string(cmd.Table), func(t *table.Table) (any, error) {
		if t.ID() == "" || t.Workspace() != meta.Workspace {
			return nil, kernel.NotFound("table", string(cmd.Table))
		}
		return Done{}, t.Restore()
	}))
}

// AddColumn adds a column after another one, or at the end.
type AddColumn struct {
	Table  kernel.TableID
	Column NewColumn
	After  kernel.ColumnID
}

// AddColumn carries out AddColumn.
func (h *Handlers) AddColumn(ctx context.Context, meta kernel.Meta, cmd AddColumn) (commands.Result[table.Column], error) {
	step := h.step(ctx, meta, cmd.Table, "Add column "+cmd.Column.Name)
	var added table.Column
	done, err := h.updateBeside(ctx, meta, cmd.Table, func(t *table.Table, maker table.Maker) (_ any, err error) {
		added, err = t.AddColumn(maker, cmd.Column.draft(), cmd.After, step)
		return added, err
	})
	return result(done, err, added)
}

func result[R any](done eventstore.Appended, err error, value R) (commands.Result[R], error) {
	if err != nil {
		return commands.Result[R]{}, err
	}
	return commands.Reply(done, value)
}

// ChangeColumn changes a column's name, description, options or format, a formula column's formula and type, and a lookup column's lookup
// and type.
type ChangeColumn struct {
	Table  kernel.TableID
	Column kernel.ColumnID
	Change table.ColumnChange
}

// ChangeColumn carries out ChangeColumn.
func (h *Handlers) ChangeColumn(ctx context.Context, meta kernel.Meta, cmd ChangeColumn) (commands.Result[table.Column], error) {
	step := h.step(ctx, meta, cmd.Table, "Change column")
	var changed table.Column
	done, err := h.updateBeside(ctx, meta, cmd.Table, func(t *table.Table, maker table.Maker) (_ any, err error) {
		changed, err = t.ChangeColumn(maker, cmd.Column, cmd.Change, step)
		return changed, err
	})
	return result(done, err, changed)
}

// DuplicateColumn puts a copy beside a column.
type DuplicateColumn struct {
	Table      kernel.TableID
	Column     kernel.ColumnID
	Name       string
	WithValues bool
}

// DuplicateColumn carries out DuplicateColumn.
func (h *Handlers) DuplicateColumn(ctx context.Context, meta kernel.Meta, cmd DuplicateColumn) (commands.Result[table.Column], error) {
	step := h.step(ctx, meta, cmd.Table, "Duplicate column")
	var added table.Column
	done, err := h.update(ctx, meta, cmd.Table, func(t *table.Table) (_ any, err error) {
		added, err = t.DuplicateColumn(h.maker, cmd.Column, cmd.Name, cmd.WithValues, step)
		return added, err
	})
	return result(done, err, added)
}

// DeleteColumn puts a column into the trash.
type DeleteColumn struct {
	Table  kernel.TableID
	Column kernel.ColumnID
}

// DeleteColumn carries out DeleteColumn.
func (h *Handlers) DeleteColumn(ctx context.Context, meta kernel.Meta, cmd DeleteColumn) (commands.Result[Done], error) {
	step := h.step(ctx, meta, cmd.Table, "Delete column")
	return reply[Done](h.update(ctx, meta, cmd.Table, func(t *table.Table) (any, error) { return Done{}, t.DeleteColumn(cmd.Column, step) }))
}

// RestoreColumn takes a column out of the trash.
type RestoreColumn struct {
	Table  kernel.TableID
	Column kernel.ColumnID
}

// RestoreColumn carries out RestoreColumn.
func (h *Handlers) RestoreColumn(ctx context.Context, meta kernel.Meta, cmd RestoreColumn) (commands.Result[table.Column], error) {
	step := h.step(ctx, meta, cmd.Table, "Restore column")
	var restored table.Column
	done, err := h.update(ctx, meta, cmd.Table, func(t *table.Table) (_ any, err error) {
		restored, err = t.RestoreColumn(cmd.Column, step)
		return restored, err
	})
	return result(done, err, restored)
}

// ReorderColumns puts the columns into another order.
type ReorderColumns struct {
	Table   kernel.TableID
	Columns []kernel.ColumnID
}

// ReorderColumns carries out ReorderColumns.
func (h *Handlers) ReorderColumns(ctx context.Context, meta kernel.Meta, cmd ReorderColumns) (commands.Result[Done], error) {
	step := h.step(ctx, meta, cmd.Table, "Reorder columns")
	return reply[Done](h.update(ctx, meta, cmd.Table, func(t *table.Table) (any, error) {
		return Done{}, t.ReorderColumns(cmd.Columns, step)
	}))
}

// SaveView adds a view, or replaces the one with its id.
type SaveView struct {
	Table kernel.TableID
	View  table.View
	New   bool
}

// SaveView carries out SaveView.
func (h *Handlers) SaveView(ctx context.Context, meta kernel.Meta, cmd SaveView) (commands.Result[table.View], error) {
	if cmd.New {
		cmd.View.ID = kernel.ViewID(h.cfg.IDs.New(kernel.PrefixView))
	}
	var saved table.View
	done, err := h.update(ctx, meta, cmd.Table, func(t *table.Table) (_ any, err error) {
		if !cmd.New && !hasView(t, cmd.View.ID) {
			return nil, kernel.NotFound("view", string(cmd.View.ID))
		}
		saved, err = t.SaveView(cmd.View, meta.Actor.User())
		return saved, err
	})
	return result(done, err, saved)
}

func hasView(t *table.Table, id kernel.ViewID) bool {
	for _, v := range t.Views() {
		if v.ID == id {
			return true
		}
	}
	return false
}

// DeleteView removes a view.
type DeleteView struct {
	Table kernel.TableID
	View  kernel.ViewID
}

// DeleteView carries out DeleteView.
func (h *Handlers) DeleteView(ctx context.Context, meta kernel.Meta, cmd DeleteView) (commands.Result[Done], error) {
	return reply[Done](h.update(ctx, meta, cmd.Table, func(t *table.Table) (any, error) {
		return Done{}, t.DeleteView(cmd.View, meta.Actor.User())
	}))
}
