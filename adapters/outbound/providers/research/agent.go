package research

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const (
	pageWithin = 20 * time.Second
	partBytes  = 5000 // of a page's text that the model is given at once
	maxLinks   = 30   // of a page that the model is given
	// stepBytes is about the most that a step tells the model, and lastWithin the time that the last step must be left.
	stepBytes  = partBytes + 4000
	lastWithin = 40 * time.Second
	// bytesPerToken is at least as many as a token has in English.
	bytesPerToken = 4
)

// model is a conversation with the model; *llm.Talk is one.
type model interface {
	Ask(ctx context.Context, text string) (string, error)
	Bill() enrichment.Bill
	// Size is how many tokens the next request would hold, with a text of so many bytes.
	Size(bytes int) int64
	Affordable(bytes int) error
}

// tools are what the model may use besides cells.
type tools interface {
	search(ctx context.Context, query string) ([]websearch.Result, error)
	// read reads a page, or another part of one that was read; parts count from 1.
	read(ctx context.Context, address string, n int) (part, error)
}

type link struct {
	URL  string `json:"url"`
	Text string `json:"text,omitempty"`
}

// part is a part of a page as the model is given it. The links are with the first one.
type part struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	Text  string `json:"text"`
	Part  int    `json:"part"`
	Parts int    `json:"parts"`
	Links []link `json:"links,omitempty"`
}

// agent works one answer out.
type agent struct {
	config  Config
	inputs  map[string]string
	model   model
	tools   tools
	clock   kernel.Clock
	allowed *addresses
	secret  []string          // words of cells that may be looked at and not searched for
	read    map[string]string // what the model was given of pages, by address
	found   map[string]bool   // addresses of search results
	story   enrichment.Story
	unkept  bool // results of searches are not kept in the story
	mended  bool
}

func newAgent(c Config, inputs map[string]string, m model, t tools, clock kernel.Clock) *agent {
	a := &agent{
		config:  c,
		inputs:  inputs,
		model:   m,
		tools:   t,
		clock:   clock,
		allowed: newAddresses(),
		read:    map[string]string{},
		found:   map[string]bool{},
	}
	named := []string{c.Question}
	for _, ref := range enrichment.References(c.Question) {
		a.allowed.addValue(inputs[ref])
		named = append(named, inputs[ref])
	}
	a.secret = wordsBut(a.unnamed(), strings.Join(named, " "))
	return a
}

// run takes turns with the model until it answers. The last turn that the steps, the tokens, the money or the time allow is for the answer.
func (a *agent) run(ctx context.Context) (enrichment.Reply, error) {
	text, err := a.opening()
	for err == nil {
		last := a.last(ctx, len(text))
		if last {
			text += "\n\nThis is your last turn. Answer now with what you know; use null for what you don't."
		}
		var said string
		began, before := a.clock.Now(), a.model.Bill()
		if said, err = a.ask(ctx, text); err != nil {
			break
		}
		step := enrichment.StoryStep{Said: said, TookMS: a.clock.Now().Sub(began).Milliseconds(), Bill: since(before, a.model.Bill())}
		t, bad := readTurn(said)
		if step.Tool, step.Subject = t.tool, t.subject; bad == nil && t.tool == toolAnswer {
			var reply enrichment.Reply
			if reply, bad = a.answer(t); bad == nil {
				a.story = append(a.story, step)
				return reply, nil
			}
		}
		switch {
		case bad == nil && last:
			bad = errors.New("it was to be the answer")
			fallthrough
		case bad != nil:
			text, err = a.mend(&step, bad)
		default:
			text, err = a.use(ctx, t, &step)
		}
		a.story = append(a.story, step)
	}
	if errors.Is(err, llm.ErrRefused) {
		return enrichment.Reply{Missed: err.Error()}, nil
	}
	return enrichment.Reply{}, err
}

// ask makes a turn, within the row's tokens.
func (a *agent) ask(ctx context.Context, text string) (string, error) {
	b := a.model.Bill()
	if b.TokensIn+b.TokensOut+a.model.Size(len(text))+int64(a.config.MaxTokens) > a.config.RowTokens {
		return "", enrichment.Fail(enrichment.CallNoBudget, fmt.Sprintf("the row could take more than its %d tokens", a.config.RowTokens))
	}
	return a.model.Ask(ctx, text)
}

