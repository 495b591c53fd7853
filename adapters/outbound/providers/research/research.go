// Package research answers a question about each row from the open web. A model decides what to do next and has three tools, all of them
// ours: it searches by a search engine that the workspace has a key for, reads pages through the scraper, and looks at cells. What it
// answers fits the step's schema, names its sources, and is verified where they say it literally.
//
// Text of the web is data, and may be hostile. What a page can make the model do is bounded by the tools and not by the model's good sense:
//
//   - It reads only addresses that a search found, that a cell of the question holds, or that a page which was read links to on its own
//     site. Addresses are compared whole, so none can be made up to carry a cell to a stranger.
//   - It sees only the cells that the config names. The value of a cell that the question does not name is refused in a search.
//   - Keys are in headers only; no text that the model sees or writes holds one.
//   - There is nothing else that it could do: no tool writes, sends or runs anything.
//
// A hostile page can still make an answer wrong; so sources are shown, and only what a page says literally is verified.
package research

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Slug names the provider.
const Slug = "research"

// useSearch is the further credential's use, and the config's member with its kind.
const useSearch = "search"

// Reader reads pages, politely and of the public internet only.
type Reader interface {
	Read(ctx context.Context, ws kernel.WorkspaceID, t scrape.Task) scrape.Outcome
}

// Provider researches.
type Provider struct {
	wire    *wire.Client
	engines map[string]*websearch.Engine // by the kind of their credentials
	reader  Reader
	clock   kernel.Clock
}

// New makes the provider over a client that refuses addresses which are not public.
func New(client *wire.Client, engines []*websearch.Engine, reader Reader, clock kernel.Clock) *Provider {
	p := &Provider{wire: client, engines: map[string]*websearch.Engine{}, reader: reader, clock: clock}
	for _, e := range engines {
		p.engines[e.Kind()] = e
	}
	return p
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:         Slug,
		Name:         "AI research",
		Category:     "your own",
		Dynamic:      true,
		Auth:         enrichment.AuthOptional,
		ConfigSchema: json.RawMessage(schema),
		Description: "Answers a question about each row from the open web: a model searches, reads pages and answers with its sources. What " +
			"a page says literally is verified; the rest is a guess.",
		Inputs:  []enrichment.Field{},
		Outputs: []enrichment.Field{},
		Limits:  enrichment.RateLimits{Concurrency: 4, PerSecond: 5},
		Ceiling: enrichment.RateLimits{Concurrency: 32, PerSecond: 50},
		Terms: "The question with its values goes to the model's endpoint and, as the model words it, to the search engine, under your " +
			"agreements with their owners, who charge you by tokens and searches. " +
			"Pages are read under Morket's own name, as often as is polite and where robots.txt allows it.",
		Credential: llm.Kind(),
		Seconds:    int(enrichment.LongestTimeout.Seconds()),
		Further:    []enrichment.FurtherCredential{{Use: useSearch, Label: "Search engine", Kinds: websearch.Vendors()}},
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	c, err := parse(ask.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	engine, with := p.engines[c.Search], ask.Further[useSearch]
	if engine == nil || len(with.Secret) == 0 {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallUnauthorized, "the step has no credential for its search engine")
	}
	form, err := c.turnSchema()
	if err != nil {
		return enrichment.Reply{}, err
	}
	talk, err := llm.NewTalk(p.wire, c.Endpoint, ask, rules, form)
	if err != nil {
		return enrichment.Reply{}, err
	}
	a := newAgent(c, ask.Inputs, talk, &web{engine, with, p.reader, ask.Workspace, map[string]read{}}, p.clock)
	a.unkept = engine.NoRecord()
	reply, err := a.run(ctx)
	reply.Bill, reply.Story = talk.Bill(), a.story
	if err != nil {
		failed := *enrichment.AsCallError(talk.Charged(err))
		failed.Story = a.story
		return enrichment.Reply{}, &failed
	}
	return reply, nil
}

// Replay goes through the story again, without a call: the model says what it said, and the tools tell what they told. It answers what the
// config makes of that, so a changed schema shows what it would have accepted.
func (p *Provider) Replay(
	ctx context.Context, config json.RawMessage, inputs map[string]string, story enrichment.Story,
) (enrichment.Reply, error) {
	c, err := parse(config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	if !story.Whole() {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "not all of the story was kept")
	}
	told := &recorded{story: story}
	return newAgent(c, inputs, told, told, p.clock).run(ctx)
}
