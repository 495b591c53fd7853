package tableapi

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// Row is a row as the API answers it; the read model writes its JSON.
type Row json.RawMessage

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) { return r, nil }

// Schema describes a row in the OpenAPI document.
func (Row) Schema(_ huma.Registry) *huma.Schema {
	str := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	return &huma.Schema{
		Type:     huma.TypeObject,
		Required: []string{"id", "cells", "version", "created_at", "updated_at"},
		Properties: map[string]*huma.Schema{
			"id":    str("row_…"),
			"cells": {Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}, Description: "By column id; empty cells are left out."},
			"states": {
				Type:        huma.TypeObject,
				Description: "By column id; only of cells that are not simply empty or have a value.",
				AdditionalProperties: &huma.Schema{
					Type: huma.TypeObject, Required: []string{"state"}, Properties: map[string]*huma.Schema{
						"state": str(""), "message": str(""), "run_id": str(""),
						"confidence": {Type: huma.TypeNumber, Description: "Of an unverified value, 0 to 1."},
						"until":      str("When a cell that waits for a provider goes on."),
					},
				},
			},
			"version":    {Type: huma.TypeInteger, Description: "Log position of the row's last change."},
			"created_at": {Type: huma.TypeString, Format: "date-time"},
			"updated_at": {Type: huma.TypeString, Format: "date-time"},
		},
	}
}

// Rows is a list of rows in one piece of JSON.
type Rows json.RawMessage

// MarshalJSON implements json.Marshaler.
func (r Rows) MarshalJSON() ([]byte, error) { return r, nil }

// Schema describes the list in the OpenAPI document.
func (Rows) Schema(reg huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: Row{}.Schema(reg)}
}

type listRows struct {
	InTable
	AsOf
	Selection
	Ordering
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Cursor string `query:"cursor" doc:"meta.next_cursor of the page before" maxLength:"20000"`
	Offset int64  `query:"offset" minimum:"0" doc:"Start at this row of the order; for grids that scroll anywhere. Not together with cursor."`
}

func (s service) rows(ctx context.Context, p httpapi.Principal, in *listRows) (Rows, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	info := v.info
	q, err := s.query(ctx, info, p, in.Selection, in.Ordering)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	if in.Cursor != "" && in.Offset > 0 {
		return nil, httpapi.Meta{}, kernel.Invalid("offset", "give either a cursor or an offset")
	}
	if in.Offset > info.RowCount {
		return nil, httpapi.Meta{}, kernel.Invalid("offset", "the table has %d rows", info.RowCount)
	}
	page, err := v.grid.Page(ctx, info, q, in.Cursor, in.Offset, in.Limit)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	v.meta.NextCursor = page.Next
	return Rows(page.Rows), v.meta, nil
}

type countRows struct {
	InTable
	AsOf
	Selection
	Before kernel.RowID `query:"before" doc:"Only the rows that come before this one in the order: its place."`
	Group  string       `query:"group" doc:"With before, as of list-rows." maxLength:"2000"`
	Sort   string       `query:"sort" doc:"With before, as of list-rows." maxLength:"2000"`
}

// Count is how many rows there are.
type Count struct {
	Count  int64 `json:"count"`
	Absent bool  `json:"absent,omitempty" doc:"The row that before names is not among those that are selected."`
}

func (s service) count(ctx context.Context, p httpapi.Principal, in *countRows) (Count, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return Count{}, httpapi.Meta{}, err
	}
	q, err := s.query(ctx, v.info, p, in.Selection, Ordering{Group: in.Group, Sort: in.Sort})
	if err != nil {
		return Count{}, httpapi.Meta{}, err
	}
	if in.Before != "" {
		n, selected, err := v.grid.CountBefore(ctx, v.info, q, in.Before)
		return Count{Count: n, Absent: !selected}, v.meta, err
	}
	n, err := v.grid.Count(ctx, v.info, gridview.Query{Filter: q.Filter, Search: q.Search})
	return Count{Count: n}, v.meta, err
}

// InRow is embedded by the inputs of endpoints of a row.
type InRow struct {
	InTable
	RowID kernel.RowID `path:"rowId" doc:"row_…"`
}

