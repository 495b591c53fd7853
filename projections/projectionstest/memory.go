// Package projectionstest holds the memory twin of projections.Store and the suite that every Store passes.
package projectionstest

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Tx is what projectors are handed by the memory Store: tables of rows by key. What a failing step wrote is undone.
type Tx struct{ Tables map[string]map[string]string }

// Set writes a row.
func (t *Tx) Set(table, key, row string) {
	if t.Tables[table] == nil {
		t.Tables[table] = map[string]string{}
	}
	t.Tables[table][key] = row
}

// Get reads a row.
func (t *Tx) Get(table, key string) string { return t.Tables[table][key] }

type location struct {
	checkpoint projections.Checkpoint
	parked     map[eventstore.StreamID]projections.Parked
	tables     map[string]map[string]string
	attempt    projections.Attempt
	finished   bool
}

// Memory is a projections.Store in memory.
type Memory struct {
	mu        sync.Mutex
	free      *sync.Cond
	locations map[string]*location
	held      map[string]bool // locations whose checkpoint a Swap holds
	revision  int64

	// Fail, when set, is asked before each Advance and may return an error for it.
	Fail func(from projections.Checkpoint, step projections.Step) error
	// Process is whose attempts are noted and asked for; Living are the others that have not ended.
	Process string
	Living  map[string]bool
	noted   map[string]string // by location, the process of the attempt

	// Lose, when set, is asked after each Advance that was made and may return an error to answer instead.
	Lose func(projections.Checkpoint) error
}

var _ projections.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	m := &Memory{locations: map[string]*location{}, held: map[string]bool{}, noted: map[string]string{}}
	m.free = sync.NewCond(&m.mu)
	return m
}

// TransientError is an error that Memory takes for one of the store's connection.
type TransientError struct{ Reason string }

// Error returns the reason.
func (e *TransientError) Error() string { return e.Reason }

// Transient implements projections.Checkpoints.
func (m *Memory) Transient(err error) bool {
	_, ok := err.(*TransientError) //nolint:errorlint // the twin wraps nothing
	return ok
}

// Checkpoint implements projections.Checkpoints.
func (m *Memory) Checkpoint(_ context.Context, at projections.Location) (projections.Checkpoint, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok {
		return projections.Checkpoint{}, false, nil
	}
	return p.checkpoint, true, nil
}

// Advance implements projections.Checkpoints.
func (m *Memory) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	if m.Fail != nil {
		if err := m.Fail(from, step); err != nil {
			return from, err
		}
	}
	next, err := m.advance(ctx, from, step)
	if err == nil && m.Lose != nil {
		err = m.Lose(next)
	}
	return next, err
}

func (m *Memory) advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.held[from.Location.String()] {
		m.free.Wait()
	}
	p, ok := m.locations[from.Location.String()]
	if !ok || p.checkpoint != from {
		return from, projections.ErrMoved
	}
	tables := copyOf(p.tables)
	if step.Apply != nil {
		if err := step.Apply(ctx, &Tx{Tables: tables}); err != nil {
			return from, err
		}
	}
	p.tables = tables
	p.checkpoint.Position = step.To
	if len(step.Park)+len(step.Unpark) > 0 {
		p.checkpoint.Revision++
	}
	for _, park := range step.Park {
		p.parked[park.Stream] = park
	}
	for _, stream := range step.Unpark {
		delete(p.parked, stream)
	}
	return p.checkpoint, nil
}

func copyOf(tables map[string]map[string]string) map[string]map[string]string {
	out := make(map[string]map[string]string, len(tables))
	for name, rows := range tables {
		out[name] = maps.Clone(rows)
	}
	return out
}

// Attempted implements projections.Attempts.
func (m *Memory) Attempted(_ context.Context, at projections.Location) (projections.Attempt, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok || p.attempt.First == 0 {
		return projections.Attempt{}, false, nil
	}
	a := p.attempt
	a.Location = at
	switch by := m.noted[at.String()]; {
	case by == m.Process:
		a.Owner = projections.Ours
	case m.Living[by]:
		a.Owner = projections.Theirs
	default:
		a.Owner = projections.Gone
	}
	return a, true, nil
}

