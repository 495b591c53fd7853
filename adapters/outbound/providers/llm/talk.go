package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// dialect is how one kind of API is asked and answers.
type dialect interface {
	request(ctx context.Context, e Endpoint, key string, turns []turn, q question) (*http.Request, error)
	// read takes the text out of an answer. ended says that the model stopped for another reason than being done.
	read(got map[string]any) (text string, u usage, ended error)
	trouble(c *wire.Client, model string, a wire.Answer) *enrichment.CallError
}

func dialectOf(api string) dialect {
	if api == Anthropic {
		return anthropic{}
	}
	return openAI{}
}

// turn is one message of a conversation.
type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// question is what a conversation is about: the rules, which are told before everything else, and the schema of the answers.
type question struct {
	system string
	schema json.RawMessage
}

// ErrRefused says that the model did not want to answer, which is an answer.
var ErrRefused = errors.New("the model refused to answer")

// Talk is a conversation with a model about one record, within what the record may cost.
type Talk struct {
	client           *wire.Client
	endpoint         Endpoint
	dialect          dialect
	key, idempotency string
	question         question
	turns            []turn
	size             int // bytes of all that the next request would hold
	asked            int
	before           enrichment.Micros
	bill             enrichment.Bill
}

// NewTalk begins a conversation for a request, whose credential must name the endpoint's host. All answers are asked to fit the schema,
// which is not relied on.
func NewTalk(client *wire.Client, e Endpoint, ask enrichment.Request, system string, schema json.RawMessage) (*Talk, error) {
	key, err := keyFor(e, ask.Secret, ask.Hosts)
	if err != nil {
		return nil, err
	}
	return &Talk{
		client:      client,
		endpoint:    e,
		dialect:     dialectOf(e.API),
		key:         key,
		idempotency: ask.Key,
		question:    question{system, schema},
		size:        len(system) + len(schema),
		before:      ask.Spent,
	}, nil
}

// Bill is what the conversation has cost so far.
func (t *Talk) Bill() enrichment.Bill { return t.bill }

// Size is how many tokens the next request would hold, with a text of so many bytes.
func (t *Talk) Size(bytes int) int64 { return tokens(t.size + bytes) }

// Affordable says why a text of so many bytes can't be said: the record could cost more than its budget.
func (t *Talk) Affordable(bytes int) error {
	return t.endpoint.affordable(t.size+bytes, t.before+t.bill.Cost)
}

// Ask says the text, once, and returns what the model writes.
func (t *Talk) Ask(ctx context.Context, text string) (string, error) {
	if err := t.Affordable(len(text)); err != nil {
		return "", err
	}
	t.add("user", text)
	req, err := t.dialect.request(ctx, t.endpoint, t.key, t.turns, t.question)
	if err != nil {
		return "", enrichment.Fail(enrichment.CallBadInput, "the config makes no request")
	}
	req.Header.Set("Content-Type", "application/json")
	if t.idempotency != "" {
		wire.SetKey(req, fmt.Sprintf("%s-%d", t.idempotency, t.asked))
	}
	t.asked++
	got, err := t.client.Do(req)
	if err != nil {
		return "", err
	}
	got.Heard(ctx)
	if ce := t.dialect.trouble(t.client, t.endpoint.Model, got); ce != nil {
		return "", ce
	}
	o, err := got.Object()
	if err != nil {
		return "", err
	}
	said, u, ended := t.dialect.read(o)
	if u.in <= 0 { // the endpoint doesn't count
		u.in = tokens(t.size)
	}
	if u.out <= 0 {
		u.out = tokens(len(said))
	}
	t.bill.Add(t.endpoint.bill(u))
	t.add("assistant", said)
	return said, ended
}

func (t *Talk) add(role, text string) {
	t.turns = append(t.turns, turn{role, text})
	t.size += len(text)
}

// Charged is err with what the conversation has cost.
func (t *Talk) Charged(err error) error {
	if err == nil {
		return nil
	}
	failed := *enrichment.AsCallError(err)
	failed.Bill = t.bill
	return &failed
}

// keyFor is the key for the endpoint, empty where the step has no credential.
func keyFor(e Endpoint, secret map[string]string, hosts []string) (string, error) {
	if len(secret) == 0 {
		return "", nil
	}
	u, err := url.Parse(e.BaseURL)
	if err == nil {
		err = credential.CheckDestination(hosts, u)
	}
	if err != nil {
		return "", enrichment.Fail(enrichment.CallUnauthorized, err.Error())
	}
	return wire.Key(secret)
}

// errCut says that an answer ended at its bound.
func errCut() error {
	return enrichment.Fail(enrichment.CallBadReply, "the model's answer was cut at max_tokens")
}
