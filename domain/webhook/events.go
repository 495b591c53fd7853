package webhook

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Sealed is a signing secret that only the vault can open. Nothing in it helps without the master key.
type Sealed struct {
	MasterKey  string `json:"master_key"`
	WrapNonce  []byte `json:"wrap_nonce"`
	WrappedKey []byte `json:"wrapped_key"`
	Nonce      []byte `json:"nonce"`
	Ciphertext []byte `json:"ciphertext"`
}

// Settings are what a person chooses of a webhook.
type Settings struct {
	URL         string           `json:"url"`
	Description string           `json:"description,omitempty"`
	Types       Filter           `json:"types,omitempty"`  // none: all
	Tables      []kernel.TableID `json:"tables,omitempty"` // none: all, and what belongs to no table
	Ordered     bool             `json:"ordered,omitempty"`
}

// Created begins a webhook with the first version of its secret.
type Created struct {
	ID        kernel.WebhookID   `json:"id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Settings                     // the address only as far as it may be shown
	SealedURL *Sealed            `json:"sealed_url,omitempty"` // the address; absent from events of earlier versions, whose settings have it in clear
	Sealed    Sealed             `json:"sealed"`
	At        time.Time          `json:"at"`
}

// Changed replaces the settings.
type Changed struct {
	ID kernel.WebhookID `json:"id"`
	Settings
	SealedURL *Sealed `json:"sealed_url,omitempty"` // as in Created
}

// SecretRotated puts a new secret in force; the one before also signs until OldUntil.
type SecretRotated struct {
	ID       kernel.WebhookID `json:"id"`
	Version  int              `json:"version"`
	Sealed   Sealed           `json:"sealed"`
	OldUntil time.Time        `json:"old_until"`
	At       time.Time        `json:"at"`
}

// SecretRewrapped replaces a secret's wrapping after the master key was rotated; the secret is the same. Version URLVersion is the address.
type SecretRewrapped struct {
	ID      kernel.WebhookID `json:"id"`
	Version int              `json:"version"`
	Sealed  Sealed           `json:"sealed"`
}

// Reason says why a webhook is off.
type Reason string

// The reasons.
const (
	ByUser     Reason = "user"
	ByFailures Reason = "failures" // it has not taken anything for days
	ByReceiver Reason = "gone"     // the receiver answered 410: nothing is there any more, and nothing will be
)

// Disabled turns a webhook off: events from now on are not for it, and those that wait go on waiting.
type Disabled struct {
	ID           kernel.WebhookID   `json:"id"`
	Workspace    kernel.WorkspaceID `json:"workspace_id"`
	URL          string             `json:"url"`
	Reason       Reason             `json:"reason"`
	FailingSince *time.Time         `json:"failing_since,omitempty"`
	At           time.Time          `json:"at"`
}

// Enabled turns a webhook on again. What happened meanwhile is sent by a replay, if somebody asks for one.
type Enabled struct {
	ID kernel.WebhookID `json:"id"`
	At time.Time        `json:"at"`
}

// Deleted ends a webhook.
type Deleted struct {
	ID kernel.WebhookID `json:"id"`
}

// TestRequested is sent to the webhook itself, past its filter.
type TestRequested struct {
	ID   kernel.WebhookID `json:"id"`
	Note string           `json:"note"`
	At   time.Time        `json:"at"`
}

// RedeliveryRequested has the event at the position sent once more, under the same message id.
type RedeliveryRequested struct {
	ID       kernel.WebhookID `json:"id"`
	Position int64            `json:"position"`
}

// ReplayRequested has the events after one position and up to another sent once more, as far as the filter chooses them, under
// the same message ids.
type ReplayRequested struct {
	ID    kernel.WebhookID `json:"id"`
	After int64            `json:"after"`
	Until int64            `json:"until"`
}

// EventType names the event.
func (Created) EventType() string { return "webhook.created.v1" }

// EventType names the event.
func (Changed) EventType() string { return "webhook.changed.v1" }

// EventType names the event.
func (SecretRotated) EventType() string { return "webhook.secret_rotated.v1" }

// EventType names the event.
func (SecretRewrapped) EventType() string { return "webhook.secret_rewrapped.v1" }

// EventType names the event.
func (Disabled) EventType() string { return "webhook.disabled.v1" }

// EventType names the event.
func (Enabled) EventType() string { return "webhook.enabled.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "webhook.deleted.v1" }

// EventType names the event.
func (TestRequested) EventType() string { return "webhook.test_requested.v1" }

// EventType names the event.
func (RedeliveryRequested) EventType() string { return "webhook.redelivery_requested.v1" }

// EventType names the event.
func (ReplayRequested) EventType() string { return "webhook.replay_requested.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		Created{},
		Changed{},
		SecretRotated{},
		SecretRewrapped{},
		Disabled{},
		Enabled{},
		Deleted{},
		TestRequested{},
		RedeliveryRequested{},
		ReplayRequested{},
	}
}
