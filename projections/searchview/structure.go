package searchview

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Structure is a table as the documents of its rows need it.
type Structure struct {
	Position int64 // of its last change
	agg      *table.Table
	schema   table.Schema
	labels   []table.Column
	searched []table.Column
}

// NewStructure reads a structure from the state that State wrote.
func NewStructure(position int64, state json.RawMessage) (*Structure, error) {
	agg := table.Blank()
	if err := agg.UnmarshalState(state); err != nil {
		return nil, fmt.Errorf("read the structure of a table: %w", err)
	}
	return structureOf(position, agg), nil
}

func structureOf(position int64, agg *table.Table) *Structure {
	s := &Structure{Position: position, agg: agg, schema: agg.Schema()}
	for _, c := range s.schema.Columns {
		if !c.Writable() {
			continue
		}
		s.searched = append(s.searched, c)
		if c.Type == table.Text {
			s.labels = append(s.labels, c)
		}
	}
	for _, c := range s.searched { // an address or a link is a name only where there is no better one
		if c.Type.Textual() && c.Type != table.Text {
			s.labels = append(s.labels, c)
		}
	}
	return s
}

// State is the structure for a store.
func (s *Structure) State() (json.RawMessage, error) { return s.agg.MarshalState() }

// ID is the table's id.
func (s *Structure) ID() kernel.TableID { return s.schema.Table }

// Workspace is whose the table is.
func (s *Structure) Workspace() kernel.WorkspaceID { return s.schema.Workspace }

// Name is the table's name.
func (s *Structure) Name() string { return s.schema.Name }

// Trashed reports whether the table is in the trash, where nothing finds it.
func (s *Structure) Trashed() bool { return s.schema.Trashed }

// Columns are the columns that are searched.
func (s *Structure) Columns() []table.Column { return s.searched }

// with returns the structure after an event of the table's stream.
func (s *Structure) with(position int64, e kernel.Event) (*Structure, error) {
	agg := table.Blank()
	if s != nil {
		state, err := s.agg.MarshalState()
		if err != nil {
			return nil, err
		}
		if err := agg.UnmarshalState(state); err != nil {
			return nil, err
		}
	}
	if err := agg.Apply(e); err != nil {
		return nil, err
	}
	return structureOf(position, agg), nil
}

// sameWords reports whether documents have the same name and words under both structures, as long as their cells are the same.
func sameWords(a, b *Structure) bool {
	same := func(x, y table.Column) bool { return x.ID == y.ID && x.Type == y.Type }
	sorted := func(cols []table.Column) []table.Column {
		return slices.SortedFunc(slices.Values(cols), func(x, y table.Column) int { return compare(x.ID, y.ID) })
	}
	return slices.EqualFunc(a.labels, b.labels, same) && slices.EqualFunc(sorted(a.searched), sorted(b.searched), same)
}

func compare(a, b kernel.ColumnID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
