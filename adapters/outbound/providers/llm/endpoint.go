package llm

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

// The kinds of API.
const (
	OpenAI    = "openai"
	Anthropic = "anthropic"
)

const (
	maxTokens     = 32_000
	defaultTokens = 1_000
	maxPrice      = 10_000 // US dollars for a million tokens, or of a budget
)

// Endpoint is which model is asked, where, and what that may cost: the part of a config that all providers over models share.
type Endpoint struct {
	API     string `json:"api"`      // openai when empty
	BaseURL string `json:"base_url"` // the vendor's own when empty
	Model   string `json:"model"`
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

// EndpointSchema are the members of an Endpoint in a JSON Schema.
const EndpointSchema = `"api":{"type":"string","enum":["openai","anthropic"],"default":"openai",
  "description":"openai: any endpoint that speaks chat completions"},
"base_url":{"type":"string","maxLength":500,"description":"https://api.openai.com/v1; empty takes the vendor's own"},
"model":{"type":"string","maxLength":200},
"max_tokens":{"type":"integer","minimum":1,"maximum":32000,"default":1000},
"temperature":{"type":"number","minimum":0,"maximum":2},
"unstructured":{"type":"boolean","description":"Don't ask the endpoint for an answer by the schema; it is checked all the same"},
"price_in":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars for a million tokens of the question"},
"price_out":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars for a million tokens of the answer"},
"row_budget":{"type":"number","minimum":0,"maximum":10000,
  "description":"US dollars that a row may cost; it is not asked if it could cost more"},
"run_budget":{"type":"number","minimum":0,"maximum":10000,"description":"US dollars that a run may cost with this step; needs row_budget"}`

// Complete fills in what is left out.
func (e Endpoint) Complete() Endpoint {
	if e.API == "" {
		e.API = OpenAI
	}
	if e.BaseURL == "" {
		e.BaseURL = map[string]string{OpenAI: "https://api.openai.com/v1", Anthropic: "https://api.anthropic.com/v1"}[e.API]
	}
	e.BaseURL = strings.TrimSuffix(e.BaseURL, "/")
	if e.MaxTokens == 0 {
		e.MaxTokens = defaultTokens
	}
	return e
}

// Check says what is wrong with a complete endpoint.
func (e Endpoint) Check() error {
	u, err := url.Parse(e.BaseURL)
	switch {
	case e.API != OpenAI && e.API != Anthropic:
		return errors.New("the api must be openai or anthropic")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.Contains(e.BaseURL, "{{"):
		return errors.New("the base_url must be a whole http or https address without {{…}}, user, query or fragment")
	case len(e.BaseURL) > 500 || strings.TrimSpace(e.Model) == "" || len(e.Model) > 200 || strings.Contains(e.Model, "{{"):
		return errors.New("name the model in at most 200 characters, without {{…}}")
	case e.MaxTokens < 1 || e.MaxTokens > maxTokens:
		return fmt.Errorf("max_tokens must be 1 to %d", maxTokens)
	case e.Temperature != nil && (*e.Temperature < 0 || *e.Temperature > 2):
		return errors.New("the temperature must be 0 to 2")
	}
	return e.checkMoney()
}

func (e Endpoint) checkMoney() error {
	for name, v := range map[string]float64{
		"price_in":   e.PriceIn,
		"price_out":  e.PriceOut,
		"row_budget": e.RowBudget,
		"run_budget": e.RunBudget,
	} {
		if !(v >= 0 && v <= maxPrice) {
			return fmt.Errorf("%s must be 0 to %d US dollars", name, maxPrice)
		}
	}
	switch {
	case e.RunBudget > 0 && e.RowBudget == 0:
		return errors.New("a run_budget needs a row_budget: what is under way must be within it too")
	case e.RowBudget > 0 && e.PriceIn+e.PriceOut == 0:
		return errors.New("a budget needs price_in and price_out")
	case e.RunBudget > 0 && e.RunBudget < e.RowBudget:
		return errors.New("the run_budget is smaller than the row_budget")
	}
	return nil
}

// Host is the endpoint's host and port in lower case; empty if it has none.
func (e Endpoint) Host() string {
	u, err := url.Parse(e.BaseURL)
	if err != nil {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// Budgets are what the endpoint's calls may cost.
func (e Endpoint) Budgets() enrichment.Budgets {
	return enrichment.Budgets{Record: dollars(e.RowBudget), Run: dollars(e.RunBudget)}
}
