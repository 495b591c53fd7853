package answer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ohler55/ojg/jp"
)

const (
	maxPath   = 300
	maxFrags  = 40
	maxVisits = 100_000
	lookEach  = 512 // visits between looks at the context
)

// ErrVisits says that an answer's paths together look at more values than they may.
var ErrVisits = errors.New("the paths look at more than 100,000 values of the answer; make them more exact")

// Path is a checked JSONPath (RFC 9535): at most one "..", filters that see only what they test, no regular expressions.
type Path struct {
	frags jp.Expr
	wide  map[*jp.Filter]int // the parts of a filter that look at more than one value each
}

// ParsePath checks a path. Its errors are for the path's author.
func ParsePath(path string) (p *Path, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some paths that are none
			p, err = nil, errors.New("is not a JSONPath that begins with $")
		}
	}()
	if len(path) > maxPath || !strings.HasPrefix(path, "$") {
		return nil, fmt.Errorf("is not a JSONPath of at most %d bytes that begins with $", maxPath)
	}
	frags, err := jp.ParseString(path)
	if err != nil || len(frags) == 0 {
		return nil, errors.New("is not a JSONPath that begins with $")
	}
	c := &checker{wide: map[*jp.Filter]int{}}
	if err := c.frags(frags, false); err != nil {
		return nil, err
	}
	return &Path{frags, c.wide}, nil
}

// checker looks at all parts of a path, those in filters included.
type checker struct {
	descents, parts int
	wide            map[*jp.Filter]int
}

func (c *checker) frags(frags jp.Expr, inFilter bool) error {
	for i, f := range frags {
		if c.parts++; c.parts > maxFrags {
			return fmt.Errorf("has more than %d parts", maxFrags)
		}
		switch f := f.(type) {
		case jp.Root:
			if inFilter || i > 0 {
				return errors.New("must not hold $ but at its beginning: a filter sees only what it tests")
			}
		case jp.At, jp.Bracket, jp.Child, jp.Nth, jp.Wildcard, jp.Slice:
		case jp.Union:
			if inFilter {
				return errors.New("must not hold a union in a filter")
			}
		case jp.Descent:
			if c.descents++; c.descents > 1 {
				return errors.New("must hold .. at most once")
			}
		case *jp.Filter:
			if inFilter {
				return errors.New("must not hold a filter in a filter")
			}
			form := inspect(f)
			if err := c.form(form); err != nil {
				return err
			}
			c.wide[f] = wide(form)
		default:
			return fmt.Errorf("holds %s, which is not possible", strings.TrimPrefix(fmt.Sprintf("%T", f), "*jp."))
		}
	}
	return nil
}

// inspect returns what a filter is made of: a *jp.Form, or the path alone of which it tests whether it leads anywhere, for which the
// library's Inspect panics.
func inspect(f *jp.Filter) (out any) {
	defer func() {
		if recover() != nil {
			out = jp.MustParseString(strings.TrimSuffix(strings.TrimPrefix(f.String(), "[?("), ")]"))
		}
	}()
	return f.Inspect()
}

// form checks a filter's operation and what it is made of.
func (c *checker) form(v any) error {
	switch v := v.(type) {
	case *jp.Form:
		switch v.Op {
		case "~=", "=~", "match", "search":
			return errors.New("must not hold a regular expression")
		}
		if err := c.form(v.Left); err != nil {
			return err
		}
		return c.form(v.Right)
	case jp.Expr:
		return c.frags(v, true)
	case *jp.Filter:
		return errors.New("must not hold a filter in a filter")
	default:
		return nil
	}
}

// Answer is a decoded answer, and how much of it all paths together have looked at.
type Answer struct {
	value  node
	visits int
}

// node is a value, and the same with numbers that filters can compare; without filters only the value.
type node struct{ value, plain any }

// Of makes an answer of a value that Decode returned.
func Of(value any) *Answer { return &Answer{value: node{value: value}} }

// Get returns the values that the path leads to, at most limit of them, in the order of the answer; members of an object in the order
// of their names. The walk ends with ErrVisits, or when ctx ends.
func (a *Answer) Get(ctx context.Context, p *Path, limit int) ([]any, error) {
	if len(p.wide) > 0 && a.value.plain == nil {
		a.value.plain = plain(a.value.value)
	}
	w := &walk{ctx: ctx, path: p, limit: limit, visits: a.visits}
	err := w.step(p.frags, a.value)
	a.visits = w.visits
	if errors.Is(err, errEnough) {
		err = nil
	}
	return w.out, err
}
