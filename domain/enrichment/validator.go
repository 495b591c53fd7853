package enrichment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel/expression"
)

// ValidatorType is a shape that a validator may ask for; empty asks for none.
type ValidatorType string

func (t ValidatorType) valid() bool {
	switch FieldType(t) {
	case "", FieldEmail, FieldURL, FieldPhone, FieldDomain, FieldNumber, FieldBoolean, FieldDate:
		return true
	default:
		return false
	}
}

// CompiledValidator is a validator made ready.
type CompiledValidator struct {
	v       Validator
	pattern *expression.Pattern
}

// CompileValidator makes a validator ready; nil accepts every answer that is not empty.
func CompileValidator(v *Validator) (*CompiledValidator, error) {
	j := &CompiledValidator{}
	if v == nil {
		return j, nil
	}
	j.v = *v
	if v.Pattern != "" {
		p, err := expression.CompilePattern(v.Pattern)
		if err != nil {
			return nil, fmt.Errorf("the validator's pattern: %w", err)
		}
		j.pattern = &p
	}
	return j, nil
}

// Refuse says why the answer is not accepted, or "". An empty value is never an answer.
func (j *CompiledValidator) Refuse(value any, sure Sureness) string {
	text := Text(value)
	if strings.TrimSpace(text) == "" {
		return "the answer is empty"
	}
	if t := ValidatorType(j.v.Type); !t.matches(value, text) {
		return fmt.Sprintf("%q is not a valid %s", short(text), t)
	}
	if j.pattern != nil {
		switch ok, err := j.pattern.Match(text); {
		case err != nil:
			return fmt.Sprintf("%q is too long to be compared with the pattern", short(text))
		case !ok:
			return fmt.Sprintf("%q does not match the pattern", short(text))
		}
	}
	if least := j.v.MinConfidence; least != nil {
		if sure.Confidence == nil {
			return "the answer comes without a confidence"
		}
		if *sure.Confidence < *least {
			return fmt.Sprintf("the confidence %s is below %s", Percent(*sure.Confidence), Percent(*least))
		}
	}
	if j.v.Verified && !sure.Verified() {
		return "the answer is not verified"
	}
	return ""
}

var (
	phoneForm  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	domainForm = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$`)
)

func (t ValidatorType) matches(value any, text string) bool {
	switch FieldType(t) {
	case FieldEmail:
		a, err := mail.ParseAddress(text)
		return err == nil && a.Address == text && domainForm.MatchString(text[strings.LastIndexByte(text, '@')+1:])
	case FieldURL:
		u, err := url.Parse(text)
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	case FieldPhone:
		return phoneForm.MatchString(text)
	case FieldDomain:
		return len(text) <= 253 && domainForm.MatchString(text)
	case FieldNumber:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case FieldBoolean:
		if _, ok := value.(bool); ok {
			return true
		}
		_, err := strconv.ParseBool(text)
		return err == nil
	case FieldDate:
		_, err := time.Parse(time.DateOnly, text)
		if err != nil {
			_, err = time.Parse(time.RFC3339, text)
		}
		return err == nil
	default:
		return true
	}
}

// Text writes a value of JSON as a person would read it: text as it is, lists with commas, anything else as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = Text(e)
		}
		return strings.Join(parts, ", ")
	case json.RawMessage:
		return RawText(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
}

// RawText is Text of a value that still is JSON.
func RawText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	if raw[0] != '"' && raw[0] != '[' {
		if string(raw) == "null" {
			return ""
		}
		return string(raw)
	}
	var v any
	if decode(raw, &v) != nil {
		return string(raw)
	}
	return Text(v)
}

func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// DecodeOutputs reads outputs that were written as JSON. Numbers stay as they are written.
func DecodeOutputs(raw []byte) (out map[string]any, err error) {
	err = decode(raw, &out)
	return out, err
}

func decode(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v)
}
