package crmcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Record is one record of a run, with what became of it.
type Record struct {
	crm.Entry
	State   crm.Outcome
	Reason  string
	ID      string
	Created bool
	Stored  map[string]string
}

// Records asks for records of a run, in the order of the run.
type Records struct {
	RunID  kernel.SyncRunID
	State  crm.Outcome // only those; empty for all
	Cursor string
	Limit  int
}

// scanned is how many batches are looked through for one page.
const scanned = 50

// Records carries out a Records. With a cursor there may be more, also when the page has few or none.
func (h *Handlers) Records(ctx context.Context, ws kernel.WorkspaceID, c Records) (list []Record, next string, err error) {
	run, err := h.Run(ctx, ws, c.RunID)
	if err != nil {
		return nil, "", err
	}
	var at cursor
	if c.Cursor != "" {
		if at, err = parseCursor(c.Cursor); err != nil {
			return nil, "", err
		}
	}
	for range scanned {
		p, err := h.pair(ctx, run.Started().Definition.TableID, c.RunID, at.version)
		if err != nil || p == nil {
			return list, "", err
		}
		for i := at.offset; i < len(p.entries); i++ {
			if c.State != "" && p.results[i].State != c.State {
				continue
			}
			if len(list) == c.Limit {
				return list, cursor{at.version, i}.String(), nil
			}
			list = append(list, recordOf(p.entries[i], p.results[i]))
		}
		at = cursor{version: p.version}
	}
	return list, at.String(), nil
}

func recordOf(e crm.Entry, r crm.Result) Record {
	out := Record{Entry: e, State: r.State, Reason: r.Reason, ID: r.ID, Created: r.Created, Stored: r.Stored}
	if out.ID == "" {
		out.ID = e.ID
	}
	if r.URL != "" {
		out.URL = r.URL
	}
	return out
}

// cursor is a place in a run's stream: the number of an entry in the first batch after a version.
type cursor struct {
	version int64
	offset  int
}

// String writes the cursor.
func (c cursor) String() string { return fmt.Sprintf("%d-%d", c.version, c.offset) }

func parseCursor(s string) (cursor, error) {
	var c cursor
	if n, err := fmt.Sscanf(s, "%d-%d", &c.version, &c.offset); err != nil || n != 2 || c.String() != s || c.version < 0 || c.offset < 0 {
		return c, kernel.BadCursor()
	}
	return c, nil
}

// Ref names an entry of a run's batch by the version of the run's stream after it.
type Ref struct {
	TableID kernel.TableID
	RunID   kernel.SyncRunID
	Version int64
	Entry   int
}

// Entries are those that are named, in their order. One whose records were erased is empty.
func (h *Handlers) Entries(ctx context.Context, refs []Ref) ([]crm.Entry, error) {
	type batchRef struct {
		run     kernel.SyncRunID
		version int64
	}
	read := map[batchRef]*pair{}
	out := make([]crm.Entry, len(refs))
	for i, r := range refs {
		at := batchRef{r.RunID, r.Version}
		p, ok := read[at]
		if !ok {
			var err error
			p, err = h.pair(ctx, r.TableID, r.RunID, r.Version-2) //nolint:mnd // a pull's intent and what became of it are one append
			if err != nil && !errors.Is(err, ErrErased()) {
				return nil, err
			}
			read[at] = p
		}
		if p != nil && r.Entry < len(p.entries) {
			out[i] = p.entries[r.Entry]
		}
	}
	return out, nil
}
