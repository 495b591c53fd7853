package tablecmd_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// memory answers what commands ask of read models, folded from the memory log up to its head at each question, or as far as stopped says.
// It has one table.
type memory struct {
	log   *memstore.Store
	codec *eventstore.Codec
	now   *image
	after int64
	// stopped is how far the read models have come until a command waits for them; 0 if they keep up.
	stopped int64
}

// heldRow is a row as the memory has it.
type heldRow struct {
	cells   map[kernel.ColumnID]json.RawMessage
	at      map[kernel.ColumnID]int64
	last    int64
	trashed bool
}

// past is what one event did to a table.
type past struct {
	position int64
	step     table.Step
	user     kernel.UserID
	chunk    kernel.Chunk
	inserted bool
	event    kernel.Event
}

// image is a table with its rows and its history.
type image struct {
	structure *table.Table
	rows      map[kernel.RowID]*heldRow
	aside     map[string]map[kernel.RowID]json.RawMessage // the values of a column before, or after, a change of its type
	history   []past
}

func (m *memory) fold(id kernel.TableID) (*image, error) {
	if m.now == nil {
		m.now = &image{structure: table.Blank(), rows: map[kernel.RowID]*heldRow{}, aside: map[string]map[kernel.RowID]json.RawMessage{}}
	}
	for {
		recs, err := m.log.ReadAll(context.Background(), m.after, 1000)
		if err != nil || len(recs) == 0 {
			return m.now, err
		}
		for _, rec := range recs {
			if m.stopped > 0 && rec.Position > m.stopped {
				return m.now, nil
			}
			m.after = rec.Position
			if rec.Stream.ID() != string(id) {
				continue
			}
			e, err := m.codec.Decode(rec)
			if err != nil {
				return nil, err
			}
			meta, err := rec.Meta()
			if err != nil {
				return nil, err
			}
			if err := m.now.apply(rec, e, meta.Actor.User()); err != nil {
				return nil, err
			}
		}
	}
}

func (im *image) apply(rec eventstore.Recorded, e kernel.Event, user kernel.UserID) error {
	p := past{position: rec.Position, user: user, event: e}
	switch e := e.(type) {
	case table.RowsInserted:
		p.step, p.chunk, p.inserted = e.Step, e.Chunk, true
		for i, id := range e.Chunk.Rows {
			im.rows[id] = &heldRow{cells: map[kernel.ColumnID]json.RawMessage{}, at: map[kernel.ColumnID]int64{}, last: rec.Position}
			for col, values := range e.Chunk.Cols {
				im.rows[id].cells[col], im.rows[id].at[col] = values[i], rec.Position
			}
		}
	case table.CellsEdited:
		p.step, p.chunk = e.Step, e.Chunk
		for i, id := range e.Chunk.Rows {
			for col, values := range e.Chunk.Cols {
				im.rows[id].cells[col], im.rows[id].at[col], im.rows[id].last = values[i], rec.Position, rec.Position
			}
		}
	case table.RowsDeleted:
		p.step = e.Step
		for _, id := range e.Rows {
			im.rows[id].trashed = true
		}
	case table.RowsRestored:
		p.step = e.Step
		for _, id := range e.Rows {
			im.rows[id].trashed = false
		}
	default:
		if rec.Stream.Category() != table.StructureStream {
			return nil
		}
		p.step = stepOf(e)
		if err := im.reshape(e); err != nil {
			return err
		}
	}
	im.history = append(im.history, p)
	return nil
}

func stepOf(e kernel.Event) table.Step {
	var s table.Step
	raw, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		panic(err)
	}
	return s
}

func (im *image) reshape(e kernel.Event) error {
	version := im.structure.Schema().Version
	formers := map[int64]bool{}
	if c, ok := e.(table.ColumnTypeReverted); ok {
		for _, f := range im.structure.Formers(c.Column.ID) {
			formers[f.At] = true
		}
	}
	if err := im.structure.Apply(e); err != nil {
		return err
	}
	key := func(col kernel.ColumnID, at int64) string { return string(col) + "/" + string(rune(at)) }
	switch e := e.(type) {
	case table.ColumnAdded:
		for _, r := range im.rows {
			if v, ok := r.cells[e.CopyOf]; ok && e.WithValues {
				r.cells[e.Column.ID] = v
			}
		}
	case table.ColumnTypeChanged:
		im.aside[key(e.Column.ID, version)] = im.convert(e.Column.ID, func(_ kernel.RowID, v json.RawMessage) json.RawMessage {
			out, _ := table.Convert(e.Old, e.Column, v, e.By)
			return out
		})
	case table.ColumnTypeReverted:
		before := im.aside[key(e.Column.ID, e.At)]
		im.aside[key(e.Column.ID, e.At)] = im.convert(e.Column.ID, func(row kernel.RowID, now json.RawMessage) json.RawMessage {
			was := cmp.Or(string(before[row]), "null")
			if again, _ := table.Convert(e.Column, e.Old, json.RawMessage(was), e.By); string(again) == string(now) {
				return json.RawMessage(was)
			}
			out, _ := table.Convert(e.Old, e.Column, now, e.By)
			return out
		})
	}
	return nil
}

