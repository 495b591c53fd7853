package memstore

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

var _ eventstore.Redactor = (*Store)(nil)

// Redact carries out all of the redactions or none.
func (s *Store) Redact(_ context.Context, by int64, list []eventstore.Redaction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range list {
		if r.Position < 1 || r.Position > int64(len(s.events)) || !bytes.Equal(s.events[r.Position-1].Data, r.Was) {
			return eventstore.ErrRedacted
		}
	}
	if s.redacted[by] == nil {
		s.redacted[by] = map[int64]bool{}
	}
	for _, r := range list {
		e := &s.events[r.Position-1]
		e.Data = slices.Clone(r.Data)
		s.redacted[by][r.Position] = true
		delete(s.snapshots, e.Stream)
	}
	return nil
}

// Redacted says how many events of each type were redacted by the order of an event.
func (s *Store) Redacted(_ context.Context, by int64) (map[string]int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string]int64{}
	for position := range s.redacted[by] {
		out[s.events[position-1].Type]++
	}
	return out, nil
}

// RedactResults goes through the answers that are kept for repeated requests of a workspace.
func (s *Store) RedactResults(
	_ context.Context, ws kernel.WorkspaceID, change func(json.RawMessage) (json.RawMessage, bool, error),
) (changed int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, c := range s.commands {
		if c.Last == 0 || s.events[c.Last-1].Workspace != ws {
			continue
		}
		now, is, err := change(c.Result)
		if err != nil {
			return changed, err
		}
		if is {
			c.Result = now
			s.commands[key] = c
			changed++
		}
	}
	return changed, nil
}
