// Package llm asks large language models: any endpoint that speaks OpenAI's chat completions, and Anthropic's messages. It has no tools
// and follows no address: what a row or a page says reaches the model as delimited data, and what comes back is checked against the
// step's own schema, also against the endpoint's promise.
package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

const maxPrompt = 20_000

// Config is a step's config.
type Config struct {
	Endpoint
	Prompt  string  `json:"prompt"`
	Outputs Outputs `json:"outputs"`
}

// Schema is the JSON Schema of Config, for the user interface.
const Schema = `{"type":"object","required":["model","prompt","outputs"],"additionalProperties":false,"properties":{
"prompt":{"type":"string","maxLength":20000,"description":"What does {{Company}} sell, and to whom?"},
"outputs":` + OutputsSchema + `,
` + EndpointSchema + `}}`

func parse(raw json.RawMessage) (Config, error) {
	var c Config
	if len(raw) == 0 || !json.Valid(raw) {
		return c, errors.New("the model, the prompt and the outputs are required")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("the config is not what its schema says: %.200s", strings.TrimPrefix(err.Error(), "json: "))
	}
	c.Endpoint = c.Complete()
	c.Outputs.Complete()
	return c, nil
}

// CheckConfig implements enrichment.Configurable.
func (*Provider) CheckConfig(raw json.RawMessage) ([]enrichment.Field, error) {
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Prompt) == "" || len(c.Prompt) > maxPrompt {
		return nil, fmt.Errorf("the prompt must have 1 to %d bytes", maxPrompt)
	}
	fields, err := c.Outputs.Fields(CostOutput)
	if err != nil {
		return nil, err
	}
	return append(fields, CostField()), nil
}

// Destination implements enrichment.Directed.
func (*Provider) Destination(raw json.RawMessage, _ []string) string {
	c, err := parse(raw)
	if err != nil {
		return ""
	}
	return c.BaseURL
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

// CostOf implements enrichment.Metered.
func (*Provider) CostOf(raw json.RawMessage) enrichment.RecordCost {
	c, err := parse(raw)
	if err != nil {
		return enrichment.RecordCost{}
	}
	inputs := map[string]string{}
	for _, ref := range enrichment.References(c.Prompt) {
		inputs[ref] = typicalCell
	}
	system, text, err := c.ask(inputs)
	if err != nil {
		return enrichment.RecordCost{}
	}
	question := tokens(len(system) + len(text))
	return enrichment.RecordCost{
		Likely: c.Bill(question, min(int64(c.MaxTokens), int64(len(c.Outputs)+1)*tokensPerOutput)),
		Most:   c.MostOf(c.Bill(asks*(question+tokens(maxData)), asks*int64(c.MaxTokens))),
	}
}
