package creditcmd

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

const (
	maxWaiting    = 4096    // requests of one account
	maxChain      = 128     // appends in one chain
	maxChainBytes = 2 << 20 // of their events; a single append may be bigger
	snapshotEvery = 1000    // versions of an account
)

// account is one account's queue. A caller that finds it idle starts a leader, which carries out what waits until nothing does.
type account struct {
	id string

	mu      sync.Mutex
	waiting []*request
	led     bool

	// The leader's: the account as of a version of its stream. Stale: the log may have gone on without it.
	state         *credit.Account
	version, kept int64
	stale         bool
	// known is the newest event of the stream whose position is known.
	known place
}

// place is where an event of the account's stream is.
type place struct{ version, position int64 }

// request is a Commit that waits.
type request struct {
	meta     kernel.Meta
	result   any
	decide   func(*credit.Account) error
	changes  []eventstore.Change
	repairs  bool // it closes or opens the ledger
	attempts int
	answer   chan answer // has room for the one answer

	mu   sync.Mutex // held while decide runs
	left bool       // its caller has gone
	sent bool       // it may be in the log
}

type answer struct {
	done    eventstore.Appended
	err     error
	refused bool // err is decide's
}

// check refuses what a ledger that is closed does not allow.
func (r *request) check(a *credit.Account, ws kernel.WorkspaceID) error {
	if r.repairs {
		return nil
	}
	return a.Check(ws)
}

// enqueue adds a request; lead says that nobody carries requests out and the caller must see to it.
func (a *account) enqueue(r *request) (lead bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) >= maxWaiting {
		return false, eventstore.ErrBusy
	}
	a.waiting = append(a.waiting, r)
	lead = !a.led
	a.led = true
	return lead, nil
}

// dequeue returns what is next, nothing when nothing waits: then the leader's work is done.
func (a *account) dequeue(again []*request) []*request {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := append(again, a.waiting...)
	n := min(len(all), maxChain)
	a.waiting = slices.Clone(all[n:])
	a.led = n > 0
	return all[:n]
}

// leave is for a caller that can't wait any longer; it reports whether the request may be in the log.
func (r *request) leave() (sent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = true
	return r.sent
}

func (l *Ledger) lead(ctx context.Context, acct *account) {
	var again []*request
	for {
		next := acct.dequeue(again)
		if len(next) == 0 {
			return
		}
		again = l.round(ctx, acct, next)
	}
}

// link is a request's part in a chain: its append; or, if it was refused, a guard that confirms the account it was refused on.
type link struct {
	*request
	refusal error
	after   *credit.Account
}

// round carries requests out as one chain and returns those that have to be decided again.
func (l *Ledger) round(ctx context.Context, acct *account, requests []*request) (again []*request) {
	if err := l.refresh(ctx, acct); err != nil {
		for _, r := range requests {
			r.answer <- answer{err: err}
		}
		return nil
	}
	links, chain, again := l.decideAll(acct, requests)
	if len(chain) == 0 {
		return again
	}
	done, err := l.store.AppendChain(ctx, chain)
	for i, d := range done {
		if d.Replayed {
			links[i].answer <- answer{done: d}
			acct.stale = true
			continue
		}
		acct.state, acct.version = links[i].after, d.Versions[0]
		if n := len(chain[i].Streams[0].Events); n > 0 { // the account's own events are the first of their append
			acct.known = place{d.Versions[0], d.First + int64(n) - 1}
		}
		links[i].answer <- answer{done: d, err: links[i].refusal, refused: links[i].refusal != nil}
	}
	rest := links[len(done):]
	if err != nil {
		acct.stale = true
		rest = l.fail(acct, rest, err)
	}
	l.saveSnapshot(ctx, acct)
	return append(requestsOf(rest), again...)
}

// refresh makes sure that the account is as the log has it, as far as this process can know.
func (l *Ledger) refresh(ctx context.Context, acct *account) (err error) {
	before := acct.version
	if acct.state == nil {
		acct.state, acct.version, err = l.repo.Load(ctx, acct.id)
		acct.kept, acct.known = acct.version, place{}
	} else if acct.stale {
		acct.version, err = l.repo.Refresh(ctx, acct.id, acct.state, acct.version)
	}
	if err == nil && acct.version > 0 && (acct.known == place{} || acct.version != before) {
		acct.known, err = l.place(ctx, acct)
	}
	if err != nil {
		acct.state = nil
		return closedIfBroken(err)
	}
	acct.stale = false
	return nil
}

