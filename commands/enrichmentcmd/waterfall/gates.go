package waterfall

import (
	"container/list"
	"sync"

	"github.com/morket/morket/domain/kernel"
)

// gateKey is whose way to which server a gate is. Nobody's failures and limits are another's: each workspace has its own breaker,
// rate and pause for a provider, for each of its credentials, and for each host where the step's config names one.
type gateKey struct {
	workspace  kernel.WorkspaceID
	provider   string
	credential kernel.CredentialID
	host       string
}

const (
	workspaceGates = 512    // that one workspace keeps while they are not in use
	processGates   = 16_384 // that all keep together
)

// gates keeps the gates that were used last. The list is ours rather than a library's cache, because a gate in use must not be
// thrown out, and a workspace with many hosts must throw out its own gates and not those of others. The number of gates in use is
// bounded by the calls under way.
type gates struct {
	mu      sync.Mutex
	make    func(gateKey) *gate
	byKey   map[gateKey]*list.Element
	recent  list.List // of *gate, the one used last in front
	kept    map[kernel.WorkspaceID]*list.List
	perWS   int
	overall int
}

func newGates(fresh func(gateKey) *gate) *gates {
	return &gates{
		make: fresh, byKey: map[gateKey]*list.Element{}, kept: map[kernel.WorkspaceID]*list.List{}, perWS: workspaceGates, overall: processGates,
	}
}

// hold returns the key's gate for use; let must follow.
func (g *gates) hold(k gateKey) *gate {
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
	gt, _ := at.Value.(*gate)
	gt.users++
	g.recent.MoveToFront(at)
	own.MoveToFront(gt.own)
	return gt
}

// let ends a use.
func (g *gates) let(gt *gate) {
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

// drop throws a gate out unless it is in use; mu is held.
func (g *gates) drop(at *list.Element) {
	gt, _ := at.Value.(*gate)
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

// each calls fn for every gate of the provider.
func (g *gates) each(provider string, fn func(*gate)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, at := range g.byKey {
		if gt, ok := at.Value.(*gate); ok && k.provider == provider {
			fn(gt)
		}
	}
}

func (g *gates) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.byKey)
}
