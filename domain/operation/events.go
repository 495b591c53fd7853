package operation

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Kind is what a job does.
type Kind string

// The kinds of jobs.
const (
	Rebuild Kind = "rebuild" // make a read model anew beside the one that serves, then put it in its place
	Verify  Kind = "verify"  // make one beside and compare
	Backup  Kind = "backup"  // write everything that can't be made again to where backups are kept
	Drill   Kind = "drill"   // restore a backup aside, and verify it
)

// JobRequested asks for a job. One is carried out at a time.
type JobRequested struct {
	Job        string    `json:"job"`
	Kind       Kind      `json:"kind"`
	Projection string    `json:"projection"`       // of a rebuild or verification
	Backup     string    `json:"backup,omitempty"` // of a drill
	At         time.Time `json:"at"`
}

// Taken is a backup.
type Taken struct {
	Name    string  `json:"name"`
	Bytes   int64   `json:"bytes"` // as it is kept, packed and sealed
	Rows    int64   `json:"rows"`
	Objects int64   `json:"objects"`
	Seconds float64 `json:"seconds"`
}

// Difference is a table that was not the same in the read model that served and in the new one.
type Difference struct {
	Table       string `json:"table"`
	LiveRows    int64  `json:"live_rows"`
	RebuiltRows int64  `json:"rebuilt_rows"`
}

// Outcome is what a job found.
type Outcome struct {
	Position int64        `json:"position,omitempty"` // at which the read models were compared or swapped
	Differs  []Difference `json:"differs,omitempty"`
	Parked   int          `json:"parked,omitempty"`  // streams with an event that could not be applied to the new one
	Error    string       `json:"error,omitempty"`   // why it could not be carried out, or what a drill has found
	Taken    *Taken       `json:"taken,omitempty"`   // by a backup
	Seconds  float64      `json:"seconds,omitempty"` // a drill took to have everything ready to serve
}

// JobFinished ends a job.
type JobFinished struct {
	Job string `json:"job"`
	Outcome
	At time.Time `json:"at"`
}

// DeadLetter names an event that a projection or reactor could not apply.
type DeadLetter struct {
	Consumer     string `json:"unit"`     // the projection's or reactor's name
	ConsumerKind string `json:"kind"`     // projection or reactor
	Stream       string `json:"stream"`   // the stream that is set aside
	Position     int64  `json:"position"` // of the event
	EventType    string `json:"event_type"`
}

// DeadLetterRetried has the stream tried again from that event on.
type DeadLetterRetried struct{ DeadLetter }

// DeadLetterSkipped has the event left out of the read model for good, and the stream go on after it.
type DeadLetterSkipped struct {
	DeadLetter
	Reason string `json:"reason"`
}

// EventType names the event.
func (JobRequested) EventType() string { return "operation.job_requested.v1" }

// EventType names the event.
func (JobFinished) EventType() string { return "operation.job_finished.v1" }

// EventType names the event.
func (DeadLetterRetried) EventType() string { return "operation.letter_retried.v1" }

// EventType names the event.
func (DeadLetterSkipped) EventType() string { return "operation.letter_skipped.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{JobRequested{}, JobFinished{}, DeadLetterRetried{}, DeadLetterSkipped{}}
}
