package wire

import (
	"encoding/json"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/enrichment"
)

const (
	maxText = 4000 // bytes of a text that is taken from an answer
	maxList = 100
)

// Dig follows names through objects; nil where one is missing or not an object.
func Dig(v any, names ...string) any {
	for _, n := range names {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[n]
	}
	return v
}

// Text is the text at the names, cut to a bound; empty where there is none. A number is taken as it is written.
func Text(v any, names ...string) string {
	switch v := Dig(v, names...).(type) {
	case string:
		return clip(strings.TrimSpace(v))
	case json.Number:
		return clip(v.String())
	default:
		return ""
	}
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// Number is the number at the names, which may be written as a text; false where there is none that can be kept.
func Number(v any, names ...string) (json.Number, bool) {
	var n json.Number
	switch v := Dig(v, names...).(type) {
	case json.Number:
		n = v
	case string:
		n = json.Number(strings.TrimSpace(v))
		if n == "" || !json.Valid([]byte(n)) || !strings.ContainsAny(string(n[:1]), "-0123456789") {
			return "", false
		}
	default:
		return "", false
	}
	return n, answer.CheckNumbers(n) == nil
}

// Share is a number from 0 to 100 at the names as a share of 1; nil where there is none in that range.
func Share(v any, names ...string) *float64 {
	n, ok := Number(v, names...)
	f, err := n.Float64()
	if !ok || err != nil || f < 0 || f > 100 {
		return nil
	}
	f /= 100
	return &f
}

// Texts is the list of texts at the names, bounded; elements that are none are left out.
func Texts(v any, names ...string) []string {
	list, _ := Dig(v, names...).([]any)
	var out []string
	for _, e := range list[:min(len(list), maxList)] {
		if s := Text(e); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Put adds a text, list or number to outputs unless it is empty.
func Put(out map[string]any, name string, v any) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case json.Number:
		if v == "" {
			return
		}
	}
	out[name] = v
}

// Take puts the fields at their paths ("organization.name") into outputs by the fields' types. What is of another type is told as left
// out instead of failing the answer: one odd field must not cost the others.
func Take(v any, fields []enrichment.Field, paths map[string]string) (outputs map[string]any, left map[string]string) {
	outputs, left = map[string]any{}, map[string]string{}
	for _, f := range fields {
		path, ok := paths[f.Name]
		if !ok {
			continue
		}
		names := strings.Split(path, ".")
		found := Dig(v, names...)
		if found == nil {
			continue
		}
		switch f.Type {
		case enrichment.FieldNumber:
			if n, ok := Number(v, names...); ok {
				outputs[f.Name] = n
				continue
			}
		case enrichment.FieldBoolean:
			if b, ok := found.(bool); ok {
				outputs[f.Name] = b
				continue
			}
		case enrichment.FieldList:
			if _, ok := found.([]any); ok {
				Put(outputs, f.Name, Texts(v, names...))
				continue
			}
		default:
			if _, ok := found.(string); ok || Text(v, names...) != "" {
				Put(outputs, f.Name, Text(v, names...))
				continue
			}
		}
		left[f.Name] = "the answer's " + f.Name + " is not a " + string(f.Type)
	}
	return outputs, left
}
