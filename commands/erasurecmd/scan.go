package erasurecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// scanPage is how many events are read at once.
const scanPage = 1000

// each goes through a workspace's events in their order. The erasures' own hold nothing of anybody.
func each(ctx context.Context, log Log, ws kernel.WorkspaceID, alive func(string), fn func([]eventstore.Recorded) error) error {
	for after := int64(0); ; {
		events, err := log.ReadWorkspace(ctx, ws, after, scanPage)
		if err != nil || len(events) == 0 {
			return err
		}
		after = events[len(events)-1].Position
		kept := events[:0:0]
		for _, e := range events {
			if e.Stream.Category() != erasure.Stream {
				kept = append(kept, e)
			}
		}
		if err := fn(kept); err != nil {
			return err
		}
		alive(fmt.Sprintf("position %d", after))
	}
}

// holder is where events have rows with their values.
type holder struct {
	TableID kernel.TableID `json:"table_id"`
	Chunk   kernel.Chunk   `json:"chunk"`
	Records []struct {
		RowID  kernel.RowID               `json:"row_id"`
		Fields map[string]json.RawMessage `json:"fields"`
	} `json:"records"`
}

// cellsOf calls fn with each text of each row that the event has.
func cellsOf(e eventstore.Recorded, fn func(table kernel.TableID, row kernel.RowID, text string)) {
	if !bytes.Contains(e.Data, []byte(`"chunk"`)) && !bytes.Contains(e.Data, []byte(`"records"`)) {
		return
	}
	var h holder
	if json.Unmarshal(e.Data, &h) != nil {
		return // it has other members with these names
	}
	for _, values := range h.Chunk.Cols {
		for i, v := range values {
			if i < len(h.Chunk.Rows) {
				texts(v, func(s string) { fn(h.TableID, h.Chunk.Rows[i], s) })
			}
		}
	}
	for _, r := range h.Records {
		for _, v := range r.Fields {
			texts(v, func(s string) { fn(h.TableID, r.RowID, s) })
		}
	}
}

// texts calls fn with the texts in a cell's value.
func texts(v json.RawMessage, fn func(string)) {
	switch first(v) {
	case '"':
		if s, ok := textOf(v); ok && s != "" {
			fn(s)
		}
	case '[', '{':
		dec := json.NewDecoder(bytes.NewReader(v))
		for {
			t, err := dec.Token()
			if err != nil {
				return
			}
			if s, ok := t.(string); ok && s != "" {
				fn(s)
			}
		}
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9': // a number may be one of a phone
		fn(string(bytes.TrimSpace(v)))
	}
}

// found are rows in the order in which they were found.
type found struct {
	list []erasure.Rows
	has  map[kernel.RowID]bool
}

func (f *found) add(table kernel.TableID, row kernel.RowID) error {
	if f.has[row] || row == "" {
		return nil
	}
	if len(f.has) == erasure.MaxRows {
		return kernel.E(kernel.KindInvalid, "TOO_MANY_ROWS", "more than %d rows are about this; ask for less at a time", erasure.MaxRows)
	}
	f.has[row] = true
	for i := range f.list {
		if f.list[i].TableID == table {
			f.list[i].Rows = append(f.list[i].Rows, row)
			return nil
		}
	}
	f.list = append(f.list, erasure.Rows{TableID: table, Rows: []kernel.RowID{row}})
	return nil
}

// findRows finds the rows that have ever had one of the addresses or numbers as a value, or a name together with its company.
func findRows(ctx context.Context, log Log, asked erasure.Requested, hash erasure.Hash, alive func(string)) (*found, error) {
	f := &found{has: map[kernel.RowID]bool{}}
	for _, rows := range asked.Rows {
		for _, row := range rows.Rows {
			if err := f.add(rows.TableID, row); err != nil {
				return nil, err
			}
		}
	}
	if len(asked.Keys)+len(asked.People) == 0 {
		return f, nil
	}
	m, people := erasure.NewMatcher(hash, asked.Keys), newNamed(asked.People, hash)
	err := each(ctx, log, asked.Workspace, alive, func(events []eventstore.Recorded) error {
		var failed error
		for _, e := range events {
			cellsOf(e, func(table kernel.TableID, row kernel.RowID, text string) {
				if failed == nil && (m.Is(text) || people.met(row, text)) {
					failed = f.add(table, row)
				}
			})
		}
		return failed
	})
	return f, err
}

// named finds the rows that have a name and its company.
type named struct {
	hash erasure.Hash
	all  []erasure.Person
	seen map[kernel.RowID][]byte // bits by person: the name, the company
}

func newNamed(people []erasure.Person, hash erasure.Hash) *named {
	return &named{hash: hash, all: people, seen: map[kernel.RowID][]byte{}}
}

// met notes a text of a row and reports whether the row has both by now.
func (n *named) met(row kernel.RowID, text string) bool {
	if len(n.all) == 0 || len(text) > maxNamed {
		return false
	}
	name, company := n.hash.Keyed(erasure.Name, text), n.hash.Keyed(erasure.Company, text)
	both := false
	for i, p := range n.all {
		var bit byte
		if p.Name == name {
			bit |= 1
		}
		if p.Company == company {
			bit |= 2
		}
		if bit == 0 {
			continue
		}
		if n.seen[row] == nil {
			n.seen[row] = make([]byte, len(n.all))
		}
		n.seen[row][i] |= bit
		both = both || n.seen[row][i] == 3
	}
	return both
}

const (
	maxNamed    = 400 // bytes of a name
	leastDerive = 4   // characters of a value that tells a row from others
)

// derive makes keys of what the rows have and no other row of the workspace has had, so that copies are found outside the tables without
// touching what others share.
func derive(
	ctx context.Context, log Log, ws kernel.WorkspaceID, rows *found, hash erasure.Hash, alive func(string),
) ([]erasure.Key, error) {
	theirs := map[erasure.Key]bool{}
	keys := erasure.NewMatcher(hash, nil)
	pass := func(fn func(mine bool, k erasure.Key)) error {
		return each(ctx, log, ws, alive, func(events []eventstore.Recorded) error {
			for _, e := range events {
				cellsOf(e, func(_ kernel.TableID, row kernel.RowID, text string) {
					mine := rows.has[row]
					if !mine && len(theirs) == 0 {
						return
					}
					for _, k := range keys.Tokens(text) {
						fn(mine, k)
					}
					if tells(text) {
						fn(mine, hash.Keyed(erasure.Text, text))
					}
				})
			}
			return nil
		})
	}
	if err := pass(func(mine bool, k erasure.Key) {
		if mine && k != "" {
			theirs[k] = true
		}
	}); err != nil || len(theirs) == 0 {
		return nil, err
	}
	if err := pass(func(mine bool, k erasure.Key) {
		if !mine {
			delete(theirs, k)
		}
	}); err != nil {
		return nil, err
	}
	if len(theirs) > erasure.MaxDerived {
		return nil, kernel.E(kernel.KindInvalid, "TOO_MANY_VALUES", "the rows have more than %d values of their own; choose fewer rows",
			erasure.MaxDerived)
	}
	return ordered(theirs), nil
}

// tells reports whether a text may tell a row from others.
func tells(text string) bool {
	if utf8.RuneCountInString(text) < leastDerive {
		return false
	}
	for _, r := range text {
		if unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

// copies reports whether events of a type hold copies of values outside cells, in which nothing else is named.
func copies(typ string) bool {
	switch typ {
	case dataops.Uploaded{}.EventType(), dataops.Previewed{}.EventType(), dataops.RowsRejected{}.EventType():
		return true
	default:
		return false
	}
}
