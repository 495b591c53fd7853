package waterfall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Outcome is what became of one cell.
type Outcome struct {
	Mark       enrichment.Mark
	Values     map[kernel.ColumnID]json.RawMessage // the accepted answer by column; nil without one
	Outputs    map[string]any                      // all fields of the accepted answer
	Provenance enrichment.Provenance
	// Stopped is true when the run was stopped before the cell had an outcome; the rest is then empty of meaning.
	Stopped bool
	// Broken says that a store of ours could not be reached; the cell is Stopped then. That is no outcome: the cell is to be asked again.
	Broken error
	// NoBudget is true when a step was left out because the run's limit stood against it.
	NoBudget bool
	// Until is set when the cell has no outcome yet because a step can't be asked before then; Waits says why, in words. The rest
	// is then empty of meaning. It happens only where the session has the patience.
	Until time.Time
	Waits string
	// Unrecorded is true when a step's reply is not recorded in a session that asks nobody: what the outcome would be is not known.
	Unrecorded bool
}

const (
	maxInputBytes   = 1 << 10 // of a question kept with the outcome
	maxOutputsBytes = 8 << 10 // of an answer kept for reuse
)

// Ask runs the waterfall for one row. When stop ends, no further call is made but the one under way finishes; ctx ends that too.
func (s *Session) Ask(ctx, stop context.Context, p *Plan, row kernel.RowID, values Values) Outcome {
	return s.keepOut(ctx, s.ask(ctx, stop, p, row, values))
}

func (s *Session) ask(ctx, stop context.Context, p *Plan, row kernel.RowID, values Values) Outcome {
	a := &asking{session: s, ctx: ctx, stop: stop, plan: p, row: row, values: values}
	a.out.Mark = enrichment.Mark{RowID: row, ColumnID: p.column}
	a.out.Provenance = enrichment.Provenance{RowID: row, ColumnID: p.column}
	if stop.Err() != nil {
		a.out.Stopped = true
		return a.out
	}
	if ok, err := p.condition.Holds(condValues(values)); !ok {
		a.out.Mark.State, a.out.Mark.Message = enrichment.MarkSkipped, "the condition is not met"
		if err != nil {
			a.out.Mark.Message = "the condition can't be decided: " + err.Error()
		}
		if condition.OverBudget(err) {
			a.out.Mark.State = enrichment.MarkError
		}
		return a.out
	}
	for i := range p.steps {
		if a.step(i) || a.out.Stopped || a.out.Unrecorded || a.limitedOut() { //nolint:contextcheck // the asking holds both contexts
			break
		}
	}
	if a.putOff() {
		return a.out
	}
	a.out.Until, a.out.Waits = time.Time{}, ""
	a.conclude()
	return a.out
}

func condValues(v Values) func(kernel.ColumnID) json.RawMessage { return v }

// asking is one Ask under way.
type asking struct {
	session   *Session
	ctx, stop context.Context //nolint:containedctx // lives as long as the one call that made it
	plan      *Plan
	row       kernel.RowID
	values    Values
	out       Outcome
	told      int // the step that Sending was last told of, from 1
	refused   []refusal
	heard     *enrichment.Heard // by the last call
	best      map[string]any
	bestScore float64
}

// step tries one step and reports whether its answer was accepted.
func (a *asking) step(i int) bool {
	s := &a.plan.steps[i]
	at := enrichment.Attempt{Step: i, Provider: s.provider.Slug}
	accepted := a.try(s, &at)
	a.out.Provenance.LatencyMS += at.LatencyMS
	if on := a.session.engine.OnAttempt; on != nil && a.session.cfg.Recorded == nil {
		on(at.Provider, string(at.Status), at.Calls > 0, time.Duration(at.LatencyMS)*time.Millisecond)
	}
	if !a.out.Stopped {
		a.out.Provenance.Attempts = append(a.out.Provenance.Attempts, at)
	}
	return accepted
}

func (a *asking) try(s *step, at *enrichment.Attempt) bool {
	if ok, err := s.condition.Holds(condValues(a.values)); !ok {
		at.Status = enrichment.StatusSkipped
		if err != nil {
			at.Error = err.Error()
		}
		if condition.OverBudget(err) {
			at.Status = enrichment.AttemptStatus(enrichment.CallBadInput)
		}
		return false
	}
	in, missing := s.inputs(a.values)
	if missing != "" {
		at.Status, at.Error = enrichment.StatusMissingInput, missing+" is empty"
		return false
	}
	if !a.learn(s, in) {
		return false
	}
	a.keepInput(in)
	if s.provider.Auth == enrichment.AuthKey && s.CredentialID == "" {
		at.Status, at.Error = enrichment.StatusNoKey, s.provider.Name+" needs a credential"
		return false
	}
	if a.session.cfg.FreeOnly && s.provider.Price > 0 {
		at.Status, at.Error = enrichment.StatusSkipped, "not asked: it costs credits"
		return false
	}
	hash := hashInputs(s.provider.Slug, s.Config, in)
	got, found := a.answer(s, at, in, hash)
	if !found {
		return false
	}
	return a.validate(s, at, got, hash)
}

