package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// OnError says what becomes of a call when parts of it are wrong.
type OnError string

// The two ways: nothing is done (the default), or what is right is done.
const (
	Abort OnError = "abort"
	Skip  OnError = "skip"
)

// Limits of one call.
const (
	MaxEdits    = 5_000
	MaxBatchOps = 10_000
)

// CellEdit sets one cell.
type CellEdit struct {
	Row       kernel.RowID    `json:"row_id" pattern:"^[\\s\\S]*$"`
	Column    string          `json:"column_id"` // id or exact name
	Value     json.RawMessage `json:"value"`
	IfVersion *int64          `json:"if_version,omitempty"` // the edit holds only if the cell hasn't changed after this position, or holds the value already
}

// EditCells sets cells.
type EditCells struct {
	Table         kernel.TableID
	Edits         []CellEdit
	OnError       OnError
	CreateOptions bool
	Source        table.Source // edit if empty
}

// Validate checks what doesn't depend on the table.
func (c EditCells) Validate() error {
	return kernel.Check(
		kernel.Field("edits", c.Edits, kernel.Sized(1, MaxEdits, "one call changes 1 to %d cells, not %d", MaxEdits, len(c.Edits))),
		kernel.Field("on_error", c.OnError, c.OnError.known()),
	)
}

func (o OnError) known() validation.Rule {
	return kernel.OneOf([]OnError{"", Abort, Skip}, "choose abort or skip, not %q", o)
}

// EditResult is what became of one edit, when wrong ones are skipped.
type EditResult struct {
	Index  int    `json:"index"`
	Status string `json:"status" enum:"ok,error,conflict" doc:"Conflict: the cell was changed after if_version."`
	Error  string `json:"error,omitempty"`
	// Of a conflict: what the cell holds, and the position of its last change.
	Current  json.RawMessage `json:"current,omitempty"`
	Position int64           `json:"position,omitempty"`
}

// EditedCells is the answer.
type EditedCells struct {
	Edited  int          `json:"edited"`
	Results []EditResult `json:"results,omitempty"`
}

// EditCells carries out EditCells.
func (h *Handlers) EditCells(ctx context.Context, meta kernel.Meta, cmd EditCells) (commands.Result[EditedCells], error) {
	if err := cmd.Validate(); err != nil {
		return commands.Result[EditedCells]{}, err
	}
	step := h.step(ctx, meta, cmd.Table, "Edit cells")
	return eventstore.Retry(ctx, func(try int) (commands.Result[EditedCells], error) {
		e := &editing{h: h, cmd: cmd, meta: meta, step: step, fresh: try > 0}
		done, err := e.run(ctx)
		if err != nil {
			return commands.Result[EditedCells]{}, err
		}
		return commands.Reply(done, e.answer)
	})
}

// editing is one attempt at EditCells.
type editing struct {
	h      *Handlers
	cmd    EditCells
	meta   kernel.Meta
	step   table.Step
	fresh  bool
	schema table.Schema
	faults faults

	changes []table.CellChange // one an edit; of wrong ones without a row
	newer   map[int]EditResult // of edits whose cell was changed since
	options map[kernel.ColumnID][]string
	answer  EditedCells
}

func (e *editing) run(ctx context.Context) (done eventstore.Appended, err error) {
	if e.schema, err = e.h.schema(ctx, e.meta.Workspace, e.cmd.Table, e.fresh); err != nil {
		return done, err
	}
	reader, err := e.h.reader(ctx, e.meta.Workspace)
	if err != nil {
		return done, err
	}
	e.parse(reader)
	if e.faults.any() && !e.fresh { // the schema in memory may be old
		return done, eventstore.ErrStale
	}
	var s *settled
	if e.conditional() {
		now, err := e.h.awaitReadModel(ctx, e.cmd.Table)
		if err != nil {
			return done, err
		}
		s = &now
	}
	seen, err := e.compare(ctx, s != nil)
	if err != nil {
		return done, err
	}
	if e.faults.any() && e.cmd.OnError != Skip {
		return done, e.faults.err()
	}
	events := e.events(seen)
	e.fillAnswer()
	if len(events) == 0 {
		return done, nil
	}
	return e.h.write(ctx, e.meta, cellWrite{schema: e.schema, events: events, options: e.options, step: e.step, after: s}, e.answer)
}

// parse checks each edit against the schema.
func (e *editing) parse(reader table.Reader) {
	e.changes = make([]table.CellChange, len(e.cmd.Edits))
	e.options, e.newer = map[kernel.ColumnID][]string{}, map[int]EditResult{}
	for i, edit := range e.cmd.Edits {
		col, ok := e.schema.Find(edit.Column)
		if !ok {
			e.faults.add(i, e.field(i), "the table has no column %q", edit.Column)
			continue
		}
		if kernel.ParseID(kernel.PrefixRow, string(edit.Row)) != nil {
			e.faults.add(i, e.field(i), "%q is not a row id (row_…)", edit.Row)
			continue
		}
		v, fresh, err := readValue(reader, col, edit.Value, e.cmd.CreateOptions)
		if err == nil && !col.Writable() {
			err = &table.ValueError{Message: col.Name + " " + col.Refusal()}
		}
		if err != nil {
			e.faults.add(i, e.field(i), "%s", err)
			continue
		}
		e.options[col.ID] = append(e.options[col.ID], fresh...)
		e.changes[i] = table.CellChange{Row: edit.Row, Column: col.ID, Value: v}
	}
}

