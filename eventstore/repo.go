package eventstore

import (
	"context"
	"encoding/json"
	"errors"
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
			return r.loadFrom(ctx, id, a, snap)
		}
	}
	version, err = r.Refresh(ctx, id, a, version)
	return a, version, base, err
}

// loadFrom folds what comes after a snapshot. One that is damaged, or of a version that the stream hasn't come to, as after a restore, is
// as good as none: the stream is folded from its beginning, and the snapshot is made anew. Why is told to the store, which keeps a log.
func (r *Repo[A]) loadFrom(ctx context.Context, id string, a A, snap Snapshot) (A, int64, int64, error) {
	stream := r.Stream(id)
	version, err := r.fromSnapshot(ctx, id, a, snap)
	if err == nil {
		return a, version, snap.Version, nil
	}
	if !errors.Is(err, errDamaged) {
		return a, 0, 0, err
	}
	if s, ok := r.store.(interface {
		SnapshotDamaged(ctx context.Context, stream StreamID, why error)
	}); ok {
		s.SnapshotDamaged(ctx, stream, err)
	}
	a = r.blank()
	if version, err = r.Refresh(ctx, id, a, 0); err != nil {
		return a, 0, 0, err
	}
	if s, ok := any(a).(Snapshotter); ok && version > 0 {
		r.snapshot(ctx, id, s, version)
	}
	return a, version, version, nil
}

// errDamaged says that a snapshot is not what the stream's events make.
var errDamaged = errors.New("the snapshot is damaged")

func (r *Repo[A]) fromSnapshot(ctx context.Context, id string, a A, snap Snapshot) (version int64, err error) {
	s, ok := any(a).(Snapshotter)
	if !ok || kernel.IsNull(snap.State) || snap.Version <= 0 {
		return 0, errDamaged
	}
	if err := s.UnmarshalState(snap.State); err != nil {
		return 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	// The snapshot's own event comes along, which shows that the stream has come so far.
	events, err := r.store.ReadStream(ctx, r.Stream(id), snap.Version-1, pageSize)
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", r.Stream(id), err)
	}
	if len(events) == 0 || events[0].Version != snap.Version {
		return 0, fmt.Errorf("%w: the stream has not come to version %d", errDamaged, snap.Version)
	}
	if version, err = r.fold(a, snap.Version, events[1:]); err != nil {
		return 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if len(events) < pageSize {
		return version, nil
	}
	return r.Refresh(ctx, id, a, version)
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
		if version, err = r.fold(a, version, events); err != nil {
			return 0, err
		}
	}
}

// fold applies the events that follow a version.
func (r *Repo[A]) fold(a A, version int64, events []Recorded) (int64, error) {
	for _, rec := range events {
		e, err := r.codec.Decode(rec)
		if err != nil {
			return 0, err
		}
		if err := a.Apply(e); err != nil {
			return 0, fmt.Errorf("fold event %d of %s: %w", rec.Version, rec.Stream, err)
		}
		version = rec.Version
	}
	return version, nil
}

// SaveSnapshot saves the aggregate's state as a snapshot if it is a Snapshotter, for a caller that holds it over many appends instead of
// loading it each time, which does that by itself.
func (r *Repo[A]) SaveSnapshot(ctx context.Context, id string, a A, version int64) {
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
	return r.UpdateBeside(ctx, meta, id, func(a A) (any, []Change, error) {
		result, err := fn(a)
		return result, nil, err
	})
}

// UpdateBeside is Update for a change that depends on other streams: fn returns guards for those that it has looked at.
func (r *Repo[A]) UpdateBeside(
	ctx context.Context, meta kernel.Meta, id string, fn func(A) (result any, guards []Change, err error),
) (Appended, error) {
	return Retry(ctx, func(int) (Appended, error) {
		a, version, err := r.Load(ctx, id)
		if err != nil {
			return Appended{}, err
		}
		result, guards, err := fn(a)
		if err != nil {
			return Appended{}, err
		}
		req, err := r.Append(meta, result, append([]Change{At(r.Stream(id), Expected(version), a.Pending()...)}, guards...)...)
		if err != nil {
			return Appended{}, err
		}
		return r.store.Append(ctx, req)
	})
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

// ErrMoved says that a stream has, or may have, grown by another writer. What is to be done next is read from the log.
var ErrMoved = errors.New("the stream has moved on")

// Extend appends what an aggregate that was loaded at the version has recorded since, and returns the version after it; ErrMoved when the
// aggregate must be loaded again.
func (r *Repo[A]) Extend(ctx context.Context, meta kernel.Meta, id string, version int64, a A) (int64, error) {
	pending := a.Pending()
	req, err := r.codec.Append(meta, nil, At(r.Stream(id), Expected(version), pending...))
	if err != nil {
		return version, err
	}
	if _, err = r.store.Append(ctx, req); IsConflict(err) || errors.Is(err, ErrUnknownOutcome) {
		return version, ErrMoved
	}
	if err != nil {
		return version, err
	}
	return version + int64(len(pending)), nil
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
