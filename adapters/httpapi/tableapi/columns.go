package tableapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

type addColumn struct {
	InTable
	Body struct {
		tablecmd.NewColumn
		After kernel.ColumnID `json:"after,omitempty" doc:"The column to put it behind; the last one if absent."`
	}
}

// looksInto is the reach of a request that may give a column a lookup: who can't see a table makes no lookup into it.
func looksInto(id kernel.TableID, l *table.Lookup) httpapi.Reach {
	if l == nil {
		return httpapi.ReachOf(id)
	}
	return httpapi.ReachOf(id, l.Table)
}

func addColumnReach(_ context.Context, _ httpapi.Principal, in *addColumn) (httpapi.Reach, error) {
	return looksInto(in.TableID, in.Body.Lookup), nil
}

func changeColumnReach(_ context.Context, _ httpapi.Principal, in *changeColumn) (httpapi.Reach, error) {
	return looksInto(in.TableID, in.Body.Lookup), nil
}

func (s service) addColumn(ctx context.Context, meta kernel.Meta, in *addColumn) (commands.Result[table.Column], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.Column]{}, err
	}
	if in.Body.Kind == table.Enrichment {
		return commands.Result[table.Column]{}, kernel.Invalid("kind", "make an enrichment column with POST …/enrichment-columns")
	}
	return s.Handlers.AddColumn(ctx, meta, tablecmd.AddColumn{Table: in.TableID, Column: in.Body.NewColumn, After: in.Body.After})
}

type changeColumn struct {
	InColumn
	Body struct {
		Name        *string             `json:"name,omitempty"`
		Description *string             `json:"description,omitempty"`
		Options     *[]table.Option     `json:"options,omitempty"`
		Format      *table.NumberFormat `json:"format,omitempty"`
		Form        *table.Form         `json:"form,omitempty" doc:"How written values are read; an empty one has the defaults."`
		Formula     *table.Formula      `json:"formula,omitempty" doc:"Of a formula column."`
		Lookup      *table.Lookup       `json:"lookup,omitempty" doc:"Of a lookup column."`
		Type        *table.Type         `json:"type,omitempty" doc:"Of a formula or lookup column; the type of others is changed with change-type."`
	}
}

func (s service) changeColumn(ctx context.Context, meta kernel.Meta, in *changeColumn) (commands.Result[table.Column], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.Column]{}, err
	}
	b := in.Body
	return s.Handlers.ChangeColumn(ctx, meta, tablecmd.ChangeColumn{
		Table: in.TableID, Column: in.ColumnID,
		Change: table.ColumnChange{
			Name:        b.Name,
			Description: b.Description,
			Options:     b.Options,
			Format:      b.Format,
			Form:        b.Form,
			Formula:     b.Formula,
			Lookup:      b.Lookup,
			Type:        b.Type,
		},
	})
}

func (s service) deleteColumn(ctx context.Context, meta kernel.Meta, in *InColumn) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.DeleteColumn(ctx, meta, tablecmd.DeleteColumn{Table: in.TableID, Column: in.ColumnID})
}

func (s service) restoreColumn(ctx context.Context, meta kernel.Meta, in *InColumn) (commands.Result[table.Column], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.Column]{}, err
	}
	return s.Handlers.RestoreColumn(ctx, meta, tablecmd.RestoreColumn{Table: in.TableID, Column: in.ColumnID})
}

type changeType struct {
	InColumn
	Body struct {
		Type    table.Type          `json:"type"`
		Options []table.Option      `json:"options,omitempty"`
		Form    *table.Form         `json:"form,omitempty" doc:"How the values are written that are read as the new type; found from all values if absent."`
		Format  *table.NumberFormat `json:"format,omitempty"`
		Lossy   bool                `json:"lossy,omitempty" doc:"Values that don't convert may become empty."`
		DryRun  bool                `json:"dry_run,omitempty"`
	}
}

func (s service) changeType(ctx context.Context, meta kernel.Meta, in *changeType) (commands.Result[tablecmd.ChangedType], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.ChangedType]{}, err
	}
	b := in.Body
	return s.Handlers.ChangeType(ctx, meta, tablecmd.ChangeType{
		Table:   in.TableID,
		Column:  in.ColumnID,
		Type:    b.Type,
		Options: b.Options,
		Form:    b.Form,
		Format:  b.Format,
		Lossy:   b.Lossy,
		DryRun:  b.DryRun,
	})
}

type duplicateColumn struct {
	InColumn
	Body struct {
		Name       string `json:"name"`
		WithValues bool   `json:"with_values,omitempty"`
	}
}

func (s service) duplicateColumn(ctx context.Context, meta kernel.Meta, in *duplicateColumn) (commands.Result[table.Column], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[table.Column]{}, err
	}
	return s.Handlers.DuplicateColumn(ctx, meta, tablecmd.DuplicateColumn{
		Table:      in.TableID,
		Column:     in.ColumnID,
		Name:       in.Body.Name,
		WithValues: in.Body.WithValues,
	})
}

type reorderColumns struct {
	InTable
	Body struct {
		Columns []kernel.ColumnID `json:"columns"`
	}
}

func (s service) reorderColumns(ctx context.Context, meta kernel.Meta, in *reorderColumns) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.ReorderColumns(ctx, meta, tablecmd.ReorderColumns{Table: in.TableID, Columns: in.Body.Columns})
}
