package enrichment

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Request is one question to a provider.
type Request struct {
	Inputs map[string]string // by the names of the provider's inputs; an empty one is absent
	Config json.RawMessage   // the step's config
	Secret map[string]string // from the vault; nil if the provider needs none. It must not get into replies, errors or logs.
	// Hosts are those that the secret may be sent to, by https.
	Hosts []string
	// Further are the step's further credentials, by what they are for; see Provider.Further.
	Further map[string]Access
	// Spent is what the question has cost on the workspace's own bill before, in calls that failed: it counts against the record's budget.
	Spent Micros
	// Key is the same whenever the same question is asked for the same record of the same run; a provider that knows
	// idempotency keys is given it.
	Key string
	// Workspace is whose question it is; empty in a run without a server.
	Workspace kernel.WorkspaceID
}

// Access is a credential's content with the hosts that it may be sent to, by https.
type Access struct {
	Secret map[string]string
	Hosts  []string
}

// Reply is a provider's answer.
type Reply struct {
	Outputs    map[string]any // by the names of the provider's outputs; empty means that nothing was found
	Confidence *float64       // 0 to 1; see Sureness
	VerifiedBy []Evidence     // what else says the same; see Sureness
	SourceURL  string
	Missed     string // why nothing was found, where the provider knows; shown to people
	// LeftOut are the outputs that are there and can't be kept, with the reasons; shown to people. Under WholeAnswer it says what of the
	// answer was not asked for.
	LeftOut map[string]string
	// Limits are those that the provider says hold for the key; zero fields say nothing.
	Limits RateLimits
	// Bill is what the call cost on the workspace's own bill with the vendor, where that is charged by use.
	Bill Bill
	// Story is how the answer was worked out, where that took several steps.
	Story Story
	// Raw is the whole answer as JSON, of a Reprojecting provider.
	Raw any
}

// WholeAnswer is the name under which Reply.LeftOut speaks of the answer and not of an output.
const WholeAnswer = ""

// Sureness says how sure the reply is. A provider that names no evidence has none.
func (r Reply) Sureness() Sureness {
	by := r.VerifiedBy
	if by == nil {
		by = []Evidence{}
	}
	return Sureness{Confidence: r.Confidence, VerifiedBy: by}
}

// Caller asks a provider. Its implementations are in adapters/outbound/providers, one package each.
type Caller interface {
	// Describe says what the provider takes and gives; always the same.
	Describe() Provider
	// Call asks once; it neither retries nor waits for limits, which is the engine's work. Its errors are *CallError where the kind
	// of trouble is known. It must return soon after ctx ends.
	Call(ctx context.Context, req Request) (Reply, error)
}

// Configurable is a Caller whose steps have a config.
type Configurable interface {
	// CheckConfig says what is wrong with a step's config. A dynamic provider also answers the outputs that the config names.
	CheckConfig(config json.RawMessage) (outputs []Field, err error)
}

// FurtherDirected is a Caller whose steps say in their config where they send a further credential.
type FurtherDirected interface {
	// FurtherDestination is Destination of the further credential for the use.
	FurtherDestination(use string, config json.RawMessage, hosts []string) string
}

// Directed is a Caller whose steps say in their config where they send the credential.
type Directed interface {
	// Destination is the address that a credential of the hosts is sent to, with any text in the place of inputs; empty if the config
	// sends no credential.
	Destination(config json.RawMessage, hosts []string) string
}

// Prover is a Caller that can try a credential without cost.
type Prover interface {
	// Prove asks the vendor whether it takes the key, and says in words what the key is good for.
	Prove(ctx context.Context, secret map[string]string, hosts []string) (string, error)
}

// Repeatable is a Caller of which some configs may be asked twice although its description says that it is not idempotent.
type Repeatable interface {
	// IdempotentWith reports whether asking twice with the config costs and changes nothing more than asking once.
	IdempotentWith(config json.RawMessage) bool
}

// Hosted is a Caller whose configs name the server that is asked.
type Hosted interface {
	// HostOf returns the server's host and port in lower case, empty if the config names none. Limits and failures are of it alone.
	HostOf(config json.RawMessage) string
}

// CallKind says what kind of trouble a call met.
type CallKind string

// The kinds of trouble.
const (
	CallFailed       CallKind = "error"        // the provider failed; asking again may help
	CallTimeout      CallKind = "timeout"      // no answer in time; asking again may help
	CallRateLimited  CallKind = "rate_limited" // asked too often; asking later helps
	CallBadInput     CallKind = "bad_input"    // the provider can do nothing with these inputs; asking again is useless
	CallUnauthorized CallKind = "unauthorized" // the key is missing or refused
	CallBadReply     CallKind = "bad_reply"    // the reply has not the promised shape
	CallUnreachable  CallKind = "unreachable"  // the network is not there; it is not the provider's fault
	// CallPending: the provider is still at work on the question; asking it again later is part of the same question.
	CallPending CallKind = "pending"
	// CallExhausted: what the key may use for the day or month is gone; asking again before it is renewed is useless.
	CallExhausted CallKind = "quota_exhausted"
	// CallNoBudget: what the record may cost leaves too little for another call to the vendor.
	CallNoBudget CallKind = "no_budget"
	// CallObjected: the person has objected to the processing of data about them. The question must not be asked again.
	CallObjected CallKind = "objected"
)

