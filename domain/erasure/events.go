package erasure

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Stream is the category of the streams of erasures, one for each workspace.
const Stream = "erasures"

// Rows are rows of a table.
type Rows struct {
	TableID kernel.TableID `json:"table_id"`
	Rows    []kernel.RowID `json:"rows"`
}

// Person is a name together with a company: a row that has both is about the person.
type Person struct {
	Name    Key `json:"name"`
	Company Key `json:"company"`
}

// Found is how much a place holds.
type Found struct {
	Place string `json:"place"`
	Count int64  `json:"count"`
}

// Requested asks to look for what there is about a person. Nothing is erased by it.
type Requested struct {
	ErasureID kernel.ErasureID   `json:"erasure_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Keys      []Key              `json:"keys,omitempty"` // addresses and numbers
	People    []Person           `json:"people,omitempty"`
	Rows      []Rows             `json:"rows,omitempty"` // that were chosen by hand
	By        kernel.UserID      `json:"by"`
	At        time.Time          `json:"at"`
}

// Looked says what was found: the rows that are about the person, with the chosen ones, and how much of the person is where.
type Looked struct {
	ErasureID kernel.ErasureID `json:"erasure_id"`
	Rows      []Rows           `json:"rows,omitempty"`
	// Derived are keys of what the rows have and no other row has, so that copies of it are found outside the tables.
	Derived []Key     `json:"derived,omitempty"`
	Found   []Found   `json:"found,omitempty"`
	Through int64     `json:"through"` // log position
	At      time.Time `json:"at"`
}

// Confirmed says that what was found is to be erased. From here on nothing of the person is taken in again.
type Confirmed struct {
	ErasureID kernel.ErasureID `json:"erasure_id"`
	By        kernel.UserID    `json:"by"`
	At        time.Time        `json:"at"`
}

// PlaceErased says that nothing is left in a place.
type PlaceErased struct {
	ErasureID kernel.ErasureID `json:"erasure_id"`
	Place     string           `json:"place"`
	Erased    int64            `json:"erased"`
	At        time.Time        `json:"at"`
}

// Finished ends an erasure with its certificate.
type Finished struct {
	ErasureID   kernel.ErasureID `json:"erasure_id"`
	Certificate json.RawMessage  `json:"certificate"`
	At          time.Time        `json:"at"`
}

// Cancelled ends an erasure that nobody has confirmed.
type Cancelled struct {
	ErasureID kernel.ErasureID `json:"erasure_id"`
	At        time.Time        `json:"at"`
}

// Failed says that what was asked can't be looked for, or not be erased as a whole. What was erased stays erased.
type Failed struct {
	ErasureID kernel.ErasureID `json:"erasure_id"`
	Reason    string           `json:"reason"`
	At        time.Time        `json:"at"`
}

// EventType returns the event's type.
func (Requested) EventType() string { return "erasure.requested.v1" }

// EventType returns the event's type.
func (Looked) EventType() string { return "erasure.looked.v1" }

// EventType returns the event's type.
func (Confirmed) EventType() string { return "erasure.confirmed.v1" }

// EventType returns the event's type.
func (PlaceErased) EventType() string { return "erasure.place_erased.v1" }

// EventType returns the event's type.
func (Finished) EventType() string { return "erasure.finished.v1" }

// EventType returns the event's type.
func (Cancelled) EventType() string { return "erasure.cancelled.v1" }

// EventType returns the event's type.
func (Failed) EventType() string { return "erasure.failed.v1" }

// Events lists every event type of the module.
func Events() []kernel.Event {
	return []kernel.Event{Requested{}, Looked{}, Confirmed{}, PlaceErased{}, Finished{}, Cancelled{}, Failed{}}
}
