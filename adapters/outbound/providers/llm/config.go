// Package llm asks large language models: any endpoint that speaks OpenAI's chat completions, and Anthropic's messages. It has no tools
// and follows no address: what a row or a page says reaches the model as delimited data, and what comes back is checked against the
// step's own schema, also against the endpoint's promise.
package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"sort"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

// The kinds of API.
const (
	OpenAI    = "openai"
	Anthropic = "anthropic"
)

const (
	maxPrompt     = 20_000
	maxOutputs    = 20
	maxTokens     = 32_000
	defaultTokens = 1_000
	maxPrice      = 10_000 // US dollars for a million tokens, or of a budget
)

// Config is a step's config.
type Config struct {
	API     string            `json:"api"`      // openai when empty
	BaseURL string            `json:"base_url"` // the vendor's own when empty
	Model   string            `json:"model"`
	Prompt  string            `json:"prompt"`
	Outputs map[string]Output `json:"outputs"`
	// MaxTokens bounds an answer.
	MaxTokens   int      `json:"max_tokens"`
	Temperature *float64 `json:"temperature"`
	// Unstructured leaves out the request for an answer by the schema, for endpoints that refuse it.
	Unstructured bool `json:"unstructured"`
	// Prices are in US dollars for a million tokens, budgets in US dollars; 0 is free, or no bound.
	PriceIn   float64 `json:"price_in"`
	PriceOut  float64 `json:"price_out"`
	RowBudget float64 `json:"row_budget"`
	RunBudget float64 `json:"run_budget"`
}

// Output is one field of the answer.
type Output struct {
	Type        enrichment.FieldType `json:"type"` // text when empty
	Description string               `json:"description"`
	Enum        []string             `json:"enum"` // of a text: the values that it may have
}

// Schema is the JSON Schema of Config, for the user interface.
const Schema = `{"type":"object","required":["model","prompt","outputs"],"additionalProperties":false,"properties":{
"api":{"type":"string","enum":["openai","anthropic"],"default":"openai","description":"openai: any endpoint that speaks chat completions"},
"base_url":{"type":"string","maxLength":500,"description":"https://api.openai.com/v1; empty takes the vendor's own"},
"model":{"type":"string","maxLength":200},
"prompt":{"type":"string","maxLength":20000,"description":"What does {{Company}} sell, and to whom?"},
"outputs":{"type":"object","minProperties":1,"maxProperties":20,"additionalProperties":{"type":"object","additionalProperties":false,"properties":{"type":{"type":"string","enum":["text","email","url","phone","domain","number","boolean","date","list"]},"description":{"type":"string","maxLength":500},"enum":{"type":"array","items":{"type":"string","maxLength":100},"maxItems":50}}}},
"max_tokens":{"type":"integer","minimum":1,"maximum":32000,"default":1000},
"temperature":{"type":"number","minimum":0,"maximum":2},
"unstructured":{"type":"boolean","description":"Don't ask the endpoint for an answer by the schema; it is checked all the same"},
"price_in":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars for a million tokens of the question"},
"price_out":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars for a million tokens of the answer"},
"row_budget":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars that a row may cost; it is not asked if it could cost more"},
"run_budget":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars that a run may cost with this step; needs row_budget"}}}`

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
	if c.API == "" {
		c.API = OpenAI
	}
	if c.BaseURL == "" {
		c.BaseURL = map[string]string{OpenAI: "https://api.openai.com/v1", Anthropic: "https://api.anthropic.com/v1"}[c.API]
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.MaxTokens == 0 {
		c.MaxTokens = defaultTokens
	}
	for name, o := range c.Outputs {
		if o.Type == "" {
			o.Type = enrichment.FieldText
			c.Outputs[name] = o
		}
	}
	return c, nil
}

// CheckConfig implements enrichment.Configurable.
func (*Provider) CheckConfig(raw json.RawMessage) ([]enrichment.Field, error) {
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(c.BaseURL)
	switch {
	case c.API != OpenAI && c.API != Anthropic:
		return nil, errors.New("the api must be openai or anthropic")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Contains(c.BaseURL, "{{"):
		return nil, errors.New("the base_url must be a whole http or https address without {{…}}, user, query or fragment")
	case len(c.BaseURL) > 500 || strings.TrimSpace(c.Model) == "" || len(c.Model) > 200 || strings.Contains(c.Model, "{{"):
		return nil, errors.New("name the model in at most 200 characters, without {{…}}")
	case strings.TrimSpace(c.Prompt) == "" || len(c.Prompt) > maxPrompt:
		return nil, fmt.Errorf("the prompt must have 1 to %d bytes", maxPrompt)
	case c.MaxTokens < 1 || c.MaxTokens > maxTokens:
		return nil, fmt.Errorf("max_tokens must be 1 to %d", maxTokens)
	case c.Temperature != nil && (*c.Temperature < 0 || *c.Temperature > 2):
		return nil, errors.New("the temperature must be 0 to 2")
	}
	if err := c.checkMoney(); err != nil {
		return nil, err
	}
	return c.fields()
}

func (c Config) checkMoney() error {
	for name, v := range map[string]float64{"price_in": c.PriceIn, "price_out": c.PriceOut, "row_budget": c.RowBudget, "run_budget": c.RunBudget} {
		if !(v >= 0 && v <= maxPrice) {
			return fmt.Errorf("%s must be 0 to %d US dollars", name, maxPrice)
		}
	}
	switch {
	case c.RunBudget > 0 && c.RowBudget == 0:
		return errors.New("a run_budget needs a row_budget: what is under way must be within it too")
	case c.RowBudget > 0 && c.PriceIn+c.PriceOut == 0:
		return errors.New("a budget needs price_in and price_out")
	case c.RunBudget > 0 && c.RunBudget < c.RowBudget:
		return errors.New("the run_budget is smaller than the row_budget")
	}
	return nil
}

var outputName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,49}$`)

// confidenceField is what every answer holds besides the outputs.
const confidenceField = "confidence"

func (c Config) fields() ([]enrichment.Field, error) {
	if len(c.Outputs) == 0 || len(c.Outputs) > maxOutputs {
		return nil, fmt.Errorf("name 1 to %d outputs", maxOutputs)
	}
	var out []enrichment.Field
	for _, name := range c.names() {
		o := c.Outputs[name]
		if !outputName.MatchString(name) || name == confidenceField {
			return nil, fmt.Errorf("the output %.50q must be letters, digits and _, and not %q, which every answer has", name, confidenceField)
		}
		switch o.Type {
		case enrichment.FieldText, enrichment.FieldEmail, enrichment.FieldURL, enrichment.FieldPhone, enrichment.FieldDomain, enrichment.FieldNumber, enrichment.FieldBoolean,
			enrichment.FieldDate, enrichment.FieldList:
		default:
			return nil, fmt.Errorf("the type of the output %s is not text, email, url, phone, domain, number, boolean, date or list", name)
		}
		if len(o.Enum) > 50 || len(o.Enum) > 0 && o.Type != enrichment.FieldText {
			return nil, fmt.Errorf("only a text has an enum, of at most 50 values; %s has not", name)
		}
		out = append(out, enrichment.Field{Name: name, Label: name, Type: o.Type, Description: o.Description})
	}
	return append(out, enrichment.Field{Name: costField, Label: "Cost, USD", Type: enrichment.FieldNumber, Description: "By the tokens and prices of the step"}), nil
}

func (c Config) names() []string {
	names := make([]string, 0, len(c.Outputs))
	for name := range c.Outputs {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
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
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}
