package waterfall

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const (
	retries      = 3
	firstPause   = time.Second
	longestPause = time.Minute // that a provider may ask for by Retry-After where the cell can't be put off
)

// errStopped ends a step because the run is stopping.
var errStopped = errors.New("the run is stopping")

// errNoBudget ends a step whose own budget is used up.
var errNoBudget = errors.New("the step has no budget left")

// call asks the step's provider, with limits, breaker and retries. The attempt tells how it went.
func (a *asking) call(s *step, at *enrichment.Attempt, in map[string]string) (enrichment.Reply, error) {
	key, further, err := a.session.secrets(a.ctx, s.Step)
	if err != nil && a.broke(err) {
		return enrichment.Reply{}, errStopped
	}
	if err != nil {
		at.Status, at.Error = enrichment.StatusNoKey, "the credential can't be opened"
		if kernel.KindOf(err) == kernel.KindNotFound {
			at.Error = "the credential does not exist any more"
		}
		return enrichment.Reply{}, err
	}
	req := enrichment.Request{
		Inputs:    in,
		Config:    s.Config,
		Secret:    key.secret,
		Hosts:     key.hosts,
		Further:   further,
		Key:       a.key(s, at.Step),
		Workspace: a.session.cfg.Workspace,
	}
	for try := 0; ; try++ {
		req.Spent = at.Cost
		reply, err := a.once(s, at, req, key.redact)
		if err == nil {
			at.Status, at.Error = "", ""
			return reply, nil
		}
		if errors.Is(err, errStopped) {
			a.out.Stopped = true
			return reply, err
		}
		ce := enrichment.AsCallError(err)
		if at.Status != enrichment.StatusBreakerOpen {
			at.Status = enrichment.AttemptStatus(ce.Kind)
		}
		at.Error = ce.Message
		if (ce.Lost || a.ctx.Err() != nil) && !s.provider.Idempotent {
			at.Status, at.Error = enrichment.StatusUnknown, "the answer was lost and asking again could cost twice: "+ce.Message
			return reply, ce
		}
		pause := a.pause(try, ce.RetryAfter)
		if try == retries || !ce.Retryable() || at.Status == enrichment.StatusBreakerOpen || pause > a.hold(longestPause) {
			if ce.Kind == enrichment.CallRateLimited || ce.Kind == enrichment.CallPending {
				a.limited(at, ce.RetryAfter)
			}
			return reply, ce
		}
		if a.session.engine.Sleep(a.stop, pause) != nil {
			a.out.Stopped = true
			return reply, errStopped
		}
	}
}

// pause doubles from one second, stretched by up to half so that many callers don't come back at once, and is never shorter than
// what the provider asks for.
func (a *asking) pause(try int, retryAfter time.Duration) time.Duration {
	base := firstPause << try
	return max(base+time.Duration(a.session.engine.Jitter()*float64(base)/2), retryAfter)
}

// once makes one call: the breaker allows it, the provider's and the process's limits let it through.
func (a *asking) once(s *step, at *enrichment.Attempt, req enrichment.Request, redact *credential.Redactor) (enrichment.Reply, error) {
	e := a.session.engine
	g := e.limiters.hold(limiterOf(a.session.cfg.Workspace, s))
	defer e.limiters.let(g)
	era, err := a.allowed(g, s, at)
	if err != nil {
		return enrichment.Reply{}, err
	}
	leave, err := a.enter(g)
	if err != nil {
		g.breaker.Drop(era)
		if a.broke(err) {
			err = errStopped
		}
		return enrichment.Reply{}, err
	}
	defer leave()
	if err := a.sending(s, at); err != nil {
		g.breaker.Drop(era)
		return enrichment.Reply{}, errStopped
	}
	at.Calls++
	start := e.Clock.Now()
	witness, deaf := a.witness(s, at, redact)
	reply, err := a.bounded(s, req, witness, func(ctx context.Context) error { return a.further(ctx, g, at) })
	deaf()
	reply, err = redacted(redact, reply, err)
	at.LatencyMS += e.Clock.Now().Sub(start).Milliseconds()
	if err == nil {
		if bad := enrichment.CheckReply(s.outputs, reply.Outputs); bad != nil {
			err = enrichment.Fail(enrichment.CallBadReply, bad.Error())
		}
	}
	note(at, reply, err)
	report(g, era, reply, err)
	a.sight(s, reply, err)
	return reply, err
}

// further lets the call that is under way ask its server once more: it takes one more of the provider's quota, and no further slot.
func (a *asking) further(ctx context.Context, g *callLimiter, at *enrichment.Attempt) error {
	wait, err := g.reserve(ctx, a.hold(maxWait))
	if err != nil {
		return err
	}
	if wait > 0 {
		if err := a.session.engine.Sleep(ctx, wait); err != nil {
			return enrichment.Fail(enrichment.CallTimeout, "the pages were not all there in time")
		}
	}
	at.Calls++
	return ctx.Err()
}

// sending tells the session of the step's first call, where it matters how often it is made.
func (a *asking) sending(s *step, at *enrichment.Attempt) error {
	tell := a.session.cfg.Sending
	if tell == nil || !s.matters() || a.told > at.Step {
		return nil
	}
	a.told = at.Step + 1
	return tell(a.stop, enrichment.Call{Cell: enrichment.Cell{Row: a.row, Column: a.plan.column}, Step: at.Step})
}

// await tells the session of a question that another row is asking, where it must not be asked twice: if that one's worker is lost, so is
// the answer for this one.
func (a *asking) await(s *step, at *enrichment.Attempt, r *remembered) bool {
	if s.provider.Idempotent {
		return true
	}
	select {
	case <-r.done:
		return true
	default:
		return a.sending(s, at) == nil
	}
}

