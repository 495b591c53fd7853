package waterfall

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/morket/morket/domain/enrichment"
)

// KeptOutReason is why a cell is skipped whose answer may not come in.
const KeptOutReason = "the answer is about a person who was erased in this workspace and may not come back"

// keepOut leaves nothing of an outcome with what may not come into the workspace, but what was asked and what it has cost.
func (s *Session) keepOut(ctx context.Context, out Outcome) Outcome {
	if s.engine.KeptOut == nil || out.Stopped {
		return out
	}
	in, err := s.engine.KeptOut.In(ctx, s.cfg.Workspace)
	if err != nil {
		out.Stopped, out.Broken = true, err
		return out
	}
	if in == nil || !tells(out, in) {
		return out
	}
	p := out.Provenance
	p.Outputs, p.Best, p.Replies, p.Exchanges, p.Input, p.SourceURL, p.AnswerHash, p.InputHash = nil, nil, nil, nil, nil, "", "", ""
	p.Attempts = slices.Clone(p.Attempts)
	for i := range p.Attempts {
		p.Attempts[i].Story, p.Attempts[i].Error = nil, ""
	}
	out.Provenance, out.Values, out.Outputs = p, nil, nil
	out.Mark.State, out.Mark.Message = enrichment.MarkSkipped, KeptOutReason
	return out
}

// tells reports whether anything that would be kept of the outcome has what may not come in.
func tells(out Outcome, in func(text string) bool) bool {
	for _, v := range out.Values {
		if in(string(v)) {
			return true
		}
	}
	p := out.Provenance
	kept, err := json.Marshal(struct {
		Outputs   map[string]any
		Story     enrichment.Provenance
		Replies   []enrichment.RecordedReply
		Exchanges []enrichment.Exchange
	}{out.Outputs, p, p.Replies, p.Exchanges})
	return err != nil || in(string(kept))
}
