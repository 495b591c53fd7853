package table

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// RowCells is a row with some of its cells, as a read model has them.
type RowCells struct {
	Row       kernel.RowID
	Trashed   bool
	Position  int64                               // of the row's last change
	Values    map[kernel.ColumnID]json.RawMessage // canonical; null for empty
	Positions map[kernel.ColumnID]int64           // of each cell's last change
	Sure      map[kernel.ColumnID]float64         // the confidence of values that a provider gave
	Link      Link                                // of a row that was merged into another
}

// CellChange is a cell's new value, with the one that was there if it is known.
type CellChange struct {
	Row    kernel.RowID
	Column kernel.ColumnID
	Value  json.RawMessage
	Old    json.RawMessage
	From   kernel.RowID // the row that a merge takes the value from
}

// Block is a chunk with the old values in its order, and the rows that values of a merge are from.
type Block struct {
	Chunk kernel.Chunk
	Old   map[kernel.ColumnID][]json.RawMessage
	From  map[kernel.ColumnID][]kernel.RowID
}

// Blocks packs changes into chunks within the limits: rows that change the same columns go together, in the order of the
// rows' first change. Of two changes of one cell the later counts.
func Blocks(changes []CellChange) []Block {
	type row struct {
		id   kernel.RowID
		vals map[kernel.ColumnID]CellChange
	}
	at := map[kernel.RowID]int{}
	var rows []row
	for _, c := range changes {
		i, ok := at[c.Row]
		if !ok {
			i = len(rows)
			at[c.Row] = i
			rows = append(rows, row{c.Row, map[kernel.ColumnID]CellChange{}})
		}
		if before, again := rows[i].vals[c.Column]; again {
			c.Old = before.Old
		}
		rows[i].vals[c.Column] = c
	}
	groups := map[string]int{}
	var packers []*packer
	for _, r := range rows {
		cols := make([]kernel.ColumnID, 0, len(r.vals))
		for c := range r.vals {
			cols = append(cols, c)
		}
		slices.Sort(cols)
		key := fmt.Sprint(cols)
		g, ok := groups[key]
		if !ok {
			g = len(packers)
			groups[key] = g
			packers = append(packers, &packer{cols: cols, old: true})
		}
		packers[g].add(r.id, r.vals)
	}
	var out []Block
	for _, p := range packers {
		out = append(out, p.finish()...)
	}
	return out
}

// NewRow is a row to be inserted.
type NewRow struct {
	ID    kernel.RowID
	Cells map[kernel.ColumnID]json.RawMessage
}

// RowChunks packs new rows into chunks within the limits, in their order.
func RowChunks(rows []NewRow) []kernel.Chunk {
	seen := map[kernel.ColumnID]bool{}
	var cols []kernel.ColumnID
	for _, r := range rows {
		for c := range r.Cells {
			if !seen[c] {
				seen[c] = true
				cols = append(cols, c)
			}
		}
	}
	slices.Sort(cols)
	p := &packer{cols: cols}
	for _, r := range rows {
		vals := make(map[kernel.ColumnID]CellChange, len(r.Cells))
		for c, v := range r.Cells {
			vals[c] = CellChange{Value: v}
		}
		p.add(r.ID, vals)
	}
	var out []kernel.Chunk
	for _, b := range p.finish() {
		out = append(out, b.Chunk)
	}
	return out
}

// packer fills chunks of one set of columns.
type packer struct {
	cols  []kernel.ColumnID
	old   bool
	out   []Block
	cur   Block
	bytes int
}

func (p *packer) add(id kernel.RowID, vals map[kernel.ColumnID]CellChange) {
	size := len(id) + 3
	for _, c := range p.cols {
		size += len(vals[c].Value) + len(vals[c].Old) + len(vals[c].From) + 10
	}
	if n := len(p.cur.Chunk.Rows); n > 0 && ((n+1)*max(1, len(p.cols)) > kernel.MaxChunkCells || p.bytes+size > kernel.MaxChunkBytes) {
		p.cut()
	}
	if p.cur.Chunk.Cols == nil {
		p.cur.Chunk.Cols = map[kernel.ColumnID][]json.RawMessage{}
		if p.old {
			p.cur.Old = map[kernel.ColumnID][]json.RawMessage{}
		}
	}
	p.bytes += size
	p.cur.Chunk.Rows = append(p.cur.Chunk.Rows, id)
	for _, c := range p.cols {
		p.cur.Chunk.Cols[c] = append(p.cur.Chunk.Cols[c], kernel.OrNull(vals[c].Value))
		if p.old {
			p.cur.Old[c] = append(p.cur.Old[c], kernel.OrNull(vals[c].Old))
		}
		if from := vals[c].From; from != "" {
			if p.cur.From == nil {
				p.cur.From = map[kernel.ColumnID][]kernel.RowID{}
			}
			n := len(p.cur.Chunk.Rows)
			p.cur.From[c] = append(p.cur.From[c], make([]kernel.RowID, n-len(p.cur.From[c]))...)
			p.cur.From[c][n-1] = from
		}
	}
}

func (p *packer) cut() {
	for c, from := range p.cur.From {
		p.cur.From[c] = append(from, make([]kernel.RowID, len(p.cur.Chunk.Rows)-len(from))...)
	}
	if len(p.cur.Chunk.Rows) > 0 {
		p.out = append(p.out, p.cur)
	}
	p.cur, p.bytes = Block{}, 0
}

func (p *packer) finish() []Block {
	p.cut()
	return p.out
}

// IDBatch is how many row ids one event of deletion or restoration holds at most.
const IDBatch = 1000
