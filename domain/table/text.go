package table

import (
	"encoding/json"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// ParseText checks a value from a file or the clipboard against the column, in the forms that people and spreadsheets
// write, and returns its canonical form. Options are as in Parse.
func ParseText(col Column, s string, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	if !col.Writable() {
		return nil, nil, bad("%s is kept by Morket and can't be written", col.Name)
	}
	trimmed := strings.TrimSpace(s)
	if trimmed == "" && col.Type != Text && col.Type != LongText || s == "" {
		return kernel.Null(), nil, nil
	}
	switch col.Type {
	case Number, Currency, Percent:
		n, ok := textNumber(trimmed)
		if !ok {
			return nil, nil, bad("%q is not a number; write it like 1234.5", clip(s))
		}
		canonical, err = checkDigits(n)
	case Boolean:
		canonical, err = textBoolean(trimmed)
	case Date:
		canonical, err = quoted(textDate(trimmed))
	case DateTime:
		canonical, err = quoted(textMoment(trimmed))
	case MultiSelect:
		return textMulti(col, trimmed, createOptions)
	case JSON:
		if !json.Valid([]byte(trimmed)) {
			return nil, nil, bad("%q is not JSON", clip(s))
		}
		canonical, err = parseJSON(json.RawMessage(trimmed))
	default:
		return parsePlain(col, s, createOptions)
	}
	return canonical, nil, err
}

func quoted(s string, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return Quote(s), nil
}

func textBoolean(s string) (json.RawMessage, error) {
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "1", "x", "on", "checked", "✓":
		return json.RawMessage("true"), nil
	case "false", "f", "no", "n", "0", "off", "unchecked":
		return json.RawMessage("false"), nil
	}
	return nil, bad("%q is not a checkbox value; write true or false", clip(s))
}

// textMulti takes a JSON list, or names separated by commas or semicolons.
func textMulti(col Column, s string, create bool) (json.RawMessage, []string, error) {
	if strings.HasPrefix(s, "[") && json.Valid([]byte(s)) {
		return parseMulti(col, json.RawMessage(s), create)
	}
	return multi(col, strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' }), create)
}

// Format writes a canonical value for a file or the clipboard; ParseText reads it back. Empty cells are empty text.
func Format(col Column, v json.RawMessage) string {
	if kernel.IsNull(v) {
		return ""
	}
	switch col.Type {
	case Number, Currency, Percent, Boolean, JSON:
		return string(v)
	case MultiSelect:
		var names []string
		if json.Unmarshal(v, &names) != nil {
			return string(v)
		}
		for _, n := range names {
			if strings.ContainsAny(n, ",;[") {
				return string(v)
			}
		}
		return strings.Join(names, ", ")
	default:
		s, ok := str(v)
		if !ok {
			return string(v)
		}
		return s
	}
}

// TextOf returns the text in a canonical string value; false for anything else.
func TextOf(v json.RawMessage) (string, bool) { return str(v) }
