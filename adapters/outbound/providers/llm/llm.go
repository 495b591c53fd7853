package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "llm"

// Provider asks language models.
type Provider struct{ wire *wire.Client }

// New makes the provider over a client that refuses addresses which are not public.
func New(client *wire.Client) *Provider { return &Provider{client} }

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: Slug, Name: "AI answer", Category: "your own", Dynamic: true, Auth: enrichment.AuthOptional, ConfigSchema: json.RawMessage(Schema),
		Description: "Asks a language model about each row, at OpenAI, Anthropic or any compatible endpoint, and takes fields from its answer. A model can be wrong: check what matters.",
		Inputs:      []enrichment.Field{}, Outputs: []enrichment.Field{}, Limits: enrichment.RateLimits{Concurrency: 16, PerSecond: 50}, Ceiling: enrichment.RateLimits{Concurrency: 64, PerSecond: 500},
		Terms: "The prompt with the row's values goes to the endpoint that you give, under your agreement with its owner, who charges you by tokens.",
		Credential: &enrichment.CredentialKind{
			Kind: Slug, Name: "AI model", Fields: []enrichment.CredentialField{{Name: "api_key", Label: "API key"}}, Hosts: []string{},
			How: "Make a key with the model's vendor, for example at platform.openai.com or console.anthropic.com, and name the host that it is for: api.openai.com or api.anthropic.com.",
			URL: "https://platform.openai.com/api-keys", Provable: true,
		},
	}
}

// dialect is how one kind of API is asked and answers.
type dialect interface {
	request(ctx context.Context, c Config, key string, turns []turn, q question) (*http.Request, error)
	// read takes the text out of an answer. ended says that the model stopped for another reason than being done.
	read(got map[string]any) (text string, u usage, ended error)
	trouble(c *wire.Client, model string, a wire.Answer) *enrichment.CallError
}

// turn is one message of a conversation.
type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// errRefused says that the model did not want to answer, which is an answer.
var errRefused = errors.New("the model refused to answer")

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	c, err := parse(ask.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	key, err := keyFor(c, ask.Secret, ask.Hosts)
	if err != nil {
		return enrichment.Reply{}, err
	}
	q, err := c.ask(ask.Inputs)
	if err != nil {
		return enrichment.Reply{}, err
	}
	t := &talk{p: p, c: c, d: dialectOf(c.API), key: key, idempotency: ask.Key, q: q, turns: []turn{{"user", q.user}}}
	reply, err := t.run(ctx)
	var ce *enrichment.CallError
	if err != nil && errors.As(err, &ce) {
		failed := *ce
		failed.Cost = t.spent
		return enrichment.Reply{}, &failed
	}
	reply.Cost = t.spent
	return reply, err
}

func dialectOf(api string) dialect {
	if api == Anthropic {
		return anthropic{}
	}
	return openAI{}
}

// keyFor is the key for the config's endpoint, empty where the step has no credential.
func keyFor(c Config, secret map[string]string, hosts []string) (string, error) {
	if len(secret) == 0 {
		return "", nil
	}
	u, err := url.Parse(c.BaseURL)
	if err == nil {
		err = credential.CheckDestination(hosts, u)
	}
	if err != nil {
		return "", enrichment.Fail(enrichment.CallUnauthorized, err.Error())
	}
	return wire.Key(secret)
}

// talk is one question with its repair.
type talk struct {
	p                *Provider
	c                Config
	d                dialect
	key, idempotency string
	q                question
	turns            []turn
	spent            enrichment.Micros
}

