// Package sidestoretest holds the memory twin of sidestore.Engine, a base in memory, and the suite that every engine passes.
package sidestoretest

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
	"github.com/morket/morket/projections/sidestore"
)

// ErrDown is what Memory answers while it is down.
var ErrDown = errors.New("the engine is down")

var errNoCopy = errors.New("there is no such copy")

type row struct {
	text     string
	position int64
}

type stored struct {
	tables  map[string]map[string]row
	reached int64
}

// Memory is an engine in memory.
type Memory struct {
	mu     sync.Mutex
	copies map[string]*stored
	down   bool
	served map[string]string

	// Torn, when set, is asked in the middle of each flush; an error leaves what was written so far.
	Torn func() error
}

var _ sidestore.Engine = (*Memory)(nil)

// NewMemory returns an engine without copies.
func NewMemory() *Memory {
	return &Memory{copies: map[string]*stored{}, served: map[string]string{}}
}

// Empty forgets every copy, as a store that was replaced does.
func (m *Memory) Empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.copies)
}

// Down makes every call fail until it is called with false.
func (m *Memory) Down(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

// Backup returns a function that puts everything back to how it is now.
func (m *Memory) Backup() (restore func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := map[string]*stored{}
	for name, c := range m.copies {
		k := &stored{tables: map[string]map[string]row{}, reached: c.reached}
		for table, rows := range c.tables {
			k.tables[table] = maps.Clone(rows)
		}
		kept[name] = k
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.copies = kept
	}
}

// Rows returns the texts of a copy's table by key.
func (m *Memory) Rows(c sidestore.Copy, table string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	if s := m.copies[c.String()]; s != nil {
		for key, r := range s.tables[table] {
			out[key] = r.text
		}
	}
	return out
}

// Served returns the generation that was last said to be live.
func (m *Memory) Served(projection string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.served[projection]
}

// with calls fn with the copy, nil if there is none.
func (m *Memory) with(c sidestore.Copy, fn func(*stored) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return ErrDown
	}
	return fn(m.copies[c.String()])
}

// Make implements sidestore.Engine.
func (m *Memory) Make(_ context.Context, c sidestore.Copy) error {
	return m.with(c, func(*stored) error {
		m.copies[c.String()] = &stored{tables: map[string]map[string]row{}}
		return nil
	})
}

// Batch is what projectors of the twin are handed.
type Batch struct {
	engine *Memory
	of     sidestore.Copy
	rows   []written
}

type written struct {
	table, key string
	row
}

// Set writes a row of a position. Of two rows with one key the one of the later position stays, of one position the later.
func (b *Batch) Set(table, key, text string, position int64) {
	b.rows = append(b.rows, written{table, key, row{text, position}})
}

// Begin implements sidestore.Engine.
func (m *Memory) Begin(_ context.Context, c sidestore.Copy) (sidestore.Batch, error) {
	return &Batch{engine: m, of: c}, nil
}

// Flush implements sidestore.Batch.
func (b *Batch) Flush(_ context.Context, position int64) error {
	return b.engine.with(b.of, func(s *stored) error {
		if s == nil {
			return errNoCopy
		}
		for i, w := range b.rows {
			if i == len(b.rows)/2 && b.engine.Torn != nil {
				if err := b.engine.Torn(); err != nil {
					return err
				}
			}
			if s.tables[w.table] == nil {
				s.tables[w.table] = map[string]row{}
			}
			if s.tables[w.table][w.key].position <= w.position {
				s.tables[w.table][w.key] = w.row
			}
		}
		s.reached = max(s.reached, position)
		return nil
	})
}

// Reached implements sidestore.Engine.
func (m *Memory) Reached(_ context.Context, c sidestore.Copy) (n int64, there bool, err error) {
	err = m.with(c, func(s *stored) error {
		if s != nil {
			n, there = s.reached, true
		}
		return nil
	})
	return n, there, err
}

// Finish implements sidestore.Engine.
func (m *Memory) Finish(_ context.Context, c sidestore.Copy) error {
	return m.with(c, func(s *stored) error {
		if s == nil {
			return errNoCopy
		}
		return nil
	})
}

// Serve implements sidestore.Engine.
func (m *Memory) Serve(_ context.Context, c sidestore.Copy) error {
	return m.with(c, func(*stored) error {
		m.served[c.Projection] = c.Generation
		return nil
	})
}

// Drop implements sidestore.Engine.
func (m *Memory) Drop(_ context.Context, c sidestore.Copy) error {
	return m.with(c, func(*stored) error {
		delete(m.copies, c.String())
		return nil
	})
}

// Copies implements sidestore.Engine.
func (m *Memory) Copies(_ context.Context, projection string) (out []string, err error) {
	err = m.with(sidestore.Copy{}, func(*stored) error {
		for name := range m.copies {
			if g, ok := strings.CutPrefix(name, projection+"_"); ok {
				out = append(out, g)
			}
		}
		return nil
	})
	return out, err
}

// Checksums implements sidestore.Engine.
func (m *Memory) Checksums(_ context.Context, c sidestore.Copy) (sidestore.Sums, error) {
	sums := sidestore.Sums{Tables: map[string]projections.Checksum{}}
	err := m.with(c, func(s *stored) error {
		if s == nil {
			return errNoCopy
		}
		for table, rows := range s.tables {
			var sum uint64
			for key, r := range rows {
				h := fnv.New64a()
				_, _ = h.Write([]byte(key + "\x00" + r.text)) // never fails
				sum += h.Sum64()
				sums.Latest = max(sums.Latest, r.position)
			}
			sums.Tables[table] = projections.Checksum{Rows: int64(len(rows)), Sum: strconv.FormatUint(sum, 10)}
		}
		return nil
	})
	return sums, err
}

// Transient implements sidestore.Engine.
func (*Memory) Transient(err error) bool { return errors.Is(err, ErrDown) }

// Marks keeps marks in projectionstest.Memory.
type Marks struct{ base *projectionstest.Memory }

var _ sidestore.Marks = (*Marks)(nil)

// NewMarks keeps them in the base.
func NewMarks(base *projectionstest.Memory) *Marks { return &Marks{base} }

// Read implements sidestore.Marks.
func (s *Marks) Read(_ context.Context, location projections.Location) (sidestore.Mark, bool, error) {
	return parse(s.base.Tables(location)["mark"])
}

// Get implements sidestore.Marks.
func (*Marks) Get(_ context.Context, tx projections.Tx) (sidestore.Mark, bool, error) {
	return parse(tx.(*projectionstest.Tx).Tables["mark"]) //nolint:forcetypeassert,errcheck // the base is the memory twin
}

// Set implements sidestore.Marks.
func (*Marks) Set(_ context.Context, tx projections.Tx, m sidestore.Mark) error {
	t := tx.(*projectionstest.Tx) //nolint:forcetypeassert,errcheck // the base is the memory twin
	t.Set("mark", "generation", m.Generation)
	t.Set("mark", "reached", strconv.FormatInt(m.Reached, 10))
	t.Set("mark", "until", strconv.FormatInt(m.Until, 10))
	return nil
}

func parse(rows map[string]string) (m sidestore.Mark, ok bool, err error) {
	if rows["generation"] == "" {
		return m, false, nil
	}
	reached, err1 := strconv.ParseInt(rows["reached"], 10, 64)
	until, err2 := strconv.ParseInt(rows["until"], 10, 64)
	return sidestore.Mark{Generation: rows["generation"], Reached: reached, Until: until}, true, errors.Join(err1, err2)
}
