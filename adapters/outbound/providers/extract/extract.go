// Package extract takes values out of a text: by a JSONPath where it is JSON, and by a regular expression.
package extract

import (
	"context"
	"errors"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel/expression"
)

// Slug names the provider.
const Slug = "extract"

// Provider extracts. Nothing leaves this machine.
type Provider struct{}

// New makes the provider.
func New() Provider { return Provider{} }

// Limits of a question.
const (
	maxText   = 100 << 10 // bytes
	maxValues = 100       // that are given
	maxValue  = 10 << 10  // bytes of a value
)

// Describe implements enrichment.Caller.
func (Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:     Slug,
		Name:     "Extract by pattern or JSONPath",
		Category: "tools",
		Description: "Takes values out of a text: by a JSONPath where the text is JSON, by a regular expression (RE2), or by both, the path " +
			"first. Of a pattern with a group, what the group holds counts.",
		Inputs: []enrichment.Field{
			{Name: "text", Label: "Text", Type: enrichment.FieldText, Required: true},
			{Name: "path", Label: "JSONPath", Type: enrichment.FieldText, Description: "For example $.company.name"},
			{Name: "pattern", Label: "Regular expression", Type: enrichment.FieldText, Description: `For example VAT:? *([A-Z]{2}[0-9A-Z]+)`},
		},
		Outputs: []enrichment.Field{
			{
				Name:  "value",
				Label: "First value",
				Type:  enrichment.FieldText,
			}, {Name: "values", Label: "All values", Type: enrichment.FieldList}, {Name: "count", Label: "How many", Type: enrichment.FieldNumber},
		},
		Auth:       enrichment.AuthNone,
		Idempotent: true,
		Limits:     enrichment.RateLimits{Concurrency: 16},
		Terms:      "Runs here; nothing leaves this machine.",
	}
}

// Call implements enrichment.Caller.
func (Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	text, path, pattern := req.Inputs["text"], req.Inputs["path"], req.Inputs["pattern"]
	switch {
	case path == "" && pattern == "":
		return enrichment.Reply{}, bad("give a JSONPath or a regular expression")
	case len(text) > maxText:
		return enrichment.Reply{}, bad("the text is longer than 100 KB")
	}
	values := []string{text}
	if path != "" {
		var err error
		if values, err = byPath(ctx, text, path); err != nil {
			return enrichment.Reply{}, err
		}
	}
	if pattern != "" {
		var err error
		if values, err = byPattern(values, pattern); err != nil {
			return enrichment.Reply{}, err
		}
	}
	values = kept(values)
	if len(values) == 0 {
		return enrichment.Reply{Missed: "nothing in the text matches"}, nil
	}
	sure := 1.0
	return enrichment.Reply{
		Outputs:    map[string]any{"value": values[0], "values": values, "count": float64(len(values))},
		Confidence: &sure, VerifiedBy: []enrichment.Evidence{enrichment.ByInput},
	}, nil
}

func bad(message string) error { return enrichment.Fail(enrichment.CallBadInput, message) }

func byPath(ctx context.Context, text, path string) ([]string, error) {
	p, err := answer.ParsePath(path)
	if err != nil {
		return nil, bad("the path " + err.Error())
	}
	v, err := answer.Decode([]byte(text))
	if err != nil {
		return nil, bad(strings.Replace(err.Error(), "the answer", "the text", 1))
	}
	found, err := answer.Of(v).Get(ctx, p, maxValues)
	switch {
	case errors.Is(err, answer.ErrVisits):
		return nil, bad(err.Error())
	case err != nil:
		return nil, err
	}
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = enrichment.Text(f)
	}
	return out, nil
}

func byPattern(texts []string, pattern string) ([]string, error) {
	p, err := expression.CompilePattern(pattern)
	if err != nil {
		return nil, bad("the regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	var out []string
	budget := maxText // of all texts together, as of one
	for _, t := range texts {
		if budget -= len(t); budget < 0 || len(out) >= maxValues {
			break
		}
		found, err := p.Find(t, maxValues-len(out))
		if err != nil {
			return nil, bad("the text is too long for the regular expression")
		}
		out = append(out, found...)
	}
	return out, nil
}

// kept leaves out what is empty, and what is too long for a cell.
func kept(values []string) []string {
	var out []string
	for _, v := range values {
		if v = strings.TrimSpace(strings.ToValidUTF8(v, "")); v != "" && len(v) <= maxValue && len(out) < maxValues {
			out = append(out, v)
		}
	}
	return out
}
