package llm

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/morket/morket/domain/enrichment"
)

// CostOutput is the output with what an answer cost.
const CostOutput = "cost_usd"

// CostField describes CostOutput.
func CostField() enrichment.Field {
	return enrichment.Field{
		Name:        CostOutput,
		Label:       "Cost, USD",
		Type:        enrichment.FieldNumber,
		Description: "By the tokens and prices of the step",
	}
}

// usage is how many tokens a call used.
type usage struct{ in, out int64 }

// bytesPerToken is how many bytes of UTF-8 a token is taken to have where it must be known before, or where an endpoint does not say. It is
// less than English has (about 4) and what most other scripts have (about 3), so that a budget is not overrun.
const bytesPerToken = 3

// overhead is what a message has of tokens besides its text.
const overhead = 32

func tokens(bytes int) int64 { return int64(bytes/bytesPerToken) + overhead }

// bill is what the tokens cost in millionths of a US dollar, rounded up: a price in dollars for a million tokens is one in millionths for
// a token.
func (e Endpoint) bill(u usage) enrichment.Bill {
	cost := enrichment.Micros(math.Ceil(e.PriceIn*float64(u.in) + e.PriceOut*float64(u.out)))
	return enrichment.Bill{Cost: cost, TokensIn: u.in, TokensOut: u.out}
}

// Bill is what so many tokens of questions and of answers cost.
func (e Endpoint) Bill(in, out int64) enrichment.Micros { return e.bill(usage{in, out}).Cost }

// MostOf bounds what a row costs by the row's budget, where it has one.
func (e Endpoint) MostOf(most enrichment.Micros) enrichment.Micros {
	if e.RowBudget > 0 {
		return min(most, dollars(e.RowBudget))
	}
	return most
}

const (
	typicalCell     = "a cell of a table, as long as most" // what an estimate takes a cell to hold
	tokensPerOutput = 40                                   // what an estimate takes an output to have
	asks            = 2                                    // a question, and once more where its answer doesn't fit the schema
)

func dollars(v float64) enrichment.Micros { return enrichment.Micros(math.Round(v * 1e6)) }

// affordable says why a question of so many bytes may not be asked: with what was spent on the row it could cost more than the row's
// budget.
func (e Endpoint) affordable(bytes int, spent enrichment.Micros) error {
	if e.RowBudget == 0 {
		return nil
	}
	most := spent + e.bill(usage{in: tokens(bytes), out: int64(e.MaxTokens)}).Cost
	if most <= dollars(e.RowBudget) {
		return nil
	}
	return enrichment.Fail(enrichment.CallNoBudget, fmt.Sprintf("the row could cost $%s, more than its budget of $%s", most,
		dollars(e.RowBudget)))
}

// Cost writes an amount as a number of dollars, for CostOutput.
func Cost(m enrichment.Micros) json.Number {
	return json.Number(strconv.FormatFloat(float64(m)/1e6, 'f', -1, 64))
}
