package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

// TriedFormula is a formula that may become a column's.
type TriedFormula struct {
	CheckedFormula
	Type Type // of the column, or the one that fits

	schema Schema
	open   bool // the type was not given
}

// TryFormula checks what a column would compute. Its id may be empty for a column to be made, and its type, for which one that fits is
// chosen.
func TryFormula(c Column, source string, s Schema, deleted []Column, tables Tables) (TriedFormula, *FormulaError) {
	f := TriedFormula{schema: s, Type: c.Type, open: c.Type == ""}
	var problem *FormulaError
	if strings.TrimSpace(source) == "" {
		return f, &FormulaError{Message: "write what the column computes, such as {{Price}} * 2"}
	}
	if f.CheckedFormula, problem = CheckFormula(source, s.Columns); problem != nil {
		return f, problem
	}
	if f.open {
		f.Type = typeOf(f.Kind)
	} else if !c.Type.computable() {
		return f, &FormulaError{Message: fmt.Sprintf("a formula can't compute values of the type %s", c.Type)}
	}
	if known, ok := s.Column(c.ID); ok {
		c.Name = known.Name
		c.Formula = &f.Formula
		names, err := circle(tables, s.Table, c, slices.Concat(s.Columns, deleted))
		if err != nil {
			return f, &FormulaError{Message: err.Error()}
		}
		if names != nil {
			return f, &FormulaError{Message: "the formula would use itself: " + strings.Join(names, " → ")}
		}
	}
	return f, nil
}

// typeOf is the type of column that fits what a formula makes.
func typeOf(k expression.Kind) Type {
	switch k {
	case expression.NumberKind:
		return Number
	case expression.BoolKind:
		return Boolean
	case expression.ListKind, expression.MapKind:
		return JSON
	case expression.TimeKind:
		return DateTime
	default:
		return Text
	}
}

// Tried is what a formula makes of a row, and the type of column that the result fits.
type Tried struct {
	Computed
	Type Type
}

// Try evaluates the formula over a row as it is kept. now is what the formula is told where the table has no tick yet.
func (f TriedFormula) Try(cell func(kernel.ColumnID) Computed, now time.Time) Tried {
	if !f.schema.Tick.IsZero() {
		now = f.schema.Tick
	}
	for _, id := range f.inputs {
		if c, _ := f.schema.Column(id); cell(id).Error != "" {
			return Tried{failed(fmt.Errorf("“%s” has an error", c.Name)), f.Type}
		}
	}
	v, err := f.program.EvalAt(now, func(i int) json.RawMessage { return cell(f.inputs[i]).Value })
	if err != nil {
		return Tried{failed(err), f.Type}
	}
	typ := f.Type
	if f.open && f.Kind == expression.AnyKind && v != nil {
		typ = typeOf(expression.KindOf(v))
	}
	fitted, err := fit(Column{Type: typ}, v)
	if err != nil {
		return Tried{failed(err), typ}
	}
	return Tried{Computed{Value: fitted}, typ}
}
