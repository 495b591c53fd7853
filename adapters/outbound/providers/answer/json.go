// Package answer reads what providers answer, within bounds that are checked before and while it is read: how deep JSON is nested,
// how many values it has, how many of them a path visits. The parts of a path come from ojg; what walks them is ours, because the
// library's can be stopped neither by a count nor by a context: `$..*..*..*..*` over 400 bytes took 10 s and 560 MB.
package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
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
	ErrNumber   = errors.New("the answer has a number that is too long or too large to be kept")
)

// Decode reads one JSON value (RFC 8259). A byte order mark before it is left out. Numbers are json.Number, as they are written: in a
// float64, 9007199254740993 would be another one, and 1.10 a price of one digit. What can't be kept is for CheckNumbers to say.
func Decode(body []byte) (any, error) {
	if len(body) >= 3 && string(body[:3]) == "\ufeff" {
		body = body[3:]
	}
	if err := Check(body); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, ErrNotJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrNotJSON
	}
	return v, nil
}

// CheckNumbers answers ErrNumber if a number in the value can't be kept (kernel.NumberFits).
func CheckNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		if !kernel.NumberFits(string(v)) {
			return ErrNumber
		}
	case []any:
		for _, e := range v {
			if err := CheckNumbers(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := CheckNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain is the value with numbers that a filter can compare: int64 and float64. What holds no number is shared.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(string(v), 64); err == nil {
			return f
		}
		return nil // beyond all numbers that a filter could name
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			out[name] = plain(e)
		}
		return out
	default:
		return v
	}
}

// Check looks at JSON text without decoding it.
func Check(body []byte) error {
	if !utf8.Valid(body) {
		return ErrNotUTF8
	}
	var fault error
	values := 1
	kernel.EachSign(body, func(sign byte, depth int) bool {
		switch sign {
		case '[', '{', ',':
			values++
		}
		switch {
		case depth > MaxDepth:
			fault = ErrTooDeep
		case values > MaxValues:
			fault = ErrTooLarge
		}
		return fault == nil
	})
	return fault
}
