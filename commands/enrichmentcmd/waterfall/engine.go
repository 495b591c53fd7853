package waterfall

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Sleep waits for d or until ctx ends, whose error it then returns.
type Sleep func(ctx context.Context, d time.Duration) error

// Secrets opens credentials. It answers a kernel.KindNotFound error for one that is not there.
type Secrets interface {
	Open(
		ctx context.Context, workspace kernel.WorkspaceID, credential kernel.CredentialID,
	) (secret map[string]string, hosts []string, err error)
}

// Cache finds answers that were paid for before.
type Cache interface {
	// Find returns the youngest accepted answer of the provider to the same question that is not older than since.
	Find(ctx context.Context, workspace kernel.WorkspaceID, provider, inputHash string, since time.Time) (enrichment.Reply, bool, error)
}

// Patterns knows how addresses are made of names.
type Patterns interface {
	// MailPatterns returns how often each pattern was seen in the workspace's verified answers with an address of the domain.
	MailPatterns(ctx context.Context, workspace kernel.WorkspaceID, domain string) (map[enrichment.MailPattern]int64, error)
}

// KeptOut tells of a workspace's values that may not come back.
type KeptOut interface {
	// In returns what tells whether a text has one of them; nil where there are none.
	In(ctx context.Context, workspace kernel.WorkspaceID) (func(text string) bool, error)
}

// Values gives a row's values by column, as JSON; nil for an empty cell.
type Values func(kernel.ColumnID) json.RawMessage

// Config is what an Engine needs.
type Config struct {
	Registry *enrichment.Registry
	Clock    kernel.Clock
	Sleep    Sleep          // kernel.Pause by default
	Jitter   func() float64 // in [0,1); stretches the pauses between retries by up to half. Required
	Secrets  Secrets        // nil: no credentials
	Cache    Cache          // nil: no answers from before
	Patterns Patterns       // nil: nothing is learnt
	Quotas   Quotas         // NewMemoryQuotas by default
	KeptOut  KeptOut        // nil: nothing is kept out
	Slots    int            // calls under way at once in the process; 64 by default
	Timeout  time.Duration  // of one call; enrichment.DefaultTimeout by default
	// OnAttempt is told of each step that has ended: whether the provider was asked, and how long it took. It may be nil.
	OnAttempt func(provider, status string, asked bool, took time.Duration)
	// Away reports whether an error of Secrets, Cache, Patterns or Quotas says that a store of ours can't be reached now; see
	// Outcome.Broken. By default none does but those of kernel.KindUnavailable, which always do.
	Away func(error) bool
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Registry == nil || c.Clock == nil || c.Jitter == nil {
		return errors.New("the waterfall engine needs a registry, a clock and a source of jitter")
	}
	return nil
}

// Engine asks providers.
type Engine struct {
	Config
	registry *enrichment.Registry
	slots    *fairSemaphore
	limiters *callLimiters
}

// New makes an engine.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Sleep == nil {
		cfg.Sleep = kernel.Pause
	}
	if cfg.Quotas == nil {
		cfg.Quotas = NewMemoryQuotas(cfg.Clock)
	}
	if cfg.Away == nil {
		cfg.Away = func(error) bool { return false }
	}
	if cfg.Slots <= 0 {
		cfg.Slots = 64
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = enrichment.DefaultTimeout
	}
	e := &Engine{Config: cfg, registry: cfg.Registry, slots: newFairSemaphore(cfg.Slots)}
	e.limiters = newCallLimiters(func(k limiterKey) *callLimiter {
		return newCallLimiter(e.Clock, e.Quotas, k, k.limits)
	})
	return e, nil
}

// away reports whether err is of our own stores, and passes.
func (e *Engine) away(err error) bool {
	var own *kernel.Error
	return errors.As(err, &own) && own.Kind == kernel.KindUnavailable || e.Away(err)
}

// limiterOf names the way to the step's server for the workspace.
func limiterOf(ws kernel.WorkspaceID, s *step) limiterKey {
	return limiterKey{workspace: ws, provider: s.provider.Slug, credential: s.CredentialID, host: s.host, limits: s.provider.Limits}
}

