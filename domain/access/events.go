// Package access is what is recorded of access that changes nothing: refusals, files that left, sign-ins that failed. Events of one
// kind that follow each other are counted, so that nobody can fill the log with them.
package access

import "github.com/morket/morket/domain/kernel"

// Denied says that a member's role did not allow an operation.
type Denied struct {
	Operation string `json:"operation"` // of the API
	Count     int64  `json:"count"`     // how often; 1 at the first, then the repeats of ten minutes
}

// Exported says that a file with data of the workspace was asked for and begun.
type Exported struct {
	Operation string         `json:"operation"`
	TableID   kernel.TableID `json:"table_id,omitempty"`
	Count     int64          `json:"count"`
}

// SignInFailed says that a wrong password, code or passkey was given for the account.
type SignInFailed struct {
	UserID kernel.UserID `json:"user_id"`
	Count  int64         `json:"count"`
}

// EventType names the event.
func (Denied) EventType() string { return "access.denied.v1" }

// EventType names the event.
func (Exported) EventType() string { return "access.exported.v1" }

// EventType names the event.
func (SignInFailed) EventType() string { return "access.sign_in_failed.v1" }

// Events lists the module's event types.
func Events() []kernel.Event { return []kernel.Event{Denied{}, Exported{}, SignInFailed{}} }
