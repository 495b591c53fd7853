// Package condition compiles the conditions of enrichment columns: expressions such as
//
//	{{Score}} > 80 and {{Country}} in ["DE", "AT"]
//
// in the language of expr-lang/expr. They cannot call out, change anything or tell the time, and their work is bounded when
// they are compiled: by their size, by what they may allocate, and by loops not being nested.
package condition

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const (
	maxNodes     = 500
	maxLoopDepth = 1
	memoryBudget = 100_000 // values that one evaluation may make
)

// Condition is a compiled expression. It is safe for concurrent use.
type Condition struct {
	program *vm.Program
	columns []enrichment.Column // by the numbers of the variables
}

// Compile makes a condition of source, whose references are columns by id or name. A nil Condition, of an empty source, is
// always true.
func Compile(source string, columns []enrichment.Column) (*Condition, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil //nolint:nilnil // documented: nil is the condition that always holds
	}
	c := &Condition{}
	numbers := map[string]string{}
	var unknown []string
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
		c.columns = append(c.columns, col)
		return v
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("there is no column {{%s}}", unknown[0])
	}
	if err := checkLoops(text); err != nil {
		return nil, err
	}
	env := make(types.Map, len(c.columns))
	for i := range c.columns {
		env[fmt.Sprintf("v%d", i)] = types.Any
	}
	program, err := expr.Compile(text, expr.Env(env), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableBuiltin("now"),
		expr.Function("empty", isEmpty, new(func(any) bool)))
	if err != nil {
		return nil, explain(err)
	}
	c.program = program
	return c, nil
}

func isEmpty(params ...any) (any, error) {
	switch v := params[0].(type) {
	case nil:
		return true, nil
	case string:
		return strings.TrimSpace(v) == "", nil
	case []any:
		return len(v) == 0, nil
	default:
		return false, nil
	}
}

// checkLoops refuses a loop inside a loop: with lists from cells of a few thousand characters its work would be their product.
func checkLoops(text string) error {
	tree, err := parser.Parse(text)
	if err != nil {
		return explain(err)
	}
	w := &walker{}
	w.node(tree.Node)
	if w.deepest > maxLoopDepth {
		return errors.New("a loop (all, any, filter, map …) inside another loop is not possible here")
	}
	return nil
}

type walker struct{ depth, deepest int }

func (w *walker) node(n ast.Node) {
	v := &children{}
	for _, child := range v.of(n) {
		if p, ok := child.(*ast.PredicateNode); ok {
			w.depth++
			w.deepest = max(w.deepest, w.depth)
			w.node(p.Node)
			w.depth--
			continue
		}
		w.node(child)
	}
}

// explain keeps the first line of the compiler's message; the lines after it show the rewritten source.
func explain(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(line)
}

// Holds evaluates the condition over a row's values. An expression that fails on them, for example because it compares an
// empty cell with a number, does not hold; the error says why.
func (c *Condition) Holds(value func(kernel.ColumnID) json.RawMessage) (bool, error) {
	if c == nil {
		return true, nil
	}
	env := make(map[string]any, len(c.columns))
	for i, col := range c.columns {
		env[fmt.Sprintf("v%d", i)] = decode(value(col.ID))
	}
	machine := vm.VM{MemoryBudget: memoryBudget}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false, explain(err)
	}
	b, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("the condition is %T, not true or false", out)
	}
	return b, nil
}

func decode(raw json.RawMessage) any {
	if kernel.IsNull(raw) {
		return nil
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// Checker checks expressions for enrichment.Rules.
type Checker struct{}

// Check implements enrichment.Expressions.
func (Checker) Check(source string, columns []enrichment.Column) error {
	_, err := Compile(source, columns)
	return err
}
