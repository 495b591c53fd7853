package offline

import (
	"errors"
	"fmt"
	"strings"
)

// Grammar describes what --enrich takes.
const Grammar = `  provider:column                       ask the provider with the column as its main input
  provider:input=column,input=column    name the inputs, when there are several
  provider:column->output,output        keep only these outputs; the first decides whether something was found
  provider:column->output=New name      call a new column differently; otherwise it is "<column> <output>"
  first|second:column->output           ask the second only where the first finds nothing

A column is its name in the header, or #2 for the second. A name with any of , = " or -> in it goes into double quotes, a quote in it
is doubled. A later --enrich may use the columns that an earlier one adds.`

// request is one --enrich as it was written.
type request struct {
	providers []string
	inputs    []pair // input → column; without a name, the provider's main input
	outputs   []pair // output → name of the new column; without one, it is made up
}

type pair struct{ key, value string }

// parseRequest reads a request. A text that equals a column's name is taken for one, with any signs in it.
func parseRequest(text string, isColumn func(string) bool) (request, error) {
	head, tail, hasOutputs := cutOutside(text, "->")
	providers, mapping, ok := strings.Cut(head, ":")
	if !ok || strings.TrimSpace(providers) == "" || strings.TrimSpace(mapping) == "" {
		return request{}, errors.New("write provider:column, for example email_check:email")
	}
	var r request
	for p := range strings.SplitSeq(providers, "|") {
		if p = strings.TrimSpace(p); p == "" {
			return r, errors.New("a provider's name is missing beside |; write first|second:column")
		}
		r.providers = append(r.providers, p)
	}
	if isColumn(strings.TrimSpace(mapping)) {
		r.inputs = []pair{{value: strings.TrimSpace(mapping)}}
	} else {
		for _, item := range splitOutside(mapping, ",") {
			name, column, named := cutOutside(item, "=")
			if !named {
				name, column = "", item
			}
			p, err := unquoted(name, column)
			if err != nil {
				return r, err
			}
			if p.value == "" || named && p.key == "" {
				return r, fmt.Errorf("%q names no column; write input=column", item)
			}
			r.inputs = append(r.inputs, p)
		}
	}
	if !hasOutputs {
		return r, nil
	}
	for _, item := range splitOutside(tail, ",") {
		output, name, renamed := cutOutside(item, "=")
		p, err := unquoted(output, name)
		if err != nil {
			return r, err
		}
		if p.key == "" || renamed && p.value == "" {
			return r, errors.New("an output's name is missing after ->; write ->output or ->output=New name")
		}
		r.outputs = append(r.outputs, p)
	}
	return r, nil
}

func unquoted(key, value string) (p pair, err error) {
	if p.key, err = unquote(key); err == nil {
		p.value, err = unquote(value)
	}
	return p, err
}

// unquote takes the quotes off a name and the spaces around one without quotes.
func unquote(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	inner, ok := strings.CutSuffix(s[1:], `"`)
	if !ok || strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return "", fmt.Errorf("the quotes of %s make no sense; a quote in a name is doubled", s)
	}
	return strings.ReplaceAll(inner, `""`, `"`), nil
}

// cutOutside is strings.Cut that does not look into quotes.
func cutOutside(s, sep string) (before, after string, found bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s[i:], sep):
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

func splitOutside(s, sep string) []string {
	var out []string
	for {
		before, after, found := cutOutside(s, sep)
		out = append(out, before)
		if !found {
			return out
		}
		s = after
	}
}