// convert changes a column's values and returns those before.
func (im *image) convert(col kernel.ColumnID, fn func(kernel.RowID, json.RawMessage) json.RawMessage) map[kernel.RowID]json.RawMessage {
	was := map[kernel.RowID]json.RawMessage{}
	for id, r := range im.rows {
		was[id] = r.value(col)
		r.cells[col] = fn(id, was[id])
	}
	return was
}

func (r *heldRow) value(col kernel.ColumnID) json.RawMessage {
	if v, ok := r.cells[col]; ok {
		return v
	}
	return kernel.Null()
}

func (m *memory) Cells(_ context.Context, s table.Schema, rows []kernel.RowID, cols []kernel.ColumnID) (map[kernel.RowID]table.RowCells, int64, error) {
	im, err := m.fold(s.Table)
	if err != nil {
		return nil, 0, err
	}
	out := map[kernel.RowID]table.RowCells{}
	for _, id := range rows {
		r, ok := im.rows[id]
		if !ok {
			continue
		}
		c := table.RowCells{Row: id, Trashed: r.trashed, Position: r.last, Values: map[kernel.ColumnID]json.RawMessage{}, Positions: map[kernel.ColumnID]int64{}}
		for _, col := range cols {
			c.Values[col], c.Positions[col] = r.value(col), r.at[col]
		}
		out[id] = c
	}
	head, err := m.log.Head(context.Background())
	return out, head, err
}

func (m *memory) MatchKeys(context.Context, table.Schema, []kernel.ColumnID, [][]json.RawMessage) ([][]kernel.RowID, error) {
	return nil, nil
}

func (m *memory) Select(_ context.Context, _ kernel.WorkspaceID, id kernel.TableID, _ table.Filter, _ string, after kernel.RowID, limit int) ([]kernel.RowID, error) {
	im, err := m.fold(id)
	if err != nil {
		return nil, err
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(im.rows)), func(r kernel.RowID) bool { return r <= after || im.rows[r].trashed })
	return ids[:min(limit, len(ids))], nil
}

func (m *memory) RowCount(context.Context, kernel.TableID) (int64, error)   { return 0, nil }
func (m *memory) Writers(context.Context, kernel.TableID) ([]string, error) { return nil, nil }
func (m *memory) Wait(_ context.Context, _ string, position int64) (int64, bool) {
	m.stopped = 0
	return position, true
}

func (m *memory) Trash(context.Context, kernel.TableID, time.Time, int) (table.InTrash, error) {
	return table.InTrash{}, nil
}

// heldStep is a step as the memory has it.
type heldStep struct {
	tablecmd.StepRecord
	root    string
	user    kernel.UserID
	changed int64
}

func (im *image) steps() map[string]*heldStep {
	out := map[string]*heldStep{}
	for _, p := range im.history {
		s := p.step
		if s.Step == "" {
			continue
		}
		if known, ok := out[s.Step]; ok {
			known.Positions = append(known.Positions, p.position)
			continue
		}
		now := &heldStep{
			StepRecord: tablecmd.StepRecord{ID: s.Step, Position: p.position, Label: s.Label, Effective: s.Step, Positions: []int64{p.position}},
			root:       s.Step, user: p.user, changed: p.position,
		}
		if back, ok := out[s.Undoes]; ok {
			now.root = back.root
			root := out[back.root]
			root.Undone, root.Effective, root.changed = !root.Undone, s.Step, p.position
		}
		out[s.Step] = now
	}
	return out
}

// stack is a user's steps that can be undone, or redone, the next one first.
func (im *image) stack(user kernel.UserID, redo bool) []*heldStep {
	var list []*heldStep
	var newest int64
	for _, s := range im.steps() {
		if s.root != s.ID || s.user != user {
			continue
		}
		newest = max(newest, s.Position)
		if s.Undone == redo {
			list = append(list, s)
		}
	}
	list = slices.DeleteFunc(list, func(s *heldStep) bool { return redo && s.changed <= newest })
	slices.SortFunc(list, func(a, b *heldStep) int { return cmp.Compare(b.changed, a.changed) })
	return list
}

