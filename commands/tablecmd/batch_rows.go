package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// RowOp is one operation of a batch.
type RowOp struct {
	Op    string                     `json:"op" enum:"insert,update,upsert,delete"`
	RowID kernel.RowID               `json:"row_id,omitempty" pattern:"^[\\s\\S]*$" doc:"Of update and delete. An operation with another than a row's id fails alone."`
	Cells map[string]json.RawMessage `json:"cells,omitempty" doc:"By column id or exact column name."`
}

// BatchRows writes rows: up to MaxBatchOps operations, in order.
type BatchRows struct {
	Table         kernel.TableID
	Operations    []RowOp
	KeyColumns    []string // of upserts: ids or names
	OnError       OnError
	CreateOptions bool
}

// Validate checks what doesn't depend on the table.
func (c BatchRows) Validate() error {
	return kernel.Check(
		kernel.Field("operations", c.Operations, kernel.Sized(1, MaxBatchOps, "one call has 1 to %d operations, not %d", MaxBatchOps,
			len(c.Operations))),
		kernel.Field("on_error", c.OnError, c.OnError.known()),
	)
}

// RowResult is what became of one operation.
type RowResult struct {
	Index  int          `json:"index"`
	Op     string       `json:"op"`
	RowID  kernel.RowID `json:"row_id,omitempty"`
	Status string       `json:"status" enum:"ok,error,unchanged"`
	Error  string       `json:"error,omitempty"`
}

// BatchedRows is the answer.
type BatchedRows struct {
	Results  []RowResult `json:"results"`
	Inserted int         `json:"inserted"`
	Updated  int         `json:"updated"`
	Deleted  int         `json:"deleted"`
	Failed   int         `json:"failed"`
}

// BatchRows carries out BatchRows.
func (h *Handlers) BatchRows(ctx context.Context, meta kernel.Meta, cmd BatchRows) (commands.Result[BatchedRows], error) {
	if err := cmd.Validate(); err != nil {
		return commands.Result[BatchedRows]{}, err
	}
	step := h.step(ctx, meta, cmd.Table, "Write rows")
	return eventstore.Retry(ctx, func(try int) (commands.Result[BatchedRows], error) {
		b := &batch{h: h, cmd: cmd, meta: meta, step: step, fresh: try > 0}
		done, err := b.run(ctx)
		if err != nil {
			return commands.Result[BatchedRows]{}, err
		}
		return commands.Reply(done, b.answer)
	})
}

// batch is one attempt at BatchRows.
type batch struct {
	h      *Handlers
	cmd    BatchRows
	meta   kernel.Meta
	step   table.Step
	fresh  bool
	schema table.Schema
	reader table.Reader
	keys   []table.Column
	faults faults

	ops     []parsedOp
	options map[kernel.ColumnID][]string
	after   *settled
	seen    int64
	answer  BatchedRows

	inserts []table.NewRow
	edits   []table.CellChange
	deletes []kernel.RowID
}

// parsedOp is an operation whose cells have been checked. Its row is known for updates and deletes at once, for upserts when
// the key has been looked up; an upsert without a row inserts one.
type parsedOp struct {
	op        string
	row       kernel.RowID
	cells     map[kernel.ColumnID]json.RawMessage
	unchanged bool
}

func (b *batch) run(ctx context.Context) (done eventstore.Appended, err error) {
	if b.schema, err = b.h.schema(ctx, b.meta.Workspace, b.cmd.Table, b.fresh); err != nil {
		return done, err
	}
	if b.reader, err = b.h.reader(ctx, b.meta.Workspace); err != nil {
		return done, err
	}
	if err := b.parse(); err != nil {
		if !b.fresh {
			return done, eventstore.ErrStale
		}
		return done, err
	}
	if b.faults.any() && !b.fresh { // the schema in memory may be old
		return done, eventstore.ErrStale
	}
	for _, step := range []func(context.Context) error{b.matchKeys, b.findRows, b.checkRoom} {
		if err := step(ctx); err != nil {
			return done, err
		}
	}
	if b.faults.any() && b.cmd.OnError != Skip {
		return done, b.faults.err()
	}
	events := b.events()
	b.fillAnswer()
	if len(events) == 0 {
		return done, nil
	}
	return b.h.write(ctx, b.meta, cellWrite{schema: b.schema, events: events, options: b.options, step: b.step, after: b.after}, b.answer)
}

