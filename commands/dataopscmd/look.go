package dataopscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/table"
)

// sight is what a look through a file shows.
type sight struct {
	reading dataops.Reading
	columns []dataops.FileColumn
	preview [][]string
	facts   dataops.Facts
}

// Limits of a look.
const (
	sampleBytes  = 16 << 20
	samplesShown = 5
)

// analyse reads a whole file: the columns' names, their types and forms by all of their values, and a preview. With a schema, it suggests
// for each column of the file the one of the same name.
func (h *Handlers) analyse(ctx context.Context, object string, reading dataops.Reading, schema *table.Schema) (sight, error) {
	s := sight{reading: reading, columns: []dataops.FileColumn{}, preview: [][]string{}}
	names, err := h.names(ctx, object, &s)
	if err != nil {
		return s, err
	}
	if len(names) > dataops.MaxColumns {
		return s, tooWide(len(names))
	}
	from, err := h.first(ctx, object, s.reading)
	if err != nil {
		return s, err
	}
	a := newAnalysis(s.reading.Format, len(names))
	o := dataops.ReadOptions{Reading: s.reading, From: from, Keys: names}
	if !s.reading.Format.Keyed() {
		o.Keys, o.Width = nil, len(names)
	}
	met, err := h.observe(ctx, object, o, func(rec dataops.Record) bool {
		a.add(rec)
		return ctx.Err() == nil
	})
	if err != nil {
		return s, err
	}
	if err := ctx.Err(); err != nil {
		return s, err
	}
	if !s.reading.Format.Keyed() {
		names = a.dropEmpty(names)
	}
	a.describe(&s, names, schema)
	s.facts.Notices = append(s.facts.Notices, met...)
	return s, nil
}

func tooWide(n int) error {
	return fileError("has %d columns; at most %d can be read. Take out those that are not needed and upload it again", n, dataops.MaxColumns)
}

// names finds the columns' names: of JSON the keys of all objects, else the header, or as many empty names as records have fields.
func (h *Handlers) names(ctx context.Context, object string, s *sight) ([]string, error) {
	if s.reading.Format.Keyed() {
		return h.keys(ctx, object, s.reading)
	}
	sample, err := h.sample(ctx, object, dataops.ReadOptions{Reading: s.reading}, dataops.SampleRows+1)
	if err != nil {
		return nil, err
	}
	if sample.wide {
		return nil, fileError("has more than %d columns; at most %d can be read. Take out those that are not needed and upload it again",
			dataops.MaxFields, dataops.MaxColumns)
	}
	width, wider := 0, 0
	header := s.reading.Header && len(sample.records) > 0 && !sample.broken
	var names []string
	if header {
		names, sample.records = sample.records[0], sample.records[1:]
	} else if s.reading.Header {
		s.reading.Header = false // a first record that is broken names nothing
	}
	for _, rec := range sample.records {
		n := len(rec)
		for header && n > len(names) && strings.TrimSpace(rec[n-1]) == "" {
			n--
		}
		width = max(width, n)
		if n > len(names) {
			wider++
		}
	}
	// Where most records have more fields than there are names, the rest of the names is missing; where a few have, those are wrong.
	if !header || wider*2 > len(sample.records) {
		names = append(slices.Clip(names), make([]string, max(0, width-len(names)))...)
	}
	return names, nil
}

// sampled are records from the beginning of a file, without the broken ones.
type sampled struct {
	records [][]string
	broken  bool // the very first record was
	wide    bool // it has more fields than any file that can be read
}

// sample reads the first records of a file.
func (h *Handlers) sample(ctx context.Context, object string, o dataops.ReadOptions, limit int) (out sampled, err error) {
	size := 0
	err = h.each(ctx, object, o, func(rec dataops.Record) bool {
		if rec.Problem != "" {
			out.broken = out.broken || len(out.records) == 0
			out.wide = out.wide || len(out.records) == 0 && rec.Problem == dataops.TooManyFields
			size++
			return size < sampleBytes
		}
		fields := make([]string, len(rec.Fields))
		for i, f := range rec.Fields {
			fields[i] = plain(string(f), o.Reading.Format)
			size += len(f) + 1
		}
		out.records = append(out.records, fields)
		return len(out.records) < limit && size < sampleBytes
	})
	return out, err
}

// first is where the first record after the header begins.
func (h *Handlers) first(ctx context.Context, object string, reading dataops.Reading) (first dataops.Mark, err error) {
	if reading.Format.Keyed() || !reading.Header {
		return first, nil
	}
	err = h.each(ctx, object, dataops.ReadOptions{Reading: reading}, func(rec dataops.Record) bool {
		first = rec.Next
		return false
	})
	return first, err
}

// keys returns the keys of all objects of a file, in the order of their first appearance.
func (h *Handlers) keys(ctx context.Context, object string, reading dataops.Reading) (keys []string, err error) {
	err = h.each(ctx, object, dataops.ReadOptions{Reading: reading, OnlyKeys: true}, func(rec dataops.Record) bool {
		keys = append(keys, rec.Unknown...)
		return len(keys) <= dataops.MaxColumns && ctx.Err() == nil
	})
	return keys, errors.Join(err, ctx.Err())
}

// each reads records until fn answers false.
func (h *Handlers) each(ctx context.Context, object string, o dataops.ReadOptions, fn func(dataops.Record) bool) error {
	_, err := h.observe(ctx, object, o, fn)
	return err
}

// observe is each, and tells what was met on the way.
func (h *Handlers) observe(
	ctx context.Context, object string, o dataops.ReadOptions, fn func(dataops.Record) bool,
) (met []dataops.Notice, err error) {
	file, err := h.open(ctx, object, o.Reading, o.From)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	records, err := h.records(file, o)
	if err != nil {
		return nil, err
	}
	for more := true; more; {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("look at the file: %w", err)
		}
		more = fn(rec)
	}
	if observer, ok := records.(dataops.Observer); ok {
		met = observer.Notices()
	}
	return met, nil
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
func shown(rec [][]byte, width int, format dataops.Format) []string {
	out := make([]string, width)
	for i, v := range rec[:min(len(rec), width)] {
		out[i] = dataops.Shorten(plain(string(v), format))
	}
	return out
}

// plain is a value as a person would write it.
func plain(v string, format dataops.Format) string {
	var s string
	if format.Typed() && strings.HasPrefix(v, `"`) && json.Unmarshal([]byte(v), &s) == nil {
		return s
	}
	return v
}
