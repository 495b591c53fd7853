package enrichment

import (
	"context"
	"encoding/json"
)

// Question names what a provider was asked: the same inputs with the same config, in any run.
type Question struct {
	Provider string `json:"provider"`
	Hash     string `json:"hash"` // SHA-256, hex
}

// MaxReplyBytes is how much of one reply is recorded, and MaxRepliesBytes how much of all replies for one cell. What is longer is not
// recorded at all: half an answer would be replayed as another one.
const (
	MaxReplyBytes   = 16 << 10
	MaxRepliesBytes = 64 << 10
)

// RecordedReply is what a provider replied to a question, as it is kept: sealed, and not where the provider's terms forbid it.
type RecordedReply struct {
	Question
	// Taken names the config that took the outputs from the answer. Under another one they are taken from Raw anew, if it is there.
	Taken   string          `json:"taken,omitempty"`
	Outputs json.RawMessage `json:"outputs,omitempty"`
	// Accepted says that the outputs are those of the AnswerBody.
	Accepted   bool              `json:"accepted,omitempty"`
	Raw        json.RawMessage   `json:"raw,omitempty"`
	Confidence *float64          `json:"confidence,omitempty"`
	VerifiedBy []Evidence        `json:"verified_by,omitempty"`
	SourceURL  string            `json:"source_url,omitempty"`
	Missed     string            `json:"missed,omitempty"`
	LeftOut    map[string]string `json:"left_out,omitempty"`
	// Refused is set of a question that the provider can do nothing with, however often it is asked; Message says why.
	Refused   CallKind `json:"refused,omitempty"`
	Message   string   `json:"message,omitempty"`
	LatencyMS int64    `json:"latency_ms"`
	Bill
}

// Size is about how many bytes the reply takes.
func (r RecordedReply) Size() int {
	n := 200 + len(r.Outputs) + len(r.Raw) + len(r.SourceURL) + len(r.Missed) + len(r.Message)
	for name, why := range r.LeftOut {
		n += len(name) + len(why)
	}
	return n
}

// Reply is the reply as the provider gave it, with its outputs as they were taken.
func (r RecordedReply) Reply() (Reply, error) {
	out := Reply{
		Outputs:    map[string]any{},
		Confidence: r.Confidence,
		VerifiedBy: r.VerifiedBy,
		SourceURL:  r.SourceURL,
		Missed:     r.Missed,
		LeftOut:    r.LeftOut,
		Bill:       r.Bill,
	}
	if len(r.Outputs) == 0 {
		return out, nil
	}
	var err error
	out.Outputs, err = DecodeOutputs(r.Outputs)
	return out, err
}

// Find returns the reply to a question.
func (b AnswerBody) Find(q Question) (RecordedReply, bool) {
	for _, r := range b.Replies {
		if r.Question != q {
			continue
		}
		if r.Accepted {
			r.Outputs = b.Outputs
		}
		return r, true
	}
	return RecordedReply{}, false
}

// Reprojecting is a Caller that takes its outputs from an answer by the config alone, so that a config which takes others can be applied
// to an answer that is recorded.
type Reprojecting interface {
	// Asks is the part of a config that decides what is asked.
	Asks(config json.RawMessage) (json.RawMessage, error)
	// Take takes the outputs from a Reply.Raw.
	Take(ctx context.Context, config json.RawMessage, raw any) (Reply, error)
}