// Attempt implements projections.Attempts.
func (m *Memory) Attempt(_ context.Context, a projections.Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.locations[a.Location.String()]; ok {
		p.attempt, m.noted[a.Location.String()] = a, m.Process
	}
	return nil
}

// Parked implements projections.DeadLetters.
func (m *Memory) Parked(_ context.Context, at projections.Location) ([]projections.Parked, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok {
		return nil, nil
	}
	list := slices.Collect(maps.Values(p.parked))
	sort.Slice(list, func(i, j int) bool { return list[i].Position < list[j].Position })
	return list, nil
}

// Retry implements projections.DeadLetters.
func (m *Memory) Retry(
	_ context.Context, at projections.Location, stream eventstore.StreamID, skipReason string, when time.Time,
) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok {
		return false, nil
	}
	parked, ok := p.parked[stream]
	if !ok {
		return false, nil
	}
	parked.RetryAt, parked.SkipReason, parked.Attempts = when, skipReason, 0
	p.parked[stream] = parked
	return true, nil
}

// Create implements projections.Epochs.
func (m *Memory) Create(_ context.Context, at projections.Location, version int) (projections.Checkpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.locations[at.String()]; ok && (at.Copy == projections.Live || at.Copy == projections.Reacted) {
		return p.checkpoint, nil
	}
	m.revision += 1000
	c := projections.Checkpoint{Location: at, Version: version, Revision: m.revision}
	m.locations[at.String()] = &location{
		checkpoint: c, parked: map[eventstore.StreamID]projections.Parked{}, tables: map[string]map[string]string{},
	}
	return c, nil
}

// Finish implements projections.Epochs.
func (m *Memory) Finish(_ context.Context, at projections.Location) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locations[at.String()].finished = true
	return nil
}

// Swap implements projections.Epochs.
func (m *Memory) Swap(
	ctx context.Context, projection string, catchUp func(context.Context, projections.Checkpoint) error,
) (projections.Checkpoint, error) {
	live, next := projections.LiveOf(projection), projections.Location{Projection: projection, Copy: projections.Next}
	m.mu.Lock()
	defer m.mu.Unlock()
	var was projections.Checkpoint
	if p, ok := m.locations[live.String()]; ok {
		was = p.checkpoint
		m.held[live.String()] = true
		defer func() {
			delete(m.held, live.String())
			m.free.Broadcast()
		}()
		m.mu.Unlock()
		err := catchUp(ctx, was)
		m.mu.Lock()
		if err != nil {
			return was, err
		}
	}
	p, ok := m.locations[next.String()]
	if !ok || p.checkpoint.Position < was.Position {
		return was, projections.ErrBehind
	}
	m.revision += 1000
	p.checkpoint.Location, p.checkpoint.Revision = live, m.revision
	for stream, parked := range p.parked {
		parked.Location = live
		p.parked[stream] = parked
	}
	m.locations[live.String()] = p
	delete(m.locations, next.String())
	return p.checkpoint, nil
}

// Drop implements projections.Epochs.
func (m *Memory) Drop(_ context.Context, at projections.Location) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.locations, at.String())
	return nil
}

// Checksums implements projections.Epochs.
func (m *Memory) Checksums(_ context.Context, at projections.Location) (projections.Checkpoint, map[string]projections.Checksum, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok {
		return projections.Checkpoint{}, nil, fmt.Errorf("there is no read model %s", at)
	}
	sums := map[string]projections.Checksum{}
	for name, rows := range p.tables {
		var sum uint64
		for key, row := range rows {
			h := fnv.New64a()
			_, _ = h.Write([]byte(key + "\x00" + row)) // never fails
			sum += h.Sum64()
		}
		sums[name] = projections.Checksum{Rows: int64(len(rows)), Sum: strconv.FormatUint(sum, 10)}
	}
	return p.checkpoint, sums, nil
}

// Tables returns a copy of what is at the location.
func (m *Memory) Tables(at projections.Location) map[string]map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	if !ok {
		return nil
	}
	return copyOf(p.tables)
}

// Finished reports whether Finish was called for what is at the location.
func (m *Memory) Finished(at projections.Location) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.locations[at.String()]
	return ok && p.finished
}
