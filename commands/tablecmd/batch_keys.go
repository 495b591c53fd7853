package tablecmd

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// matchKeys finds the rows that upserts mean. Two upserts of one call with the same key mean the same row.
func (b *batch) matchKeys(ctx context.Context) error {
	if len(b.keys) == 0 {
		return nil
	}
	now, err := b.h.awaitReadModel(ctx, b.schema.Table)
	if err != nil {
		return err
	}
	b.after = &now
	var index []int
	var keys [][]json.RawMessage
	for i := range b.ops {
		if b.ops[i].op != "upsert" || b.wrong(i) {
			continue
		}
		key := make([]json.RawMessage, len(b.keys))
		for k, c := range b.keys {
			if key[k] = b.ops[i].cells[c.ID]; kernel.IsNull(key[k]) {
				b.faults.add(i, b.field(i)+".cells["+c.Name+"]", "an upsert needs a value in each key column")
			}
		}
		if !b.wrong(i) {
			index, keys = append(index, i), append(keys, key)
		}
	}
	ids := make([]kernel.ColumnID, len(b.keys))
	for k, c := range b.keys {
		ids[k] = c.ID
	}
	found, err := b.h.cfg.Rows.MatchKeys(ctx, b.schema, ids, keys)
	if err != nil {
		return err
	}
	for n, i := range index {
		switch len(found[n]) {
		case 0:
		case 1:
			b.ops[i].row = found[n][0]
		default:
			b.faults.add(i, b.field(i), "more than one row has this key; make the key unique or update by row_id")
		}
	}
	b.joinTwins(index, keys)
	return nil
}

// joinTwins puts the cells of a later upsert into the earlier one of the same key that inserts the row.
func (b *batch) joinTwins(index []int, keys [][]json.RawMessage) {
	first := map[string]kernel.RowID{}
	for n, i := range index {
		if b.wrong(i) || b.ops[i].row != "" {
			continue
		}
		key := string(bytes.Join(raws(keys[n]), []byte{0}))
		row, twin := first[key]
		if !twin {
			row = kernel.RowID(b.h.cfg.IDs.New(kernel.PrefixRow))
			first[key] = row
			b.ops[i].op, b.ops[i].row = "insert", row
			continue
		}
		b.ops[i].op, b.ops[i].row = "twin", row
	}
}

func raws(values []json.RawMessage) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
