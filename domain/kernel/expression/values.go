package expression

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
)

const maxJSONDepth = 64

// decode makes a value of JSON: nil, bool, float64, string, []any or map[string]any. What is no JSON, or too deep, is nil as an empty
// cell is.
func decode(m *meter, raw json.RawMessage) any {
	if kernel.IsNull(raw) {
		return nil
	}
	size, ok := sizeOfJSON(raw)
	if !ok {
		return nil
	}
	m.charge(size)
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// sizeOfJSON is what decoding makes at most; false for what is nested too deep.
func sizeOfJSON(raw []byte) (int, bool) {
	size, ok := len(raw)+scalarSize, true
	kernel.EachSign(raw, func(sign byte, depth int) bool {
		switch sign {
		case '[', '{':
			size += headerSize + pairSize
		case ',':
			size += elementSize * 2 // the list grows by doubling
		case ':':
			size += pairSize
		}
		ok = depth <= maxJSONDepth
		return ok
	})
	return size, ok
}

// TypeName says in words what kind of value an evaluation made.
func TypeName(v any) string { return typeName(v) }

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "an empty value"
	case bool:
		return "true or false"
	case int, float64, decimal.Decimal:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "a map"
	case time.Time:
		return "a time"
	case time.Duration:
		return "a duration"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// normal brings what the library's functions return into the few types that values have here.
func normal(v any) any {
	switch v := v.(type) {
	case nil, bool, int, float64, string, []any, map[string]any, map[any]any, time.Time, time.Duration, *time.Location:
		return v
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	case time.Month:
		return int(v)
	case time.Weekday:
		return int(v)
	case int64:
		return int(v)
	default:
		panic(fmt.Sprintf("a value of %T is not possible in an expression", v))
	}
}

// weigh is a bound of what a value prints to, in bytes. It reads the value, and says so.
func weigh(r *run, v any) int {
	r.work(4)
	switch v := v.(type) {
	case string:
		return len(v) + 2
	case []any:
		n := 2
		for _, e := range v {
			n += 1 + weigh(r, e)
		}
		return n
	case map[string]any:
		n := 5
		for k, e := range v {
			n += len(k) + 2 + weigh(r, e)
		}
		return n
	case map[any]any:
		n := 5
		for k, e := range v {
			n += weigh(r, k) + 2 + weigh(r, e)
		}
		return n
	case decimal.Decimal:
		return decimalSize * 2
	default:
		return 64 // a time with its zone is the longest; a float of %v has at most 24
	}
}

// written is a bound of what a value is written to as JSON with two spaces a level.
func written(r *run, v any, depth int) int {
	r.work(4)
	line := 2*depth + 4
	switch v := v.(type) {
	case string:
		r.read(8 * len(v))
		n := 2
		for i := range len(v) {
			if c := v[i]; c < ' ' || c >= 0x7f || strings.IndexByte(`"\<>&`, c) >= 0 {
				n += 6
			} else {
				n++
			}
		}
		return n
	case decimal.Decimal:
		return decimalSize * 2
	case []any:
		n := line
		for _, e := range v {
			n += line + written(r, e, depth+1)
		}
		return n
	case map[string]any:
		n := line
		for k, e := range v {
			n += line + written(r, k, 0) + written(r, e, depth+1)
		}
		return n
	default:
		return 64
	}
}

func isEmpty(r *run, v any) bool {
	r.work(1)
	switch v := v.(type) {
	case nil, skip:
		return true
	case string:
		r.read(len(v))
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	default:
		return false
	}
}

// emptyFunction tells the checker of the function empty.
func emptyFunction() *builtin.Function {
	return &builtin.Function{
		Name:  "empty",
		Func:  func(...any) (any, error) { return nil, nil },
		Types: []reflect.Type{reflect.TypeFor[func(any) bool]()},
	} //nolint:nilnil // never called
}

// fetch takes a part of a value: a list's element, a map's member, a text's byte. False if a list or text is shorter, or the
// value has no parts.
func fetch(r *run, v, part any) (any, bool) {
	switch v := v.(type) {
	case []any:
		i := whole(part)
		if i < 0 {
			i += len(v)
		}
		if i < 0 || i >= len(v) {
			return nil, false
		}
		return v[i], true
	case string:
		i := whole(part)
		if i < 0 {
			i += len(v)
		}
		if i < 0 || i >= len(v) {
			return nil, false
		}
		return int(v[i]), true
	case map[string]any:
		k, ok := part.(string)
		if !ok {
			panic("a member of a map is named by a text")
		}
		r.read(len(k))
		return v[k], true
	case map[any]any:
		return v[key(r, part)], true
	default:
		return nil, false
	}
}
