package waterfall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"

	"github.com/morket/morket/domain/enrichment"
)

// Recorded gives the reply that is recorded to a question; false if there is none.
type Recorded func(q enrichment.Question) (enrichment.RecordedReply, bool)

// Questions are those that the plan's steps would ask for a row, in the order of the steps, conditions left aside.
func (p *Plan) Questions(values Values) []enrichment.Question {
	var out []enrichment.Question
	for i := range p.steps {
		s := &p.steps[i]
		if in, missing := s.inputs(values); missing == "" {
			out = append(out, s.question(in))
		}
	}
	return out
}

// pinAsks fixes what of the step's config decides what is asked, and which config takes the outputs. The order of a config's members is
// nobody's meaning.
func (s *step) pinAsks() error {
	asks := s.Config
	if r, ok := s.caller.(enrichment.Reprojecting); ok {
		s.takes = r
		var err error
		if asks, err = r.Asks(s.Config); err != nil {
			return err
		}
	}
	s.asks = ordered(asks)
	sum := sha256.Sum256(ordered(s.Config))
	s.taken = hex.EncodeToString(sum[:8])
	if s.provider.Dynamic {
		sum = sha256.Sum256(s.asks)
		s.of = hex.EncodeToString(sum[:6])
	}
	return nil
}

// ordered writes JSON with the members of its objects in order; what is none is left as it is.
func ordered(raw json.RawMessage) []byte {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}

// question names what the step asks. What the workspace has learnt meanwhile is left out: it would make each question another one.
func (s *step) question(in map[string]string) enrichment.Question {
	if _, learnt := in[enrichment.PatternsSeen]; learnt {
		in = maps.Clone(in)
		delete(in, enrichment.PatternsSeen)
	}
	return enrichment.Question{Provider: s.provider.Slug, Hash: hashInputs(s.provider.Slug, s.asks, in)}
}

// recall gives the recorded reply to the step's question. Without one the cell's outcome is not known from here on.
func (a *asking) recall(s *step, at *enrichment.Attempt, in map[string]string) (enrichment.Reply, bool) {
	rec, ok := a.session.cfg.Recorded(s.question(in))
	if ok && rec.Refused != "" {
		at.Status, at.Error = enrichment.AttemptStatus(rec.Refused), rec.Message
		at.LatencyMS, at.Bill, at.FromCache = rec.LatencyMS, rec.Bill, true
		return enrichment.Reply{}, false
	}
	if ok {
		var reply enrichment.Reply
		if reply, ok = s.replay(a.ctx, rec); ok {
			at.LatencyMS, at.Bill, at.FromCache = rec.LatencyMS, rec.Bill, true
			return reply, true
		}
	}
	at.Status, at.Error = enrichment.StatusNotRecorded, "no reply to this question is recorded"
	a.out.Unrecorded = true
	return enrichment.Reply{}, false
}

// replay is the recorded reply as the step takes it; false where it can't be taken without asking.
func (s *step) replay(ctx context.Context, rec enrichment.RecordedReply) (enrichment.Reply, bool) {
	reply, err := rec.Reply()
	if rec.Taken != "" && rec.Taken != s.taken {
		if s.takes == nil || len(rec.Raw) == 0 {
			return reply, false
		}
		var raw any
		dec := json.NewDecoder(bytes.NewReader(rec.Raw))
		dec.UseNumber()
		if err = dec.Decode(&raw); err == nil {
			reply, err = s.takes.Take(ctx, s.Config, raw)
		}
	}
	return reply, err == nil && enrichment.CheckReply(s.outputs, reply.Outputs) == nil
}

// record keeps what the provider replied, or that it can do nothing with the question. Of other trouble nothing is kept: asked again, the
// provider would say something else.
func (a *asking) record(s *step, at *enrichment.Attempt, in map[string]string, reply enrichment.Reply, err error) {
	if s.provider.NoRecord || at.Calls == 0 {
		return
	}
	rec := enrichment.RecordedReply{Question: s.question(in), Taken: s.taken, LatencyMS: at.LatencyMS, Bill: at.Bill}
	if err != nil {
		ce := enrichment.AsCallError(err)
		if ce.Kind != enrichment.CallBadInput && ce.Kind != enrichment.CallObjected {
			return
		}
		rec.Refused, rec.Message = ce.Kind, ce.Message
	} else if rec = withReply(rec, reply); rec.Hash == "" {
		return
	}
	p := &a.out.Provenance
	size := rec.Size()
	for _, r := range p.Replies {
		size += r.Size()
	}
	if size <= enrichment.MaxRepliesBytes {
		p.Replies = append(p.Replies, rec)
	}
}

// withReply adds the reply; the zero value where it is too long to be kept. A whole answer that is too long is left out by itself.
func withReply(rec enrichment.RecordedReply, reply enrichment.Reply) enrichment.RecordedReply {
	sure := bounded(reply.Sureness())
	rec.Confidence, rec.VerifiedBy = sure.Confidence, sure.VerifiedBy
	rec.SourceURL, rec.Missed, rec.LeftOut = reply.SourceURL, reply.Missed, reply.LeftOut
	if len(reply.Outputs) > 0 {
		outputs, err := json.Marshal(reply.Outputs)
		if err != nil {
			return enrichment.RecordedReply{}
		}
		rec.Outputs = outputs
	}
	if reply.Raw != nil {
		if raw, err := json.Marshal(reply.Raw); err == nil && len(raw) <= enrichment.MaxReplyBytes {
			rec.Raw = raw
		}
	}
	if rec.Size()-len(rec.Raw) > enrichment.MaxReplyBytes {
		return enrichment.RecordedReply{}
	}
	return rec
}

// keepBest keeps the refused answer with the highest confidence, for people to look at, where the provider's terms allow it.
func (a *asking) keepBest(s *step, outputs map[string]any, sure enrichment.Sureness) {
	if s.provider.NoRecord {
		return
	}
	score := 0.0
	if sure.Confidence != nil {
		score = *sure.Confidence
	}
	if a.best == nil || score > a.bestScore {
		a.best, a.bestScore = outputs, score
	}
}
