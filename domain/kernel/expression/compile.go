package expression

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// node is a compiled part of an expression.
type node func(r *run) any

// skip is what an optional chain that came upon nil evaluates to until the chain's end.
type skip struct{}

type compiler struct {
	variables map[string]int
	scope     []let
	lets      int
	formula   bool
	times     bool
	now       bool
}

type let struct {
	name string
	slot int
}

func (c *compiler) compile(n ast.Node) node { //nolint:gocyclo,cyclop // one line per kind of node
	switch n := n.(type) {
	case *ast.NilNode:
		return constant(nil)
	case *ast.IntegerNode:
		return constant(n.Value)
	case *ast.FloatNode:
		if c.formula {
			return constant(slim(checked(fromFloat(n.Value))))
		}
		return constant(n.Value)
	case *ast.BoolNode:
		return constant(n.Value)
	case *ast.StringNode:
		return constant(n.Value)
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.PointerNode:
		return pointer(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ChainNode:
		return c.chain(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.VariableDeclaratorNode:
		return c.declare(n)
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.object(n)
	default:
		panic(strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "Node") + " is not possible in an expression")
	}
}

func (c *compiler) all(list []ast.Node) []node {
	out := make([]node, len(list))
	for i, n := range list {
		out[i] = c.compile(n)
	}
	return out
}

func constant(v any) node { return func(*run) any { return v } }

func (c *compiler) identifier(n *ast.IdentifierNode) node {
	for i := len(c.scope) - 1; i >= 0; i-- {
		if c.scope[i].name == n.Value {
			slot := c.scope[i].slot
			return func(r *run) any { return r.lets[slot] }
		}
	}
	i, ok := c.variables[n.Value]
	if !ok {
		panic("unknown name " + n.Value)
	}
	return func(r *run) any { return r.variable(i) }
}

func pointer(n *ast.PointerNode) node {
	switch n.Name {
	case "":
		return func(r *run) any { return r.loop.item }
	case "index":
		return func(r *run) any { return r.loop.index }
	case "acc":
		return func(r *run) any { return r.loop.acc }
	default:
		panic("unknown pointer #" + n.Name)
	}
}

func (c *compiler) conditional(n *ast.ConditionalNode) node {
	cond, yes, no := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	return func(r *run) any {
		r.work(1)
		if r.truth(cond(r)) {
			return yes(r)
		}
		return no(r)
	}
}

func (c *compiler) declare(n *ast.VariableDeclaratorNode) node {
	value := c.compile(n.Value)
	slot := c.lets
	c.lets++
	c.scope = append(c.scope, let{n.Name, slot})
	body := c.compile(n.Expr)
	c.scope = c.scope[:len(c.scope)-1]
	return func(r *run) any {
		r.work(1)
		r.lets[slot] = value(r)
		return body(r)
	}
}

func (c *compiler) sequence(n *ast.SequenceNode) node {
	nodes := c.all(n.Nodes)
	return func(r *run) any {
		var out any
		for _, f := range nodes {
			r.work(1)
			out = f(r)
		}
		return out
	}
}

func (c *compiler) array(n *ast.ArrayNode) node {
	nodes := c.all(n.Nodes)
	return func(r *run) any {
		r.list(len(nodes))
		out := make([]any, len(nodes))
		for i, f := range nodes {
			out[i] = f(r)
		}
		return out
	}
}

const pairSize = 96 // of a map, measured

func (c *compiler) object(n *ast.MapNode) node {
	keys, values := make([]node, len(n.Pairs)), make([]node, len(n.Pairs))
	for i, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			panic("a map has pairs")
		}
		keys[i], values[i] = c.compile(pair.Key), c.compile(pair.Value)
	}
	return func(r *run) any {
		r.charge(headerSize*2 + len(keys)*pairSize)
		out := make(map[string]any, len(keys))
		for i := range keys {
			k, ok := keys[i](r).(string)
			if !ok {
				panic("a key of a map must be a text")
			}
			out[k] = values[i](r)
		}
		return out
	}
}

func (c *compiler) chain(n *ast.ChainNode) node {
	inner := c.compile(n.Node)
	return func(r *run) any {
		v := inner(r)
		if _, ok := v.(skip); ok {
			return nil
		}
		return v
	}
}

func (c *compiler) member(n *ast.MemberNode) node {
	of, property, optional := c.compile(n.Node), c.compile(n.Property), n.Optional
	return func(r *run) any {
		r.work(1)
		v := of(r)
		if _, ok := v.(skip); ok {
			return v
		}
		if optional && v == nil {
			return skip{}
		}
		out, ok := fetch(r, v, property(r))
		if !ok {
			panic(fmt.Sprintf("cannot take a part of %s, or the list is shorter", typeName(v)))
		}
		return out
	}
}

func (c *compiler) slice(n *ast.SliceNode) node {
	of := c.compile(n.Node)
	var from, to node
	if n.From != nil {
		from = c.compile(n.From)
	}
	if n.To != nil {
		to = c.compile(n.To)
	}
	return func(r *run) any {
		r.work(1)
		v := of(r)
		if _, ok := v.(skip); ok {
			return v
		}
		var size int
		switch v := v.(type) {
		case string:
			size = len(v)
		case []any:
			size = len(v)
		default:
			panic("cannot slice " + typeName(v))
		}
		a, b := 0, size
		if from != nil {
			a = whole(from(r))
		}
		if to != nil {
			b = whole(to(r))
		}
		a, b = within(a, b, size)
		r.charge(headerSize)
		if s, ok := v.(string); ok {
			return s[a:b]
		}
		l, _ := v.([]any) // the switch above has refused anything else
		return l[a:b:b]
	}
}

// within brings a slice's bounds, of which negative ones count from the end, into the size.
func within(a, b, size int) (from, to int) {
	if a < 0 {
		a = max(0, size+a)
	}
	if b < 0 {
		b = max(0, size+b)
	}
	b = min(b, size)
	return min(a, b), b
}

func (c *compiler) call(n *ast.CallNode) node {
	args := c.all(n.Arguments)
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if callee.Value == "empty" && len(args) == 1 {
			return func(r *run) any { return isEmpty(r, args[0](r)) }
		}
		if h, ok := helpers[callee.Value]; ok && c.formula {
			c.times, c.now = c.times || h.times, c.now || callee.Value == "now"
			return h.node(args)
		}
		panic("there is no function " + callee.Value)
	case *ast.MemberNode:
		name, ok := callee.Property.(*ast.StringNode)
		if !ok {
			panic("a method has a name")
		}
		of, optional := c.compile(callee.Node), callee.Optional
		return func(r *run) any {
			v := of(r)
			if _, ok := v.(skip); ok || optional && v == nil {
				return skip{}
			}
			return method(r, v, name.Value, values(r, args))
		}
	default:
		panic("this can't be called")
	}
}

func values(r *run, args []node) []any {
	out := make([]any, len(args))
	for i, f := range args {
		out[i] = f(r)
	}
	return out
}
