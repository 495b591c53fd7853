package sidestore

import (
	"context"

	"github.com/morket/morket/projections"
)

// Copy names one copy of a read model in the engine.
type Copy struct {
	Projection string
	Generation string // lower-case letters and digits
}

// String is the copy's name: letters, digits and underscores, no longer than 70.
func (c Copy) String() string { return c.Projection + "_" + c.Generation }

// Engine keeps copies of read models. It belongs to adapters of stores without transactions. Every method needs a timeout of
// its own, so that a store that hangs is an error.
type Engine interface {
	// Make makes an empty copy that has reached position 0. It may replace one of the same name.
	Make(ctx context.Context, c Copy) error
	// Begin begins a batch. It need not look whether the copy is there.
	Begin(ctx context.Context, c Copy) (Batch, error)
	// Reached returns the highest position that was flushed to the copy, also right after that flush; false without the copy.
	Reached(ctx context.Context, c Copy) (int64, bool, error)
	// Finish makes what is better made when the copy is full; it goes on growing afterwards.
	Finish(ctx context.Context, c Copy) error
	// Serve is told which copy is live, after each change and at the first look of a process. It may be called twice.
	Serve(ctx context.Context, c Copy) error
	// Drop removes a copy; one that is not there is no error.
	Drop(ctx context.Context, c Copy) error
	// Copies lists the generations of a projection.
	Copies(ctx context.Context, projection string) ([]string, error)
	// Checksums sums up each table of the copy. It counts what readers see: a row that was written twice once, and the same
	// sum however the rows were cut into batches.
	Checksums(ctx context.Context, c Copy) (Sums, error)
	// Transient reports an error that is about the store and not about what was written. That the copy is missing is not
	// transient: the Store then looks, and makes it anew.
	Transient(err error) bool
}

// Sums is what Checksums found.
type Sums struct {
	Tables map[string]projections.Checksum
	// Latest is the highest position of any row that was summed up, 0 without rows. What a batch that was cut short has left behind
	// counts too, though it was never flushed.
	Latest int64
}

// Batch collects what a projector writes. The adapter gives the projectors of its read models what they need of it.
type Batch interface {
	// Flush makes everything that was collected visible and durable, and then that the copy has reached the position, unless it
	// was further. It is called once, or not at all when the projector failed. After an error a part may have been written, but
	// nothing where the copy is missing: no table or index may come into being by being written to.
	Flush(ctx context.Context, position int64) error
}

// Mark is what Base keeps for a location instead of tables.
type Mark struct {
	Generation string
	Reached    int64 // the position of the last committed flush
	Until      int64 // the position below which the copy is still being filled and not read
}

// Marks keeps the mark of each location in Base, so that it is swapped and dropped with the location.
type Marks interface {
	// Read returns the location's mark as committed; false without one.
	Read(ctx context.Context, location projections.Location) (Mark, bool, error)
	// Get returns the mark inside a step of Base.
	Get(ctx context.Context, tx projections.Tx) (Mark, bool, error)
	// Set replaces the mark inside a step of Base.
	Set(ctx context.Context, tx projections.Tx, m Mark) error
}