func (m *memory) Step(_ context.Context, id kernel.TableID, step string, user kernel.UserID, redo bool) (tablecmd.StepRecord, error) {
	im, err := m.fold(id)
	if err != nil {
		return tablecmd.StepRecord{}, err
	}
	all := im.steps()
	found := all[step]
	if step == "" {
		list := im.stack(user, redo)
		if len(list) == 0 {
			return tablecmd.StepRecord{}, kernel.E(kernel.KindConflict, "NOTHING", "there is nothing to take back")
		}
		found = list[0]
	}
	if found == nil || found.root != found.ID {
		return tablecmd.StepRecord{}, kernel.NotFound("step", step)
	}
	record := found.StepRecord
	record.Positions = all[found.Effective].Positions
	return record, nil
}

func (m *memory) Positions(_ context.Context, id kernel.TableID, step string) ([]int64, error) {
	im, err := m.fold(id)
	if err != nil || im.steps()[step] == nil {
		return nil, err
	}
	return im.steps()[step].Positions, nil
}

func (m *memory) Changed(_ context.Context, id kernel.TableID, rows []kernel.RowID, col kernel.ColumnID, after int64, step string) (map[kernel.RowID]bool, error) {
	im, err := m.fold(id)
	if err != nil {
		return nil, err
	}
	all, out := im.steps(), map[kernel.RowID]bool{}
	for _, p := range im.history {
		s := all[p.step.Step]
		if s == nil || p.inserted || p.position <= after || all[s.root].Undone || all[s.root].Position <= all[step].Position {
			continue
		}
		if _, ok := p.chunk.Cols[col]; !ok && col != "" {
			continue
		}
		for _, r := range p.chunk.Rows {
			out[r] = out[r] || slices.Contains(rows, r)
		}
	}
	return out, nil
}

func (m *memory) Previous(_ context.Context, id kernel.TableID, before int64, rows []kernel.RowID, cols []kernel.ColumnID) (map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past, error) {
	im, err := m.fold(id)
	if err != nil {
		return nil, err
	}
	out := map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past{}
	for _, r := range rows {
		out[r] = map[kernel.ColumnID]tablecmd.Past{}
	}
	for _, p := range im.history {
		for i, r := range p.chunk.Rows {
			if out[r] == nil || p.position >= before {
				continue
			}
			for _, c := range cols {
				if values, ok := p.chunk.Cols[c]; ok {
					out[r][c] = tablecmd.Past{Value: values[i], Position: p.position}
				} else if p.inserted {
					out[r][c] = tablecmd.Past{Value: kernel.Null(), Position: p.position}
				}
			}
		}
	}
	return out, nil
}

// desk is a table on the memory store with the commands on it.
type desk struct {
	t        require.TestingT
	memory   *memory
	handlers *tablecmd.Handlers
	table    kernel.TableID
}

const (
	ann = kernel.UserID("usr_ann")
	bob = kernel.UserID("usr_bob")
	ws  = kernel.WorkspaceID("ws_1")
)

func meta(user kernel.UserID) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}, Workspace: ws}
}

// given makes a table of text columns with rows.
func given(t require.TestingT, columns []string, rows ...map[string]string) (*desk, []kernel.RowID) {
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(t, err)
	m := &memory{log: memstore.New(clock), codec: codec}
	h, err := tablecmd.New(tablecmd.Config{Store: m.log, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Rows: m, Tables: m, History: m, Waiter: m, Moments: m})
	require.NoError(t, err)
	var cols []tablecmd.NewColumn
	for _, c := range columns {
		cols = append(cols, tablecmd.NewColumn{Name: c, Type: table.Text})
	}
	made, err := h.Create(context.Background(), meta(ann), tablecmd.CreateTable{Name: "Leads", Columns: cols})
	require.NoError(t, err)
	d := &desk{t, m, h, made.Value.ID}
	var ids []kernel.RowID
	for _, r := range rows {
		ids = append(ids, d.insert("usr_given", r)...)
	}
	return d, ids
}

func quoted(cells map[string]string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for c, v := range cells {
		out[c] = table.Quote(v)
	}
	return out
}

func (d *desk) insert(user kernel.UserID, rows ...map[string]string) []kernel.RowID {
	return d.insertIn(meta(user), rows...)
}