type getRow struct {
	InRow
	AsOf
}

func (s service) row(ctx context.Context, p httpapi.Principal, in *getRow) (Row, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	row, err := v.grid.Row(ctx, v.info, in.RowID)
	return Row(row), v.meta, err
}

type batchRows struct {
	InTable
	Body struct {
		Operations    []tablecmd.RowOp `json:"operations" minItems:"1" maxItems:"10000"`
		KeyColumns    []string         `json:"key_columns,omitempty" doc:"Of upserts: the columns that say which row is meant."`
		OnError       tablecmd.OnError `json:"on_error,omitempty" enum:"abort,skip"`
		CreateOptions bool             `json:"create_options,omitempty" doc:"Unknown options of select columns are added to the column."`
	}
}

func (s service) batch(ctx context.Context, meta kernel.Meta, in *batchRows) (commands.Result[tablecmd.BatchedRows], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.BatchedRows]{}, err
	}
	b := in.Body
	return s.Handlers.BatchRows(ctx, meta, tablecmd.BatchRows{
		Table:         in.TableID,
		Operations:    b.Operations,
		KeyColumns:    b.KeyColumns,
		OnError:       b.OnError,
		CreateOptions: b.CreateOptions,
	})
}

type editCells struct {
	InTable
	Body struct {
		Edits         []tablecmd.CellEdit `json:"edits" minItems:"1" maxItems:"5000"`
		OnError       tablecmd.OnError    `json:"on_error,omitempty" enum:"abort,skip"`
		CreateOptions bool                `json:"create_options,omitempty"`
	}
}

func (s service) editCells(ctx context.Context, meta kernel.Meta, in *editCells) (commands.Result[tablecmd.EditedCells], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.EditedCells]{}, err
	}
	return s.Handlers.EditCells(ctx, meta, tablecmd.EditCells{
		Table:         in.TableID,
		Edits:         in.Body.Edits,
		OnError:       in.Body.OnError,
		CreateOptions: in.Body.CreateOptions,
	})
}

type updateByFilter struct {
	InTable
	Body struct {
		Filter rawJSON            `json:"filter,omitempty"`
		Search string             `json:"q,omitempty" maxLength:"500"`
		Set    map[string]rawJSON `json:"set" doc:"By column id or name."`
		DryRun bool               `json:"dry_run,omitempty"`
	}
}

func (s service) updateByFilter(
	ctx context.Context, meta kernel.Meta, in *updateByFilter,
) (commands.Result[tablecmd.UpdatedByFilter], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.UpdatedByFilter]{}, err
	}
	b := in.Body
	return s.Handlers.UpdateByFilter(ctx, meta, tablecmd.UpdateByFilter{
		Table:  in.TableID,
		Filter: b.Filter,
		Search: b.Search,
		Set:    b.Set,
		DryRun: b.DryRun,
	})
}

type deleteByFilter struct {
	InTable
	Body struct {
		Filter rawJSON `json:"filter,omitempty"`
		Search string  `json:"q,omitempty" maxLength:"500"`
		DryRun bool    `json:"dry_run,omitempty"`
	}
}

func (s service) deleteByFilter(
	ctx context.Context, meta kernel.Meta, in *deleteByFilter,
) (commands.Result[tablecmd.DeletedByFilter], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.DeletedByFilter]{}, err
	}
	b := in.Body
	return s.Handlers.DeleteByFilter(ctx, meta, tablecmd.DeleteByFilter{
		Table:  in.TableID,
		Filter: b.Filter,
		Search: b.Search,
		DryRun: b.DryRun,
	})
}

type restoreRows struct {
	InTable
	Body struct {
		RowIDs []kernel.RowID `json:"row_ids" minItems:"1" maxItems:"10000"`
	}
}

func (s service) restoreRows(ctx context.Context, meta kernel.Meta, in *restoreRows) (commands.Result[tablecmd.RestoredRows], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.RestoredRows]{}, err
	}
	return s.Handlers.RestoreRows(ctx, meta, tablecmd.RestoreRows{Table: in.TableID, Rows: in.Body.RowIDs})
}
