package crmwire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of an answer. A page of 200 records with a thousand short fields each is within them; where texts are long, connectors ask for
// fewer.
const (
	MaxAnswer = 8 << 20 // bytes, after decompression
	maxDepth  = 32      // of lists and objects in each other
	maxValues = 600_000
)

// The faults of an answer.
var (
	errTooLong  = errors.New("it is longer than 8 MB")
	errNotUTF8  = errors.New("it is not UTF-8")
	errTooDeep  = errors.New("it is nested deeper than 32 levels")
	errTooLarge = errors.New("it has more than 600,000 values")
	errNotJSON  = errors.New("it is not JSON")
	errShape    = errors.New("it has another shape than the documented one")
	errEmpty    = errors.New("it is empty")
)

// Check bounds JSON text before it is decoded. An empty text is none, and no fault.
func Check(body []byte) error {
	if len(body) > MaxAnswer {
		return errTooLong
	}
	if !utf8.Valid(body) {
		return errNotUTF8
	}
	var fault error
	values := 1
	kernel.EachSign(body, func(sign byte, depth int) bool {
		if sign == '[' || sign == '{' || sign == ',' {
			values++
		}
		switch {
		case depth > maxDepth:
			fault = errTooDeep
		case values > maxValues:
			fault = errTooLarge
		}
		return fault == nil
	})
	if fault == nil && len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
		fault = errNotJSON
	}
	return fault
}

// Text is a value that vendors write as a text, number, boolean or null. Numbers are decimals; lists and objects have no text.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = ""
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = Text(s)
	case 't', 'f':
		*t = Text(raw)
	case '[', '{', 'n':
	default:
		*t = Text(Decimal(string(raw)))
	}
	return nil
}

// Findable reports a value by which records can be looked for. What is blank, no UTF-8 or has signs of control would be taken for no value,
// or another one; and one that is longer than any key makes a question that is too long for the vendor, also about the values beside it.
func Findable(v string) bool {
	const longest = 500 // bytes
	return len(v) <= longest && strings.TrimSpace(v) != "" && utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl)
}

// Decimal writes a number without an exponent: Salesforce gives 1.0E7 for ten million. What can't be kept is "".
func Decimal(number string) string {
	if !kernel.NumberFits(number) {
		return ""
	}
	if !strings.ContainsAny(number, "eE") {
		return number
	}
	f, _, err := big.ParseFloat(number, 10, 512, big.ToNearestEven)
	if err != nil {
		return ""
	}
	return f.Text('f', -1)
}

// Texts are a list of texts; a vendor that gives one instead of a list means a list of one.
type Texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Texts) UnmarshalJSON(raw []byte) error {
	*t = nil
	if raw[0] != '[' {
		var one Text
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		if one != "" {
			*t = Texts{string(one)}
		}
		return nil
	}
	var list []Text
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	for _, one := range list {
		*t = append(*t, string(one))
	}
	return nil
}

// Loose is a part of an answer that is of use but not needed: what of it has another shape than the documented one is left out, so that it
// doesn't cost the rest.
type Loose[T any] struct{ Value T }

// UnmarshalJSON implements json.Unmarshaler.
func (l *Loose[T]) UnmarshalJSON(raw []byte) error {
	_ = json.Unmarshal(raw, &l.Value) // what could be read is what there is
	return nil
}

// First is the first text, or "".
func (t Texts) First() string {
	if len(t) == 0 {
		return ""
	}
	return t[0]
}

// offsets is the form of Salesforce's times, whose offset has no colon.
const offsets = "2006-01-02T15:04:05.999999999-0700"

// Time reads a vendor's time: RFC 3339, the same without the colon, or milliseconds since 1970. What is none is the zero time.
func Time(s string) time.Time {
	for _, form := range []string{time.RFC3339Nano, offsets} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	const digits = 15
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) <= digits {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// Moment is a text in the port's form where it is a time as vendors write it, else the text as it is.
func Moment(s string) string {
	const shortest = len("2006-01-02T15:04:05Z")
	if len(s) < shortest || s[4] != '-' || s[10] != 'T' {
		return s
	}
	if t := Time(s); !t.IsZero() {
		return t.Format(time.RFC3339Nano)
	}
	return s
}