// run asks, and once more where the answer does not fit the schema.
func (t *talk) run(ctx context.Context) (enrichment.Reply, error) {
	for try := range 2 {
		text, err := t.once(ctx, try)
		if errors.Is(err, errRefused) {
			return enrichment.Reply{Missed: err.Error()}, nil
		}
		if err != nil {
			return enrichment.Reply{}, err
		}
		outputs, confidence, err := t.c.read(text)
		if err == nil {
			return t.reply(outputs, confidence), nil
		}
		if try == 1 || t.c.affordable(t.sent(text), t.spent) != nil {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the model's answer does not fit the schema: "+err.Error())
		}
		t.turns = append(t.turns, turn{"assistant", text}, turn{"user", "Your answer does not fit the schema: " + err.Error() + ". Answer again, with the JSON object only."})
	}
	return enrichment.Reply{}, nil // not reached: the second try returns
}

// sent is everything that the next request would hold.
func (t *talk) sent(more string) string {
	var b strings.Builder
	b.WriteString(t.q.system + string(t.q.schema) + more)
	for _, turn := range t.turns {
		b.WriteString(turn.Content)
	}
	return b.String()
}

// reply has the outputs; where the model knew nothing, none, so that the next provider is asked.
func (t *talk) reply(outputs map[string]any, confidence *float64) enrichment.Reply {
	if len(outputs) == 0 {
		return enrichment.Reply{Missed: "the model does not know"}
	}
	outputs[costField] = costOutput(t.spent)
	return enrichment.Reply{Outputs: outputs, Confidence: confidence}
}

// once makes one request.
func (t *talk) once(ctx context.Context, try int) (string, error) {
	sent := t.sent("")
	if err := t.c.affordable(sent, t.spent); err != nil {
		return "", err
	}
	req, err := t.d.request(ctx, t.c, t.key, t.turns, t.q)
	if err != nil {
		return "", enrichment.Fail(enrichment.CallBadInput, "the config makes no request")
	}
	req.Header.Set("Content-Type", "application/json")
	if t.idempotency != "" {
		wire.SetKey(req, fmt.Sprintf("%s-%d", t.idempotency, try))
	}
	got, err := t.p.wire.Do(req)
	if err != nil {
		return "", err
	}
	if ce := t.d.trouble(t.p.wire, t.c.Model, got); ce != nil {
		return "", ce
	}
	o, err := got.Object()
	if err != nil {
		return "", err
	}
	text, u, ended := t.d.read(o)
	if u.in <= 0 { // the endpoint doesn't count
		u.in = tokens(sent)
	}
	if u.out <= 0 {
		u.out = tokens(text)
	}
	t.spent += t.c.cost(u)
	return text, ended
}

// errCut says that an answer ended at its bound.
func errCut() error {
	return enrichment.Fail(enrichment.CallBadReply, "the model's answer was cut at max_tokens")
}

// Prove implements enrichment.Prover: listing the models costs nothing. A key for several hosts is tried at the first that is known.
func (p *Provider) Prove(ctx context.Context, secret map[string]string, hosts []string) (string, error) {
	for _, c := range []Config{{API: OpenAI, BaseURL: "https://api.openai.com/v1"}, {API: Anthropic, BaseURL: "https://api.anthropic.com/v1"}} {
		key, err := keyFor(c, secret, hosts)
		if err != nil {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/models", http.NoBody)
		if err != nil {
			return "", enrichment.Fail(enrichment.CallBadInput, "the endpoint has no address")
		}
		authorise(req, c.API, key)
		got, err := p.wire.Do(req)
		if err != nil {
			return "", err
		}
		if ce := dialectOf(c.API).trouble(p.wire, "", got); ce != nil {
			return "", ce
		}
		return req.URL.Host + " takes the key", nil
	}
	return "the key can be opened; whether its endpoint takes it shows in the preview of a column", nil
}

// post makes the request of a dialect.
func post(ctx context.Context, at, api, key string, body map[string]any) (*http.Request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(text))
	if err == nil {
		authorise(req, api, key)
	}
	return req, err
}

func authorise(req *http.Request, api, key string) {
	switch {
	case api == Anthropic:
		req.Header.Set("Anthropic-Version", "2023-06-01")
		if key != "" {
			req.Header.Set("X-Api-Key", key)
		}
	case key != "":
		req.Header.Set("Authorization", "Bearer "+key)
	}
}
