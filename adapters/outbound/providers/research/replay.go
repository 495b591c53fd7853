package research

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
)

// recorded is a model and tools that say and tell what a story holds, in its order.
type recorded struct {
	story enrichment.Story
	said  int // turns
	bill  enrichment.Bill
}

var errStoryEnds = enrichment.Fail(enrichment.CallBadReply, "the recorded story ends before the answer")

// Ask implements model.
func (r *recorded) Ask(context.Context, string) (string, error) {
	if r.said == len(r.story) {
		return "", errStoryEnds
	}
	step := r.story[r.said]
	r.said++
	r.bill.Add(step.Bill)
	return step.Said, nil
}

// Bill implements model.
func (r *recorded) Bill() enrichment.Bill { return r.bill }

// Size implements model: what was asked was within the budget.
func (*recorded) Size(int) int64 { return 0 }

// Affordable implements model.
func (*recorded) Affordable(int) error { return nil }

// result reads what the tool of the present turn told.
func (r *recorded) result(tool string, into any) error {
	step := r.story[r.said-1]
	switch {
	case step.Tool != tool:
		return errStoryEnds
	case step.Error != "":
		return toolError(step.Error)
	}
	if err := json.Unmarshal([]byte(step.Result), into); err != nil {
		return enrichment.Fail(enrichment.CallBadReply, "the recorded story can't be read")
	}
	return nil
}

// search implements tools.
func (r *recorded) search(context.Context, string) ([]websearch.Result, error) {
	var got struct {
		Results []websearch.Result `json:"results"`
	}
	err := r.result(toolSearch, &got)
	return got.Results, err
}

// read implements tools.
func (r *recorded) read(context.Context, string, int) (part, error) {
	var got part
	err := r.result(toolRead, &got)
	return got, err
}
