package kernel

import "fmt"

// Event is something that happened. Its type is a stable name with a version, for example "table.cells_edited.v1".
type Event interface{ EventType() string }

// EventTypes lists the types of the events.
func EventTypes(events ...Event) []string {
	types := make([]string, len(events))
	for i, e := range events {
		types[i] = e.EventType()
	}
	return types
}

// Aggregate is a consistency boundary: state that is folded from its stream's events and methods that record new ones.
type Aggregate interface {
	// Apply folds one event into the state. An event type that it does not know is an error.
	Apply(Event) error
	// Pending returns the events recorded since the aggregate was loaded.
	Pending() []Event
}

// Root is embedded by aggregates; it keeps the recorded events.
type Root struct{ pending []Event }

// Pending returns the events recorded since the aggregate was loaded.
func (r *Root) Pending() []Event { return r.pending }

// Committed forgets the pending events: they are in the log now. It is for aggregates that are kept between commands.
func (r *Root) Committed() { r.pending = nil }

// Record applies the events to the aggregate and keeps them as pending. The aggregate passes itself:
//
//	w.Record(w, Renamed{Name: name})
func (r *Root) Record(a Aggregate, events ...Event) error {
	for _, e := range events {
		if err := a.Apply(e); err != nil {
			return err
		}
		r.pending = append(r.pending, e)
	}
	return nil
}

// UnknownEvent is the error of an aggregate that is given an event of a type that is not its own.
func UnknownEvent(aggregate string, e Event) error {
	return fmt.Errorf("%s: unknown event %T (%s)", aggregate, e, e.EventType())
}
