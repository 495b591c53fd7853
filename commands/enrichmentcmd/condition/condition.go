// Package condition compiles the conditions of enrichment columns: expressions such as
//
//	{{Score}} > 80 and {{Country}} in ["DE", "AT"]
//
// References become variables; the expression is then domain/kernel/expression's, which bounds it.
package condition

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

// Condition is a compiled expression. It is safe for concurrent use.
type Condition struct {
	program *expression.Program
	columns []enrichment.Column // by the numbers of the variables
}

// Compile makes a condition of source, whose references are columns by id or name. A nil Condition, of an empty source, is
// always true.
func Compile(source string, columns []enrichment.Column) (*Condition, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil //nolint:nilnil // documented: nil is the condition that always holds
	}
	c := &Condition{}
	var names, unknown []string
	numbers := map[string]string{}
	text := enrichment.Expand(source, func(ref string) string {
		if v, ok := numbers[ref]; ok {
			return v
		}
		col, ok := enrichment.Columns(columns).Find(ref)
		if !ok {
			unknown = append(unknown, ref)
			return "nil"
		}
		v := fmt.Sprintf("v%d", len(c.columns))
		numbers[ref] = v
		c.columns, names = append(c.columns, col), append(names, v)
		return v
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("there is no column {{%s}}", unknown[0])
	}
	var err error
	if c.program, err = expression.Compile(text, expression.Options{Variables: names, Bool: true}); err != nil {
		return nil, err
	}
	return c, nil
}

// Holds evaluates the condition over a row's values. An expression that fails on them, for example because it compares an
// empty cell with a number or makes too much of them, does not hold; the error says why.
func (c *Condition) Holds(value func(kernel.ColumnID) json.RawMessage) (bool, error) {
	if c == nil {
		return true, nil
	}
	return c.program.Bool(func(i int) json.RawMessage { return value(c.columns[i].ID) })
}

// OverBudget reports whether an evaluation ended because it was too costly, which is the cell's error and no answer.
func OverBudget(err error) bool {
	return errors.Is(err, expression.ErrTooLarge) || errors.Is(err, expression.ErrTooLong)
}

// Checker checks expressions for enrichment.Rules.
type Checker struct{}

// Check implements enrichment.Expressions.
func (Checker) Check(source string, columns []enrichment.Column) error {
	_, err := Compile(source, columns)
	return err
}
