package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/sidestore"
)

// Model is the shape of a read model. In SQL, {name} stands for the table of that name of the copy; {state} is there always.
type Model struct {
	Projection string
	Tables     []Table
	// Expand adds to a copy of an earlier version what questions of this one ask for; it is repeated without harm.
	Expand []string
	// Checksums are questions for count(), a sum as text and the highest position (0 where rows have none of their own), by name.
	Checksums map[string]string
	// Written is called after the rows of a flush have been written and before the copy has reached its position; nil: nothing.
	Written func(ctx context.Context, b *Batch, position int64) error
	// Finish is called when a copy is full; nil: nothing.
	Finish func(ctx context.Context, e *Engine, c sidestore.Copy) error
}

// Table is a table of a model: what follows its name in CREATE TABLE.
type Table struct{ Name, DDL string }

// Engine keeps copies of one read model.
type Engine struct {
	client   *Client
	model    Model
	expanded sync.Map // copies that have what questions ask for
}

var _ sidestore.Engine = (*Engine)(nil)

// NewEngine makes the engine of a read model.
func NewEngine(client *Client, model Model) *Engine { return &Engine{client: client, model: model} }

const state = "state"

const stateDDL = `(name String, value Int64) ENGINE = ReplacingMergeTree(value) ORDER BY name`

func table(c sidestore.Copy, name string) string { return c.String() + "__" + name }

// sql puts the names of the copy's tables in.
func (e *Engine) sql(c sidestore.Copy, sql string) string {
	pairs := []string{"{state}", quote(table(c, state))}
	for _, t := range e.model.Tables {
		pairs = append(pairs, "{"+t.Name+"}", quote(table(c, t.Name)))
	}
	return strings.NewReplacer(pairs...).Replace(sql)
}

// Make implements sidestore.Engine.
func (e *Engine) Make(ctx context.Context, c sidestore.Copy) error {
	e.client.ensureDatabase(ctx)
	if err := e.Drop(ctx, c); err != nil {
		return err
	}
	var statements []string
	for _, t := range e.model.Tables {
		statements = append(statements, "CREATE TABLE "+quote(table(c, t.Name))+" "+t.DDL)
	}
	return e.client.exec(ctx, writeWithin, append(statements, "CREATE TABLE "+quote(table(c, state))+" "+stateDDL)...)
}

// Drop implements sidestore.Engine.
func (e *Engine) Drop(ctx context.Context, c sidestore.Copy) error {
	statements := []string{"DROP TABLE IF EXISTS " + quote(table(c, state)) + " SYNC"}
	for _, t := range e.model.Tables { // without SYNC the files stay for eight minutes, with what an erasure has taken out of the log
		statements = append(statements, "DROP TABLE IF EXISTS "+quote(table(c, t.Name))+" SYNC")
	}
	err := e.client.exec(ctx, writeWithin, statements...)
	if missing(err) {
		return nil
	}
	return err
}

// Reached implements sidestore.Engine. A copy of which a table is missing is none.
func (e *Engine) Reached(ctx context.Context, c sidestore.Copy) (int64, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	var tables uint64
	names := []string{text(table(c, state))}
	for _, t := range e.model.Tables {
		names = append(names, text(table(c, t.Name)))
	}
	sql := "SELECT count() FROM system.tables WHERE database = " + text(e.client.database) + " AND name IN (" + strings.Join(names, ", ") + ")"
	if err := e.client.admin.QueryRow(ctx, sql).Scan(&tables); err != nil {
		return 0, false, fmt.Errorf("look for %s: %w", c, err)
	}
	if tables != uint64(len(names)) {
		return 0, false, nil
	}
	if err := e.expand(ctx, c); err != nil {
		return 0, false, err
	}
	n, err := e.client.number(ctx, e.sql(c, "SELECT max(value) FROM {state} WHERE name = 'reached'"))
	if missing(err) {
		return 0, false, nil
	}
	return n, err == nil, err
}

// expand gives a copy what questions ask for, once in a process.
func (e *Engine) expand(ctx context.Context, c sidestore.Copy) error {
	if _, done := e.expanded.Load(c); done || len(e.model.Expand) == 0 {
		return nil
	}
	var statements []string
	for _, sql := range e.model.Expand {
		statements = append(statements, e.sql(c, sql))
	}
	if err := e.client.exec(ctx, writeWithin, statements...); err != nil {
		return fmt.Errorf("expand %s: %w", c, err)
	}
	e.expanded.Store(c, true)
	return nil
}

