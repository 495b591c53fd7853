package dataopscmd

import (
	"context"
	"errors"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel/watch"
)

// told is what operators are told of an import's way from where it stands to its end.
type told struct {
	op          *watch.Operation // nil until there is something to do
	first, last dataops.Summary
}

// saw notes how far the import is.
func (t *told) saw(im *Importer, s dataops.Summary) {
	t.last = s
	if t.op == nil && (s.State == dataops.StateImporting || s.Undoing) {
		t.first = s
		t.op = watch.Begin(im.watch, im.h.cfg.Clock, watch.Import, "import", s.ID, "table", s.TableID, "undo", s.Undoing)
	}
}

// end tells of it. An import that was cancelled has ended as it was asked to.
func (t *told) end(ctx context.Context, err error) {
	if t.op == nil {
		return
	}
	t.op.Count(rowsOf(t.last)-rowsOf(t.first), 0)
	if done := t.last.Progress - t.first.Progress; done > 0 && !t.first.Undoing {
		t.op.Count(0, int64(done*float64(t.last.Size)))
	}
	t.op.Note("state", string(t.last.State), "file_bytes", t.last.Size)
	if err == nil && t.last.State == dataops.StateFailed {
		t.op.End(ctx, watch.Failed, errors.New(t.last.Error))
		return
	}
	t.op.EndWith(ctx, err)
}

// rowsOf is how many records were dealt with, or rows taken back.
func rowsOf(s dataops.Summary) int64 {
	if s.Undoing || s.State == dataops.StateUndone {
		if s.Undo == nil {
			return 0
		}
		return s.Undo.Removed + s.Undo.Reverted
	}
	return s.Counts.Rows
}
