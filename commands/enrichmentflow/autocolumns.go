package enrichmentflow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// autoSet is a set of a table's columns that ask by themselves, by their index. A table has at most 200 columns.
type autoSet [4]uint64

func (s *autoSet) add(i int)     { s[i/64] |= 1 << (i % 64) }
func (s *autoSet) remove(i int)  { s[i/64] &^= 1 << (i % 64) }
func (s autoSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s autoSet) and(o autoSet) (r autoSet) {
	for i := range s {
		r[i] = s[i] & o[i]
	}
	return r
}

func (s autoSet) or(o autoSet) (r autoSet) {
	for i := range s {
		r[i] = s[i] | o[i]
	}
	return r
}

// autoColumn is a column that asks by itself.
type autoColumn struct {
	id    kernel.ColumnID
	since int64 // the log position at which it was told to
}

// autoTable is a table's columns that ask by themselves, at a version of its structure.
type autoTable struct {
	version int64
	columns []autoColumn
	index   map[kernel.ColumnID]int
	readers map[kernel.ColumnID]autoSet // which of them read a column
	inputs  autoSet                     // which of them read any column
	follows []autoSet                   // which of them read what the n-th one writes
}

// autoTableOf reads which columns ask by themselves. Since when they do stands in the table's events only, so those are read if there
// are any.
func autoTableOf(ctx context.Context, store eventstore.Store, codec *eventstore.Codec, s table.Schema) (*autoTable, error) {
	t := &autoTable{version: s.Version, index: map[kernel.ColumnID]int{}, readers: map[kernel.ColumnID]autoSet{}}
	configs := map[kernel.ColumnID]enrichment.Config{}
	for _, c := range s.Columns {
		if cfg, auto := autoConfig(c); auto && !s.Trashed {
			configs[c.ID] = cfg
			t.index[c.ID] = len(t.columns)
			t.columns = append(t.columns, autoColumn{id: c.ID})
		}
	}
	if len(t.columns) == 0 {
		return t, nil
	}
	for i, c := range t.columns {
		for _, need := range s.Behind(waterfall.Needs(configs[c.id])) {
			set := t.readers[need]
			set.add(i)
			t.readers[need] = set
			t.inputs.add(i)
		}
	}
	for _, c := range t.columns {
		follows := t.readers[c.id]
		for _, o := range configs[c.id].Outputs {
			follows = follows.or(t.readers[o.ColumnID])
		}
		t.follows = append(t.follows, follows)
	}
	return t, t.readSince(ctx, store, codec, s.Table)
}

func autoConfig(c table.Column) (enrichment.Config, bool) {
	if c.Kind != table.Enrichment {
		return enrichment.Config{}, false
	}
	cfg, err := enrichmentcmd.ConfigOf(c)
	return cfg, err == nil && cfg.AutoRun
}

// readSince finds when each column was last told to ask by itself.
func (t *autoTable) readSince(ctx context.Context, store eventstore.Store, codec *eventstore.Codec, id kernel.TableID) error {
	on := map[kernel.ColumnID]bool{}
	const page = 200
	for after := int64(0); ; {
		events, err := store.ReadStream(ctx, eventstore.Stream(table.StructureStream, string(id)), after, page)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		for _, rec := range events {
			after = rec.Version
			e, err := codec.Decode(rec)
			if err != nil {
				return err
			}
			for _, c := range columnsIn(e) {
				_, auto := autoConfig(c)
				if i, ok := t.index[c.ID]; ok && auto && !on[c.ID] {
					t.columns[i].since = rec.Position
				}
				on[c.ID] = auto
			}
		}
	}
}

// columnsIn are the columns that an event of a table's structure gives a new configuration.
func columnsIn(e kernel.Event) []table.Column {
	switch e := e.(type) {
	case table.Created:
		return e.Columns
	case table.ColumnAdded:
		return []table.Column{e.Column}
	case table.ColumnChanged:
		return []table.Column{e.Column}
	case table.ColumnTypeChanged:
		return []table.Column{e.Column}
	case table.ColumnTypeReverted:
		return []table.Column{e.Column}
	default:
		return nil
	}
}

// cellChanges are the cells that one event has set.
type cellChanges struct {
	position int64
	chunk    kernel.Chunk
	old      map[kernel.ColumnID][]json.RawMessage // in the chunk's order; without a column, its values before are not known
	fresh    bool                                  // the rows are new
}

func (c cellChanges) differs(col kernel.ColumnID, i int) bool {
	v := c.chunk.Cols[col][i]
	if c.fresh {
		return !kernel.IsNull(v)
	}
	old := c.old[col]
	same := len(old) > i && (bytes.Equal(old[i], v) || kernel.IsNull(old[i]) && kernel.IsNull(v))
	return !same
}

// asked adds which columns the rows are to be asked for. A column asks for a row that has another value in a column which it reads, and
// for a new row if it reads none; so does a column that reads what such a column writes, because a run asks columns in that
// order. It does not ask where its own value was given with the change, nor for what happened before it was told to.
func (t *autoTable) asked(c cellChanges, but autoSet, add func(kernel.RowID, autoSet)) error {
	if err := c.chunk.Check(); err != nil {
		return fmt.Errorf("event %d: %w", c.position, err)
	}
	var awake, first autoSet
	for i, col := range t.columns {
		if col.since < c.position && !but.has(i) {
			awake.add(i)
		}
		if c.fresh && !t.inputs.has(i) {
			first.add(i)
		}
	}
	for i, row := range c.chunk.Rows {
		set, given := first, autoSet{}
		for col := range c.chunk.Cols {
			if !c.differs(col, i) {
				continue
			}
			set = set.or(t.readers[col])
			if own, ok := t.index[col]; ok {
				given.add(own)
			}
		}
		may := awake
		for i := range t.columns {
			if given.has(i) {
				may.remove(i)
			}
		}
		if set = t.closure(set.and(may), may); set != (autoSet{}) {
			add(row, set)
		}
	}
	return nil
}

// closure adds those of may that read what the set's columns write. It ends because a set can't grow for ever, whichever columns read
// each other.
func (t *autoTable) closure(set, may autoSet) autoSet {
	for {
		next := set
		for i, follows := range t.follows {
			if set.has(i) {
				next = next.or(follows.and(may))
			}
		}
		if next == set {
			return set
		}
		set = next
	}
}

// ids are the columns of the set.
func (t *autoTable) ids(set autoSet) []kernel.ColumnID {
	var out []kernel.ColumnID
	for i, c := range t.columns {
		if set.has(i) {
			out = append(out, c.id)
		}
	}
	return out
}

// groups are the rows by what they are to be asked for, in an order that doesn't depend on chance.
func (t *autoTable) groups(rows map[kernel.RowID]autoSet) []enrichmentcmd.AutoGroup {
	bySet := map[autoSet][]kernel.RowID{}
	for row, set := range rows {
		bySet[set] = append(bySet[set], row)
	}
	var out []enrichmentcmd.AutoGroup
	for set, ids := range bySet {
		slices.Sort(ids)
		out = append(out, enrichmentcmd.AutoGroup{Columns: t.ids(set), Rows: ids})
	}
	slices.SortFunc(out, func(a, b enrichmentcmd.AutoGroup) int { return bytes.Compare([]byte(a.Rows[0]), []byte(b.Rows[0])) })
	return out
}