// learn adds what the workspace knows to the inputs of a provider that uses it, so that it is a part of the question: an answer from
// before is not reused once more is known. It reports false if the cell stops because our store is away; other errors are nothing known.
func (a *asking) learn(s *step, in map[string]string) bool {
	learning, uses := s.caller.(enrichment.Learning)
	if !uses {
		return true
	}
	delete(in, enrichment.PatternsSeen)
	from, patterns := learning.LearnsFrom(in), a.session.engine.Patterns
	if from == "" || patterns == nil || a.session.cfg.Recorded != nil {
		return true
	}
	seen, err := patterns.MailPatterns(a.ctx, a.session.cfg.Workspace, from)
	if err != nil {
		return !a.broke(err)
	}
	if len(seen) > 0 {
		in[enrichment.PatternsSeen] = enrichment.FormatPatterns(seen)
	}
	return true
}

// answer gets the reply to the step's question: remembered, from an earlier run, or by asking.
func (a *asking) answer(s *step, at *enrichment.Attempt, in map[string]string, hash string) (*remembered, bool) {
	for {
		r, lead := a.session.memo.lead(hash)
		if lead {
			return r, a.resolve(s, at, in, hash, r)
		}
		if !a.await(s, at, r) {
			a.out.Stopped = true
			return nil, false
		}
		select {
		case <-r.done:
		case <-a.stop.Done():
			a.out.Stopped = true
			return nil, false
		}
		if r.ok {
			at.FromCache = true
			return r, true
		}
	}
}

// resolve asks the question for all waiting callers. They hear of its end in any case, also after a panic.
func (a *asking) resolve(s *step, at *enrichment.Attempt, in map[string]string, hash string, r *remembered) (ok bool) {
	var reply enrichment.Reply
	defer func() { a.session.memo.resolve(r, reply, ok) }()
	reply, ok = a.lead(s, at, in, hash, r)
	return ok
}

func (a *asking) lead(s *step, at *enrichment.Attempt, in map[string]string, hash string, r *remembered) (enrichment.Reply, bool) {
	if a.session.cfg.Recorded != nil {
		return a.recall(s, at, in)
	}
	if reply, ok := a.cached(s, hash); ok {
		at.FromCache, r.cached = true, true
		return reply, true
	}
	if a.out.Stopped {
		return enrichment.Reply{}, false
	}
	budget := a.session.cfg.Budget
	if s.provider.Price > 0 && budget != nil && !budget.Take(s.provider.Price) {
		at.Status, at.Error = enrichment.StatusNoBudget, "the run's limit leaves too little for this step"
		a.out.NoBudget = true
		return enrichment.Reply{}, false
	}
	reply, err := a.metered(s, at, in)
	a.record(s, at, in, reply, err)
	if err != nil {
		a.giveBack(s)
		return enrichment.Reply{}, false
	}
	return reply, true
}

// metered asks within the step's budget for the run, where it has one. A step that has none left is passed over; the run goes on.
func (a *asking) metered(s *step, at *enrichment.Attempt, in map[string]string) (enrichment.Reply, error) {
	if s.budgets.Run == 0 {
		return a.call(s, at, in)
	}
	m := enrichment.Metering{Column: a.plan.column, Step: at.Step}
	if !a.session.bills.take(m, s.budgets) {
		at.Status = enrichment.StatusNoBudget
		at.Error = "the step's budget of $" + s.budgets.Run.String() + " for a run leaves too little for another record"
		return enrichment.Reply{}, errNoBudget
	}
	reply, err := a.call(s, at, in)
	a.session.bills.settle(m, s.budgets, at.Cost, at.Status == enrichment.StatusUnknown)
	return reply, err
}

func (a *asking) giveBack(s *step) {
	if b := a.session.cfg.Budget; b != nil && s.provider.Price > 0 {
		b.Return(s.provider.Price)
	}
}

// cached looks for an answer of an earlier run. One that can't be read is no reason to fail: the provider is asked. While the store is
// away nobody is asked: what is there already would be paid again.
func (a *asking) cached(s *step, hash string) (enrichment.Reply, bool) {
	days := a.plan.config.Days()
	c := a.session.engine.Cache
	if c == nil || days == 0 || a.session.cfg.Force || s.provider.NoRecord {
		return enrichment.Reply{}, false
	}
	since := a.session.engine.Clock.Now().AddDate(0, 0, -days)
	reply, ok, err := c.Find(a.ctx, a.session.cfg.Workspace, s.provider.Slug, hash, since)
	if err != nil && a.broke(err) {
		return enrichment.Reply{}, false
	}
	if err != nil || !ok || enrichment.CheckReply(s.outputs, reply.Outputs) != nil {
		return enrichment.Reply{}, false
	}
	return reply, true
}

// broke stops the cell if err says that a store of ours is away.
func (a *asking) broke(err error) bool {
	if a.ctx.Err() != nil || !a.session.engine.away(err) {
		return false
	}
	a.out.Stopped, a.out.Broken = true, err
	return true
}

