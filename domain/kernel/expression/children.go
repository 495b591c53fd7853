package expression

import "github.com/expr-lang/expr/ast"

// children lists the direct children of a syntax tree's node.
type children struct{ out []ast.Node }

func (c *children) add(nodes ...ast.Node) {
	for _, n := range nodes {
		if n != nil {
			c.out = append(c.out, n)
		}
	}
}

func (c *children) of(n ast.Node) []ast.Node { //nolint:gocyclo,cyclop // one line per kind of node
	switch n := n.(type) {
	case *ast.UnaryNode:
		c.add(n.Node)
	case *ast.BinaryNode:
		c.add(n.Left, n.Right)
	case *ast.ChainNode:
		c.add(n.Node)
	case *ast.MemberNode:
		c.add(n.Node, n.Property)
	case *ast.SliceNode:
		c.add(n.Node, n.From, n.To)
	case *ast.CallNode:
		c.add(n.Callee)
		c.add(n.Arguments...)
	case *ast.BuiltinNode:
		c.add(n.Arguments...)
		c.add(n.Map)
	case *ast.PredicateNode:
		c.add(n.Node)
	case *ast.VariableDeclaratorNode:
		c.add(n.Value, n.Expr)
	case *ast.SequenceNode:
		c.add(n.Nodes...)
	case *ast.ConditionalNode:
		c.add(n.Cond, n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		c.add(n.Nodes...)
	case *ast.MapNode:
		c.add(n.Pairs...)
	case *ast.PairNode:
		c.add(n.Key, n.Value)
	default:
	}
	return c.out
}
