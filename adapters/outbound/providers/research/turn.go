package research

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/domain/enrichment"
)

// The tools, and the end.
const (
	toolSearch = "search"
	toolRead   = "read"
	toolCell   = "cell"
	toolAnswer = "answer"
)

const (
	maxSources = 40
	maxQuote   = 500 // bytes
)

// turn is one turn of the model: one JSON object, which is what every endpoint can be asked for. Calls of tools in a dialect of its own are
// not: many that are called compatible don't have them.
type turn struct {
	tool    string
	subject string // the query, address or cell
	part    int    // of a page, from 1
	answer  map[string]any
}

// turnSchema is the JSON Schema of a turn.
func (c Config) turnSchema() (json.RawMessage, error) {
	text := map[string]any{"type": []string{"string", "null"}}
	source := llm.Object(map[string]any{
		"field": map[string]any{"type": "string"},
		"url":   map[string]any{"type": "string"},
		"quote": map[string]any{"type": "string"},
	})
	answer := c.Outputs.Schema()
	props, _ := answer["properties"].(map[string]any)
	props = maps.Clone(props)
	props[sourcesOutput] = map[string]any{"type": "array", "items": source}
	answer = llm.Object(props)
	answer["type"] = []string{"object", "null"}
	out, err := json.Marshal(llm.Object(map[string]any{
		"why":    text,
		"action": map[string]any{"type": "string", "enum": []string{toolSearch, toolRead, toolCell, toolAnswer}},
		"query":  text, "url": text, "part": map[string]any{"type": []string{"integer", "null"}}, "column": text, "answer": answer,
	}))
	if err != nil {
		return nil, enrichment.Fail(enrichment.CallBadInput, "the outputs make no schema")
	}
	return out, nil
}

// readTurn reads what the model wrote; an error says in words that the model can mend what is wrong.
func readTurn(said string) (turn, error) {
	o, err := llm.ReadObject(said)
	if err != nil {
		return turn{}, err
	}
	t := turn{part: 1}
	t.tool, _ = o["action"].(string)
	member := map[string]string{toolSearch: "query", toolRead: "url", toolCell: "column"}[t.tool]
	switch {
	case t.tool == toolAnswer:
		answer, ok := o["answer"].(map[string]any)
		if !ok {
			return turn{tool: t.tool}, errors.New(`"answer" is not an object`)
		}
		t.answer = answer
	case member == "":
		return turn{}, errors.New(`"action" is not search, read, cell or answer`)
	default:
		if t.subject, _ = o[member].(string); t.subject == "" {
			return turn{tool: t.tool}, fmt.Errorf("%q is missing", member)
		}
	}
	if n, ok := o["part"].(json.Number); ok {
		if v, err := n.Int64(); err == nil && v > 1 && v < 1000 {
			t.part = int(v)
		}
	}
	return t, nil
}

// source is where the model says that a field is from.
type source struct {
	Field    string `json:"field"`
	URL      string `json:"url"`
	Quote    string `json:"quote"`
	Verified bool   `json:"verified"`
}

// takeSources takes the sources out of an answer's object, which is then what the outputs' schema says.
func takeSources(answer map[string]any) (rest map[string]any, sources []source, err error) {
	rest = maps.Clone(answer)
	delete(rest, sourcesOutput)
	list, ok := answer[sourcesOutput].([]any)
	if !ok {
		return rest, nil, errors.New(`the field "sources" is not a list`)
	}
	for _, e := range list[:min(len(list), maxSources)] {
		o, _ := e.(map[string]any)
		var s source
		s.Field, _ = o["field"].(string)
		s.URL, _ = o["url"].(string)
		s.Quote, _ = o["quote"].(string)
		if s.Field == "" || s.URL == "" || len(s.Quote) > maxQuote {
			return rest, nil, fmt.Errorf("a source has no field, no url or a quote of more than %d bytes", maxQuote)
		}
		sources = append(sources, s)
	}
	return rest, sources, nil
}
