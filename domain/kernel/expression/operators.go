package expression

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
	"github.com/shopspring/decimal"
)

func (c *compiler) unary(n *ast.UnaryNode) node {
	inner := c.compile(n.Node)
	switch n.Operator {
	case "!", "not":
		return func(r *run) any {
			r.work(1)
			return !r.truth(inner(r))
		}
	case "+":
		return inner
	case "-":
		return func(r *run) any {
			r.charge(scalarSize)
			v := inner(r)
			if r.formula && v == nil {
				return nil
			}
			if d, ok := v.(decimal.Decimal); ok {
				r.charge(decimalSize)
				return d.Neg()
			}
			return runtime.Negate(v)
		}
	default:
		panic("unknown operator " + n.Operator)
	}
}

// truth is a value that must be true or false. In a formula an empty one is false, as an empty checkbox is.
func (r *run) truth(v any) bool {
	b, ok := v.(bool)
	if !ok {
		if v == nil && r.formula {
			return false
		}
		panic(typeName(v) + " is not true or false")
	}
	return b
}

func (c *compiler) binary(n *ast.BinaryNode) node {
	left, right := c.compile(n.Left), c.compile(n.Right)
	switch n.Operator {
	case "or", "||":
		return func(r *run) any {
			r.work(1)
			return r.truth(left(r)) || r.truth(right(r))
		}
	case "and", "&&":
		return func(r *run) any {
			r.work(1)
			return r.truth(left(r)) && r.truth(right(r))
		}
	case "??":
		return func(r *run) any {
			r.work(1)
			v := left(r)
			if _, skipped := v.(skip); skipped || v == nil {
				return right(r)
			}
			return v
		}
	case "matches":
		return matches(n, left, right)
	}
	op, ok := operators[n.Operator]
	if !ok {
		panic("unknown operator " + n.Operator)
	}
	if c.formula {
		op = exactBinary(n.Operator)
	}
	return func(r *run) any {
		r.work(2)
		a := left(r)
		return op(r, a, right(r))
	}
}

var operators = map[string]func(r *run, a, b any) any{ //nolint:gochecknoglobals // a constant table
	"==": func(r *run, a, b any) any { return equal(r, a, b) },
	"!=": func(r *run, a, b any) any { return !equal(r, a, b) },
	"<":  func(r *run, a, b any) any { return less(r, a, b) },
	">": func(r *run, a, b any) any {
		return order(r, a, b, func(x, y string) bool { return x > y }, runtime.More)
	},
	"<=": func(r *run, a, b any) any {
		return order(r, a, b, func(x, y string) bool { return x <= y }, runtime.LessOrEqual)
	},
	">=": func(r *run, a, b any) any {
		return order(r, a, b, func(x, y string) bool { return x >= y }, runtime.MoreOrEqual)
	},
	"in": func(r *run, a, b any) any { return in(r, a, b) },
	"contains": func(r *run, a, b any) any {
		return texts(r, a, b, strings.Contains)
	},
	"startsWith": func(r *run, a, b any) any { return texts(r, a, b, strings.HasPrefix) },
	"endsWith":   func(r *run, a, b any) any { return texts(r, a, b, strings.HasSuffix) },
	"+":          add,
	"-":          func(r *run, a, b any) any { return whole2(r, a, b, subtractInt, runtime.Subtract) },
	"*":          func(r *run, a, b any) any { return whole2(r, a, b, multiplyInt, runtime.Multiply) },
	"/": func(r *run, a, b any) any {
		r.charge(scalarSize)
		return runtime.Divide(a, b)
	},
	"%": func(r *run, a, b any) any {
		r.charge(scalarSize)
		return runtime.Modulo(a, b)
	},
	"^":  power,
	"**": power,
	"..": span,
}

func power(r *run, a, b any) any {
	r.charge(scalarSize)
	return runtime.Exponent(a, b)
}

func add(r *run, a, b any) any {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			r.charge(len(x) + len(y) + headerSize)
			return x + y
		}
	}
	return whole2(r, a, b, addInt, runtime.Add)
}

// whole2 computes with two whole numbers exactly, or not at all; with anything else as the library does.
func whole2(r *run, a, b any, exact func(x, y int) (int, bool), other func(a, b any) any) any {
	r.charge(scalarSize)
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			z, ok := exact(x, y)
			if !ok {
				panic("the number is too large")
			}
			return z
		}
	}
	return other(a, b)
}

func addInt(x, y int) (int, bool) {
	z := x + y
	return z, (z > x) == (y > 0)
}

func subtractInt(x, y int) (int, bool) {
	z := x - y
	return z, (z < x) == (y > 0)
}

func multiplyInt(x, y int) (int, bool) {
	if x == 0 || y == 0 {
		return 0, true
	}
	if x == -1 && y == math.MinInt || y == -1 && x == math.MinInt {
		return 0, false
	}
	z := x * y
	return z, z/y == x
}

