package eventstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/kernel"
)

// Snapshotter is an aggregate whose state can be kept, so that a long stream need not be folded from its beginning.
type Snapshotter interface {
	// SnapshotSchema is the version of the state's shape.
	SnapshotSchema() int
	MarshalState() (json.RawMessage, error)
	UnmarshalState(json.RawMessage) error
}

// Repo loads and saves the aggregates of one category.
type Repo[A kernel.Aggregate] struct {
	category string
	store    Store
	codec    *Codec
	blank    func() A
}

// NewRepo makes the repository of a category; blank makes an aggregate without events.
func NewRepo[A kernel.Aggregate](category string, store Store, codec *Codec, blank func() A) *Repo[A] {
	return &Repo[A]{category: category, store: store, codec: codec, blank: blank}
}

// attempts is how often Update starts over when somebody else appended to the stream meanwhile.
const attempts = 8

// snapshotEvery is how many events a Snapshotter's stream grows by between two snapshots.
const snapshotEvery = 200

// pageSize is how many events are read at once while loading.
const pageSize = 1000

// Stream returns the name of an aggregate's stream.
func (r *Repo[A]) Stream(id string) StreamID { return Stream(r.category, id) }

// Load folds an aggregate and returns it with its version; version 0 is an aggregate that does not exist.
func (r *Repo[A]) Load(ctx context.Context, id string) (A, int64, error) {
	a, version, base, err := r.load(ctx, id)
	if err != nil {
		return a, 0, err
	}
	if s, ok := any(a).(Snapshotter); ok && version-base >= snapshotEvery {
		r.snapshot(ctx, id, s, version)
	}
	return a, version, nil
}

func (r *Repo[A]) load(ctx context.Context, id string) (a A, version, base int64, err error) {
	stream := r.Stream(id)
	a = r.blank()
	if s, ok := any(a).(Snapshotter); ok {
		snap, found, err := r.store.LoadSnapshot(ctx, stream)
		if err != nil {
			return a, 0, 0, fmt.Errorf("load snapshot of %s: %w", stream, err)
		}
		if found && snap.Schema == s.SnapshotSchema() {
			if err := s.UnmarshalState(snap.State); err != nil {
				return a, 0, 0, fmt.Errorf("read snapshot of %s: %w", stream, err)
			}
			version, base = snap.Version, snap.Version
		}
	}
	version, err = r.Refresh(ctx, id, a, version)
	return a, version, base, err
}

// Refresh folds what the stream has after the version into the aggregate, which is as of that version, and returns the version that
// it is then of. After an error the aggregate must not be used.
func (r *Repo[A]) Refresh(ctx context.Context, id string, a A, version int64) (int64, error) {
	stream := r.Stream(id)
	for {
		events, err := r.store.ReadStream(ctx, stream, version, pageSize)
		if err != nil {
			return 0, fmt.Errorf("load %s: %w", stream, err)
		}
		if len(events) == 0 {
			return version, nil
		}
		for _, rec := range events {
			e, err := r.codec.Decode(rec)
			if err != nil {
				return 0, err
			}
			if err := a.Apply(e); err != nil {
				return 0, fmt.Errorf("fold event %d of %s: %w", rec.Version, stream, err)
			}
			version = rec.Version
		}
	}
}

// Keep saves the aggregate's state as a snapshot if it is a Snapshotter, for who holds it over many appends instead of loading it
// each time, which does that by itself.
func (r *Repo[A]) Keep(ctx context.Context, id string, a A, version int64) {
	if s, ok := any(a).(Snapshotter); ok {
		r.snapshot(ctx, id, s, version)
	}
}

// snapshot keeps the state; a failure costs the next load some time and nothing else.
func (r *Repo[A]) snapshot(ctx context.Context, id string, s Snapshotter, version int64) {
	state, err := s.MarshalState()
	if err != nil {
		return
	}
	_ = r.store.SaveSnapshot(ctx, r.Stream(id), Snapshot{Version: version, Schema: s.SnapshotSchema(), State: state})
}

// Update is the only way to change an aggregate: it loads it, lets fn record events, and appends them at the version it
// loaded. When somebody else was faster it starts over with the fresh state, so fn must be free of side effects. fn's
// first result is what the command answers; it is kept with the idempotency key. No events means nothing is appended.
func (r *Repo[A]) Update(ctx context.Context, meta kernel.Meta, id string, fn func(A) (result any, err error)) (Appended, error) {
	var last error
	for range attempts {
		a, version, err := r.Load(ctx, id)
		if err != nil {
			return Appended{}, err
		}
		result, err := fn(a)
		if err != nil {
			return Appended{}, err
		}
		req, err := r.Append(meta, result, At(r.Stream(id), Expected(version), a.Pending()...))
		if err != nil {
			return Appended{}, err
		}
		done, err := r.store.Append(ctx, req)
		if err == nil {
			return done, nil
		}
		if !IsConflict(err) {
			return Appended{}, err
		}
		last = err
	}
	return Appended{}, kernel.E(kernel.KindConflict, "CONFLICT", "others kept changing this at the same moment; try again").Because(last)
}

// Change is what one aggregate contributes to an append over several streams.
type Change struct {
	Stream   StreamID
	Expected Expected
	Events   []kernel.Event
}

// At is a change of a stream at a version. Without events it is a guard.
func At(stream StreamID, expected Expected, events ...kernel.Event) Change {
	return Change{Stream: stream, Expected: expected, Events: events}
}

// Append encodes changes of several streams into one atomic append that answers result.
func (r *Repo[A]) Append(meta kernel.Meta, result any, changes ...Change) (Append, error) {
	return r.codec.Append(meta, result, changes...)
}

// Append encodes changes of several streams into one atomic append that answers result.
func (c *Codec) Append(meta kernel.Meta, result any, changes ...Change) (Append, error) {
	body, err := marshal(result)
	if err != nil {
		return Append{}, fmt.Errorf("encode the command's answer: %w", err)
	}
	req := Append{Meta: meta, Result: body}
	for _, ch := range changes {
		data, err := c.Encode(ch.Events...)
		if err != nil {
			return Append{}, err
		}
		req.Streams = append(req.Streams, StreamAppend{Stream: ch.Stream, Expected: ch.Expected, Events: data})
	}
	return req, nil
}
