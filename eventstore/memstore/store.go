// Package memstore keeps the log in memory: the twin of pgstore for tests and for what needs no log after it ends. It
// passes the same suite.
package memstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Store is a log in memory. It is safe for concurrent use.
type Store struct {
	clock    kernel.Clock
	appended eventstore.Signal

	mu        sync.RWMutex
	events    []eventstore.Recorded // of position i+1
	streams   map[eventstore.StreamID][]int64
	commands  map[string]eventstore.Command
	snapshots map[eventstore.StreamID]eventstore.Snapshot
	redacted  map[int64]map[int64]bool // positions, by that of the event which has ordered it
	last      time.Time
}

var (
	_ eventstore.Store           = (*Store)(nil)
	_ eventstore.WorkspaceReader = (*Store)(nil)
)

// New returns an empty log whose events are stamped by the clock.
func New(clock kernel.Clock) *Store {
	return &Store{
		clock:     clock,
		streams:   map[eventstore.StreamID][]int64{},
		commands:  map[string]eventstore.Command{},
		snapshots: map[eventstore.StreamID]eventstore.Snapshot{},
		redacted:  map[int64]map[int64]bool{},
	}
}

// Append adds to the log.
func (s *Store) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := s.AppendChain(ctx, []eventstore.Append{a})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return done[0], nil
}

// AppendChain adds to the log, each append if the one before it was taken.
func (s *Store) AppendChain(ctx context.Context, chain []eventstore.Append) (done []eventstore.Appended, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := eventstore.CheckChain(chain); err != nil {
		return nil, err
	}
	metadata := make([][]byte, len(chain))
	for i, a := range chain {
		if metadata[i], err = json.Marshal(a.Meta); err != nil {
			return nil, fmt.Errorf("encode the metadata: %w", err)
		}
		if problem := eventstore.CheckJSON(metadata[i]); problem != "" {
			return nil, kernel.Invalid("metadata", "%s", problem)
		}
	}
	s.mu.Lock()
	before := len(s.events)
	for i, a := range chain {
		d, e := s.append(a, metadata[i])
		if err = e; err != nil {
			break
		}
		if done = append(done, d); d.Replayed {
			break
		}
	}
	grown := len(s.events) > before
	s.mu.Unlock()
	if grown {
		s.appended.Fire()
	}
	return done, err
}

// append carries out one append; the caller holds the lock.
func (s *Store) append(a eventstore.Append, metadata []byte) (eventstore.Appended, error) {
	key := a.Meta.IdempotencyKey
	if len(a.Result) == 0 {
		a.Result = kernel.Null()
	}
	if c, ok := s.commands[key]; ok && key != "" {
		if c.Fingerprint != a.Meta.Fingerprint {
			return eventstore.Appended{}, eventstore.ErrKeyReused
		}
		return eventstore.Appended{First: c.First, Last: c.Last, Result: c.Result, Replayed: true}, nil
	}
	if err := s.check(a.Streams); err != nil {
		return eventstore.Appended{}, err
	}
	if now := s.clock.Now().UTC().Truncate(time.Microsecond); now.After(s.last) {
		s.last = now
	}
	done := eventstore.Appended{Result: slices.Clone(a.Result), Versions: make([]int64, len(a.Streams))}
	before := int64(len(s.events))
	for _, sa := range a.Streams {
		for _, e := range sa.Events {
			s.add(sa.Stream, e, a.Meta.Workspace, metadata)
		}
	}
	for i, sa := range a.Streams {
		done.Versions[i] = s.version(sa.Stream)
	}
	if after := int64(len(s.events)); after > before {
		done.First, done.Last = before+1, after
	}
	if key != "" {
		s.commands[key] = eventstore.Command{
			Key: key, Fingerprint: a.Meta.Fingerprint, First: done.First, Last: done.Last, Result: done.Result, RecordedAt: s.last,
		}
	}
	return done, nil
}

// check compares the expected versions; an entry sees what the entries before it in the append add.
func (s *Store) check(entries []eventstore.StreamAppend) error {
	added := map[eventstore.StreamID]int64{}
	for _, e := range entries {
		actual := s.version(e.Stream) + added[e.Stream]
		if e.Expected >= 0 && int64(e.Expected) != actual {
			return &eventstore.ConflictError{Stream: e.Stream, Expected: e.Expected, Actual: actual}
		}
		added[e.Stream] += int64(len(e.Events))
	}
	return nil
}