func (d *desk) insertIn(m kernel.Meta, rows ...map[string]string) []kernel.RowID {
	var ops []tablecmd.RowOp
	for _, r := range rows {
		ops = append(ops, tablecmd.RowOp{Op: "insert", Cells: quoted(r)})
	}
	res, err := d.handlers.BatchRows(context.Background(), m, tablecmd.BatchRows{Table: d.table, Operations: ops})
	require.NoError(d.t, err)
	var ids []kernel.RowID
	for _, r := range res.Value.Results {
		ids = append(ids, r.RowID)
	}
	return ids
}

func (d *desk) deleteIn(m kernel.Meta, rows ...kernel.RowID) {
	var ops []tablecmd.RowOp
	for _, r := range rows {
		ops = append(ops, tablecmd.RowOp{Op: "delete", RowID: r})
	}
	_, err := d.handlers.BatchRows(context.Background(), m, tablecmd.BatchRows{Table: d.table, Operations: ops})
	require.NoError(d.t, err)
}

func (d *desk) restore(user kernel.UserID, rows ...kernel.RowID) {
	_, err := d.handlers.RestoreRows(context.Background(), meta(user), tablecmd.RestoreRows{Table: d.table, Rows: rows})
	require.NoError(d.t, err)
}

func (d *desk) edit(user kernel.UserID, row kernel.RowID, column, value string) {
	d.editIn(meta(user), []kernel.RowID{row}, column, value)
}

func (d *desk) editIn(m kernel.Meta, rows []kernel.RowID, column, value string) {
	var edits []tablecmd.CellEdit
	for _, r := range rows {
		edits = append(edits, tablecmd.CellEdit{Row: r, Column: column, Value: table.Quote(value)})
	}
	_, err := d.handlers.EditCells(context.Background(), m, tablecmd.EditCells{Table: d.table, Edits: edits})
	require.NoError(d.t, err)
}

func (d *desk) image() *image {
	im, err := d.memory.fold(d.table)
	require.NoError(d.t, err)
	return im
}

func (d *desk) column(name string) table.Column {
	c, ok := d.image().structure.Schema().ByName(name)
	require.True(d.t, ok, name)
	return c
}

func (d *desk) deleteColumn(user kernel.UserID, name string) kernel.ColumnID {
	id := d.column(name).ID
	_, err := d.handlers.DeleteColumn(context.Background(), meta(user), tablecmd.DeleteColumn{Table: d.table, Column: id})
	require.NoError(d.t, err)
	return id
}

func (d *desk) retype(user kernel.UserID, name string, to table.Type) {
	_, err := d.handlers.ChangeType(context.Background(), meta(user), tablecmd.ChangeType{Table: d.table, Column: d.column(name).ID, Type: to, Lossy: true})
	require.NoError(d.t, err)
}

func (d *desk) undo(user kernel.UserID, steps ...string) tablecmd.Undone {
	return d.takeBack(user, tablecmd.Undo{Steps: steps})
}

func (d *desk) redo(user kernel.UserID, steps ...string) tablecmd.Undone {
	return d.takeBack(user, tablecmd.Undo{Steps: steps, Redo: true})
}

func (d *desk) takeBack(user kernel.UserID, cmd tablecmd.Undo) tablecmd.Undone {
	out, err := d.tryBack(user, cmd)
	require.NoError(d.t, err)
	return out
}

func (d *desk) tryBack(user kernel.UserID, cmd tablecmd.Undo) (tablecmd.Undone, error) {
	cmd.Table = d.table
	res, err := d.handlers.Undo(context.Background(), meta(user), cmd)
	return res.Value, err
}

// next returns the id of the step that undo takes next, "" if there is none.
func (d *desk) next(user kernel.UserID) string {
	if list := d.image().stack(user, false); len(list) > 0 {
		return list[0].ID
	}
	return ""
}

func (d *desk) value(row kernel.RowID, column string) string {
	return string(d.image().rows[row].value(d.column(column).ID))
}

// text is all that people see of the table.
func (d *desk) text(only ...string) string {
	im, out := d.image(), bytes.Buffer{}
	s := im.structure.Schema()
	cols := slices.DeleteFunc(slices.Clone(s.Columns), func(c table.Column) bool { return len(only) > 0 && !slices.Contains(only, c.Name) })
	for _, c := range cols {
		out.WriteString(string(c.ID) + " " + c.Name + " " + string(c.Type) + "\n")
	}
	for _, id := range slices.Sorted(maps.Keys(im.rows)) {
		if im.rows[id].trashed {
			continue
		}
		out.WriteString(string(id))
		for _, c := range cols {
			out.WriteString(" " + string(im.rows[id].value(c.ID)))
		}
		out.WriteString("\n")
	}
	return out.String()
}
