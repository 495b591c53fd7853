// Package answer reads what providers answer, within bounds that are checked before and while it is read: how deep JSON is nested,
// how many values it has, how many of them a path visits. The parts of a path come from ojg; what walks them is ours, because the
// library's can be stopped neither by a count nor by a context: `$..*..*..*..*` over 400 bytes took 10 s and 560 MB.
package answer

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Limits of an answer.
const (
	MaxDepth  = 64      // of lists and objects in each other
	MaxValues = 100_000 // in one answer
)

// Errors of an answer that is over its limits.
var (
	ErrNotJSON  = errors.New("the answer is not JSON")
	ErrNotUTF8  = errors.New("the answer is not UTF-8")
	ErrTooDeep  = errors.New("the answer is nested deeper than 64 levels")
	ErrTooLarge = errors.New("the answer has more than 100,000 values")
)

// Decode reads one JSON value (RFC 8259). A byte order mark before it is left out.
func Decode(body []byte) (any, error) {
	if len(body) >= 3 && string(body[:3]) == "\ufeff" {
		body = body[3:]
	}
	if err := Check(body); err != nil {
		return nil, err
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil, ErrNotJSON
	}
	return v, nil
}

// Check looks at JSON text without decoding it.
func Check(body []byte) error {
	if !utf8.Valid(body) {
		return ErrNotUTF8
	}
	depth, values, quoted := 0, 1, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			values++
			if depth++; depth > MaxDepth {
				return ErrTooDeep
			}
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
		if values > MaxValues {
			return ErrTooLarge
		}
	}
	return nil
}