// place finds where the account's last event is.
func (l *Ledger) place(ctx context.Context, acct *account) (place, error) {
	last, err := l.store.ReadStream(ctx, l.repo.Stream(acct.id), acct.version-1, 1)
	if err != nil || len(last) == 0 {
		return place{}, err
	}
	return place{last[0].Version, last[0].Position}, nil
}

// closedIfBroken makes the refusal of a ledger that does not prove of an error in folding it.
func closedIfBroken(err error) error {
	var broken *credit.BrokenError
	if errors.As(err, &broken) {
		return credit.ClosedBecause(broken.Error()).Because(err)
	}
	return err
}

// decideAll decides each request on what the one before it leaves. Those that don't fit into the chain are returned to be decided later.
func (l *Ledger) decideAll(acct *account, requests []*request) (links []link, chain []eventstore.Append, later []*request) {
	state, version, size := acct.state, acct.version, 0
	keys := map[string]bool{}
	for i, r := range requests {
		if size >= maxChainBytes {
			return links, chain, append(later, requests[i:]...)
		}
		key := r.meta.IdempotencyKey
		if key != "" && keys[key] { // a repeat at the same moment gets the first one's answer after it
			later = append(later, r)
			continue
		}
		keys[key] = true
		k, a, ok := l.decide(r, state, acct, eventstore.Expected(version))
		if !ok {
			continue
		}
		links, chain = append(links, k), append(chain, a)
		for _, e := range a.Streams[0].Events {
			size += len(e.Data)
		}
		state, version = k.after, version+int64(len(a.Streams[0].Events))
	}
	return links, chain, later
}

// decide makes a request's append at the account's version, false if its caller has left or it was answered.
func (l *Ledger) decide(r *request, state *credit.Account, acct *account, version eventstore.Expected) (link, eventstore.Append, bool) {
	at := eventstore.StreamAppend{Stream: l.repo.Stream(acct.id), Expected: version}
	ws := kernel.WorkspaceID(acct.id)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = false
	if r.left {
		return link{}, eventstore.Append{}, false
	}
	next := state.Clone().As(credit.Author{Workspace: ws, Actor: r.meta.Actor, AfterVersion: acct.known.version, After: acct.known.position})
	err := r.check(next, ws)
	if err == nil {
		err = r.decide(next)
	}
	if err != nil {
		guard := eventstore.Append{Meta: r.meta, Streams: []eventstore.StreamAppend{at}}
		guard.Meta.IdempotencyKey, guard.Meta.Fingerprint = "", ""
		return link{request: r, refusal: err, after: state}, guard, true
	}
	own := eventstore.At(at.Stream, at.Expected, next.Pending()...)
	a, err := l.codec.Append(r.meta, r.result, append([]eventstore.Change{own}, r.changes...)...)
	if err == nil {
		err = a.Check()
	}
	if err != nil {
		r.answer <- answer{err: err}
		return link{}, a, false
	}
	a.KeepKey = true // money moved: the key is kept for ever
	next.Committed()
	r.sent = true
	return link{request: r, after: next}, a, true
}

// fail answers those of the links whom the error concerns, and returns the others. It is the first one's, unless it is the whole log's.
func (l *Ledger) fail(acct *account, links []link, err error) []link {
	first := links[0]
	var conflict *eventstore.ConflictError
	switch {
	case errors.As(err, &conflict) && conflict.Stream == l.repo.Stream(acct.id):
		if first.attempts++; first.attempts < eventstore.MaxConflicts {
			return links
		}
		err = kernel.E(kernel.KindConflict, "CONFLICT", "others kept changing this account at the same moment; try again").Because(err)
	case errors.Is(err, eventstore.ErrUnknownOutcome), errors.Is(err, eventstore.ErrBusy), kernel.KindOf(err) == kernel.KindUnavailable:
		for _, k := range links {
			k.answer <- answer{err: err}
		}
		return nil
	}
	first.answer <- answer{err: err}
	return links[1:]
}

// saveSnapshot saves the account now and then, so that another process need not fold the whole stream.
func (l *Ledger) saveSnapshot(ctx context.Context, acct *account) {
	if acct.version-acct.kept >= snapshotEvery {
		l.repo.SaveSnapshot(ctx, acct.id, acct.state, acct.version)
		acct.kept = acct.version
	}
}

func requestsOf(links []link) []*request {
	out := make([]*request, len(links))
	for i, k := range links {
		out[i] = k.request
	}
	return out
}