// BreakerOpen reports whether a circuit breaker of the provider is open in this process, for any workspace; it is for operators.
func (e *Engine) BreakerOpen(provider string) (open bool) {
	e.limiters.each(provider, func(g *callLimiter) { open = open || g.breaker.Open() })
	return open
}

// Budget is what a run may still spend.
type Budget interface {
	// Take sets the price of an answer aside; false means that the run's limit stands against it.
	Take(price kernel.Credits) bool
	// Return gives it back, because the answer was not accepted.
	Return(price kernel.Credits)
}

// SessionConfig is one run's, or one preview's, use of the engine.
type SessionConfig struct {
	Workspace kernel.WorkspaceID
	Run       kernel.RunID
	Round     int    // of the run's retries
	Force     bool   // don't reuse answers from before
	FreeOnly  bool   // don't ask providers that have a price
	Budget    Budget // nil: no limit
	// Billed is what the run's metered steps have cost before, on the workspace's own bills.
	Billed map[enrichment.Metering]enrichment.Micros
	// Bodies is how many bytes of a request and of an answer an outcome tells; enrichment.KeptBody by default.
	Bodies int
	// Patience says what a cell is put off for instead of ending in trouble; see Outcome.Until.
	Patience Patience
	// Sending is told before a call of which it matters how often it is made: one that may not be asked twice, has a price, uses a
	// credential, or goes to somebody's server. Each step of a cell tells once. An error stops the cell before the call.
	Sending func(ctx context.Context, call enrichment.Call) error
	// Recorded, if set, answers instead of the providers: no call is made and no budget is used.
	Recorded Recorded
}

// Patience says what is worth waiting for.
type Patience struct {
	Limits bool // a rate limit that ends within LongestWait
	Rests  bool // a server that failed too often and is given a rest
}

// LongestWait is how long a rate limit may last to be waited for, and the most that a provider's Retry-After counts.
const LongestWait = time.Hour

// Session remembers the answers of one run for a while, so that the same question asked for several rows is asked once and
// paid once.
type Session struct {
	engine *Engine
	cfg    SessionConfig
	memo   *memo
	bills  bills
	mu     sync.Mutex
	opened map[kernel.CredentialID]opened
}

// opened is a credential that was opened, and what blanks it out of answers.
type opened struct {
	secret map[string]string
	hosts  []string
	redact *credential.Redactor
}

// Session begins a use of the engine.
func (e *Engine) Session(cfg SessionConfig) *Session {
	return &Session{
		engine: e,
		cfg:    cfg,
		memo:   newMemo(memoSize),
		bills:  bills{billed: maps.Clone(cfg.Billed)},
		opened: map[kernel.CredentialID]opened{},
	}
}

// secret opens a credential once per session.
func (s *Session) secret(ctx context.Context, id kernel.CredentialID) (opened, error) {
	if id == "" {
		return opened{redact: credential.NewRedactor(nil)}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.opened[id]; ok {
		return v, nil
	}
	if s.engine.Secrets == nil {
		return opened{}, kernel.NotFound("credential", string(id))
	}
	secret, hosts, err := s.engine.Secrets.Open(ctx, s.cfg.Workspace, id)
	if err != nil {
		return opened{}, err
	}
	v := opened{secret, hosts, credential.NewRedactor(secret)}
	s.opened[id] = v
	return v, nil
}

// secrets opens the step's credentials, its own and the further ones; what comes back is blanked of all of them.
func (s *Session) secrets(ctx context.Context, step enrichment.Step) (own opened, further map[string]enrichment.Access, err error) {
	if own, err = s.secret(ctx, step.CredentialID); err != nil || len(step.Further) == 0 {
		return own, nil, err
	}
	all, further := maps.Clone(own.secret), map[string]enrichment.Access{}
	if all == nil {
		all = map[string]string{}
	}
	for use, id := range step.Further {
		more, err := s.secret(ctx, id)
		if err != nil {
			return own, nil, err
		}
		further[use] = enrichment.Access{Secret: more.secret, Hosts: more.hosts}
		for name, v := range more.secret {
			all[use+"/"+name] = v
		}
	}
	own.redact = credential.NewRedactor(all)
	return own, further, nil
}

// Waiting tells how many calls wait for a turn at the provider.
func (e *Engine) Waiting(provider string) (n int) {
	e.limiters.each(provider, func(g *callLimiter) { n += g.turns.queued() })
	return n
}
