package table

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

// fit makes a formula's result a canonical value of the column. It is strict: a text is no number, and a list no text, so that what is
// wrong shows in the cell instead of being guessed at.
func fit(col Column, v any) (json.RawMessage, error) {
	if v == nil {
		return kernel.Null(), nil
	}
	switch col.Type {
	case Number, Currency, Percent:
		return fitNumber(v)
	case Boolean:
		if b, ok := v.(bool); ok {
			return json.RawMessage(strconv.FormatBool(b)), nil
		}
		return nil, misfit(v, "true or false")
	case JSON:
		raw, err := expression.Marshal(v)
		if err != nil {
			return nil, err
		}
		return parseJSON(raw)
	case MultiSelect:
		return fitList(col, v)
	case Date, DateTime:
		return fitDate(col, v)
	default:
		s, ok := asWritten(v)
		if !ok {
			return nil, misfit(v, "a text")
		}
		out, _, err := parsePlain(col, s, false)
		return out, err
	}
}

func misfit(v any, wanted string) error {
	return bad("the formula makes %s, the column holds %s", expression.TypeName(v), wanted)
}

// asWritten is a single value as a text; false for lists and the like.
func asWritten(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int:
		return strconv.Itoa(v), true
	case decimal.Decimal:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	case time.Duration:
		return v.String(), true
	default:
		return "", false
	}
}

// fitNumber keeps as many places as a cell holds.
func fitNumber(v any) (json.RawMessage, error) {
	switch n := v.(type) {
	case int:
		return strconv.AppendInt(nil, int64(n), 10), nil
	case float64: // of a duration's hours and the like
		return fitNumber(decimal.NewFromFloat(n))
	case decimal.Decimal:
		s, ok := canonicalNumber(n.String())
		if !ok {
			return nil, tooLong(n.String())
		}
		if over := digits(s) - MaxDigits; over > 0 {
			places := -int(n.Exponent()) - over
			if places < 0 {
				return nil, tooLong(s)
			}
			if s, ok = canonicalNumber(n.Round(int32(places)).String()); !ok {
				return nil, tooLong(s)
			}
		}
		return checkDigits(s, s)
	default:
		return nil, misfit(v, "numbers")
	}
}

func fitList(col Column, v any) (json.RawMessage, error) {
	var names []string
	switch v := v.(type) {
	case string:
		names = []string{v}
	case []any:
		for _, e := range v {
			s, ok := asWritten(e)
			if !ok {
				return nil, misfit(e, "names of options")
			}
			names = append(names, s)
		}
	default:
		return nil, misfit(v, "names of options")
	}
	out, _, err := multi(col, names, false)
	return out, err
}

func fitDate(col Column, v any) (json.RawMessage, error) {
	var s string
	switch v := v.(type) {
	case time.Time:
		s = v.Format(time.RFC3339Nano)
	case string:
		s = v
	default:
		return nil, misfit(v, "dates")
	}
	if col.Type == Date && len(s) > len(dateForm) {
		if m, err := ParseMoment(s); err == nil {
			s = m.Format(dateForm)
		}
	}
	out, _, err := Reader{}.Text(col, s, false)
	return out, err
}