// field names an edit in an error.
func (e *editing) field(i int) string {
	edit := e.cmd.Edits[i]
	name := edit.Column
	if c, ok := e.schema.Find(edit.Column); ok {
		name = c.Name
	}
	return fmt.Sprintf("edits[%d] %s / %s", i, edit.Row, name)
}

func (e *editing) conditional() bool {
	return slices.ContainsFunc(e.cmd.Edits, func(c CellEdit) bool { return c.IfVersion != nil })
}

// compare fills in the old values and checks that the rows are there and unchanged where that is asked.
func (e *editing) compare(ctx context.Context, waited bool) (seen int64, err error) {
	rows, cols := touched(e.changes)
	if len(rows) == 0 {
		return 0, nil
	}
	found, seen, err := e.h.cells(ctx, e.schema, rows, cols, waited)
	if err != nil {
		return 0, err
	}
	for i := range e.changes {
		c := &e.changes[i]
		if c.Row == "" {
			continue
		}
		row, ok := found[c.Row]
		switch v := e.cmd.Edits[i].IfVersion; {
		case !ok:
			e.faults.add(i, e.field(i), "there is no such row")
		case row.Trashed:
			e.faults.add(i, e.field(i), "the row is in the trash; restore it first")
		case v != nil && row.Positions[c.Column] > *v && string(row.Values[c.Column]) != string(c.Value):
			e.newer[i] = EditResult{Current: row.Values[c.Column], Position: row.Positions[c.Column]}
			e.faults.conflict(i, e.field(i), "the cell was changed at position %d, after %d: it holds %s, you wanted %s", row.Positions[c.Column],
				*v, row.Values[c.Column], c.Value)
		default:
			c.Old = row.Values[c.Column]
			continue
		}
		c.Row = ""
	}
	return seen, nil
}

// cells reads cells. What the read model says against a row is asked again once it has come to the log's head: it may not have the row
// yet, or still in the trash.
func (h *Handlers) cells(
	ctx context.Context, s table.Schema, rows []kernel.RowID, cols []kernel.ColumnID, waited bool,
) (map[kernel.RowID]table.RowCells, int64, error) {
	found, seen, err := h.cfg.Rows.Cells(ctx, s, rows, cols)
	if err != nil && !waited { // the read model may not have the column or even the table yet
		waited = true
		if _, err := h.awaitReadModel(ctx, s.Table); err != nil {
			return nil, 0, err
		}
		found, seen, err = h.cfg.Rows.Cells(ctx, s, rows, cols)
	}
	if err != nil || waited || allThere(found, rows) {
		return found, seen, err
	}
	if _, err := h.awaitReadModel(ctx, s.Table); err != nil {
		return nil, 0, err
	}
	return h.cfg.Rows.Cells(ctx, s, rows, cols)
}

// allThere reports whether each of the rows was found, and not in the trash.
func allThere(found map[kernel.RowID]table.RowCells, rows []kernel.RowID) bool {
	return !slices.ContainsFunc(rows, func(id kernel.RowID) bool {
		row, ok := found[id]
		return !ok || row.Trashed
	})
}

// touched lists the rows and columns of changes.
func touched(changes []table.CellChange) (rows []kernel.RowID, cols []kernel.ColumnID) {
	seenRow, seenCol := map[kernel.RowID]bool{}, map[kernel.ColumnID]bool{}
	for _, c := range changes {
		if c.Row == "" {
			continue
		}
		if !seenRow[c.Row] {
			seenRow[c.Row] = true
			rows = append(rows, c.Row)
		}
		if !seenCol[c.Column] {
			seenCol[c.Column] = true
			cols = append(cols, c.Column)
		}
	}
	return rows, cols
}

func (e *editing) events(seen int64) []kernel.Event {
	source := e.cmd.Source
	if source == "" {
		source = table.FromEdit
		if len(e.cmd.Edits) > 1 {
			source = table.FromPaste
		}
	}
	kept := slices.DeleteFunc(slices.Clone(e.changes), func(c table.CellChange) bool { return c.Row == "" })
	return editEvents(e.cmd.Table, kept, seen, source, e.step)
}

// editEvents packs changes into events.
func editEvents(id kernel.TableID, changes []table.CellChange, seen int64, source table.Source, step table.Step) []kernel.Event {
	blocks := table.Blocks(changes)
	out := make([]kernel.Event, len(blocks))
	for i, b := range blocks {
		out[i] = table.CellsEdited{TableID: id, Chunk: b.Chunk, Old: b.Old, From: b.From, Seen: seen, Source: source, Step: step}
	}
	return out
}

func (e *editing) fillAnswer() {
	for i, c := range e.changes {
		if c.Row != "" {
			e.answer.Edited++
		}
		if e.cmd.OnError != Skip {
			continue
		}
		r, conflict := e.newer[i]
		r.Index, r.Status = i, "ok"
		if msg, wrong := e.faults.at(i); wrong {
			r.Status, r.Error = "error", storable(msg)
		}
		if conflict {
			r.Status = "conflict"
		}
		e.answer.Results = append(e.answer.Results, r)
	}
}
