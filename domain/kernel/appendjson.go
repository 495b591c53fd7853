package kernel

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// JSONText writes the JSON of events of which there are many: the same that encoding/json writes, several times faster.
// What it doesn't write itself sets Fail, and the caller writes the JSON the ordinary way.
type JSONText struct {
	B    []byte
	Fail bool
}

// Raw writes JSON as it is.
func (t *JSONText) Raw(s string) { t.B = append(t.B, s...) }

// Text writes a string that needs no escapes, as all ids are.
func (t *JSONText) Text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			t.Fail = true
			return
		}
	}
	t.B = append(append(append(t.B, '"'), s...), '"')
}

// Int writes a number.
func (t *JSONText) Int(n int64) { t.B = strconv.AppendInt(t.B, n, 10) }

// Chunk writes a chunk. Its values are written as they are: they are JSON already.
func (t *JSONText) Chunk(c Chunk) {
	if c.Rows == nil || c.Cols == nil {
		t.Fail = true
		return
	}
	t.B = slices.Grow(t.B, t.size(c))
	t.Raw(`{"rows":[`)
	for i, row := range c.Rows {
		t.comma(i)
		t.Text(string(row))
	}
	t.Raw(`],"cols":{`)
	for i, id := range slices.Sorted(maps.Keys(c.Cols)) {
		t.comma(i)
		t.Text(string(id))
		t.B = append(t.B, ':')
		t.values(c.Cols[id])
	}
	t.Raw("}}")
}

func (t *JSONText) values(values []json.RawMessage) {
	if values == nil {
		t.Fail = true
		return
	}
	t.B = append(t.B, '[')
	for i, v := range values {
		t.comma(i)
		if v == nil {
			v = Null()
		}
		t.B = append(t.B, v...)
	}
	t.B = append(t.B, ']')
}

func (t *JSONText) comma(i int) {
	if i > 0 {
		t.B = append(t.B, ',')
	}
}

// size is about how much room the chunk takes.
func (t *JSONText) size(c Chunk) int {
	const perID = 34
	n := 256 + perID*len(c.Rows)
	for _, values := range c.Cols {
		n += perID + len(values)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}
