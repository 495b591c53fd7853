package dataopscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/table"
)

// sight is what a look at the beginning of a file shows.
type sight struct {
	reading dataops.Reading
	columns []dataops.FileColumn
	preview [][]string
	first   dataops.Mark // where the first record after the header begins
}

// Limits of a look.
const (
	sampleBytes  = 16 << 20
	samplesShown = 5
)

// look reads the beginning of a file: the columns' names, their types as far as SampleRows records tell, and a preview. With a
// schema, it suggests for each column of the file the one of the same name.
func (h *Handlers) look(ctx context.Context, object string, reading dataops.Reading, schema *table.Schema) (sight, error) {
	s := sight{reading: reading, columns: []dataops.FileColumn{}, preview: [][]string{}}
	var names []string
	if reading.Format == dataops.JSONL {
		keys, err := h.keys(ctx, object, reading)
		if err != nil {
			return s, err
		}
		names = keys
	}
	sample, err := h.sample(ctx, object, dataops.ReadOptions{Reading: reading, Keys: names}, dataops.SampleRows+1)
	if err != nil {
		return s, err
	}
	if reading.Format == dataops.CSV {
		names = s.header(&sample)
	}
	if len(names) > dataops.MaxColumns {
		return s, tooWide(len(names))
	}
	values := make([][]string, len(names))
	for _, rec := range sample.records {
		for i, v := range rec[:min(len(rec), len(names))] {
			values[i] = append(values[i], v)
		}
		if len(s.preview) < dataops.PreviewRows {
			s.preview = append(s.preview, shown(rec, len(names), reading.Format))
		}
	}
	for i, name := range uniqueNames(names) {
		c := fileColumn(i, name, values[i], reading.Format, schema)
		if reading.Format == dataops.JSONL {
			c.Key = names[i]
		}
		s.columns = append(s.columns, c)
	}
	return s, nil
}

func tooWide(n int) error {
	return fileError("the file has %d columns; at most %d can be read", n, dataops.MaxColumns)
}

// sampled are records from the beginning of a file, without the broken ones. Of JSON Lines the values are JSON.
type sampled struct {
	records [][]string
	nexts   []dataops.Mark
	broken  bool // the very first record was
}

// sample reads the first records of a file.
func (h *Handlers) sample(ctx context.Context, object string, o dataops.ReadOptions, limit int) (out sampled, err error) {
	size := 0
	err = h.each(ctx, object, o, func(rec dataops.Record) bool {
		if rec.Problem != "" {
			out.broken = out.broken || len(out.records) == 0
			size++
			return size < sampleBytes
		}
		fields := make([]string, len(rec.Fields))
		for i, f := range rec.Fields {
			fields[i] = string(f)
			size += len(f) + 1
		}
		out.records, out.nexts = append(out.records, fields), append(out.nexts, rec.Next)
		return len(out.records) < limit && size < sampleBytes
	})
	return out, err
}

// keys returns the keys of the objects at the beginning of a JSON Lines file, in the order of their first appearance.
func (h *Handlers) keys(ctx context.Context, object string, reading dataops.Reading) (keys []string, err error) {
	n := 0
	err = h.each(ctx, object, dataops.ReadOptions{Reading: reading}, func(rec dataops.Record) bool {
		keys = append(keys, rec.Unknown...)
		n++
		return n < dataops.SampleRows && rec.Next.Offset < sampleBytes
	})
	return keys, err
}

// each reads records until fn answers false.
func (h *Handlers) each(ctx context.Context, object string, o dataops.ReadOptions, fn func(dataops.Record) bool) error {
	file, err := h.cfg.Files.Open(ctx, object, o.From.Offset)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	records, err := h.cfg.Formats.Read(file, o)
	if err != nil {
		return fileError("%s", err)
	}
	for {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look at the file: %w", err)
		}
		if !fn(rec) {
			return nil
		}
	}
}

// header takes the names off a CSV sample. A file whose first record is broken has no header that could be read.
func (s *sight) header(sample *sampled) []string {
	width := 0
	for _, rec := range sample.records {
		width = max(width, len(rec))
	}
	if s.reading.Header && len(sample.records) > 0 && !sample.broken {
		names := sample.records[0]
		s.first = sample.nexts[0]
		sample.records = sample.records[1:]
		return names
	}
	s.reading.Header = false
	return make([]string, width)
}

// uniqueNames gives every column a name of its own.
func uniqueNames(names []string) []string {
	out, seen := make([]string, len(names)), map[string]bool{}
	for i, name := range names {
		name = cleanHeader(name)
		if name == "" {
			name = "Column " + strconv.Itoa(i+1)
		}
		unique := name
		for n := 2; seen[strings.ToLower(unique)]; n++ {
			unique = name + " " + strconv.Itoa(n)
		}
		seen[strings.ToLower(unique)] = true
		out[i] = unique
	}
	return out
}

// cleanHeader makes a header's text fit to be a column's name.
func cleanHeader(name string) string {
	name = dataops.UnescapeFormula(strings.Join(strings.Fields(name), " "))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFEFF {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > table.MaxNameChars-5 { // room for a number
		name = strings.TrimSpace(string(runes[:table.MaxNameChars-5]))
	}
	return name
}

func fileColumn(i int, name string, values []string, format dataops.Format, schema *table.Schema) dataops.FileColumn {
	c := dataops.FileColumn{Index: i, Name: name, Samples: []string{}}
	if format == dataops.JSONL {
		raw := make([]json.RawMessage, len(values))
		for n, v := range values {
			raw[n] = json.RawMessage(v)
		}
		c.SuggestedType = dataops.SuggestJSONType(raw)
	} else {
		c.SuggestedType = dataops.SuggestType(values)
	}
	for _, v := range values {
		if v = plain(v, format); strings.TrimSpace(v) != "" {
			c.Samples = append(c.Samples, dataops.Shorten(v))
		}
		if len(c.Samples) == samplesShown {
			break
		}
	}
	if schema != nil {
		if col, ok := similar(*schema, name); ok {
			c.SuggestedColumn = col.ID
		}
	}
	return c
}

// similar finds the writable column whose name is the same but for case, spaces and punctuation.
func similar(s table.Schema, name string) (table.Column, bool) {
	if c, ok := s.ByName(name); ok && c.Writable() {
		return c, true
	}
	for _, c := range s.Columns {
		if c.Writable() && squeezed(c.Name) == squeezed(name) {
			return c, true
		}
	}
	return table.Column{}, false
}

func squeezed(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(name))
}

// shown makes a record fit for the preview.
func shown(rec []string, width int, format dataops.Format) []string {
	out := make([]string, width)
	for i, v := range rec[:min(len(rec), width)] {
		out[i] = dataops.Shorten(plain(v, format))
	}
	return out
}

// plain is a value as a person would write it.
func plain(v string, format dataops.Format) string {
	var s string
	if format == dataops.JSONL && strings.HasPrefix(v, `"`) && json.Unmarshal([]byte(v), &s) == nil {
		return s
	}
	return v
}
