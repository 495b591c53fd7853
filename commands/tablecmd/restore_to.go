package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Limits of one RestoreTo.
const (
	// RestorePart is how many differences one call restores, at most.
	RestorePart = 5_000
	// restorePreview is how many a dry run counts, at most.
	restorePreview = 100_000
	// maxRestoreSamples is how many cells that can't be restored an answer lists.
	maxRestoreSamples = 5
	// MaxRestoreRows and MaxRestoreColumns are how many a call can name.
	MaxRestoreRows    = 10_000
	MaxRestoreColumns = 1_000
)

// Moment is a moment as it is asked for: a position of the log, or a time.
type Moment struct {
	Position int64
	At       time.Time
}

// PastTable tells what is otherwise in a table than it was at a moment.
type PastTable struct {
	Position int64 // of the table's last event up to the moment
	At       time.Time
	Cells    []PastCell
	Added    []kernel.RowID // that were not there
	Removed  []PastRow      // that were there
	Next     PastPlace      // where the next part begins; its row is empty at the end
}

// PastCell is a cell that is otherwise; its row may be one that is removed.
type PastCell struct {
	Row      kernel.RowID
	Column   kernel.ColumnID
	Was, Now json.RawMessage
}

// PastRow is a row that is no longer among the live ones.
type PastRow struct {
	Row     kernel.RowID
	Trashed bool // it is in the trash; else it is gone for good
}

// PastPlace is a place in the order of differences.
type PastPlace struct {
	Row    kernel.RowID `json:"row_id"`
	Column int          `json:"column"`
}

// PastQuery chooses a part of what is otherwise.
type PastQuery struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Moment    Moment
	Rows      []kernel.RowID    // only these; all if empty
	Columns   []kernel.ColumnID // only cells of these; all if empty
	After     PastPlace
	Limit     int
}

// Moments compares tables with how they were.
type Moments interface {
	Past(ctx context.Context, q PastQuery) (PastTable, error)
}

// RestoreTo brings cells, rows, columns or a whole table back to how they were at a moment. What the table is like otherwise, its columns
// and their types, stays. One call does a part: the calls of one gesture are one step of undo.
type RestoreTo struct {
	Table   kernel.TableID
	Moment  Moment
	Rows    []kernel.RowID
	Columns []string // ids or names; with columns, no row comes or goes
	After   PastPlace
	DryRun  bool
}

// RestoredTo is the answer.
type RestoredTo struct {
	Position int64            `json:"position" doc:"Of the table's last event up to the moment."`
	At       time.Time        `json:"at" doc:"When that event was."`
	Cells    int              `json:"cells" doc:"Cells that were set, or would be."`
	Restored int              `json:"rows_restored" doc:"Rows that came back from the trash."`
	Deleted  int              `json:"rows_deleted" doc:"Rows that had not been there and went to the trash."`
	Gone     int              `json:"rows_gone" doc:"Rows that were removed from the trash for good and can't come back."`
	Refused  int              `json:"refused" doc:"Cells that stay as they are: the column would not take the value that they had."`
	Misfits  []RestoreRefusal `json:"misfits,omitempty" doc:"A few of the refused cells."`
	Next     *PastPlace       `json:"next,omitempty" doc:"There is more: go on with after."`
}

// RestoreRefusal is a cell that can't have the value that it had.
type RestoreRefusal struct {
	Row    kernel.RowID    `json:"row_id"`
	Column kernel.ColumnID `json:"column_id"`
	Was    json.RawMessage `json:"was"`
	Reason string          `json:"reason"`
}

// Validate checks what doesn't depend on the table.
func (c RestoreTo) Validate() error {
	if c.After.Row != "" && kernel.ParseID(kernel.PrefixRow, string(c.After.Row)) != nil {
		return kernel.Invalid("after", "%q is not a row id (row_…)", kernel.Shorten(string(c.After.Row)))
	}
	return kernel.Check(
		kernel.Field("row_ids", c.Rows, kernel.Sized(0, MaxRestoreRows, "one call names at most %d rows", MaxRestoreRows),
			kernel.AllIDs[kernel.RowID](kernel.PrefixRow)),
		kernel.Field("columns", c.Columns, kernel.Sized(0, MaxRestoreColumns, "one call names at most %d columns", MaxRestoreColumns)),
	)
}

// RestoreTo carries out RestoreTo. Nothing is overwritten that it has not seen: the append comes right after what it compared.
func (h *Handlers) RestoreTo(ctx context.Context, meta kernel.Meta, cmd RestoreTo) (commands.Result[RestoredTo], error) {
	if err := cmd.Validate(); err != nil {
		return commands.Result[RestoredTo]{}, err
	}
	if h.cfg.Moments == nil {
		return commands.Result[RestoredTo]{}, kernel.E(kernel.KindUnsupported, "NO_MOMENTS", "this server does not keep tables as they were")
	}
	step := h.step(ctx, meta, cmd.Table, "")
	return eventstore.Retry(ctx, func(int) (commands.Result[RestoredTo], error) {
		r := &restoring{h: h, meta: meta, cmd: cmd, step: step}
		done, err := r.run(ctx)
		return result(done, err, r.answer)
	})
}

