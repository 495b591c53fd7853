package table

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// The rules by which text was read before columns had forms. A change of type in the log that names no rules was made by
// these, and is made by them again whenever it is replayed; nothing else reads by them, and they never change.

func parseText1(col Column, s string, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	if !col.Writable() {
		return nil, nil, bad("%s is kept by Morket and can't be written", col.Name)
	}
	trimmed := strings.TrimSpace(s)
	if trimmed == "" && col.Type != Text && col.Type != LongText || s == "" {
		return kernel.Null(), nil, nil
	}
	switch col.Type {
	case Number, Currency, Percent:
		n, ok := number1(trimmed)
		if !ok {
			return nil, nil, notANumber(s, "1234.5")
		}
		canonical, err = checkDigits(n, s)
	case Boolean:
		canonical, err = boolean1(trimmed)
	case Date:
		canonical, err = quoted(date1(trimmed))
	case DateTime:
		canonical, err = quoted(moment1(trimmed))
	case MultiSelect:
		return multi1(col, trimmed, createOptions)
	case JSON:
		if !json.Valid([]byte(trimmed)) {
			return nil, nil, bad("%q is not JSON", kernel.Shorten(s))
		}
		canonical, err = parseJSON(json.RawMessage(trimmed))
	default:
		return parsePlain(col, s, createOptions)
	}
	return canonical, nil, err
}

func boolean1(s string) (json.RawMessage, error) {
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "1", "x", "on", "checked", "✓":
		return json.RawMessage("true"), nil
	case "false", "f", "no", "n", "0", "off", "unchecked":
		return json.RawMessage("false"), nil
	}
	return nil, bad("%q is not a checkbox value; write true or false", kernel.Shorten(s))
}

func multi1(col Column, s string, create bool) (json.RawMessage, []string, error) {
	if strings.HasPrefix(s, "[") && json.Valid([]byte(s)) {
		return parseMulti(col, json.RawMessage(s), create)
	}
	return multi(col, strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' }), create)
}

func number1(s string) (string, bool) {
	s = strings.TrimSpace(s)
	neg := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		neg, s = true, s[1:len(s)-1]
	}
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
		neg, s = !neg, strings.TrimPrefix(strings.TrimPrefix(s, "-"), "−")
	}
	s = strings.TrimSpace(strings.TrimSuffix(stripCurrency1(strings.TrimSpace(s)), "%"))
	if strings.HasPrefix(s, "-") {
		neg, s = !neg, s[1:]
	}
	s, ok := stripThousands1(s)
	if !ok {
		return "", false
	}
	if neg {
		s = "-" + s
	}
	return canonicalNumber(s)
}

func stripCurrency1(s string) string {
	for _, sign := range []string{"US$", "$", "€", "£", "¥", "₹", "CHF", "USD", "EUR", "GBP", "JPY", "SEK", "NOK", "DKK", "CAD", "AUD"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutSuffix(s, sign); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

func stripThousands1(s string) (string, bool) {
	whole, frac, dot := strings.Cut(s, ".")
	for _, sep := range []string{",", "'", "’", " ", "\u00a0", "\u202f", "_"} {
		if !strings.Contains(whole, sep) {
			continue
		}
		groups := strings.Split(whole, sep)
		for i, g := range groups {
			if !allDigits(g) || (i > 0 && len(g) != 3) || g == "" || len(g) > 3 {
				return "", false
			}
		}
		whole = strings.Join(groups, "")
		break
	}
	if dot {
		return whole + "." + frac, true
	}
	return whole, true
}

func date1(s string) (string, error) {
	s = strings.TrimSpace(s)
	if d, err := isoDate1(s); err == nil {
		return d, nil
	}
	for _, form := range []string{
		"2006/01/02", "2006.01.02", "20060102", "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006",
		"02-Jan-2006", "2.1.2006", "02.01.2006", "Mon, 2 Jan 2006",
	} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1 {
			return t.Format(dateForm), nil
		}
	}
	us, monthFirst := parseDate1("1/2/2006", s)
	eu, dayFirst := parseDate1("2/1/2006", s)
	switch {
	case monthFirst && (!dayFirst || us == eu):
		return us, nil
	case dayFirst && !monthFirst:
		return eu, nil
	case monthFirst:
		return "", bad("%q could be two dates; write it like 2026-03-31", kernel.Shorten(s))
	}
	return "", bad("%q is not a date; write it like 2026-03-31", kernel.Shorten(s))
}

func parseDate1(form, s string) (string, bool) {
	t, err := time.Parse(form, s)
	return t.Format(dateForm), err == nil
}

func moment1(s string) (string, error) {
	s = strings.TrimSpace(s)
	if t, err := ParseMoment(s); err == nil {
		return FormatMoment(t), nil
	}
	for _, form := range []string{
		"2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05 -0700",
		"2006-01-02 15:04:05 MST", "2006-01-02T15:04", "2006-01-02 15:04", time.RFC1123Z, time.RFC1123,
		"2006/01/02 15:04:05", "2006/01/02 15:04",
	} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1 {
			if t.Location() != time.UTC && t.Location().String() != "" && strings.Contains(form, "MST") {
				continue // an abbreviation that Go doesn't know would get the offset 0
			}
			return FormatMoment(t.Truncate(time.Microsecond)), nil
		}
	}
	if d, err := date1(s); err == nil {
		return d + "T00:00:00Z", nil
	}
	return "", bad("%q is not a time; write it like 2026-03-31T14:05:00+02:00", kernel.Shorten(s))
}

func isoDate1(s string) (string, error) {
	t, err := time.Parse(dateForm, s)
	if err != nil || t.Year() < 1 {
		if m, err := ParseMoment(s); err == nil {
			return m.Format(dateForm), nil
		}
		return "", bad("%q is not a date; write it like 2026-03-31", kernel.Shorten(s))
	}
	return s, nil
}
