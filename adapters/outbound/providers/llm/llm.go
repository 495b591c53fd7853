package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/morket/morket/adapters/outbound/providers/wire"
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
		Slug:         Slug,
		Name:         "AI answer",
		Category:     "your own",
		Dynamic:      true,
		Auth:         enrichment.AuthOptional,
		ConfigSchema: json.RawMessage(Schema),
		Description: "Asks a language model about each row, at OpenAI, Anthropic or any compatible endpoint, and takes fields from its " +
			"answer. A model can be wrong: check what matters.",
		Inputs:  []enrichment.Field{},
		Outputs: []enrichment.Field{},
		Limits:  enrichment.RateLimits{Concurrency: 16, PerSecond: 50},
		Ceiling: enrichment.RateLimits{Concurrency: 64, PerSecond: 500},
		Terms: "The prompt with the row's values goes to the endpoint that you give, under your agreement with its owner, who charges " +
			"you by tokens.",
		Credential: Kind(),
	}
}

// Kind is the kind of credential of models.
func Kind() *enrichment.CredentialKind {
	return &enrichment.CredentialKind{
		Kind: Slug, Name: "AI model", Fields: []enrichment.CredentialField{{Name: "api_key", Label: "API key"}}, Hosts: []string{},
		How: "Make a key with the model's vendor, for example at platform.openai.com or console.anthropic.com, and name the host that it is " +
			"for: api.openai.com or api.anthropic.com.",
		URL: "https://platform.openai.com/api-keys", Provable: true,
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	c, err := parse(ask.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	system, text, err := c.ask(ask.Inputs)
	if err != nil {
		return enrichment.Reply{}, err
	}
	t, err := NewTalk(p.wire, c.Endpoint, ask, system, c.answerSchema())
	if err != nil {
		return enrichment.Reply{}, err
	}
	reply, err := c.answer(ctx, t, text)
	reply.Bill = t.Bill()
	return reply, t.Charged(err)
}

// answer asks, and once more where the answer does not fit the schema. Where the model knows nothing there are no outputs, so that the next
// provider is asked.
func (c Config) answer(ctx context.Context, t *Talk, text string) (enrichment.Reply, error) {
	for mended := false; ; mended = true {
		said, err := t.Ask(ctx, text)
		if errors.Is(err, ErrRefused) {
			return enrichment.Reply{Missed: err.Error()}, nil
		}
		if err != nil {
			return enrichment.Reply{}, err
		}
		outputs, confidence, bad := c.read(said)
		switch {
		case bad == nil && len(outputs) == 0:
			return enrichment.Reply{Missed: "the model does not know"}, nil
		case bad == nil:
			outputs[CostOutput] = Cost(t.Bill().Cost)
			return enrichment.Reply{Outputs: outputs, Confidence: confidence}, nil
		}
		text = "Your answer does not fit the schema: " + bad.Error() + ". Answer again, with the JSON object only."
		if mended || t.Affordable(len(text)) != nil {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the model's answer does not fit the schema: "+bad.Error())
		}
	}
}

func (c Config) read(said string) (outputs map[string]any, confidence *float64, err error) {
	o, err := ReadObject(said)
	if err != nil {
		return nil, nil, err
	}
	return c.Outputs.Read(o)
}

// Prove implements enrichment.Prover: listing the models costs nothing. A key for several hosts is tried at the first that is known.
func (p *Provider) Prove(ctx context.Context, secret map[string]string, hosts []string) (string, error) {
	for _, c := range []Endpoint{Endpoint{API: OpenAI}.Complete(), Endpoint{API: Anthropic}.Complete()} {
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