// validate decides whether the reply is accepted, and takes it over if so.
func (a *asking) validate(s *step, at *enrichment.Attempt, got *remembered, hash string) bool {
	reply := got.reply
	value, has := reply.Outputs[s.Output]
	if !has || value == nil || enrichment.Text(value) == "" {
		at.Status, at.Error = enrichment.StatusNotFound, reply.Missed
		if why := reply.LeftOut[s.Output]; why != "" {
			at.Status, at.Error = enrichment.AttemptStatus(enrichment.CallBadReply), why
		}
		a.refund(s, at, got)
		return false
	}
	sure := a.sureness(s.provider.Slug, value, reply)
	why := s.validator.Refuse(value, sure)
	var cell json.RawMessage
	if why == "" {
		var err error
		if cell, err = a.plan.fit(a.plan.column, value); err != nil {
			why = err.Error()
		}
	}
	if why != "" {
		at.Status, at.Error = enrichment.StatusRejected, why
		a.refused = append(a.refused, refusal{provider: s.provider.Slug, value: compared(value), sure: bounded(reply.Sureness())})
		a.keepBest(s, reply.Outputs, sure)
		a.refund(s, at, got)
		return false
	}
	at.Status = enrichment.StatusSucceeded
	if got.pay() {
		at.CreditsMC = s.provider.Price
	}
	reply.Confidence, reply.VerifiedBy = sure.Confidence, sure.VerifiedBy
	a.accept(s, at, reply, hash, cell)
	return true
}

// refund gives back what was set aside for an answer that this step asked for and did not accept.
func (a *asking) refund(s *step, at *enrichment.Attempt, got *remembered) {
	if !at.FromCache && !got.cached {
		a.giveBack(s)
	}
}

func (a *asking) accept(s *step, at *enrichment.Attempt, reply enrichment.Reply, hash string, cell json.RawMessage) {
	p := &a.out.Provenance
	p.Provider, p.CreditsMC, p.Cached = s.provider.Slug, at.CreditsMC, at.FromCache
	p.Confidence, p.VerifiedBy, p.SourceURL = reply.Confidence, reply.VerifiedBy, reply.SourceURL
	outputs, err := json.Marshal(reply.Outputs) // maps marshal with sorted keys
	if err == nil {
		sum := sha256.Sum256(outputs)
		p.AnswerHash = hex.EncodeToString(sum[:])
		switch short := len(outputs) <= maxOutputsBytes && !s.provider.NoRecord; {
		case short && !at.FromCache:
			p.Outputs, p.InputHash = outputs, hash
		case short && a.session.cfg.Recorded != nil:
			p.Outputs = outputs // which output went where is asked of the newest outcome
		}
	}
	a.out.Mark.State = enrichment.MarkValue
	a.out.Outputs = reply.Outputs
	a.out.Values = map[kernel.ColumnID]json.RawMessage{a.plan.column: cell}
	a.out.Mark.Message = reply.LeftOut[enrichment.WholeAnswer]
	for _, o := range a.plan.config.Outputs {
		if why := reply.LeftOut[o.Output]; why != "" {
			a.out.Mark.Message = fmt.Sprintf("%s is left out: %s", o.Output, why)
		}
		v, ok := reply.Outputs[o.Output]
		if !ok || v == nil {
			continue
		}
		cell, err := a.plan.fit(o.ColumnID, v)
		if err != nil {
			a.out.Mark.Message = fmt.Sprintf("%s is left out: %s", o.Output, err)
			continue
		}
		a.out.Values[o.ColumnID] = cell
	}
}

func (a *asking) keepInput(in map[string]string) {
	if b, err := json.Marshal(in); err == nil && len(b) <= maxInputBytes {
		a.out.Provenance.Input = b
	}
}

// conclude says what an unanswered cell is: an error if any step was in trouble, skipped if no step could be asked, else
// empty.
func (a *asking) conclude() {
	if a.out.Mark.State == enrichment.MarkValue || a.out.Stopped {
		return
	}
	p := &a.out.Provenance
	if a.best != nil {
		if b, err := json.Marshal(a.best); err == nil && len(b) <= maxOutputsBytes {
			p.Best = b
		}
	}
	a.out.Mark.State = enrichment.MarkSkipped
	for _, at := range p.Attempts {
		switch {
		case at.Failed():
			a.out.Mark.State = enrichment.MarkError
			a.out.Mark.Message = fmt.Sprintf("%s: %s", at.Provider, message(at))
			return
		case at.Status == enrichment.StatusNotFound || at.Status == enrichment.StatusRejected || at.Status == enrichment.StatusObjected:
			a.out.Mark.State, a.out.Mark.Message = enrichment.MarkEmpty, at.Error
		case a.out.Mark.State == enrichment.MarkSkipped && at.Error != "":
			a.out.Mark.Message = at.Error
		}
	}
	if a.out.Mark.State == enrichment.MarkSkipped && a.out.Mark.Message == "" {
		a.out.Mark.Message = "no step's condition is met"
	}
}

func message(at enrichment.Attempt) string {
	if at.Error != "" {
		return at.Error
	}
	return string(at.Status)
}
