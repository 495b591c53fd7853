package erasurecmd

import (
	"bytes"
	"encoding/json"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
)

// walker takes out of JSON what is about a person. What has no part in that stays byte by byte.
type walker struct {
	match *erasure.Matcher
	rows  map[kernel.RowID]bool
	// whole also takes texts that are as a whole a value of an erased row. Cells of other rows and names that people have given are not
	// walked over with it.
	whole bool
	// single keeps lists from being taken for records of a file, which go as a whole.
	single bool
	// column says that a list has a value of each of several records, as samples of a file's column have.
	column bool
	// took is told of what is taken out: which row it is about, if it says that, what it is there, and the value. nil: nobody asks.
	took func(row kernel.RowID, what string, value json.RawMessage)
	err  error
}

func (w *walker) take(row kernel.RowID, what string, value json.RawMessage) {
	if w.took != nil {
		w.took(row, what, value)
	}
}

// ofRow are members of an object about a row that say what is in it.
func ofRow(key string) bool {
	switch key {
	case "input", "outputs", "best", "source_url", "fields", "value", "label", "url", "changes", "stored":
		return true
	default:
		return false
	}
}

// walk returns the JSON without what is about the person; the same slice if there is nothing.
func (w *walker) walk(raw json.RawMessage) json.RawMessage {
	if w.err != nil {
		return raw
	}
	switch first(raw) {
	case '{':
		return w.object(raw)
	case '[':
		return w.list(raw)
	case '"':
		s, _ := textOf(raw)
		if now, changed := w.text(s); changed {
			w.take("", "mention", raw)
			return quote(now)
		}
	}
	return raw
}

func (w *walker) text(s string) (string, bool) {
	if w.whole && (w.match.Mentions(s) || w.match.Has(erasure.Text, s)) {
		return erasure.Erased, true // the beginning of a record, say, which has more of the person than an address
	}
	return w.match.Redact(s)
}

func (w *walker) object(raw json.RawMessage) json.RawMessage {
	o, err := parseObject(raw)
	if err != nil {
		w.err = err
		return raw
	}
	changed := w.cells(o)
	row := kernel.RowID(o.text("row_id"))
	about := w.rows[row]
	kept := o[:0:0]
	for _, m := range o {
		if about && ofRow(m.key) {
			w.take(row, m.key, m.value)
			changed = true
			continue
		}
		value := m.value
		switch {
		case m.key == "links":
			value = w.links(value)
		case chosen(m.key):
			value = w.choice(value)
		case m.key == "samples":
			value = w.samples(value)
		}
		if value = w.walk(value); !same(value, m.value) {
			changed = true
		}
		key := m.key
		if now, is := w.match.Redact(key); is {
			w.take("", "mention", quote(key))
			key, changed = now, true
		}
		kept = append(kept, member{key, value})
	}
	if !changed {
		return raw
	}
	return kept.json()
}

// chosen are members by which people choose rows: what stands there as a whole is often a copy of a cell.
func chosen(key string) bool { return key == "query" || key == "filter" }

// choice takes texts that are as a whole a value of an erased row, however many others stand beside it.
func (w *walker) choice(raw json.RawMessage) json.RawMessage {
	sub := *w
	sub.whole, sub.single = true, true
	out := sub.walk(raw)
	w.err = sub.err
	return out
}

// samples are emptied when one of them is the person's, and tell nothing of the others.
func (w *walker) samples(raw json.RawMessage) json.RawMessage {
	sub := *w
	sub.column = true
	out := sub.walk(raw)
	w.err = sub.err
	return out
}

// cells empties the cells of erased rows in a chunk, and in what stood there before.
func (w *walker) cells(o object) (changed bool) {
	if now, is := w.columns(o.get("rows"), o.get("cols")); is {
		o.set("cols", now)
		changed = true
	}
	if chunk := o.get("chunk"); first(chunk) == '{' && first(o.get("old")) == '{' {
		c, err := parseObject(chunk)
		if err != nil {
			w.err = err
			return changed
		}
		if now, is := w.columns(c.get("rows"), o.get("old")); is {
			o.set("old", now)
			changed = true
		}
	}
	return changed
}

// columns empties the erased rows' places in lists of values by column.
func (w *walker) columns(rows, cols json.RawMessage) (json.RawMessage, bool) {
	if first(rows) != '[' || first(cols) != '{' {
		return cols, false
	}
	ids, at := w.places(rows)
	if len(at) == 0 {
		return cols, false
	}
	o, err := parseObject(cols)
	if err != nil {
		w.err = err
		return cols, false
	}
	changed := false
	for i := range o {
		values, err := list(o[i].value)
		if err != nil {
			w.err = err
			return cols, false
		}
		for _, n := range at {
			if n < len(values) && !kernel.IsNull(values[n]) {
				w.take(ids[n], o[i].key, values[n])
				values[n], changed = kernel.Null(), true
			}
		}
		o[i].value = listJSON(values)
	}
	return o.json(), changed
}

// places are where in a list of ids the erased rows are.
func (w *walker) places(rows json.RawMessage) (ids []kernel.RowID, out []int) {
	if json.Unmarshal(rows, &ids) != nil {
		return nil, nil
	}
	for i, id := range ids {
		if w.rows[id] {
			out = append(out, i)
		}
	}
	return ids, out
}

// links leaves out what ties erased rows to records elsewhere.
func (w *walker) links(raw json.RawMessage) json.RawMessage {
	if first(raw) != '[' {
		return raw
	}
	all, err := list(raw)
	if err != nil {
		w.err = err
		return raw
	}
	kept := all[:0:0]
	for _, item := range all {
		var link struct {
			RowID kernel.RowID `json:"row_id"`
		}
		if json.Unmarshal(item, &link) == nil && w.rows[link.RowID] {
			w.take(link.RowID, "link", item)
			continue
		}
		kept = append(kept, item)
	}
	if len(kept) == len(all) {
		return raw
	}
	return listJSON(kept)
}

func (w *walker) list(raw json.RawMessage) json.RawMessage {
	items, err := list(raw)
	if err != nil {
		w.err = err
		return raw
	}
	if w.whole && !w.single && w.record(items) {
		if !w.column {
			w.take("", "record", raw)
		}
		for i := range items {
			if s, _ := textOf(items[i]); w.column && w.has(s) {
				w.take("", "sample", items[i])
			}
			items[i] = quote("")
		}
		return listJSON(items)
	}
	changed := false
	for i, item := range items {
		if now := w.walk(item); !same(now, item) {
			items[i], changed = now, true
		}
	}
	if !changed {
		return raw
	}
	return listJSON(items)
}

func (w *walker) has(s string) bool {
	_, is := w.text(s)
	return is
}

// record reports whether a list is a record of a file about the person: texts, one of which is the person's.
func (w *walker) record(items []json.RawMessage) bool {
	found := false
	for _, item := range items {
		s, ok := textOf(item)
		if !ok {
			return false
		}
		if !found {
			_, found = w.text(s)
		}
	}
	return found
}

func same(a, b json.RawMessage) bool { return len(a) == len(b) && bytes.Equal(a, b) }
