package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

const (
	maxSource    = 16 << 10 // bytes
	maxTokens    = 2000
	maxNesting   = 64 // of brackets
	maxNodes     = 500
	maxVisited   = 2000 // nodes with those that the parser shares between comparisons counted each time
	maxDepth     = 200  // of the tree
	maxLoopDepth = 1
)

// checkSource bounds what the parser, which descends recursively, gets to see.
func checkSource(source string) error {
	if len(source) > maxSource {
		return errors.New("an expression has at most 16 KB")
	}
	l := lexer.New()
	l.Reset(file.NewSource(source))
	depth, run := 0, 0
	for n := 0; ; n++ {
		t, err := l.Next()
		if err != nil || t.Kind == lexer.EOF {
			return nil //nolint:nilerr // what is wrong says the parser, which knows where
		}
		if n >= maxTokens {
			return fmt.Errorf("an expression has at most %d words and signs", maxTokens)
		}
		switch {
		case t.Is(lexer.Bracket, "(", "[", "{"):
			depth++
		case t.Is(lexer.Bracket):
			depth--
		}
		if t.Is(lexer.Operator, "!", "not", "-", "+", "?", "**", "^", "let", "if") {
			run++
		}
		if depth > maxNesting || run > maxNodes {
			return fmt.Errorf("an expression is nested at most %d deep", maxNesting)
		}
	}
}

// checkTree bounds what the checker and the compiler, which visit a shared node each time, will do; and refuses loops in loops and
// patterns that are too costly.
func checkTree(n ast.Node) error {
	w := &walker{}
	return w.node(n, 0, 0)
}

type walker struct{ visited int }

func (w *walker) node(n ast.Node, depth, loops int) error {
	w.visited++
	if w.visited > maxVisited {
		return errors.New("the expression exceeds maximum allowed nodes; comparisons in comparisons count double")
	}
	if depth > maxDepth {
		return fmt.Errorf("an expression is nested at most %d deep", maxDepth)
	}
	if loops > maxLoopDepth {
		return errors.New("a loop (all, any, filter, map …) inside another loop is not possible here")
	}
	if b, ok := n.(*ast.BinaryNode); ok && b.Operator == "matches" {
		if s, ok := b.Right.(*ast.StringNode); ok {
			if _, err := checkPattern(s.Value); err != nil {
				return err
			}
		}
	}
	v := &children{}
	for _, child := range v.of(n) {
		inner := loops
		if _, ok := child.(*ast.PredicateNode); ok {
			inner++
		}
		if err := w.node(child, depth+1, inner); err != nil {
			return err
		}
	}
	return nil
}