func (c *Client) number(ctx context.Context, sql string) (int64, error) {
	var n int64
	err := c.conn.QueryRow(ctx, sql).Scan(&n)
	return n, err
}

// Finish implements sidestore.Engine.
func (e *Engine) Finish(ctx context.Context, c sidestore.Copy) error {
	if e.model.Finish == nil {
		return nil
	}
	return e.model.Finish(ctx, e, c)
}

// Serve implements sidestore.Engine: readers ask which copy is live.
func (*Engine) Serve(context.Context, sidestore.Copy) error { return nil }

// Copies implements sidestore.Engine.
func (e *Engine) Copies(ctx context.Context, projection string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	rows, err := e.client.admin.Query(ctx, "SELECT name FROM system.tables WHERE database = "+text(e.client.database)+
		" AND startsWith(name, "+text(projection+"_")+") ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list the copies of %s: %w", projection, err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		generation, _, _ := strings.Cut(strings.TrimPrefix(name, projection+"_"), "__")
		if !strings.Contains(generation, "_") && !slices.Contains(out, generation) { // else it is another projection's
			out = append(out, generation)
		}
	}
	return out, rows.Err()
}

// Checksums implements sidestore.Engine.
func (e *Engine) Checksums(ctx context.Context, c sidestore.Copy) (sidestore.Sums, error) {
	ctx, cancel := context.WithTimeout(ctx, sumWithin)
	defer cancel()
	sums := sidestore.Sums{Tables: map[string]projections.Checksum{}}
	for name, sql := range e.model.Checksums {
		var rows uint64
		var sum string
		var latest int64
		if err := e.client.conn.QueryRow(ctx, e.sql(c, sql)).Scan(&rows, &sum, &latest); err != nil {
			return sidestore.Sums{}, fmt.Errorf("sum up %s: %w", name, err)
		}
		sums.Latest = max(sums.Latest, latest)
		sums.Tables[name] = projections.Checksum{Rows: int64(rows), Sum: sum}
	}
	return sums, nil
}

// Transient implements sidestore.Engine.
func (*Engine) Transient(err error) bool { return err != nil && transient(err) }

// Batch collects rows by table until it is flushed.
type Batch struct {
	engine *Engine
	of     sidestore.Copy
	rows   map[string]driver.Batch
	states map[string]int64 // to be kept with the position
	notes  any              // of the model's writer, for its Written
}

// Begin implements sidestore.Engine.
func (e *Engine) Begin(_ context.Context, c sidestore.Copy) (sidestore.Batch, error) {
	return &Batch{engine: e, of: c, rows: map[string]driver.Batch{}, states: map[string]int64{}}, nil
}

// from returns the batch that a projector was handed.
func from(tx projections.Tx) (*Batch, error) {
	b, ok := tx.(*Batch)
	if !ok {
		return nil, fmt.Errorf("the projector was handed a %T, not a batch for ClickHouse", tx)
	}
	return b, nil
}

// into returns the rows for a table, to be appended to.
func (b *Batch) into(ctx context.Context, name string) (driver.Batch, error) {
	if rows := b.rows[name]; rows != nil {
		return rows, nil
	}
	rows, err := b.engine.client.conn.PrepareBatch(ctx, "INSERT INTO "+quote(table(b.of, name)))
	if err != nil {
		return nil, fmt.Errorf("write to ClickHouse: %w", err)
	}
	b.rows[name] = rows
	return rows, nil
}

// Flush implements sidestore.Batch.
func (b *Batch) Flush(ctx context.Context, position int64) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	for name, rows := range b.rows {
		if err := rows.Send(); err != nil {
			return fmt.Errorf("write %s to ClickHouse: %w", name, err)
		}
	}
	if b.engine.model.Written != nil {
		if err := b.engine.model.Written(ctx, b, position); err != nil {
			return err
		}
	}
	b.states["reached"] = position
	return b.engine.remember(ctx, b.of, b.states)
}

// remember keeps numbers in the copy's state, where the highest of a name counts.
func (e *Engine) remember(ctx context.Context, c sidestore.Copy, states map[string]int64) error {
	values := make([]string, 0, len(states))
	for name, value := range states {
		values = append(values, fmt.Sprintf("(%s, toInt64(%d))", text(name), value))
	}
	sql := "INSERT INTO {state} SELECT tupleElement(t, 1), tupleElement(t, 2) FROM (SELECT arrayJoin([" + strings.Join(values,
		", ") + "]) AS t)"
	if err := e.client.conn.Exec(ctx, e.sql(c, sql)); err != nil {
		return fmt.Errorf("write the state to ClickHouse: %w", err)
	}
	return nil
}
