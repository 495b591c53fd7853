package research

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
)

const (
	maxQuestion      = 4000 // bytes
	maxCells         = 20
	defaultSteps     = 8
	mostSteps        = 15
	defaultRowTokens = 60_000
	mostRowTokens    = 1_000_000
)

// sourcesOutput is the output with where the fields of an answer are from.
const sourcesOutput = "sources"

// Config is a step's config.
type Config struct {
	llm.Endpoint
	Question string `json:"question"`
	// Cells are columns besides those of the question that the model may look at, each as {{Column}}. Their values don't go into a search.
	Cells    []string    `json:"cells"`
	Outputs  llm.Outputs `json:"outputs"`
	Search   string      `json:"search"`    // the kind of the search engine's credential; Serper when empty
	MaxSteps int         `json:"max_steps"` // turns of the model
	// RowTokens bounds the tokens of a row, of all turns together.
	RowTokens int64 `json:"row_tokens"`
}

const schema = `{"type":"object","required":["model","question","outputs"],"additionalProperties":false,"properties":{
"question":{"type":"string","maxLength":4000,"description":"Who leads sales at {{Company}}, and since when?"},
"cells":{"type":"array","maxItems":20,"items":{"type":"string","maxLength":200},
  "description":"Further columns that the model may look at, as {{Column}}; they are not searched for"},
"outputs":` + llm.OutputsSchema + `,
"search":{"type":"string","enum":["serper","brave_search"],"default":"serper","description":"Which search engine"},
"max_steps":{"type":"integer","minimum":2,"maximum":15,"default":8,"description":"Searches, pages and the answer together"},
"row_tokens":{"type":"integer","minimum":1000,"maximum":1000000,"default":60000,"description":"Most tokens of a row"},
` + llm.EndpointSchema + `}}`

func parse(raw json.RawMessage) (Config, error) {
	var c Config
	if len(raw) == 0 || !json.Valid(raw) {
		return c, errors.New("the model, the question and the outputs are required")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("the config is not what its schema says: %.200s", strings.TrimPrefix(err.Error(), "json: "))
	}
	c.Endpoint = c.Complete()
	c.Outputs.Complete()
	if c.Search == "" {
		c.Search = websearch.Serper
	}
	if c.MaxSteps == 0 {
		c.MaxSteps = defaultSteps
	}
	if c.RowTokens == 0 {
		c.RowTokens = defaultRowTokens
	}
	return c, nil
}

// CheckConfig implements enrichment.Configurable.
func (*Provider) CheckConfig(raw json.RawMessage) ([]enrichment.Field, error) {
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.TrimSpace(c.Question) == "" || len(c.Question) > maxQuestion:
		return nil, fmt.Errorf("the question must have 1 to %d bytes", maxQuestion)
	case len(c.Cells) > maxCells:
		return nil, fmt.Errorf("name at most %d cells", maxCells)
	case !slices.Contains(websearch.Vendors(), c.Search):
		return nil, fmt.Errorf("the search must be one of %s", strings.Join(websearch.Vendors(), ", "))
	case c.MaxSteps < 2 || c.MaxSteps > mostSteps:
		return nil, fmt.Errorf("max_steps must be 2 to %d", mostSteps)
	case c.RowTokens < 1000 || c.RowTokens > mostRowTokens:
		return nil, fmt.Errorf("row_tokens must be 1000 to %d", mostRowTokens)
	}
	for _, cell := range c.Cells {
		if nameOf(cell) == "" {
			return nil, fmt.Errorf("the cell %.50q must be one {{Column}}", cell)
		}
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	fields, err := c.Outputs.Fields(llm.CostOutput, sourcesOutput)
	if err != nil {
		return nil, err
	}
	sources := enrichment.Field{
		Name:        sourcesOutput,
		Label:       "Sources",
		Type:        enrichment.FieldObject,
		Description: "For each field: the page, its words, and whether they say it literally",
	}
	return append(fields, sources, llm.CostField()), nil
}

// nameOf is what a cell of the config refers to; empty if it is not one reference.
func nameOf(cell string) string {
	refs := enrichment.References(cell)
	if len(refs) != 1 || strings.TrimSpace(enrichment.Expand(cell, func(string) string { return "" })) != "" {
		return ""
	}
	return refs[0]
}

// Destination implements enrichment.Directed.
func (*Provider) Destination(raw json.RawMessage, _ []string) string {
	c, err := parse(raw)
	if err != nil {
		return ""
	}
	return c.BaseURL
}

// FurtherDestination implements enrichment.FurtherDirected.
func (p *Provider) FurtherDestination(use string, raw json.RawMessage, hosts []string) string {
	c, err := parse(raw)
	engine := p.engines[c.Search]
	if err != nil || use != useSearch || engine == nil {
		return ""
	}
	return engine.Destination(nil, hosts)
}

// HostOf implements enrichment.Hosted.
func (*Provider) HostOf(raw json.RawMessage) string {
	c, err := parse(raw)
	if err != nil {
		return ""
	}
	return c.Host()
}

// BudgetOf implements enrichment.Metered.
func (*Provider) BudgetOf(raw json.RawMessage) enrichment.Budgets {
	c, err := parse(raw)
	if err != nil {
		return enrichment.Budgets{}
	}
	return c.Budgets()
}

// typicalTurns is how many turns most questions take; each reads again what the ones before it found.
const typicalTurns = 4

// CostOf implements enrichment.Metered. A row's tokens are bounded, the dearer kind costs the most.
func (*Provider) CostOf(raw json.RawMessage) enrichment.RecordCost {
	c, err := parse(raw)
	if err != nil {
		return enrichment.RecordCost{}
	}
	turns := min(int64(c.MaxSteps), typicalTurns)
	out := min(turns*typicalAnswer, turns*int64(c.MaxTokens))
	in := min(turns*(turns+1)/2*typicalFind, c.RowTokens-min(out, c.RowTokens))
	return enrichment.RecordCost{
		Likely: c.Bill(in, out),
		Most:   c.MostOf(max(c.Bill(c.RowTokens, 0), c.Bill(0, c.RowTokens))),
	}
}

const (
	typicalFind   = 1500 // tokens of what one turn finds: results of a search, or a page
	typicalAnswer = 120  // tokens of what the model says in one turn
)