func (s *Store) version(stream eventstore.StreamID) int64 { return int64(len(s.streams[stream])) }

func (s *Store) add(stream eventstore.StreamID, e eventstore.EventData, ws kernel.WorkspaceID, metadata []byte) {
	position := int64(len(s.events)) + 1
	s.streams[stream] = append(s.streams[stream], position)
	s.events = append(s.events, eventstore.Recorded{
		Position: position, Stream: stream, Version: s.version(stream), Workspace: ws,
		Type: e.Type, Data: slices.Clone(e.Data), Metadata: metadata, RecordedAt: s.last,
	})
}

// Command looks up a request by its idempotency key.
func (s *Store) Command(_ context.Context, key string) (eventstore.Command, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.commands[key]
	return c, ok, nil
}

// ReadAll returns events with position > after, in order and without a gap.
func (s *Store) ReadAll(_ context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	after = min(max(after, 0), int64(len(s.events)))
	return page(limit, func(yield func(eventstore.Recorded) bool) {
		for _, e := range s.events[after:] {
			if !yield(e) {
				return
			}
		}
	}), nil
}

// ReadStream returns events of the stream with version > after, in order.
func (s *Store) ReadStream(_ context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	after = min(max(after, 0), s.version(stream))
	return page(limit, func(yield func(eventstore.Recorded) bool) {
		for _, position := range s.streams[stream][after:] {
			if !yield(s.events[position-1]) {
				return
			}
		}
	}), nil
}

// ReadWorkspace returns events of the workspace with position > after, in order.
func (s *Store) ReadWorkspace(_ context.Context, ws kernel.WorkspaceID, after int64, limit int) ([]eventstore.Recorded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	after = min(max(after, 0), int64(len(s.events)))
	return page(limit, func(yield func(eventstore.Recorded) bool) {
		for _, e := range s.events[after:] {
			if e.Workspace == ws && !yield(e) {
				return
			}
		}
	}), nil
}

// page takes events up to the limit; the one that crosses MaxReadBytes is the last.
func page(limit int, events func(yield func(eventstore.Recorded) bool)) []eventstore.Recorded {
	var out []eventstore.Recorded
	if limit <= 0 {
		return nil
	}
	size := 0
	for e := range events {
		out = append(out, e)
		size += len(e.Data) + len(e.Metadata)
		if len(out) == limit || size >= eventstore.MaxReadBytes {
			break
		}
	}
	return out
}

// ReadPositions returns the events at the positions.
func (s *Store) ReadPositions(_ context.Context, positions []int64) ([]eventstore.Recorded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	wanted := slices.Clone(positions)
	slices.Sort(wanted)
	var out []eventstore.Recorded
	for _, p := range slices.Compact(wanted) {
		if p >= 1 && p <= int64(len(s.events)) {
			out = append(out, s.events[p-1])
		}
	}
	return out, nil
}

// StreamVersion returns the stream's version, 0 if it does not exist.
func (s *Store) StreamVersion(_ context.Context, stream eventstore.StreamID) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.version(stream), nil
}

// Head returns the position of the last event.
func (s *Store) Head(context.Context) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return int64(len(s.events)), nil
}

// Appended returns a channel that is closed when something was appended after the call.
func (s *Store) Appended() <-chan struct{} { return s.appended.Wait() }

// LoadSnapshot returns the stream's snapshot, if there is one.
func (s *Store) LoadSnapshot(_ context.Context, stream eventstore.StreamID) (eventstore.Snapshot, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	snap, ok := s.snapshots[stream]
	return snap, ok, nil
}

// SaveSnapshot keeps the snapshot unless a newer one of the same schema is there that the stream has come to.
func (s *Store) SaveSnapshot(_ context.Context, stream eventstore.StreamID, snap eventstore.Snapshot) error {
	if problem := eventstore.CheckJSON(snap.State); problem != "" {
		return kernel.Invalid("snapshot", "%s", problem)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.snapshots[stream]; ok && old.Schema == snap.Schema && old.Version > snap.Version &&
		old.Version <= int64(len(s.streams[stream])) {
		return nil
	}
	snap.State = slices.Clone(snap.State)
	s.snapshots[stream] = snap
	return nil
}
