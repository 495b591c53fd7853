package erasurecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// Suppression knows whose addresses and numbers may not come back into a workspace.
type Suppression struct {
	repo   *eventstore.Repo[*erasure.Erasures]
	keys   Keys
	recent *cached.Recent[kernel.WorkspaceID, []erasure.Key]
}

const (
	listLife = 2 * time.Second // how long another process's confirmation may go unnoticed
	maxLists = 1000
)

// NewSuppression makes it over the log.
func NewSuppression(log eventstore.Store, codec *eventstore.Codec, keys Keys, clock kernel.Clock) *Suppression {
	return &Suppression{
		repo: eventstore.NewRepo(erasure.Stream, log, codec, erasure.NewErasures), keys: keys,
		recent: cached.NewRecent[kernel.WorkspaceID, []erasure.Key](clock, listLife, maxLists),
	}
}

// In returns what tells whether a text has an address or number that may not come back; nil where there are none. What it returns is not
// safe for concurrent use.
func (s *Suppression) In(ctx context.Context, ws kernel.WorkspaceID) (func(text string) bool, error) {
	keys, err := s.recent.Get(ctx, ws, func(ctx context.Context) ([]erasure.Key, error) {
		x, _, err := s.repo.Load(ctx, string(ws))
		if err != nil {
			return nil, fmt.Errorf("read who was erased in %s: %w", ws, err)
		}
		return x.Suppressed(), nil
	})
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	hash, err := s.keys.Hash(ctx, hashSubject(ws))
	if err != nil {
		return nil, err
	}
	return erasure.NewMatcher(hash, keys).MentionsEscaped, nil
}

// Admit refuses an append that would write such a text into cells. Imports and runs leave out what they may not bring by themselves, row by
// row; this is for all else: edits, pastes, new rows, undo, restores, syncs and workflows.
func (s *Suppression) Admit(ctx context.Context, a eventstore.Append) error {
	for _, sa := range a.Streams {
		if sa.Stream.Category() != table.CellStream || len(sa.Events) == 0 {
			continue
		}
		in, err := s.In(ctx, a.Meta.Workspace)
		if err != nil || in == nil {
			return err
		}
		for _, e := range sa.Events {
			if err := admitted(e, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// admitted looks at what an event writes; what stood there before is not its doing.
func admitted(e eventstore.EventData, in func(string) bool) error {
	var h struct {
		Chunk kernel.Chunk `json:"chunk"`
	}
	if err := json.Unmarshal(e.Data, &h); err != nil {
		return nil //nolint:nilerr // it has no cells
	}
	for col, values := range h.Chunk.Cols {
		for i, v := range values {
			found := false
			texts(v, func(s string) { found = found || in(s) })
			if found && i < len(h.Chunk.Rows) {
				return kernel.E(kernel.KindInvalid, "PERSON_ERASED", Refusal).With(kernel.Detail{
					Field: string(col), Message: "row " + string(h.Chunk.Rows[i]) + ": " + Refusal,
				})
			}
		}
	}
	return nil
}

// Refusal is why something is left out, in words.
const Refusal = "this is about a person who was erased in this workspace and may not come back"
