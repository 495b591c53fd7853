package tableapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

type checkFormula struct {
	InTable
	Body struct {
		Expression string          `json:"expression" maxLength:"16384"`
		Type       table.Type      `json:"type,omitempty" doc:"Of the column that it computes; what fits if absent."`
		ColumnID   kernel.ColumnID `json:"column_id,omitempty" doc:"The column whose formula it is to become, so that circles show."`
		RowID      kernel.RowID    `json:"row_id,omitempty" doc:"A row to try it on."`
	}
}

// CheckedFormula is what a formula is, or what is wrong with it.
type CheckedFormula struct {
	Problem  *table.FormulaError `json:"problem,omitempty" doc:"What is wrong; then the rest is absent."`
	Kind     expression.Kind     `json:"kind,omitempty" enum:"any,text,number,boolean,list,map,time" doc:"What it makes, as far as that shows before."`
	Type     table.Type          `json:"type,omitempty" doc:"The column's type, or the one that fits."`
	UsesTime bool                `json:"uses_time" doc:"It changes with the day or the hour."`
	Uses     []kernel.ColumnID   `json:"uses,omitempty"`
	Value    json.RawMessage     `json:"value,omitempty" doc:"What it makes of the row; absent for an empty cell."`
	Error    string              `json:"error,omitempty" doc:"Why it makes nothing of the row."`
}

func (s service) checkFormula(ctx context.Context, p httpapi.Principal, in *checkFormula) (CheckedFormula, httpapi.Meta, error) {
	meta := httpapi.Meta{}
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return CheckedFormula{}, meta, err
	}
	meta.Position = info.Position
	reader, err := s.Grid.Reader(ctx, p.Workspace)
	if err != nil {
		return CheckedFormula{}, meta, err
	}
	b := in.Body
	if err := httpapi.CheckIDs(kernel.PrefixRow, map[string]kernel.RowID{"row_id": b.RowID}); err != nil {
		return CheckedFormula{}, meta, err
	}
	if _, ok := info.Schema.Column(b.ColumnID); !ok && b.ColumnID != "" {
		return CheckedFormula{}, meta, kernel.Invalid("column_id", "the table has no such column")
	}
	f, problem := table.TryFormula(table.Column{
		ID:   b.ColumnID,
		Type: b.Type,
	}, b.Expression, info.Schema, info.Deleted, s.structures(ctx, p.Workspace))
	if problem != nil {
		return CheckedFormula{Problem: problem}, meta, nil //nolint:nilerr // what is wrong is the answer
	}
	out := CheckedFormula{Kind: f.Kind, Type: f.Type, UsesTime: f.UsesTime, Uses: f.References()}
	if b.RowID == "" {
		return out, meta, nil
	}
	row, err := s.cells(ctx, info, b.RowID)
	if err != nil {
		return out, meta, err
	}
	got := f.Try(row, s.Clock.Now().In(reader.Zone))
	out.Type, out.Error = got.Type, got.Error
	if !kernel.IsNull(got.Value) {
		out.Value = got.Value
	}
	return out, meta, nil
}

// cells are a row's values by column as they are kept, with the errors of its computed cells.
func (s service) cells(ctx context.Context, info gridview.Info, id kernel.RowID) (func(kernel.ColumnID) table.Computed, error) {
	raw, err := s.Grid.Row(ctx, info, id)
	if err != nil {
		return nil, err
	}
	var row struct {
		Cells  map[kernel.ColumnID]json.RawMessage `json:"cells"`
		States map[kernel.ColumnID]struct {
			State   string `json:"state"`
			Message string `json:"message"`
		} `json:"states"`
	}
	if err := json.Unmarshal(raw, &row); err != nil {
		return nil, kernel.E(kernel.KindInternal, "INTERNAL", "the row can't be read")
	}
	return func(id kernel.ColumnID) table.Computed {
		v := row.Cells[id]
		c, _ := info.Schema.Column(id)
		if c.Type.Numeric() { // a long number is a text in the API
			v = json.RawMessage(strings.Trim(string(v), `"`))
		}
		if c.Kind.Computed() && row.States[id].State == gridview.ErrorState {
			return table.Computed{Error: row.States[id].Message}
		}
		return table.Computed{Value: v}
	}, nil
}

func (s service) functions(context.Context, httpapi.Principal, *inWorkspace) ([]expression.Function, httpapi.Meta, error) {
	return expression.Functions(), httpapi.Meta{}, nil
}
