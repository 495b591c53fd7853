package kernel

// ActorKind says what kind of thing acted.
type ActorKind string

// The kinds of actor.
const (
	ActorUser     ActorKind = "user"
	ActorAPIKey   ActorKind = "api_key"
	ActorRun      ActorKind = "run"
	ActorImport   ActorKind = "import"
	ActorSystem   ActorKind = "system"
	ActorOperator ActorKind = "operator"
)

// Actor is the cause of an event. The person for whom it acted (the user who started a run, the owner of an API key) is in
// OnBehalfOf.
type Actor struct {
	Kind       ActorKind `json:"kind"`
	ID         string    `json:"id,omitempty"`
	OnBehalfOf UserID    `json:"on_behalf_of,omitempty"`
}

// User returns the person behind the actor: the user himself, or the one it acts for. Empty for the system.
func (a Actor) User() UserID {
	if a.Kind == ActorUser {
		return UserID(a.ID)
	}
	return a.OnBehalfOf
}

// Ref names the actor by kind and id.
func (a Actor) Ref() string { return string(a.Kind) + ":" + a.ID }

// System is the actor of what the product does by itself.
func System() Actor { return Actor{Kind: ActorSystem} }

// Meta travels with a command and is stored with each of its events: who asked, in which workspace, and how to trace it.
type Meta struct {
	Actor         Actor       `json:"actor"`
	Workspace     WorkspaceID `json:"workspace,omitempty"`
	Command       string      `json:"command,omitempty"`
	CorrelationID string      `json:"correlation_id,omitempty"`
	CausationID   string      `json:"causation_id,omitempty"`
	// Client is the network address that the request came from, Agent what its program calls itself, at most MaxAgentBytes.
	Client string `json:"client,omitempty"`
	Agent  string `json:"agent,omitempty"`
	// Trace is the trace that the request belongs to, as in a traceparent header (W3C Trace Context, section 3.2).
	Trace string `json:"traceparent,omitempty"`
	// IdempotencyKey names the request within everything that was ever asked: the same key acts once. It is not stored with events:
	// the log keeps it, as long as it lives, beside the positions that it stands for.
	IdempotencyKey string `json:"-"`
	// Fingerprint tells a repeat of the request from another request under the same key. It is not stored with events.
	Fingerprint string `json:"-"`
	// Gesture ties requests of one person together as one step of undo. It is not stored with events: their step is.
	Gesture string `json:"-"`
}

// MaxAgentBytes is how much of a program's name for itself is kept.
const MaxAgentBytes = 200

// As returns the meta with the command's name set.
func (m Meta) As(command string) Meta {
	m.Command = command
	return m
}
