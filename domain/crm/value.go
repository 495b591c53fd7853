package crm

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDigits bounds a number's text, so that one can't be made large by its exponent.
const maxDigits = 60

// Fit brings the text of a cell into the form that the field's values have in a Record. Its error says why it doesn't fit.
func Fit(f Field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	if len(text) > MaxValue {
		return "", fmt.Errorf("%s: the text is longer than %d bytes", f.Label, MaxValue)
	}
	fitted, err := fit(f, text)
	if err == nil && f.MaxChars > 0 && utf8.RuneCountInString(fitted) > f.MaxChars {
		err = fmt.Errorf("is longer than the %d characters that the CRM takes", f.MaxChars)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Label, err)
	}
	return fitted, nil
}

func fit(f Field, text string) (string, error) {
	switch f.Type {
	case FieldNumber:
		if _, ok := number(text); !ok {
			return "", fmt.Errorf("%q is not a number", short(text))
		}
		return text, nil
	case FieldDate:
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return day.Format(time.DateOnly), nil
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return "", fmt.Errorf("%q is not a date", short(text))
		}
		return t.UTC().Format(time.DateOnly), nil
	case FieldTime:
		t, ok := moment(text)
		if !ok {
			return "", fmt.Errorf("%q is not a date with a time", short(text))
		}
		return t.Format(time.RFC3339), nil
	case FieldBoolean:
		if b := strings.ToLower(text); b == "true" || b == "false" {
			return b, nil
		}
		return "", fmt.Errorf("%q is neither true nor false", short(text))
	case FieldOption:
		return option(f, text)
	case FieldOptions:
		var out []string
		for part := range strings.SplitSeq(text, ";") {
			v, err := option(f, strings.TrimSpace(part))
			if err != nil {
				return "", err
			}
			out = append(out, v)
		}
		return strings.Join(out, ";"), nil
	case FieldText, FieldRelation:
	}
	return text, nil
}

const shownOptions = 8

// option is the value of the choice that the text names, by its value or label. A field that lists none takes any.
func option(f Field, text string) (string, error) {
	if len(f.Options) == 0 {
		return text, nil
	}
	for _, same := range []func(Option) bool{
		func(o Option) bool { return o.Value == text },
		func(o Option) bool { return o.Label == text },
		func(o Option) bool { return strings.EqualFold(o.Value, text) || strings.EqualFold(o.Label, text) },
	} {
		if i := slices.IndexFunc(f.Options, same); i >= 0 {
			return f.Options[i].Value, nil
		}
	}
	var labels []string
	for _, o := range f.Options[:min(len(f.Options), shownOptions)] {
		labels = append(labels, o.Label)
	}
	if len(f.Options) > shownOptions {
		labels = append(labels, "…")
	}
	return "", fmt.Errorf("%q is not one of the field's choices (%s)", short(text), strings.Join(labels, ", "))
}

// Same reports whether two values of a field mean the same. Addresses of mail may differ by case, since CRMs keep them in small letters.
func Same(t FieldType, a, b string) bool { return canon(t, a) == canon(t, b) }

// canon is the one form of all values that mean the same.
func canon(t FieldType, v string) string {
	v = strings.TrimSpace(v)
	switch t {
	case FieldNumber:
		if n, ok := number(v); ok {
			return n.RatString()
		}
		return v
	case FieldTime:
		if at, ok := moment(v); ok {
			return at.Format(time.RFC3339)
		}
		return v
	case FieldBoolean:
		return strings.ToLower(v)
	case FieldOptions:
		return strings.Join(parts(v), ";")
	case FieldText, FieldDate, FieldOption, FieldRelation:
	}
	if mail(v) {
		return strings.ToLower(v)
	}
	return v
}

func mail(s string) bool { return strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " \t\n") }

func parts(s string) []string {
	out := strings.Split(s, ";")
	for i, p := range out {
		out[i] = strings.TrimSpace(p)
	}
	slices.Sort(out)
	return out
}

func number(s string) (*big.Rat, bool) {
	if len(s) > maxDigits || strings.ContainsAny(s, "/eExXpP_") {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func moment(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse(time.DateOnly, s)
	}
	return t.UTC().Truncate(time.Second), err == nil
}

const shown = 60

func short(s string) string {
	if len(s) <= shown {
		return s
	}
	return strings.ToValidUTF8(s[:shown], "") + "…"
}

// AsCallError is the error as a *CallError; nil for another kind of error.
func AsCallError(err error) *CallError {
	var ce *CallError
	if errors.As(err, &ce) {
		return ce
	}
	return nil
}
