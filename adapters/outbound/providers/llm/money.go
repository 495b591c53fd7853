package llm

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/morket/morket/domain/enrichment"
)

// costField is the output with what an answer cost.
const costField = "cost_usd"

// usage is how many tokens a call used.
type usage struct{ in, out int64 }

// bytesPerToken is how many bytes of UTF-8 a token is taken to have where it must be known before, or where an endpoint does not say. It is
// less than English has (about 4) and what most other scripts have (about 3), so that a budget is not overrun.
const bytesPerToken = 3

// overhead is what a message has of tokens besides its text.
const overhead = 32

func tokens(text string) int64 { return int64(len(text)/bytesPerToken) + overhead }

// cost is what the tokens cost in millionths of a US dollar, rounded up: a price in dollars for a million tokens is one in millionths for
// a token.
func (c Config) cost(u usage) enrichment.Micros {
	return enrichment.Micros(math.Ceil(c.PriceIn*float64(u.in) + c.PriceOut*float64(u.out)))
}

// BudgetOf implements enrichment.Metered.
func (*Provider) BudgetOf(raw json.RawMessage) enrichment.Budgets {
	c, err := parse(raw)
	if err != nil {
		return enrichment.Budgets{}
	}
	return enrichment.Budgets{Record: dollars(c.RowBudget), Run: dollars(c.RunBudget)}
}

func dollars(v float64) enrichment.Micros { return enrichment.Micros(math.Round(v * 1e6)) }

// affordable says why a question may not be asked: with what was spent on the row it could cost more than the row's budget.
func (c Config) affordable(text string, spent enrichment.Micros) error {
	if c.RowBudget == 0 {
		return nil
	}
	most := spent + c.cost(usage{in: tokens(text), out: int64(c.MaxTokens)})
	if most <= dollars(c.RowBudget) {
		return nil
	}
	return enrichment.Fail(enrichment.CallBadInput, fmt.Sprintf("the row could cost $%s, more than its budget of $%s", most, dollars(c.RowBudget)))
}

// costOutput writes an amount as a number of dollars.
func costOutput(m enrichment.Micros) json.Number {
	return json.Number(strconv.FormatFloat(float64(m)/1e6, 'f', -1, 64))
}
