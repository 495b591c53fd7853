package searchview

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Document is a row with everything that its events have said of it.
type Document struct {
	Workspace kernel.WorkspaceID `json:"-"`
	Table     kernel.TableID     `json:"-"`
	Row       kernel.RowID       `json:"-"`
	Position  int64              `json:"-"` // of its last change
	CreatedAt time.Time          `json:"-"`
	UpdatedAt time.Time          `json:"-"`
	Gone      bool               `json:"-"` // in the trash

	// Cells are canonical values; empty cells are absent. A deleted column's stay, since it may come back.
	Cells map[kernel.ColumnID]json.RawMessage `json:"v"`
	// States and Providers say how the last run left a cell, until somebody else writes it.
	States    map[kernel.ColumnID]string `json:"s,omitempty"`
	Providers map[kernel.ColumnID]string `json:"p,omitempty"`
	// Formers are the cells before changes of their column's type, by Former.
	Formers map[string]json.RawMessage `json:"o,omitempty"`
}

// Entry is what a document is found by.
type Entry struct {
	Name      string // the row's label: its first text
	NameKey   string // to sort by
	Texts     []Text
	Tags      []string // values of select columns
	States    []string
	Providers []string
	// Suggest are the values that complete what a person types.
	Suggest []string
}

// Text is the text of a cell.
type Text struct {
	Column kernel.ColumnID
	Text   string
}

const (
	maxName    = 200    // characters of a name
	maxNameKey = 100    // characters that names are sorted by
	maxSuggest = 60     // characters; longer values don't help while typing
	maxText    = 16_000 // characters of a cell that are searched
)

// entry says what the document is found by under its table's structure. A row in the trash is found by nothing.
func (d *Document) entry(s *Structure) Entry {
	var e Entry
	if d.Gone {
		return e
	}
	for _, c := range s.labels {
		if name, ok := table.TextOf(d.Cells[c.ID]); ok && strings.TrimSpace(name) != "" {
			e.Name = cut(strings.TrimSpace(name), maxName)
			break
		}
	}
	e.NameKey = cut(strings.Join(FoldedWords(e.Name), " "), maxNameKey)
	e.Suggest = appendSuggest(nil, e.Name)
	for _, c := range s.searched {
		v, ok := d.Cells[c.ID]
		if !ok {
			continue
		}
		e.Texts = append(e.Texts, Text{c.ID, cut(table.Format(c, v), maxText)})
		if c.Type == table.Select || c.Type == table.MultiSelect {
			for _, tag := range tags(c, v) {
				e.Tags = append(e.Tags, tag)
				e.Suggest = appendSuggest(e.Suggest, tag)
			}
		}
	}
	for _, c := range s.searched {
		e.States = appendNew(e.States, d.States[c.ID])
		e.Providers = appendNew(e.Providers, d.Providers[c.ID])
	}
	slices.Sort(e.Tags)
	e.Tags = slices.Compact(e.Tags)
	slices.Sort(e.States)
	slices.Sort(e.Providers)
	return e
}

func appendSuggest(list []string, value string) []string {
	if value == "" || len([]rune(value)) > maxSuggest {
		return list
	}
	return appendNew(list, value)
}

func appendNew(list []string, v string) []string {
	if v == "" || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

func tags(c table.Column, v json.RawMessage) []string {
	if c.Type == table.Select {
		if s, ok := table.TextOf(v); ok {
			return []string{s}
		}
		return nil
	}
	var names []string
	if json.Unmarshal(v, &names) != nil {
		return nil
	}
	return names
}

// set changes a cell; a write removes the state that a run had left there.
func (d *Document) set(c kernel.ColumnID, v json.RawMessage) {
	if kernel.IsNull(v) {
		delete(d.Cells, c)
	} else {
		d.Cells[c] = v
	}
	delete(d.States, c)
	delete(d.Providers, c)
}

func (d *Document) mark(c kernel.ColumnID, state, provider string) {
	d.States = put(d.States, c, state)
	d.Providers = put(d.Providers, c, provider)
}

func put[K comparable](m map[K]string, k K, v string) map[K]string {
	if v == "" {
		delete(m, k)
		return m
	}
	if m == nil {
		m = map[K]string{}
	}
	m[k] = v
	return m
}
