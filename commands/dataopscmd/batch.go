package dataopscmd

import (
	"errors"
	"io"
	"strings"

	"github.com/morket/morket/domain/dataops"
)

// batch is a run of records as the file has them. They are kept until what they became is in the log, so that they can be
// converted anew when the table has changed meanwhile.
type batch struct {
	text   string // of all fields
	ends   []int  // of each field in text
	absent []bool // of JSON Lines: the object has no such key
	rows   []rawRow
	from   dataops.Mark
	next   dataops.Mark // where the record after the batch begins
	last   bool         // the file ends here
}

// rawRow is one record. Its fields begin at field first.
type rawRow struct {
	line    int64
	next    dataops.Mark
	first   int
	fields  int
	problem string
	excerpt string
	unknown []string
	notice  string
	surplus []string
}

// field returns the text of the row's field i; false if there is none.
func (b *batch) field(r rawRow, i int) (string, bool) {
	if i >= r.fields || b.absent[r.first+i] {
		return "", false
	}
	n := r.first + i
	from := 0
	if n > 0 {
		from = b.ends[n-1]
	}
	return b.text[from:b.ends[n]], true
}

// maxRowBytes is how much of a row the errors file repeats.
const maxRowBytes = 64 << 10

// fields returns the row as the file has it; nothing if it could not be cut into fields, or is too long to be repeated.
func (b *batch) fields(r rawRow, format dataops.Format) []string {
	out, size := make([]string, 0, r.fields+len(r.surplus)), 0
	for i := range r.fields {
		text, _ := b.field(r, i)
		out = append(out, strings.Clone(plain(text, format)))
		size += len(text)
	}
	for _, s := range r.surplus {
		size += len(s)
	}
	if size > maxRowBytes || r.fields == 0 {
		return nil
	}
	return append(out, r.surplus...)
}

// readBatch reads records until it has a batch.
func readBatch(records dataops.Records, from dataops.Mark, limits Limits, width int) (*batch, error) {
	maxRows := max(1, limits.BatchCells/max(1, width))
	b := &batch{
		from:   from,
		next:   from,
		rows:   make([]rawRow, 0, maxRows),
		ends:   make([]int, 0, maxRows*width),
		absent: make([]bool, 0, maxRows*width),
	}
	var text strings.Builder
	text.Grow(limits.BatchBytes / 2) //nolint:mnd // most batches are full by their cells before
	for len(b.rows) < maxRows && text.Len() < limits.BatchBytes {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			b.last = true
			break
		}
		if err != nil {
			return nil, err
		}
		row := rawRow{
			line:    rec.Line,
			next:    rec.Next,
			first:   len(b.ends),
			fields:  len(rec.Fields),
			problem: rec.Problem,
			excerpt: rec.Excerpt,
			unknown: rec.Unknown,
			notice:  rec.Notice,
		}
		for _, f := range rec.Surplus {
			row.surplus = append(row.surplus, string(f))
		}
		for _, f := range rec.Fields {
			text.Write(f)
			b.ends = append(b.ends, text.Len())
			b.absent = append(b.absent, f == nil)
		}
		b.rows = append(b.rows, row)
		b.next = rec.Next
	}
	b.text = text.String()
	return b, nil
}
