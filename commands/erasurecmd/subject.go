package erasurecmd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Tables reads rows as people see them.
type Tables interface {
	// Named returns a table's name and its columns' names, also of those in the trash.
	Named(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (name string, columns map[kernel.ColumnID]string, err error)
	// Row returns a row's cells as JSON; nil if it is in the trash.
	Row(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, row kernel.RowID) (json.RawMessage, error)
}

// HeldRow is a row about the person, as it is now.
type HeldRow struct {
	TableID kernel.TableID             `json:"table_id"`
	Table   string                     `json:"table"`
	Columns map[kernel.ColumnID]string `json:"columns"`
	Row     json.RawMessage            `json:"row"`
}

// Held is a thing that the log holds about the person.
type Held struct {
	At       time.Time       `json:"at"`
	Position int64           `json:"position"`
	Event    string          `json:"event"`
	Of       string          `json:"of"` // the stream
	Row      kernel.RowID    `json:"row_id,omitempty"`
	What     string          `json:"what"` // a column's id, or what it is
	Value    json.RawMessage `json:"value"`
}

// HeldText is a text about the person in a place beside the log.
type HeldText struct {
	Place string `json:"place"`
	Text  string `json:"text"`
}

// Derived are places that hold nothing but what is made of the log, which is exported from there.
type Derived interface{ Derived() }

// Subject names the person that is exported: what an erasure has found that waits to be confirmed.
func (h *Handlers) Subject(ctx context.Context, ws kernel.WorkspaceID, id kernel.ErasureID) (erasure.Erasure, error) {
	e, err := h.Find(ctx, ws, id)
	if err == nil && e.State != erasure.Waiting {
		err = kernel.E(kernel.KindInvalid, "ERASURE_STATE",
			"the erasure is %s; what is held can be exported between the look and the erasing", e.State)
	}
	return e, err
}

// ExportSubject writes everything that is held about the person as one JSON object: rows as they are now, every value that the log has had
// of them with its time, and texts of other places. What it leaves out is what an erasure would leave, since both go the same way.
func (h *Handlers) ExportSubject(ctx context.Context, e erasure.Erasure, to io.Writer) error {
	s, err := h.search(ctx, e, func(string) {})
	if err != nil {
		return err
	}
	w := &subjectWriter{out: bufio.NewWriterSize(to, subjectBuffer)}
	w.raw(`{"version":1,"workspace_id":`).value(e.Workspace).raw(`,"erasure_id":`).value(e.ID).raw(`,"made_at":`).value(h.cfg.Clock.Now())
	w.raw(`,"rows":[`)
	if err := h.heldRows(ctx, s, w); err != nil {
		return err
	}
	w.raw(`],"history":[`)
	if err := h.heldInLog(ctx, s, w); err != nil {
		return err
	}
	w.raw(`],"elsewhere":[`)
	if err := h.heldElsewhere(ctx, s, w); err != nil {
		return err
	}
	w.raw("]}\n")
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}

func (h *Handlers) heldRows(ctx context.Context, s *Search, w *subjectWriter) error {
	for _, of := range s.Rows {
		if of.TableID == "" {
			continue
		}
		name, columns, err := h.cfg.Tables.Named(ctx, s.Workspace, of.TableID)
		if kernel.KindOf(err) == kernel.KindNotFound {
			continue // a table that was purged; its history is told
		}
		if err != nil {
			return err
		}
		for _, id := range of.Rows {
			row, err := h.cfg.Tables.Row(ctx, s.Workspace, of.TableID, id)
			if err != nil {
				return err
			}
			if row != nil {
				w.item(HeldRow{of.TableID, name, columns, row})
			}
			if w.err != nil {
				return w.err
			}
		}
	}
	return nil
}

func (h *Handlers) heldInLog(ctx context.Context, s *Search, w *subjectWriter) error {
	w.listed = false
	r := newRedactor(h.cfg.Log, h.cfg.Keys, s)
	var at eventstore.Recorded
	r.walk.took = func(row kernel.RowID, what string, value json.RawMessage) {
		w.item(Held{at.RecordedAt, at.Position, at.Type, string(at.Stream), row, what, value})
	}
	return each(ctx, h.cfg.Log, s.Workspace, s.alive, func(events []eventstore.Recorded) error {
		for _, at = range events {
			if _, err := r.event(ctx, at); err != nil {
				return err
			}
		}
		return w.err
	})
}

// heldElsewhere has the places look as they do for an erasure, and takes down what they find.
func (h *Handlers) heldElsewhere(ctx context.Context, s *Search, w *subjectWriter) error {
	w.listed = false
	for _, p := range h.cfg.Places {
		if _, made := p.(Derived); made {
			continue
		}
		s.noted = func(text string) { w.item(HeldText{p.Place(), text}) }
		if _, err := p.Verify(ctx, s); err != nil {
			return fmt.Errorf("look into the %s: %w", p.Place(), err)
		}
	}
	return w.err
}

const subjectBuffer = 64 << 10

// subjectWriter writes JSON piece by piece. After its first error it writes nothing more.
type subjectWriter struct {
	out    *bufio.Writer
	listed bool // the list that is being written has an item
	err    error
}

func (w *subjectWriter) raw(s string) *subjectWriter {
	if w.err == nil {
		_, w.err = w.out.WriteString(s)
	}
	return w
}

func (w *subjectWriter) value(v any) *subjectWriter {
	b, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("encode what is held: %w", err)
	}
	return w.raw(string(b))
}

func (w *subjectWriter) item(v any) {
	if w.listed {
		w.raw(",")
	}
	w.listed = true
	w.raw("\n").value(v)
}