func (b *batch) field(i int) string { return fmt.Sprintf("operations[%d]", i) }

func (b *batch) has(op string) bool {
	return slices.ContainsFunc(b.cmd.Operations, func(o RowOp) bool { return o.Op == op })
}

// parse checks the operations against the schema.
func (b *batch) parse() error {
	if err := b.parseKeys(); err != nil {
		return err
	}
	b.options = map[kernel.ColumnID][]string{}
	b.ops = make([]parsedOp, len(b.cmd.Operations))
	for i, o := range b.cmd.Operations {
		p := parsedOp{op: o.Op, cells: map[kernel.ColumnID]json.RawMessage{}}
		switch o.Op {
		case "update", "delete":
			if kernel.ParseID(kernel.PrefixRow, string(o.RowID)) != nil {
				b.faults.add(i, b.field(i)+".row_id", "%q is not a row id (row_…)", o.RowID)
			}
			p.row = o.RowID
		case "insert", "upsert":
			if o.RowID != "" {
				b.faults.add(i, b.field(i)+".row_id", "%s makes the row's id itself; leave it out", o.Op)
			}
		default:
			b.faults.add(i, b.field(i)+".op", "choose insert, update, upsert or delete, not %q", o.Op)
		}
		if o.Op == "delete" && len(o.Cells) > 0 {
			b.faults.add(i, b.field(i)+".cells", "a delete has no cells")
		}
		b.parseCells(i, o, p.cells)
		b.ops[i] = p
	}
	return nil
}

func (b *batch) parseKeys() error {
	if !b.has("upsert") {
		return nil
	}
	if len(b.cmd.KeyColumns) == 0 || len(b.cmd.KeyColumns) > 5 {
		return kernel.Invalid("key_columns", "an upsert needs 1 to 5 key columns")
	}
	for i, name := range b.cmd.KeyColumns {
		c, ok := b.schema.Find(name)
		if !ok || !c.Writable() || c.Type == table.JSON || c.Type == table.MultiSelect {
			return kernel.Invalid(fmt.Sprintf("key_columns[%d]", i), "%q is not a column that rows can be found by", name)
		}
		b.keys = append(b.keys, c)
	}
	return nil
}

func (b *batch) parseCells(i int, o RowOp, into map[kernel.ColumnID]json.RawMessage) {
	for name, raw := range o.Cells {
		field := b.field(i) + ".cells[" + name + "]"
		col, ok := b.schema.Find(name)
		if !ok {
			b.faults.add(i, field, "the table has no column %q", name)
			continue
		}
		if _, twice := into[col.ID]; twice {
			b.faults.add(i, field, "the column %q is there twice, by its id and by its name", col.Name)
			continue
		}
		if !col.Writable() {
			b.faults.add(i, field, "%s %s", col.Name, col.Refusal())
			continue
		}
		v, fresh, err := readValue(b.reader, col, raw, b.cmd.CreateOptions)
		if err != nil {
			b.faults.add(i, field, "%s", err)
			continue
		}
		b.options[col.ID] = append(b.options[col.ID], fresh...)
		into[col.ID] = v
	}
}

// wrong reports whether an operation has failed already.
func (b *batch) wrong(i int) bool {
	_, wrong := b.faults.at(i)
	return wrong
}

// findRows checks that the rows of updates and deletes are there, and finds the values before.
func (b *batch) findRows(ctx context.Context) error {
	var changes []table.CellChange
	gone := map[kernel.RowID]bool{}
	for i, o := range b.ops {
		if b.wrong(i) || o.op == "insert" || o.op == "twin" || o.row == "" {
			continue
		}
		if gone[o.row] {
			b.faults.add(i, b.field(i), "an operation before this one deletes the row")
			continue
		}
		gone[o.row] = o.op == "delete"
		changes = append(changes, table.CellChange{Row: o.row})
		for c := range o.cells {
			changes = append(changes, table.CellChange{Row: o.row, Column: c})
		}
	}
	rows, cols := touched(changes)
	if len(rows) == 0 {
		return nil
	}
	cols = slices.DeleteFunc(cols, func(c kernel.ColumnID) bool { return c == "" })
	slices.Sort(cols)
	found, seen, err := b.h.cells(ctx, b.schema, rows, cols, b.after != nil)
	if err != nil {
		return err
	}
	b.seen = seen
	b.applyFound(found)
	return nil
}

