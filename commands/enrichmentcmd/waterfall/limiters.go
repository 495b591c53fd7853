package waterfall

import (
	"container/list"
	"sync"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// limiterKey is whose way to which server a limiter is. Nobody's failures and limits are another's: each workspace has its own breaker,
// rate and pause for a provider, for each of its credentials, and for each host where the step's config names one.
type limiterKey struct {
	workspace  kernel.WorkspaceID
	provider   string
	credential kernel.CredentialID
	host       string
	limits     enrichment.RateLimits // the provider's, or of a step with a pace of its own
}

const (
	workspaceLimiters = 512    // that one workspace keeps while they are not in use
	processLimiters   = 16_384 // that all keep together
)

// callLimiters keeps the limiters that were used last. The list is ours rather than a library's cache, because a limiter in use must not be
// thrown out, and a workspace with many hosts must throw out its own limiters and not those of others. The number of limiters in use is
// bounded by the calls under way.
type callLimiters struct {
	mu      sync.Mutex
	make    func(limiterKey) *callLimiter
	byKey   map[limiterKey]*list.Element
	recent  list.List // of *callLimiter, the one used last in front
	kept    map[kernel.WorkspaceID]*list.List
	perWS   int
	overall int
}

func newCallLimiters(fresh func(limiterKey) *callLimiter) *callLimiters {
	return &callLimiters{
		make:    fresh,
		byKey:   map[limiterKey]*list.Element{},
		kept:    map[kernel.WorkspaceID]*list.List{},
		perWS:   workspaceLimiters,
		overall: processLimiters,
	}
}

// hold returns the key's limiter for use; let must follow.
func (g *callLimiters) hold(k limiterKey) *callLimiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.kept[k.workspace]
	if own == nil {
		own = list.New()
		g.kept[k.workspace] = own
	}
	at, ok := g.byKey[k]
	if !ok {
		gt := g.make(k)
		gt.id = k
		at = g.recent.PushFront(gt)
		gt.own = own.PushFront(at)
		g.byKey[k] = at
	}
	gt, _ := at.Value.(*callLimiter)
	gt.users++
	g.recent.MoveToFront(at)
	own.MoveToFront(gt.own)
	return gt
}

// let ends a use.
func (g *callLimiters) let(gt *callLimiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	gt.users--
	own := g.kept[gt.id.workspace]
	for at := own.Back(); at != nil && own.Len() > g.perWS; {
		before := at.Prev()
		in, _ := at.Value.(*list.Element)
		g.drop(in)
		at = before
	}
	for at := g.recent.Back(); at != nil && len(g.byKey) > g.overall; {
		before := at.Prev()
		g.drop(at)
		at = before
	}
}

// drop throws a limiter out unless it is in use; mu is held.
func (g *callLimiters) drop(at *list.Element) {
	gt, _ := at.Value.(*callLimiter)
	if gt.users > 0 {
		return
	}
	g.recent.Remove(at)
	delete(g.byKey, gt.id)
	own := g.kept[gt.id.workspace]
	own.Remove(gt.own)
	if own.Len() == 0 {
		delete(g.kept, gt.id.workspace)
	}
}

// each calls fn for every limiter of the provider.
func (g *callLimiters) each(provider string, fn func(*callLimiter)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, at := range g.byKey {
		if gt, ok := at.Value.(*callLimiter); ok && k.provider == provider {
			fn(gt)
		}
	}
}

func (g *callLimiters) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.byKey)
}
