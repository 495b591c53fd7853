package projections

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Tx is the transaction of the read model's store in which a batch is applied together with its checkpoint. A module's
// read adapter turns it into the module's own writer; nobody else looks inside.
type Tx any

// Projector keeps one read model.
type Projector interface {
	// Name is the projection's name and that of its location in the store, for example "credit": lower-case letters, digits and
	// single underscores.
	Name() string
	// Version grows when the read model's shape or the meaning of Apply changes; a deploy then rebuilds it.
	Version() int
	// Types are the event types it wants.
	Types() []string
	// Apply folds events, in order, into the read model. It gets the wanted types only. The same events may come again after
	// a failure, in a new transaction. An error that is not about the store's connection parks the event's stream.
	Apply(ctx context.Context, tx Tx, events []eventstore.Recorded) error
}

// Log is what a projection reads of the log.
type Log interface {
	eventstore.Notifier
	ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error)
	ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error)
	Head(ctx context.Context) (int64, error)
}

// SplitTables takes the events of a type, which tables' streams have, out of the others and returns the tables.
func SplitTables(events []eventstore.Recorded, of kernel.Event) (tables []kernel.TableID, rest []eventstore.Recorded) {
	is := func(e eventstore.Recorded) bool { return e.Type == of.EventType() }
	if !slices.ContainsFunc(events, is) {
		return nil, events
	}
	for _, e := range events {
		if is(e) {
			tables = append(tables, kernel.TableID(e.Stream.ID()))
		} else {
			rest = append(rest, e)
		}
	}
	return tables, rest
}
