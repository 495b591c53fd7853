package simulator_test

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// price is what an answer of the careful vendor costs.
const price = kernel.Credits(1500)

// vendors are the providers' servers, which remember what they have done.
type vendors struct {
	w       *world
	mu      sync.Mutex
	effects map[string]*effect
}

// effect is what a vendor has done under one key: it has worked, and taken its price, so many times.
type effect struct {
	provider string
	question string
	times    int
}

func (v *vendors) done(provider string, req enrichment.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := provider + "/" + req.Key
	if v.effects[k] == nil {
		v.effects[k] = &effect{provider: provider, question: req.Inputs["q"]}
	}
	v.effects[k].times++
}

// vendor is a provider as a process asks it.
type vendor struct {
	enrichment.Provider
	p *process
}

func newVendor(p *process, slug string, price kernel.Credits, idempotent bool) vendor {
	return vendor{enrichment.Provider{
		Slug: slug, Name: slug, Category: "test", Terms: "none", Price: price, Auth: enrichment.AuthNone, Idempotent: idempotent,
		Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}},
		Limits:  enrichment.RateLimits{Concurrency: 3},
	}, p}
}

// Describe implements enrichment.Caller.
func (v vendor) Describe() enrichment.Provider { return v.Provider }

// Call implements enrichment.Caller.
func (v vendor) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	p, f := v.p, &v.p.w.profile
	q := req.Inputs["q"]
	p.mu.Lock()
	p.counts["ask "+req.Key]++
	n := p.counts["ask "+req.Key]
	p.mu.Unlock()
	r := p.w.dice.of(p.id, "ask", v.Slug, req.Key, strconv.Itoa(n))
	there, back := r.within(200*time.Millisecond), r.within(200*time.Millisecond)
	calm := p.w.healed.Load()
	if !calm && r.chance(f.vendorSlow) {
		there += r.within(20 * time.Second)
	}
	if !calm && r.chance(f.vendorSlow) {
		back += r.within(20 * time.Second)
	}
	if err := p.sleep(ctx, there); err != nil {
		return enrichment.Reply{}, err
	}
	if p.thaw(r); p.ended() {
		return enrichment.Reply{}, errGone
	}
	switch {
	case !calm && r.chance(f.vendorFails):
		p.w.happened(p.id, "ask", q, "fails")
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallFailed, "HTTP 503")
	case !calm && r.chance(f.vendorLimits):
		p.w.happened(p.id, "ask", q, "limits")
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "too many", RetryAfter: r.within(20 * time.Second)}
	}
	p.w.vendors.done(v.Slug, req)
	p.w.happened(p.id, "ask", q, v.Slug+" does "+req.Key)
	lost := &enrichment.CallError{Kind: enrichment.CallTimeout, Message: "the answer was lost", Lost: true}
	err := p.sleep(ctx, back)
	p.thaw(r)
	if err != nil || p.ended() || !calm && r.chance(f.vendorLoses) {
		return enrichment.Reply{}, lost
	}
	what := p.w.dice.of("answer", q)
	if what.chance(0.2) {
		return enrichment.Reply{Outputs: map[string]any{}, Missed: "nothing is known"}, nil
	}
	return enrichment.Reply{Outputs: map[string]any{"a": "re: " + q}}, nil
}
