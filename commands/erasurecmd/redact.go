package erasurecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func ordered(keys map[erasure.Key]bool) []erasure.Key { return slices.Sorted(maps.Keys(keys)) }

// redactor goes through a workspace's events.
type redactor struct {
	log    Log
	search *Search
	walk   *walker
	sealed *sealed
}

func newRedactor(log Log, sealer Sealer, s *Search) *redactor {
	w := &walker{match: s.Match, rows: s.rows}
	return &redactor{log: log, search: s, walk: w, sealed: newSealed(sealer, w)}
}

// logStore erases in the log.
type logStore struct {
	log    Log
	sealer Sealer
}

// Place implements Store.
func (logStore) Place() string { return "event log" }

// Erase implements Store. A read that comes before a redaction of somebody else is repeated.
func (l logStore) Erase(ctx context.Context, s *Search) (int64, error) {
	for range redactTries {
		_, err := newRedactor(l.log, l.sealer, s).run(ctx, true)
		if errors.Is(err, eventstore.ErrRedacted) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return l.total(ctx, s)
	}
	return 0, eventstore.ErrRedacted
}

const redactTries = 5

// total is what all attempts together have redacted.
func (l logStore) total(ctx context.Context, s *Search) (n int64, err error) {
	byType, err := l.log.Redacted(ctx, s.By)
	for _, count := range byType {
		n += count
	}
	return n, err
}

// Verify implements Store.
func (l logStore) Verify(ctx context.Context, s *Search) (n int64, err error) {
	byPlace, err := newRedactor(l.log, l.sealer, s).run(ctx, false)
	for _, count := range byPlace {
		n += count
	}
	return n, err
}

// run counts the events with something of the person by the category of their streams, and redacts them if that is wanted.
func (r *redactor) run(ctx context.Context, write bool) (map[string]int64, error) {
	counts := map[string]int64{}
	err := each(ctx, r.log, r.search.Workspace, r.search.alive, func(events []eventstore.Recorded) error {
		var list []eventstore.Redaction
		for _, e := range events {
			now, err := r.event(ctx, e)
			if err != nil {
				return err
			}
			if same(now, e.Data) {
				continue
			}
			counts[e.Stream.Category()]++
			list = append(list, eventstore.Redaction{
				Position: e.Position, Was: e.Data, Data: now, Proof: r.search.Hash(append([]byte("event:"), e.Data...)),
			})
		}
		if !write {
			return nil
		}
		return r.log.Redact(ctx, r.search.By, list)
	})
	return counts, err
}

// event returns the event's data as it is to be.
func (r *redactor) event(ctx context.Context, e eventstore.Recorded) (json.RawMessage, error) {
	data := e.Data
	if opens(e.Type) {
		now, err := r.sealed.redact(ctx, e, data)
		if err != nil {
			return nil, err
		}
		data = now
	}
	whole := copies(e.Type)
	if !whole && !r.touches(data) {
		return data, nil
	}
	w := *r.walk
	w.whole = whole
	now := w.walk(data)
	if w.err != nil {
		return nil, fmt.Errorf("look into event %d: %w", e.Position, w.err)
	}
	return now, nil
}

// touches reports whether the JSON may hold something of the person; where texts are escaped only a reader of JSON can tell.
func (r *redactor) touches(data json.RawMessage) bool {
	if bytes.IndexByte(data, '\\') >= 0 || bytes.Contains(data, []byte(`"query":`)) || bytes.Contains(data, []byte(`"filter":`)) ||
		r.search.Match.Mentions(string(data)) {
		return true
	}
	mark := []byte(kernel.PrefixRow + "_")
	for at := 0; ; {
		i := bytes.Index(data[at:], mark)
		if i < 0 {
			return false
		}
		at += i
		end := at + len(mark) + ulidLength
		if end <= len(data) && r.search.rows[kernel.RowID(data[at:end])] {
			return true
		}
		at += len(mark)
	}
}

const ulidLength = 26

// answerStore erases in what is kept to answer repeated requests.
type answerStore struct{ log Log }

// Place implements Store.
func (answerStore) Place() string { return "answers to repeated requests" }

// Erase implements Store.
func (a answerStore) Erase(ctx context.Context, s *Search) (int64, error) {
	return a.log.RedactResults(ctx, s.Workspace, func(was json.RawMessage) (json.RawMessage, bool, error) { return redactResult(s, was) })
}

// Verify implements Store.
func (a answerStore) Verify(ctx context.Context, s *Search) (n int64, err error) {
	_, err = a.log.RedactResults(ctx, s.Workspace, func(was json.RawMessage) (json.RawMessage, bool, error) {
		_, is, err := redactResult(s, was)
		if is {
			n++
		}
		return was, false, err
	})
	return n, err
}

func redactResult(s *Search, was json.RawMessage) (json.RawMessage, bool, error) {
	w := &walker{match: s.Match, rows: s.rows, whole: true}
	now := w.walk(was)
	return now, !same(now, was), w.err
}