func span(r *run, a, b any) any {
	from, to := whole(a), whole(b)
	if to < from {
		return []any{}
	}
	if uint64(to)-uint64(from) >= MaxList { // exact, since to is not less than from
		panic(errLongList)
	}
	n := to - from + 1
	r.list(n)
	out := make([]any, n)
	for i := range out {
		out[i] = from + i
	}
	return out
}

// whole is a number as a whole one.
func whole(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case float64:
		if math.IsNaN(n) || n >= 1<<62 || n <= -1<<62 {
			panic("the number is too large")
		}
		return int(n)
	case decimal.Decimal:
		return whole(n.InexactFloat64())
	default:
		panic("invalid operation: int(" + typeName(v) + ")")
	}
}

func texts(r *run, a, b any, f func(s, part string) bool) any {
	if a == nil || b == nil {
		return false
	}
	s, ok := a.(string)
	part, ok2 := b.(string)
	if !ok || !ok2 {
		panic(fmt.Sprintf("%s and %s are not texts", typeName(a), typeName(b)))
	}
	r.read(len(s) + len(part))
	return f(s, part)
}

func matches(n *ast.BinaryNode, left, right node) node {
	var fixed *pattern
	if s, ok := n.Right.(*ast.StringNode); ok {
		p, err := compilePattern(s.Value, func(int) {})
		if err != nil {
			panic(err)
		}
		fixed = p
	}
	return func(r *run) any {
		a, b := left(r), right(r)
		if a == nil || b == nil {
			return false
		}
		s, ok := a.(string)
		source, ok2 := b.(string)
		if !ok || !ok2 {
			panic(fmt.Sprintf("%s and %s are not texts", typeName(a), typeName(b)))
		}
		p := fixed
		if p == nil {
			r.charge(min(len(source), maxPattern)*64 + perPattern/2) // for looking at it
			r.work(200)
			var err error
			if p, err = compilePattern(source, r.charge); err != nil {
				panic(err)
			}
		}
		return p.match(&r.meter, s)
	}
}

// equal compares as the library does, and says what it compares.
func equal(r *run, a, b any) bool {
	r.work(2)
	if same, ok := equalNumbers(r, a, b); ok {
		return same
	}
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		if ok && len(x) == len(y) {
			r.read(len(x))
			return x == y
		}
		return false
	case float64:
		if y, ok := b.(float64); ok {
			return x == y
		}
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(r, x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && equalMaps(r, x, y)
	case map[any]any:
		y, ok := b.(map[any]any)
		return ok && equalMaps(r, x, y)
	case nil:
		return b == nil
	}
	switch b.(type) {
	case nil, string, []any, map[string]any, map[any]any:
		return false
	}
	return runtime.Equal(a, b)
}

func equalMaps[K comparable](r *run, x, y map[K]any) bool {
	if len(x) != len(y) {
		return false
	}
	for k, v := range x {
		w, ok := y[k]
		if !ok || !equal(r, v, w) {
			return false
		}
	}
	return true
}

func less(r *run, a, b any) bool {
	return order(r, a, b, func(x, y string) bool { return x < y }, runtime.Less)
}

// order compares two texts, or two other values of one kind that has an order.
func order(r *run, a, b any, texts func(x, y string) bool, others func(a, b any) bool) bool {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			r.read(min(len(x), len(y)))
			return texts(x, y)
		}
	}
	r.work(1)
	if kind := ordered(a); kind == "" || kind != ordered(b) {
		panic(fmt.Sprintf("%s and %s can't be compared by size", typeName(a), typeName(b)))
	}
	if x, y, ok := decimals(r, a, b); ok {
		return others(x.Cmp(y), 0)
	}
	return others(a, b)
}

func ordered(v any) string {
	switch v.(type) {
	case int, float64, decimal.Decimal:
		return "number"
	case time.Time:
		return "time"
	case time.Duration:
		return "duration"
	default:
		return ""
	}
}

func in(r *run, needle, of any) bool {
	switch of := of.(type) {
	case nil:
		return false
	case []any:
		for _, v := range of {
			if equal(r, v, needle) {
				return true
			}
		}
		return false
	case map[string]any:
		k, ok := needle.(string)
		if !ok {
			return false
		}
		r.read(len(k))
		_, ok = of[k]
		return ok
	case map[any]any:
		_, ok := of[key(r, needle)]
		return ok
	default:
		panic(`operator "in" is not defined on ` + typeName(of))
	}
}

// key is a value that can be a key of a map.
func key(r *run, v any) any {
	switch k := v.(type) {
	case []any, map[string]any, map[any]any:
		panic("a list or map can't be a key")
	case string:
		r.read(len(k))
	case decimal.Decimal: // two of the same value need not be the same for Go
		return k.String()
	}
	return v
}
