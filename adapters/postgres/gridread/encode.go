package gridread

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// utcForm is the fixed-width start of a stored datetime.
const utcForm = "2006-01-02T15:04:05.000000Z"

const utcWidth = len(utcForm)

// encode turns a canonical value into the text that Postgres stores; false is an empty cell.
func encode(t table.Type, v json.RawMessage) (string, bool, error) {
	if kernel.IsNull(v) {
		return "", false, nil
	}
	switch t {
	case table.Number, table.Currency, table.Percent, table.Boolean, table.MultiSelect, table.JSON:
		return string(v), true, nil
	default: // a JSON string
	}
	s, ok := table.TextOf(v)
	if !ok {
		return "", false, fmt.Errorf("%.40q is not the form of a %s value", v, t)
	}
	if t == table.DateTime {
		m, err := table.ParseMoment(s)
		if err != nil {
			return "", false, fmt.Errorf("datetime %q: %w", s, err)
		}
		return storedMoment(m), true, nil
	}
	return s, true, nil
}

// storedMoment writes a datetime so that its bytes sort by the moment.
func storedMoment(m time.Time) string {
	return m.UTC().Format(utcForm) + m.Format("Z07:00")
}

// readMoment turns a stored datetime back into RFC 3339 in its zone.
func readMoment(s string) string {
	if len(s) <= utcWidth {
		return s
	}
	m, err := time.Parse(utcForm, s[:utcWidth])
	if err != nil {
		return s
	}
	zone, err := time.Parse("Z07:00", s[utcWidth:])
	if err != nil {
		return s
	}
	return table.FormatMoment(m.In(zone.Location()))
}

// appendValue appends the API's JSON of a stored value.
func appendValue(b []byte, t table.Type, stored []byte) []byte {
	switch t {
	case table.Number, table.Currency, table.Percent:
		return table.AppendNumber(b, string(stored))
	case table.Boolean:
		if len(stored) > 0 && stored[0] == 't' {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case table.MultiSelect:
		return appendCompact(b, stored)
	case table.JSON:
		return append(b, stored...)
	case table.DateTime:
		return table.AppendQuoted(b, readMoment(string(stored)))
	default:
		return table.AppendQuoted(b, string(stored))
	}
}

// appendCanonical appends the canonical JSON of a stored value: like the API's, but every number as a number.
func appendCanonical(b []byte, t table.Type, stored []byte) []byte {
	if t.Numeric() {
		return append(b, stored...)
	}
	return appendValue(b, t, stored)
}

// appendCompact appends a jsonb list without the spaces that Postgres puts after commas.
func appendCompact(b, stored []byte) []byte {
	inString := false
	for i := 0; i < len(stored); i++ {
		c := stored[i]
		if c == '"' {
			inString = !inString
		}
		if inString && c == '\\' && i+1 < len(stored) {
			b = append(b, c, stored[i+1])
			i++
			continue
		}
		if c == ' ' && !inString {
			continue
		}
		b = append(b, c)
	}
	return b
}
