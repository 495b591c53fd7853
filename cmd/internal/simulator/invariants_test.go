package simulator_test

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/creditview"
)

// entry is an event of the log, decoded.
type entry struct {
	eventstore.Recorded
	event kernel.Event
	by    appended // the append that it is of
}

// checks holds what is checked when everything has ended.
type checks struct {
	*world
	ctx context.Context //nolint:containedctx // of one check
	log []entry
}

// check holds the world against what must always hold.
func (w *world) check(ctx context.Context) {
	c := &checks{world: w, ctx: ctx}
	events, err := w.all(ctx)
	if err != nil {
		w.wrong("read the log: %v", err)
		return
	}
	of := map[int64]appended{}
	for _, a := range w.taken {
		for p := a.first; p <= a.last; p++ {
			of[p] = a
		}
	}
	for _, r := range events {
		e, err := w.codec.Decode(r)
		if err != nil {
			w.wrong("event %d: %v", r.Position, err)
			return
		}
		c.log = append(c.log, entry{r, e, of[r.Position]})
	}
	c.dense()
	c.answers()
	c.grid()
	c.rebuilt()
	c.ledger()
	c.paid()
	c.cells()
	c.effects()
	c.feed()
	c.files()
	c.sent()
}

// dense: positions and versions have no gaps.
func (c *checks) dense() {
	versions := map[eventstore.StreamID]int64{}
	for i, e := range c.log {
		versions[e.Stream]++
		if e.Position != int64(i+1) || e.Version != versions[e.Stream] {
			c.wrong("the log has the event %d of %s, version %d, in place %d", e.Position, e.Stream, e.Version, i+1)
		}
	}
}

// answers: what was acknowledged is in the log, once; what was refused is not.
func (c *checks) answers() {
	by := map[string][]entry{}
	for _, e := range c.log {
		by[e.by.key] = append(by[e.by.key], e)
	}
	for _, t := range c.told {
		events := by[t.key]
		if t.refused && len(events) > 0 {
			c.wrong("%s %s was refused, but is in the log at %d", t.what, t.key, events[0].Position)
		}
		for i := 1; i < len(events); i++ {
			if events[i].by != events[i-1].by {
				c.wrong("%s %s is in the log twice, at %d and %d", t.what, t.key, events[i-1].Position, events[i].Position)
			}
		}
		if t.done && t.position > 0 && t.key != "begin" && (len(events) == 0 || events[len(events)-1].Position != t.position) {
			c.wrong("%s %s was acknowledged at %d, but is not there", t.what, t.key, t.position)
		}
		if t.done && t.position > 0 {
			c.edited(t, events)
		}
	}
}

// edited: an acknowledged edit has set its cells.
func (c *checks) edited(t told, events []entry) {
	set := map[enrichment.Cell]string{}
	for _, e := range events {
		if e, ok := e.event.(table.CellsEdited); ok {
			for col, values := range e.Chunk.Cols {
				for i, v := range values {
					set[enrichment.Cell{Row: e.Chunk.Rows[i], Column: col}] = string(v)
				}
			}
		}
	}
	for cell, v := range t.cells {
		if set[cell] != v {
			c.wrong("edit %s was acknowledged, but set %v to %q and not to %q", t.key, cell, set[cell], v)
		}
	}
}

// grid: the live grid holds what the log says, folded by other code than the product's.
func (c *checks) grid() {
	im, err := c.gridOf(c.table)
	if err != nil {
		c.wrong("read the grid: %v", err)
		return
	}
	rows, trashed := map[kernel.RowID]map[kernel.ColumnID]string{}, map[kernel.RowID]bool{}
	set := func(chunk kernel.Chunk, insert bool) {
		for i, row := range chunk.Rows {
			if insert {
				rows[row] = map[kernel.ColumnID]string{}
			}
			for col, values := range chunk.Cols {
				if rows[row] != nil {
					rows[row][col] = string(values[i])
				}
			}
		}
	}
	for _, e := range c.log {
		switch e := e.event.(type) {
		case table.RowsInserted:
			set(e.Chunk, true)
		case dataops.RowsAdded:
			set(e.Chunk, true)
		case table.CellsEdited:
			set(e.Chunk, false)
		case dataops.RowsUpdated:
			set(e.Chunk, false)
		case enrichment.RunAnswersRecorded:
			set(e.Chunk, false)
		case table.RowsDeleted:
			for _, row := range e.Rows {
				trashed[row] = true
			}
		case table.RowsRestored:
			for _, row := range e.Rows {
				trashed[row] = false
			}
		}
	}
	if len(rows) != len(im.rows) {
		c.wrong("the grid has %d rows, the log %d", len(im.rows), len(rows))
	}
	for row, cells := range rows {
		if im.rows[row].Trashed != trashed[row] {
			c.wrong("row %s: in the trash by the grid %t, by the log %t", row, im.rows[row].Trashed, trashed[row])
		}
		for col, v := range cells {
			if got := string(im.rows[row].value(col)); got != v {
				c.wrong("cell %s %s: the grid has %s, the log %s", row, col, got, v)
			}
		}
		for col, cell := range im.rows[row].Cells {
			if cell.State == "running" || cell.State == "rate_limited" {
				c.wrong("cell %s %s is still %s by run %s", row, col, cell.State, cell.Run)
			}
		}
	}
}

