package expression

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// conditionals makes the language's own conditional of if(condition, then, else), as spreadsheets write it: only the chosen side is
// evaluated.
type conditionals struct{ err error }

var errIf = errors.New("if needs a condition and one or two values: if(condition, then, else)")

// Visit implements ast.Visitor.
func (v *conditionals) Visit(n *ast.Node) {
	call, ok := (*n).(*ast.CallNode)
	if !ok {
		return
	}
	if name, ok := call.Callee.(*ast.IdentifierNode); !ok || !strings.EqualFold(name.Value, "if") {
		return
	}
	var otherwise ast.Node = &ast.NilNode{}
	switch len(call.Arguments) {
	case 2: //nolint:mnd // without an else the result is empty
	case 3: //nolint:mnd // with an else
		otherwise = call.Arguments[2]
	default:
		v.err = errIf
		return
	}
	ast.Patch(n, &ast.ConditionalNode{Ternary: true, Cond: call.Arguments[0], Exp1: call.Arguments[1], Exp2: otherwise})
}
