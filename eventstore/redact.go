package eventstore

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/morket/morket/domain/kernel"
)

// Redaction takes something out of an event's data. Position, stream, version, type, time and metadata stay.
type Redaction struct {
	Position int64
	Was      json.RawMessage // as it was read; if it is another one by now nothing is redacted
	Data     json.RawMessage
	Proof    []byte // a keyed hash of Was, kept for whoever has a copy of what was there
}

// ErrRedacted says that an event's data is no longer what it was when the redaction was made.
var ErrRedacted = errors.New("an event was redacted meanwhile")

// Redactor changes what is in the log already. It is for erasures, and nothing else in the product has it.
type Redactor interface {
	// Redact carries out all of the redactions or none. By is the position of the event that has ordered them; both are kept with the hash
	// of the new data, which Verify compares. Snapshots of the events' streams go. It answers ErrRedacted when one has been changed.
	Redact(ctx context.Context, by int64, list []Redaction) error
	// Redacted says how many events of each type were redacted by the order of an event.
	Redacted(ctx context.Context, by int64) (map[string]int64, error)
	// RedactResults goes through the answers that are kept for repeated requests of a workspace. Those that change is true of are replaced.
	RedactResults(
		ctx context.Context, ws kernel.WorkspaceID, change func(json.RawMessage) (json.RawMessage, bool, error),
	) (changed int64, err error)
}