// rebuilt: each live read model is what a new one would be.
func (c *checks) rebuilt() {
	for _, p := range c.projectors() {
		v, err := projections.Verify(c.ctx, projections.RebuildConfig{RunnerConfig: projections.RunnerConfig{
			Projector: p, Log: c.world.log, Store: c.views, Clock: c.world, Logger: c.logger,
		}})
		switch {
		case err != nil:
			c.wrong("verify %s: %v", p.Name(), err)
		case len(v.Parked) > 0:
			c.wrong("verify %s: %s can't be applied: %s", p.Name(), v.Parked[0].Stream, v.Parked[0].Error)
		case len(v.Differs) > 0:
			c.wrong("the read model %s is not what a rebuild makes: %+v", p.Name(), v.Differs)
		}
	}
}

// ledger: it proves, holds each grant once, and nothing is reserved any more.
func (c *checks) ledger() {
	shown, err := c.balance()
	if err != nil {
		c.wrong("the balance: %v", err)
		return
	}
	proof, err := creditcmd.NewLedger(c.world.log, c.codec, c.keys).Prove(c.ctx, workspace, creditcmd.Known{Shown: shown})
	if err != nil || !proof.OK {
		c.wrong("the ledger doesn't prove: %v %+v", err, proof)
		return
	}
	if proof.Reserved != 0 {
		c.wrong("%s credits are still reserved", proof.Reserved)
	}
	if proof.Brought != proof.Available+proof.Reserved+proof.Spent {
		c.wrong("the ledger doesn't add up: %+v", proof)
	}
	notes := map[string]int{}
	for _, e := range c.log {
		if e, ok := e.event.(credit.Granted); ok {
			notes[e.Note]++
		}
	}
	for _, t := range c.told {
		if n := notes[t.key]; t.grant > 0 && (n > 1 || t.done && n == 0 || t.refused && n > 0) {
			c.wrong("grant %s is in the ledger %d times", t.key, n)
		}
	}
}

func (c *checks) balance() (*credit.Shown, error) {
	text := c.views.Tables(projections.LiveOf(creditview.Name))["balances"][string(workspace)]
	var b creditview.Balance
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, err
	}
	return b.Shown(), nil
}

// feed: integrators have got each event, and each for the first time after all those before it.
func (c *checks) feed() {
	next := 0
	seen := map[string]bool{}
	for _, id := range c.outside.ids {
		if next < len(c.log) && id == cloudevent.ID(c.log[next].Recorded) {
			seen[id] = true
			next++
			continue
		}
		if !seen[id] {
			c.wrong("integrators got %s before %s", id, cloudevent.ID(c.log[min(next, len(c.log)-1)].Recorded))
			return
		}
	}
	if next < len(c.log) {
		c.wrong("integrators never got %s, the event %d of %d", cloudevent.ID(c.log[next].Recorded), next+1, len(c.log))
	}
}

// files: each line of an import that was completed is in the table, and none is there twice.
func (c *checks) files() {
	lines := map[kernel.ImportID]map[string]int{}
	question := func(id kernel.ImportID, chunk kernel.Chunk) {
		if lines[id] == nil {
			lines[id] = map[string]int{}
		}
		for _, v := range chunk.Cols[c.question] {
			lines[id][string(v)]++
		}
	}
	for _, e := range c.log {
		id := kernel.ImportID(e.Stream.ID())
		switch e := e.event.(type) {
		case dataops.RowsAdded:
			question(id, e.Chunk)
		case dataops.RowsUpdated:
			question(id, e.Chunk)
		}
	}
	for id, got := range lines {
		for line, n := range got {
			if n > 1 {
				c.wrong("import %s has brought %s in %d times", id, line, n)
			}
		}
	}
	imports, err := c.allImports(c.ctx)
	if err != nil {
		c.wrong("imports: %v", err)
		return
	}
	for _, i := range imports {
		if i.State == dataops.StateCompleted && i.Counts.Imported+i.Counts.Updated+i.Counts.Skipped != i.Counts.Rows {
			c.wrong("import %s has completed with %+v", i.ID, i.Counts)
		}
		if i.State == dataops.StateCompleted && i.Counts.Imported+i.Counts.Updated != int64(len(lines[i.ID])) {
			c.wrong("import %s tells of %+v and has brought %d lines in", i.ID, i.Counts, len(lines[i.ID]))
		}
		if i.State == dataops.StateFailed && !strings.Contains(i.Reason, "given up") {
			c.wrong("import %s has failed: %s", i.ID, i.Reason)
		}
	}
}