// CallError is a failed call. Message is shown to people; it never holds a secret.
type CallError struct {
	Kind       CallKind
	Message    string
	RetryAfter time.Duration
	// Lost is set when the question may have reached the provider but the answer didn't come back.
	Lost bool
	// Limits are those that the provider says hold for the key; zero fields say nothing.
	Limits RateLimits
	// Bill is what the call cost all the same on the workspace's own bill with the vendor.
	Bill Bill
	// Story is how far it got, where it took several steps.
	Story Story
}

// Error returns the message.
func (e *CallError) Error() string { return e.Message }

// Fail makes a CallError.
func Fail(kind CallKind, message string) *CallError { return &CallError{Kind: kind, Message: message} }

// Retryable reports whether asking again at once or a little later may help.
func (e *CallError) Retryable() bool {
	switch e.Kind {
	case CallFailed, CallTimeout, CallRateLimited, CallPending:
		return true
	default:
		return false
	}
}

// AsCallError returns err as a *CallError; anything else is a failure of the provider. What it says is for people, so the text of an
// error that nobody wrote for them, with addresses and the words of libraries, is left out.
func AsCallError(err error) *CallError {
	var ce *CallError
	switch {
	case errors.As(err, &ce):
		return ce
	case errors.Is(err, context.DeadlineExceeded):
		return &CallError{Kind: CallTimeout, Message: "no answer in time", Lost: true}
	default:
		return Fail(CallFailed, "the provider could not be asked")
	}
}

// AttemptStatus says how one step of a waterfall ended.
type AttemptStatus string

// The statuses. Besides those of CallKind:
const (
	StatusSucceeded    AttemptStatus = "succeeded"       // the answer was accepted
	StatusNotFound     AttemptStatus = "not_found"       // the provider has no answer
	StatusRejected     AttemptStatus = "rejected"        // the validator refused the answer
	StatusSkipped      AttemptStatus = "skipped"         // the step's condition was not met
	StatusMissingInput AttemptStatus = "missing_input"   // a required input is empty in this row
	StatusNoKey        AttemptStatus = "no_key"          // the step needs a credential and has none
	StatusBreakerOpen  AttemptStatus = "breaker_open"    // the provider fails too often; it is given a rest
	StatusUnknown      AttemptStatus = "unknown_outcome" // asked before a crash; the answer is lost and may have cost the provider
	StatusNoBudget     AttemptStatus = "no_budget"       // what the run, or the record, may cost leaves too little for this step
	StatusStopped      AttemptStatus = "stopped"         // the run stopped before the provider answered
	StatusObjected     AttemptStatus = "objected"        // of CallObjected: the person has objected; no trouble, and no answer
	StatusNotRecorded  AttemptStatus = "not_recorded"    // nobody is asked, and no reply to the question is recorded
)

// Attempt is one step of a waterfall for one record.
type Attempt struct {
	Step      int            `json:"step"` // from 0
	Provider  string         `json:"provider"`
	Status    AttemptStatus  `json:"status"`
	LatencyMS int64          `json:"latency_ms"`
	CreditsMC kernel.Credits `json:"credits_mc"`
	Calls     int            `json:"calls,omitempty"` // how often the provider was asked, with retries
	Error     string         `json:"error,omitempty"`
	// HTTPStatus is that of the last answer, 0 where none came or none was asked for by HTTP.
	HTTPStatus int `json:"http_status,omitempty"`
	// Bill is what the calls cost on the workspace's own bill with a vendor that charges by use.
	Bill
	// Story is how the answer was worked out. It is sealed with the answer, and Steps tells how long it is.
	Story     Story `json:"story,omitempty"`
	Steps     int   `json:"steps,omitempty"`
	FromCache bool  `json:"from_cache,omitempty"`
	// Repeated says that the provider may have been asked before: the worker that did so was lost, and its answer with it.
	Repeated bool `json:"repeated,omitempty"`
	// Repeats is how often it may have been asked before.
	Repeats int `json:"repeats,omitempty"`
}

// Failed reports whether the attempt ended in trouble rather than in an answer, no answer, or not being made.
func (a Attempt) Failed() bool {
	switch a.Status {
	case StatusSucceeded, StatusNotFound, StatusRejected, StatusSkipped, StatusMissingInput, StatusObjected:
		return false
	default:
		return true
	}
}

// Asked reports whether the provider was asked.
func (a Attempt) Asked() bool { return a.Calls > 0 }
