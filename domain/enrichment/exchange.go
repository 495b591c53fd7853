package enrichment

import (
	"context"
	"encoding/json"
	"strings"
)

// Bounds of what is kept of a call's exchanges.
const (
	// KeptBody is how many bytes of a request and of an answer are kept with the outcome of a run.
	KeptBody = 2 << 10
	// ShownBody is how many bytes of each a preview shows.
	ShownBody = 128 << 10
	// maxExchanges is how many exchanges of a cell are kept; the last ones matter most.
	maxExchanges = 24
	// wholeBodies is how many bodies of the greatest size are kept of them.
	wholeBodies = 12
)

// Exchange is one HTTP request of a step and its answer, as people may see it: without secrets.
type Exchange struct {
	Step    int               `json:"step" doc:"The step of the waterfall, from 0."`
	Method  string            `json:"method"`
	URL     string            `json:"url" doc:"Without secrets."`
	Headers map[string]string `json:"headers,omitempty" doc:"Of the request; a value that may be secret is an ellipsis."`
	Request string            `json:"request,omitempty" doc:"The beginning of the request's body."`
	Status  int               `json:"status,omitempty" doc:"Of HTTP; absent when no answer came."`
	Type    string            `json:"content_type,omitempty"`
	Body    string            `json:"body,omitempty" doc:"The beginning of the answer's body."`
	Cut     bool              `json:"cut,omitempty" doc:"The answer's body is longer."`
	Error   string            `json:"error,omitempty" doc:"Why no answer came."`
	Latency int64             `json:"latency_ms"`
}

// Witness is told of the exchanges of a call, with bodies of at most Limit bytes. What it is told may hold the secret.
type Witness struct {
	Limit int
	Tell  func(Exchange)
}

type witnessKey struct{}

// WithWitness returns a context in which exchanges are told to the witness.
func WithWitness(ctx context.Context, w Witness) context.Context {
	return context.WithValue(ctx, witnessKey{}, w)
}

// WitnessOf returns the context's witness; false if nobody wants to know.
func WitnessOf(ctx context.Context) (Witness, bool) {
	w, ok := ctx.Value(witnessKey{}).(Witness)
	return w, ok && w.Tell != nil
}

// Printable makes the beginning of a body readable: at most limit bytes, without half characters and without NUL.
func Printable(body []byte, limit int) (text string, cut bool) {
	cut = len(body) > limit
	if cut {
		body = body[:limit]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(body), ""), "\x00", ""), cut
}

// KeepExchanges bounds the exchanges of a cell whose bodies have at most limit bytes: the last ones whole, then earlier ones without
// bodies, and none beyond a count.
func KeepExchanges(list []Exchange, limit int) []Exchange {
	list = list[max(0, len(list)-maxExchanges):]
	left := wholeBodies * limit
	for i := len(list) - 1; i >= 0; i-- {
		x := &list[i]
		if left -= len(x.URL) + len(x.Request) + len(x.Body); left < 0 {
			x.Cut = x.Cut || x.Body != ""
			x.Request, x.Body = "", ""
		}
	}
	return list
}

// AnswerBody is what a KeptAnswer holds when it is opened.
type AnswerBody struct {
	Outputs json.RawMessage `json:"outputs,omitempty"`
	Best    json.RawMessage `json:"best,omitempty"`
	// Replies are all replies to what was asked for the cell.
	Replies []RecordedReply `json:"replies,omitempty"`
	// Stories are those of attempts, by the attempt's index.
	Stories   map[int]Story `json:"stories,omitempty"`
	Exchanges []Exchange    `json:"exchanges,omitempty"`
}

// Empty reports whether there is nothing to keep.
func (b AnswerBody) Empty() bool {
	return len(b.Outputs) == 0 && len(b.Best) == 0 && len(b.Replies) == 0 && len(b.Stories) == 0 && len(b.Exchanges) == 0
}
