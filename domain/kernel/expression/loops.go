package expression

import (
	"errors"
	"sort"

	"github.com/expr-lang/expr/ast"
)

// looper goes over a list. body is nil where the language lets it be left out, and stands for the element itself.
type looper func(r *run, list []any, body node, more []node) any

var loops = map[string]looper{ //nolint:gochecknoglobals // a constant table
	"all":  func(r *run, list []any, body node, _ []node) any { return search(r, list, body, false, false) < 0 },
	"none": func(r *run, list []any, body node, _ []node) any { return search(r, list, body, true, false) < 0 },
	"any":  func(r *run, list []any, body node, _ []node) any { return search(r, list, body, true, false) >= 0 },
	"one":  func(r *run, list []any, body node, _ []node) any { return len(filter(r, list, body)) == 1 },
	"count": func(r *run, list []any, body node, _ []node) any {
		return len(filter(r, list, body))
	},
	"filter": func(r *run, list []any, body node, _ []node) any { return filter(r, list, body) },
	"map": func(r *run, list []any, body node, _ []node) any {
		r.list(len(list))
		out := make([]any, len(list))
		for i := range list {
			out[i] = r.step(list, i, body)
		}
		return out
	},
	"find":          func(r *run, list []any, body node, _ []node) any { return at(list, search(r, list, body, true, false)) },
	"findLast":      func(r *run, list []any, body node, _ []node) any { return at(list, search(r, list, body, true, true)) },
	"findIndex":     func(r *run, list []any, body node, _ []node) any { return found(search(r, list, body, true, false)) },
	"findLastIndex": func(r *run, list []any, body node, _ []node) any { return found(search(r, list, body, true, true)) },
	"sum":           sum,
	"groupBy":       groupBy,
	"sortBy":        sortBy,
	"reduce":        reduce,
}

func (c *compiler) loop(n *ast.BuiltinNode, do looper) node {
	of := c.compile(n.Arguments[0])
	var body node
	if len(n.Arguments) > 1 {
		predicate, ok := n.Arguments[1].(*ast.PredicateNode)
		if !ok {
			panic(n.Name + " needs a predicate")
		}
		body = c.compile(predicate.Node)
	}
	var more []node
	if len(n.Arguments) > 2 {
		more = c.all(n.Arguments[2:])
	}
	name := n.Name
	return func(r *run) any {
		r.work(1)
		v := of(r)
		list, ok := v.([]any)
		if !ok && (v != nil || !r.formula) {
			panic(name + " needs a list, not " + typeName(v))
		}
		if len(list) > MaxList {
			panic(errLongList)
		}
		outer := r.loop
		r.loop = loop{}
		out := do(r, list, body, more)
		r.loop = outer
		return out
	}
}

// step evaluates the body for the list's element i.
func (r *run) step(list []any, i int, body node) any {
	r.work(2)
	r.loop.item, r.loop.index = list[i], i
	if body == nil {
		return list[i]
	}
	if i > 255 {
		r.charge(scalarSize / 2) // #index becomes a value of its own
	}
	return body(r)
}

// search returns the index of the first or last element whose body is what is wanted, or -1.
func search(r *run, list []any, body node, want, last bool) int {
	for n := range list {
		i := n
		if last {
			i = len(list) - 1 - n
		}
		if r.truth(r.step(list, i, body)) == want {
			return i
		}
	}
	return -1
}

func at(list []any, i int) any {
	if i < 0 {
		return nil
	}
	return list[i]
}

func found(i int) any {
	if i < 0 {
		return nil
	}
	return i
}

func filter(r *run, list []any, body node) []any {
	r.list(len(list))
	out := make([]any, 0, len(list))
	for i := range list {
		if r.truth(r.step(list, i, body)) {
			out = append(out, list[i])
		}
	}
	return out
}

func sum(r *run, list []any, body node, _ []node) any {
	var acc any = 0
	plus := add
	if r.formula {
		plus = exactBinary("+")
	}
	for i := range list {
		v := r.step(list, i, body)
		if v == nil && r.formula {
			continue // as in a sum of empty cells
		}
		acc = plus(r, v, acc)
	}
	return acc
}

func groupBy(r *run, list []any, body node, _ []node) any {
	r.charge(len(list) * (pairSize + 2*elementSize))
	out := map[any]any{}
	for i := range list {
		k := key(r, r.step(list, i, body))
		group, _ := out[k].([]any)
		out[k] = append(group, list[i])
	}
	return out
}

func reduce(r *run, list []any, body node, more []node) any {
	first := 0
	if len(more) > 0 {
		r.loop.acc = more[0](r)
	} else {
		if len(list) == 0 {
			panic(errors.New("reduce of empty array with no initial value"))
		}
		r.loop.acc, first = list[0], 1
	}
	for i := first; i < len(list); i++ {
		r.loop.acc = r.step(list, i, body)
	}
	return r.loop.acc
}

func sortBy(r *run, list []any, body node, more []node) any {
	order := "asc"
	if len(more) > 0 {
		var ok bool
		if order, ok = more[0](r).(string); !ok {
			panic("the order must be a text")
		}
	}
	r.list(len(list))
	keys := make([]any, len(list))
	for i := range list {
		keys[i] = r.step(list, i, body)
	}
	return sorted(r, list, keys, order)
}

// sorted returns the list in the order of its keys. Equal ones stay as they are.
func sorted(r *run, list, keys []any, order string) []any {
	if order != "asc" && order != "desc" {
		panic("the order must be asc or desc")
	}
	r.list(len(list))
	r.charge(len(list) * 16)
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	sort.SliceStable(places, func(i, j int) bool {
		r.work(4)
		if order == "desc" {
			i, j = j, i
		}
		return less(r, keys[places[i]], keys[places[j]])
	})
	out := make([]any, len(list))
	for i, p := range places {
		out[i] = list[p]
	}
	return out
}
