package answer

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ohler55/ojg/jp"
)

var errEnough = errors.New("enough found")

type walk struct {
	ctx    context.Context //nolint:containedctx // lives as long as the one walk
	path   *Path
	limit  int
	visits int
	out    []any
}

// visit accounts for n values that are looked at.
func (w *walk) visit(n int) error {
	before := w.visits / lookEach
	if w.visits += n; w.visits > maxVisits {
		return ErrVisits
	}
	if w.visits/lookEach != before {
		return w.ctx.Err()
	}
	return nil
}

// step follows the path's rest from a value.
func (w *walk) step(rest jp.Expr, v node) error {
	if err := w.visit(1); err != nil {
		return err
	}
	if len(rest) == 0 {
		w.out = append(w.out, v.value)
		if len(w.out) >= w.limit {
			return errEnough
		}
		return nil
	}
	switch f := rest[0].(type) {
	case jp.Child:
		return w.child(rest[1:], v, string(f))
	case jp.Nth:
		return w.nth(rest[1:], v, int(f))
	case jp.Wildcard:
		return w.each(v, func(e node) error { return w.step(rest[1:], e) })
	case jp.Descent:
		return w.descend(rest[1:], v)
	case jp.Union:
		return w.union(rest[1:], v, f)
	case jp.Slice:
		return w.slice(rest[1:], v, f)
	case *jp.Filter:
		return w.filter(rest[1:], v, f)
	default: // the root, and marks of how the path was written
		return w.step(rest[1:], v)
	}
}

func (w *walk) child(rest jp.Expr, v node, name string) error {
	if m, ok := v.value.(map[string]any); ok {
		if _, ok := m[name]; ok {
			return w.step(rest, v.member(name))
		}
	}
	return nil
}

func (w *walk) nth(rest jp.Expr, v node, i int) error {
	l, ok := v.value.([]any)
	if i < 0 {
		i += len(l)
	}
	if !ok || i < 0 || i >= len(l) {
		return nil
	}
	return w.step(rest, v.element(i))
}

// member returns an object's value; element one of a list.
func (n node) member(name string) node {
	var out node
	if m, ok := n.value.(map[string]any); ok {
		out.value = m[name]
	}
	if m, ok := n.plain.(map[string]any); ok {
		out.plain = m[name]
	}
	return out
}

func (n node) element(i int) node {
	var out node
	if l, ok := n.value.([]any); ok {
		out.value = l[i]
	}
	if l, ok := n.plain.([]any); ok {
		out.plain = l[i]
	}
	return out
}

// each calls f with a list's elements or an object's values.
func (w *walk) each(v node, f func(node) error) error {
	switch of := v.value.(type) {
	case []any:
		for i := range of {
			if err := f(v.element(i)); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := w.visit(len(of)); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			if err := f(v.member(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// descend follows the rest from the value and from all that is in it. The answer's depth bounds the recursion.
func (w *walk) descend(rest jp.Expr, v node) error {
	if err := w.step(rest, v); err != nil {
		return err
	}
	return w.each(v, func(e node) error {
		switch e.value.(type) {
		case []any, map[string]any:
			return w.descend(rest, e)
		default:
			if len(rest) == 0 {
				return w.step(rest, e)
			}
			return w.visit(1)
		}
	})
}

func (w *walk) union(rest jp.Expr, v node, of jp.Union) error {
	for _, u := range of {
		var err error
		switch u := u.(type) {
		case string:
			err = w.child(rest, v, u)
		case int64:
			err = w.nth(rest, v, int(u))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// slice follows RFC 9535, 2.3.4.
func (w *walk) slice(rest jp.Expr, v node, s jp.Slice) error {
	l, ok := v.value.([]any)
	if !ok {
		return nil
	}
	bound := func(i, unset, low, high int) int {
		switch {
		case i == jp.SliceNotSet:
			return unset
		case i < 0:
			i += len(l)
		}
		return min(max(i, low), high)
	}
	step := s[2]
	if step == jp.SliceNotSet {
		step = 1
	}
	n := len(l)
	switch {
	case step > 0:
		for i, end := bound(s[0], 0, 0, n), bound(s[1], n, 0, n); i < end; i += step {
			if err := w.step(rest, v.element(i)); err != nil {
				return err
			}
			if step > n {
				break
			}
		}
	case step < 0:
		for i, end := bound(s[0], n-1, -1, n-1), bound(s[1], -1, -1, n-1); i > end; i += step {
			if err := w.step(rest, v.element(i)); err != nil {
				return err
			}
			if -step > n {
				break
			}
		}
	}
	return nil
}

// filter accounts for what the filter may look at before the library evaluates it: the whole of each value when it looks at more
// than one part of it.
func (w *walk) filter(rest jp.Expr, v node, f *jp.Filter) error {
	wide := w.path.wide[f]
	return w.each(v, func(e node) error {
		n := 1
		if wide > 0 {
			n += wide * count(e.value, maxVisits/wide)
		}
		if err := w.visit(n); err != nil {
			return err
		}
		if !f.Match(e.plain) {
			return nil
		}
		return w.step(rest, e)
	})
}

// wide counts the parts of a filter that look at more than one value each.
func wide(v any) int {
	switch v := v.(type) {
	case *jp.Form:
		return wide(v.Left) + wide(v.Right)
	case jp.Expr:
		return len(v) * btoi(slices.ContainsFunc(v, func(f jp.Frag) bool {
			switch f.(type) {
			case jp.Wildcard, jp.Descent, jp.Slice:
				return true
			default:
				return false
			}
		}))
	default:
		return 0
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// count counts the values in a value, up to a limit.
func count(v any, limit int) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if n > limit {
				break
			}
			n += count(e, limit-n)
		}
	case map[string]any:
		for _, e := range v {
			if n > limit {
				break
			}
			n += count(e, limit-n)
		}
	}
	return n
}
