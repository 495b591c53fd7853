package dataops

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The shapes of values, in the order in which they are tried: a value that fits two takes the earlier.
var shapes = []struct { //nolint:gochecknoglobals // compiled constants
	typ string
	re  *regexp.Regexp
}{
	{"boolean", regexp.MustCompile(`(?i)^(true|false|yes|no)$`)},
	{"date", regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)},
	{"datetime", regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})$`)},
	{"number", regexp.MustCompile(`^[+-]?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,15})?$`)},
	{"percent", regexp.MustCompile(`^[+-]?\d{1,15}(\.\d{1,15})?\s?%$`)},
	{"currency", regexp.MustCompile(`^[+-]?[$€£¥]\s?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,15})?$`)},
	{"email", regexp.MustCompile(`^[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}$`)},
	{"url", regexp.MustCompile(`(?i)^https?://[^\s]+$`)},
	{"phone", regexp.MustCompile(`^\+\d[\d ().-]{6,18}\d$`)},
}

// leadingZero marks what looks like a number but is a code: a postcode, a part number.
var leadingZero = regexp.MustCompile(`^[+-]?0\d`)

// longText is how many characters make a text a long one.
const longText = 255

// SuggestType tells the type of column for values as they stand in a text file: the one that all of them fit, not counting
// empty ones; text if there is none, or no value.
func SuggestType(values []string) string {
	typ, long := "", false
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		long = long || strings.Contains(v, "\n") || len(v) > longText && utf8.RuneCountInString(v) > longText
		if t := shapeOf(v); typ == "" || typ == t {
			typ = t
		} else {
			typ = "text"
		}
	}
	if typ == "" || typ == "text" {
		if long {
			return "long_text"
		}
		return "text"
	}
	return typ
}

func shapeOf(v string) string {
	for _, s := range shapes {
		if s.re.MatchString(v) {
			if s.typ == "number" && leadingZero.MatchString(v) {
				return "text"
			}
			return s.typ
		}
	}
	return "text"
}

// SuggestJSONType is SuggestType for the values of JSON Lines.
func SuggestJSONType(values []json.RawMessage) string {
	var texts []string
	kinds := map[string]bool{}
	for _, v := range values {
		switch {
		case len(v) == 0 || string(v) == "null":
		case v[0] == '"':
			var s string
			if json.Unmarshal(v, &s) == nil {
				texts = append(texts, s)
				kinds["text"] = true
			}
		case v[0] == '{' || v[0] == '[':
			kinds["json"] = true
		case v[0] == 't' || v[0] == 'f':
			kinds["boolean"] = true
		default:
			kinds["number"] = true
		}
	}
	if len(kinds) != 1 {
		if kinds["json"] {
			return "json"
		}
		return "text"
	}
	if kinds["text"] {
		t := SuggestType(texts)
		if t == "number" || t == "boolean" { // a string of digits in JSON was meant as text
			return "text"
		}
		return t
	}
	for k := range kinds {
		return k
	}
	return "text"
}