// restoring is one attempt at RestoreTo.
type restoring struct {
	h    *Handlers
	meta kernel.Meta
	cmd  RestoreTo
	step table.Step

	schema  table.Schema
	columns []kernel.ColumnID
	changes []table.CellChange
	options map[kernel.ColumnID][]string
	back    []kernel.RowID // from the trash
	away    []kernel.RowID // to the trash
	answer  RestoredTo
}

func (r *restoring) run(ctx context.Context) (done eventstore.Appended, err error) {
	if r.schema, err = r.h.schema(ctx, r.meta.Workspace, r.cmd.Table, true); err != nil {
		return done, err
	}
	if err := r.findColumns(); err != nil {
		return done, err
	}
	now, err := r.h.awaitReadModel(ctx, r.cmd.Table)
	if err != nil {
		return done, err
	}
	if err := r.compare(ctx); err != nil || r.cmd.DryRun {
		return done, err
	}
	if len(r.back) > 0 {
		if err := r.h.room(ctx, r.cmd.Table, len(r.back)); err != nil {
			return done, err
		}
	}
	r.step.AsOf = r.answer.Position
	if r.step.Label == "" {
		r.step.Label = "Restore to " + r.answer.At.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	links, err := r.linksOf(ctx)
	if err != nil {
		return done, err
	}
	events := movedRows{r.back, links}.restore(r.cmd.Table, table.FromRestore, r.step)
	events = append(events, editEvents(r.cmd.Table, r.changes, now.head, table.FromRestore, r.step)...)
	events = append(events, deleteEvents(r.cmd.Table, r.away, table.FromRestore, r.step)...)
	if len(events) == 0 {
		return done, nil
	}
	w := cellWrite{schema: r.schema, events: events, options: r.options, step: r.step, after: &now}
	if done, err = r.h.write(ctx, r.meta, w, r.answer); err != nil {
		return done, fmt.Errorf("restore a table to a moment: %w", err)
	}
	return done, nil
}

// linksOf are the links of rows that come back and had been merged into others.
func (r *restoring) linksOf(ctx context.Context) (links, error) {
	out := links{}
	for part := range slices.Chunk(r.back, scanPage) {
		found, _, err := r.h.cfg.Rows.Cells(ctx, r.schema, part, nil)
		if err != nil {
			return nil, err
		}
		for id, row := range found {
			out[id] = row.Link
		}
	}
	return out, nil
}

func (r *restoring) findColumns() error {
	for i, name := range r.cmd.Columns {
		c, ok := r.schema.Find(name)
		if !ok {
			return kernel.Invalid(fmt.Sprintf("columns[%d]", i), "the table has no column %q", kernel.Shorten(name))
		}
		if !c.Writable() {
			return kernel.Invalid(fmt.Sprintf("columns[%d]", i), "%s %s", c.Name, c.Refusal())
		}
		r.columns = append(r.columns, c.ID)
	}
	return nil
}

// compare finds what is otherwise: a part of it, or all of it as far as a dry run counts.
func (r *restoring) compare(ctx context.Context) error {
	q := PastQuery{
		Workspace: r.meta.Workspace, Table: r.cmd.Table, Moment: r.cmd.Moment, Rows: r.cmd.Rows, Columns: r.columns, After: r.cmd.After,
		Limit: RestorePart,
	}
	r.options = map[kernel.ColumnID][]string{}
	for seen := 0; ; {
		past, err := r.h.cfg.Moments.Past(ctx, q)
		if err != nil {
			return err
		}
		r.take(past)
		seen += len(past.Cells) + len(past.Added) + len(past.Removed)
		if r.answer.Next = nil; past.Next.Row != "" {
			r.answer.Next = &past.Next
		}
		if past.Next.Row == "" || !r.cmd.DryRun || seen >= restorePreview {
			return nil
		}
		q.After = past.Next
		r.changes, r.back, r.away = nil, nil, nil // a dry run only counts
	}
}

func (r *restoring) take(past PastTable) {
	r.answer.Position, r.answer.At = past.Position, past.At
	if len(r.columns) == 0 {
		r.away = append(r.away, past.Added...)
		r.answer.Deleted += len(past.Added)
		for _, row := range past.Removed {
			if !row.Trashed {
				r.answer.Gone++
				continue
			}
			r.back = append(r.back, row.Row)
			r.answer.Restored++
		}
	}
	for _, c := range past.Cells {
		r.takeCell(c)
	}
}

func (r *restoring) takeCell(c PastCell) {
	col, ok := r.schema.Column(c.Column)
	if !ok || !col.Writable() {
		return
	}
	want, fresh, err := table.Parse(col, c.Was, true)
	if err != nil {
		fresh = nil
		want, err = fit(col, c.Was)
	}
	switch {
	case err != nil:
		r.answer.Refused++
		if len(r.answer.Misfits) < maxRestoreSamples {
			r.answer.Misfits = append(r.answer.Misfits, RestoreRefusal{c.Row, c.Column, c.Was, storable(err.Error())})
		}
	case string(want) != string(c.Now):
		r.options[c.Column] = append(r.options[c.Column], fresh...)
		r.changes = append(r.changes, table.CellChange{Row: c.Row, Column: c.Column, Value: want, Old: c.Now})
		r.answer.Cells++
	}
}