func (b *batch) applyFound(found map[kernel.RowID]table.RowCells) {
	for i := range b.ops {
		o := &b.ops[i]
		if b.wrong(i) || o.row == "" || o.op == "insert" || o.op == "twin" {
			continue
		}
		row, ok := found[o.row]
		switch {
		case !ok:
			b.faults.add(i, b.field(i)+".row_id", "there is no row %s", o.row)
		case row.Trashed:
			b.faults.add(i, b.field(i)+".row_id", "the row %s is in the trash; restore it first", o.row)
		case o.op == "delete":
			b.deletes = append(b.deletes, o.row)
		default:
			n := len(b.edits)
			for c, v := range o.cells {
				if b.after != nil && string(row.Values[c]) == string(v) {
					continue
				}
				b.edits = append(b.edits, table.CellChange{Row: o.row, Column: c, Value: v, Old: row.Values[c]})
				row.Values[c] = v
			}
			o.unchanged = len(b.edits) == n
		}
	}
}

// checkRoom refuses rows beyond the table's limit and names the first one.
func (b *batch) checkRoom(ctx context.Context) error {
	var adds []int
	for i, o := range b.ops {
		if o.op == "insert" && !b.wrong(i) {
			adds = append(adds, i)
		}
	}
	if len(adds) == 0 {
		return nil
	}
	count, err := b.h.cfg.Tables.RowCount(ctx, b.schema.Table)
	// Near the limit, or not known yet: look exactly.
	if near := err == nil && count+int64(len(adds))+MaxBatchOps > table.MaxRows; err != nil || near {
		now, err := b.h.awaitReadModel(ctx, b.schema.Table)
		if err != nil {
			return err
		}
		if near && b.after == nil {
			b.after = &now
		}
		if count, err = b.h.cfg.Tables.RowCount(ctx, b.schema.Table); err != nil {
			return err
		}
	}
	room := int(max(0, int64(table.MaxRows)-count))
	for n, i := range adds {
		if n >= room {
			b.faults.add(i, b.field(i), "a table holds at most %d rows and this one has %d; delete rows or use another table", table.MaxRows, count)
		}
	}
	return nil
}

func (b *batch) events() []kernel.Event {
	at := map[kernel.RowID]int{}
	for i := range b.ops {
		o := &b.ops[i]
		if b.wrong(i) {
			continue
		}
		switch o.op {
		case "insert":
			if o.row == "" {
				o.row = kernel.RowID(b.h.cfg.IDs.New(kernel.PrefixRow))
			}
			at[o.row] = len(b.inserts)
			b.inserts = append(b.inserts, table.NewRow{ID: o.row, Cells: o.cells})
		case "twin":
			n, ok := at[o.row]
			if !ok { // its elder has failed
				b.faults.add(i, b.field(i), "the operation that would have made the row has failed")
				continue
			}
			for c, v := range o.cells {
				b.inserts[n].Cells[c] = v
			}
		}
	}
	events := insertEvents(b.schema.Table, b.inserts, b.step)
	events = append(events, editEvents(b.schema.Table, b.edits, b.seen, table.FromBulk, b.step)...)
	return append(events, deleteEvents(b.schema.Table, b.deletes, table.FromDelete, b.step)...)
}

func (b *batch) fillAnswer() {
	b.answer = BatchedRows{Results: make([]RowResult, len(b.ops)), Inserted: len(b.inserts), Deleted: len(b.deletes)}
	updated := map[kernel.RowID]bool{}
	for i, o := range b.ops {
		r := RowResult{Index: i, Op: b.cmd.Operations[i].Op, RowID: o.row, Status: "ok"}
		if msg, wrong := b.faults.at(i); wrong {
			r.Status, r.Error, r.RowID = "error", storable(b.faults.by[i].Field+": "+msg), kernel.RowID(storable(string(r.RowID)))
			b.answer.Failed++
		} else if o.unchanged {
			r.Status = "unchanged"
		} else if o.op == "update" || o.op == "upsert" {
			updated[o.row] = true
		}
		b.answer.Results[i] = r
	}
	b.answer.Updated = len(updated)
}