// allowed asks the breaker. Who comes while its probe is under way waits for what the probe finds.
func (a *asking) allowed(g *callLimiter, s *step, at *enrichment.Attempt) (era int, err error) {
	for {
		era, no := g.breaker.Allow()
		if no == nil {
			return era, nil
		}
		if no.Probe == nil {
			at.Status = enrichment.StatusBreakerOpen
			a.resting(no.Until)
			return 0, enrichment.Fail(enrichment.CallFailed, no.Why+"; "+s.provider.Name+" fails too often and is given a rest")
		}
		select {
		case <-no.Probe:
		case <-a.stop.Done():
			return 0, errStopped
		}
	}
}

// redacted blanks the credential out of what came back, before anything is made of it.
func redacted(r *credential.Redactor, reply enrichment.Reply, err error) (enrichment.Reply, error) {
	out := make(map[string]any, len(reply.Outputs))
	for name, v := range reply.Outputs {
		out[name] = r.Value(v)
	}
	if reply.Outputs != nil {
		reply.Outputs = out
	}
	if reply.Raw != nil {
		reply.Raw = r.Value(reply.Raw)
	}
	reply.SourceURL, reply.Missed = r.Text(reply.SourceURL), r.Text(reply.Missed)
	left := make(map[string]string, len(reply.LeftOut))
	for name, why := range reply.LeftOut {
		left[name] = r.Text(why)
	}
	reply.LeftOut, reply.Story = left, reply.Story.Redacted(r.Text)
	if err != nil {
		ce := *enrichment.AsCallError(err)
		ce.Message, ce.Story = r.Text(ce.Message), ce.Story.Redacted(r.Text)
		err = &ce
	}
	return reply, err
}

// enter waits for the provider's limiter and then for one of the process's slots.
func (a *asking) enter(g *callLimiter) (leave func(), err error) {
	e := a.session.engine
	who := owner{a.session.cfg.Workspace, a.session.cfg.Run}
	if err := g.enter(a.stop, who, e.Sleep, a.hold(maxWait)); err != nil {
		return nil, stopped(a.stop, err)
	}
	if err := e.slots.enter(a.stop, who); err != nil {
		g.leave()
		return nil, stopped(a.stop, err)
	}
	return func() {
		e.slots.leave()
		g.leave()
	}, nil
}

func stopped(stop context.Context, err error) error {
	if stop.Err() != nil {
		return errStopped
	}
	return err
}

// bounded is the call with its time limit. A provider that panics has failed; it must not take the process down.
func (a *asking) bounded(
	s *step, req enrichment.Request, w enrichment.Witness, next func(context.Context) error,
) (reply enrichment.Reply, err error) {
	within := cmp.Or(s.Pace.Timeout(), time.Duration(s.provider.Seconds)*time.Second, a.session.engine.Timeout)
	ctx, cancel := context.WithTimeout(enrichment.WithWitness(a.ctx, w), within)
	defer cancel()
	ctx, a.heard = enrichment.Hearing(enrichment.WithNextCall(ctx, next))
	defer func() {
		if p := recover(); p != nil {
			err = enrichment.Fail(enrichment.CallBadReply, s.provider.Name+" could not digest this record")
		}
	}()
	reply, err = s.caller.Call(ctx, req)
	if ce := (*enrichment.CallError)(nil); errors.As(err, &ce) && ce.RetryAfter > LongestWait {
		within := *ce
		within.RetryAfter = LongestWait
		err = &within
	}
	return reply, err
}

// note puts into the attempt what a call cost on the workspace's own bill, whether it had an answer or not, and its story.
func note(at *enrichment.Attempt, reply enrichment.Reply, err error) {
	bill, story := reply.Bill, reply.Story
	if err != nil {
		ce := enrichment.AsCallError(err)
		bill, story = ce.Bill, ce.Story
	}
	at.Add(bill)
	if len(story) > 0 {
		at.Story, at.Steps = story.Bounded(enrichment.MaxStory), len(story)
	}
}

// report tells the limiter and the breaker how a call went. Only a server that fails or keeps silent counts against it: one that refuses
// the question or the key, or answers what can't be understood or is too long, is there and well. A network that is down says nothing.
func report(g *callLimiter, era int, reply enrichment.Reply, err error) {
	if err == nil {
		g.learn(reply.Limits)
		g.good()
		g.breaker.Done(era, "")
		return
	}
	ce := enrichment.AsCallError(err)
	g.learn(ce.Limits)
	switch ce.Kind {
	case enrichment.CallExhausted:
		g.exhausted(ce.Message)
		g.breaker.Done(era, "")
	case enrichment.CallRateLimited:
		g.limited(ce.RetryAfter, ce.Message)
		g.breaker.Drop(era)
	case enrichment.CallBadInput, enrichment.CallUnauthorized, enrichment.CallBadReply, enrichment.CallPending,
		enrichment.CallObjected, enrichment.CallNoBudget:
		g.good()
		g.breaker.Done(era, "")
	case enrichment.CallUnreachable:
		g.breaker.Drop(era)
	default:
		g.breaker.Done(era, cmp.Or(ce.Message, "it failed"))
	}
}

// key names the question for providers with idempotency keys: one per run, round, record, column and step.
func (a *asking) key(s *step, no int) string {
	cfg := a.session.cfg
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%s|%s|%s|%d", cfg.Run, cfg.Round, a.row, a.plan.column, s.provider.Slug, no))
	return hex.EncodeToString(sum[:16])
}