// last reports whether the turn with a text of so many bytes is the last one: there may be no room for one after it.
func (a *agent) last(ctx context.Context, bytes int) bool {
	if len(a.story)+1 >= a.config.MaxSteps {
		return true
	}
	if end, ok := ctx.Deadline(); ok && end.Sub(a.clock.Now()) < lastWithin {
		return true
	}
	b, most := a.model.Bill(), int64(a.config.MaxTokens)
	next := b.TokensIn + b.TokensOut + a.model.Size(bytes) + most + a.model.Size(bytes+stepBytes) + 2*most
	// What follows costs all that was said again, so the two together are asked for as one of both sizes.
	both := bytes + int(a.model.Size(bytes))*bytesPerToken + stepBytes + int(most)*4
	return next > a.config.RowTokens || a.model.Affordable(both) != nil
}

// mend tells the model once what is wrong with its turn.
func (a *agent) mend(step *enrichment.StoryStep, bad error) (string, error) {
	step.Error = "it does not fit: " + bad.Error()
	if a.mended {
		return "", enrichment.Fail(enrichment.CallBadReply, "the model's answer does not fit the schema: "+bad.Error())
	}
	a.mended = true
	return "Your turn does not fit: " + bad.Error() + ". Take it again, with the JSON object only.", nil
}

// use uses a tool. Trouble with the search engine's key ends the research; other trouble is told to the model.
func (a *agent) use(ctx context.Context, t turn, step *enrichment.StoryStep) (string, error) {
	var got any
	var err error
	began := a.clock.Now()
	switch t.tool {
	case toolSearch:
		got, err = a.searched(ctx, t.subject)
	case toolRead:
		got, err = a.opened(ctx, t)
	default:
		got, err = a.cell(t.subject)
	}
	step.TookMS += a.clock.Now().Sub(began).Milliseconds()
	var ce *enrichment.CallError
	if errors.As(err, &ce) && endsResearch(ce.Kind) {
		step.Error = ce.Message
		failed := *ce
		failed.Limits = enrichment.RateLimits{} // they are the search engine's and not the model's
		return "", &failed
	}
	if err != nil {
		step.Error = enrichment.AsCallError(told(err)).Message
		return "That could not be done: " + step.Error, nil
	}
	return a.tell(step, got, a.unkept && t.tool == toolSearch)
}

// endsResearch reports whether the search engine's key is of no use now.
func endsResearch(k enrichment.CallKind) bool {
	return k == enrichment.CallUnauthorized || k == enrichment.CallExhausted || k == enrichment.CallRateLimited
}

// told keeps the words that were written for the model and for people.
func told(err error) error {
	var ce *enrichment.CallError
	if errors.As(err, &ce) || !errors.Is(err, errStranger) && !errors.As(err, new(toolError)) {
		return err
	}
	return enrichment.Fail(enrichment.CallBadInput, err.Error())
}

// tell gives a tool's result to the model as a block of data, and to the story.
func (a *agent) tell(step *enrichment.StoryStep, got any, unkept bool) (string, error) {
	block, _, err := llm.Block(got)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(got)
	if err != nil {
		return "", enrichment.Fail(enrichment.CallBadReply, "the result can't be written as JSON")
	}
	step.Result = string(text)
	if unkept {
		step.Result, step.Cut = "", true
	}
	return block, nil
}

// answer checks an answer by the schema, and what its sources are worth.
func (a *agent) answer(t turn) (enrichment.Reply, error) {
	rest, sources, err := takeSources(t.answer)
	if err != nil {
		return enrichment.Reply{}, err
	}
	outputs, confidence, err := a.config.Outputs.Read(rest)
	if err != nil {
		return enrichment.Reply{}, err
	}
	if len(outputs) == 0 {
		return enrichment.Reply{Missed: "the model found no answer"}, nil
	}
	kept, sourced, verified := a.judge(outputs, sources)
	reply := enrichment.Reply{Outputs: outputs, Confidence: confidence, VerifiedBy: []enrichment.Evidence{}}
	if verified {
		reply.VerifiedBy = append(reply.VerifiedBy, enrichment.ByPage)
	}
	if c := unsourced; !sourced && (confidence == nil || *confidence > c) {
		reply.Confidence = &c
	}
	if len(kept) > 0 {
		reply.SourceURL = kept[0].URL
		list := make([]any, len(kept))
		for i, s := range kept {
			list[i] = map[string]any{"field": s.Field, "url": s.URL, "quote": s.Quote, "verified": s.Verified}
		}
		outputs[sourcesOutput] = list
	}
	outputs[llm.CostOutput] = llm.Cost(a.model.Bill().Cost)
	return reply, nil
}

func since(before, now enrichment.Bill) enrichment.Bill {
	return enrichment.Bill{Cost: now.Cost - before.Cost, TokensIn: now.TokensIn - before.TokensIn, TokensOut: now.TokensOut - before.TokensOut}
}
