package tableapi

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

type checkLookup struct {
	InTable
	Body struct {
		Lookup   table.Lookup    `json:"lookup"`
		Type     table.Type      `json:"type,omitempty" doc:"Of the column; what the lookup takes if absent."`
		ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"The column whose lookup it is to become, so that circles show."`
		RowID    kernel.RowID    `json:"row_id,omitempty" doc:"A row to try it on."`
	}
}

func checkLookupReach(_ context.Context, _ httpapi.Principal, in *checkLookup) (httpapi.Reach, error) {
	return looksInto(in.TableID, &in.Body.Lookup), nil
}

// CheckedLookup is what a lookup is, or what is wrong with it.
type CheckedLookup struct {
	Problem string          `json:"problem,omitempty" doc:"What is wrong; then the rest is absent."`
	Field   string          `json:"field,omitempty" doc:"Where it is wrong, such as lookup.match."`
	Lookup  *table.Lookup   `json:"lookup,omitempty" doc:"With its columns by id, and the comparison that fits."`
	Type    table.Type      `json:"type,omitempty" doc:"The column's type, or that of what it takes."`
	Rows    int             `json:"rows" doc:"How many of the table's first 50 rows have a key."`
	Matched int             `json:"matched" doc:"How many of these keys are found."`
	Through bool            `json:"through" doc:"All of the other table was looked through; if not, its first 200,000 rows."`
	Value   json.RawMessage `json:"value,omitempty" doc:"What it makes of the row; absent for an empty cell."`
	Error   string          `json:"error,omitempty" doc:"Why it makes nothing of the row."`
}

func (s service) checkLookup(ctx context.Context, p httpapi.Principal, in *checkLookup) (CheckedLookup, httpapi.Meta, error) {
	var meta httpapi.Meta
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return CheckedLookup{}, meta, err
	}
	meta.Position = info.Position
	own, err := s.Grid.Structure(ctx, p.Workspace, in.TableID)
	if err != nil {
		return CheckedLookup{}, meta, err
	}
	b := in.Body
	if err := kernel.ParseID(kernel.PrefixTable, string(b.Lookup.Table)); err != nil {
		return CheckedLookup{}, meta, kernel.Invalid("lookup.table_id", "%s", err)
	}
	if err := errors.Join(
		httpapi.CheckIDs(kernel.PrefixRow, map[string]kernel.RowID{"row_id": b.RowID}),
		httpapi.CheckIDs(kernel.PrefixColumn, map[string]kernel.ColumnID{"column_id": b.ColumnID}),
	); err != nil {
		return CheckedLookup{}, meta, err
	}
	c, err := own.TryLookup(s.structures(ctx, p.Workspace), table.Column{ID: b.ColumnID, Type: b.Type, Lookup: &b.Lookup})
	if wrong := (*kernel.Error)(nil); errors.As(err, &wrong) && (wrong.Kind == kernel.KindInvalid || wrong.Kind == kernel.KindNotFound) {
		out := CheckedLookup{Problem: wrong.Message}
		for _, d := range wrong.Details {
			out.Problem, out.Field = d.Message, d.Field
		}
		return out, meta, nil
	}
	if err != nil {
		return CheckedLookup{}, meta, err
	}
	tried, err := s.Grid.TryLookup(ctx, info, c, b.RowID)
	if err != nil {
		return CheckedLookup{}, meta, err
	}
	out := CheckedLookup{
		Lookup:  c.Lookup,
		Type:    c.Type,
		Rows:    tried.Rows,
		Matched: tried.Matched,
		Through: tried.Through,
		Error:   tried.Made.Error,
	}
	if !kernel.IsNull(tried.Made.Value) {
		out.Value = tried.Made.Value
	}
	return out, meta, nil
}

// structures finds the workspace's tables for lookups.
func (s service) structures(ctx context.Context, ws kernel.WorkspaceID) table.Tables {
	return func(id kernel.TableID) (*table.Table, error) { return s.Grid.Structure(ctx, ws, id) }
}

// lookups tells what the lookup columns of a table look into, as far as the caller may see it.
func (s service) lookups(ctx context.Context, p httpapi.Principal, info gridview.Info) ([]tablecmd.LookupState, error) {
	var out []tablecmd.LookupState
	find := s.structures(ctx, p.Workspace)
	for _, c := range info.Schema.Columns {
		if c.Lookup == nil {
			continue
		}
		in, err := find(c.Lookup.Table)
		if err != nil && kernel.KindOf(err) != kernel.KindNotFound {
			return nil, err
		}
		if err != nil {
			in = nil
		}
		l := tablecmd.LookupState{ColumnID: c.ID, Problem: c.Lookup.Problem(c.Type, in)}
		if in != nil && p.CanSeeTable(c.Lookup.Table) {
			match, _ := in.Schema().Column(c.Lookup.Match)
			value, _ := in.Schema().Column(c.Lookup.Value)
			l.Table, l.Match, l.Value = in.Name(), match.Name, value.Name
		}
		out = append(out, l)
	}
	return out, nil
}
