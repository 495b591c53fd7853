package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/sidestore"
)

// External is the model of a projection whose tables are in another store: its schema holds the mark that says where.
func External(name string) Model {
	return Model{Name: name, Policies: map[string]string{"mark": Nobodys}, DDL: `CREATE TABLE mark (
	one        boolean PRIMARY KEY DEFAULT true CHECK (one),
	generation text NOT NULL,
	reached    bigint NOT NULL,
	until      bigint NOT NULL
)`}
}

// Marks keeps the marks of external read models. It is a sidestore.Marks.
type Marks struct {
	pool   *pgxpool.Pool
	models *Models // nil: all may be read
}

var _ sidestore.Marks = (*Marks)(nil)

// NewMarks keeps them in the pool's database.
func NewMarks(pool *pgxpool.Pool) *Marks { return &Marks{pool, nil} }

// Of leaves those read models alone that the process may not read.
func (s *Marks) Of(models *Models) *Marks { return &Marks{s.pool, models} }

// undefinedTable is SQLSTATE's undefined_table: the location is not there.
const undefinedTable = "42P01"

// Read implements sidestore.Marks.
func (s *Marks) Read(ctx context.Context, location projections.Location) (sidestore.Mark, bool, error) {
	closed, err := s.models.now(ctx)
	if err != nil {
		return sidestore.Mark{}, false, err
	}
	if location.Copy == projections.Live && slices.Contains(closed, location.Projection) {
		return sidestore.Mark{}, false, taken(location.Projection)
	}
	m, ok, err := mark(ctx, s.pool, "SELECT generation, reached, until FROM "+quote(SchemaOf(location), "mark"))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == undefinedTable {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("mark of %s: %w", location, err)
	}
	return m, ok, nil
}

// Get implements sidestore.Marks.
func (*Marks) Get(ctx context.Context, tx projections.Tx) (sidestore.Mark, bool, error) {
	pg, err := From(tx)
	if err != nil {
		return sidestore.Mark{}, false, err
	}
	return mark(ctx, pg, `SELECT generation, reached, until FROM mark`)
}

func mark(ctx context.Context, q queryer, sql string) (sidestore.Mark, bool, error) {
	var m sidestore.Mark
	err := q.QueryRow(ctx, sql).Scan(&m.Generation, &m.Reached, &m.Until)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, false, nil
	}
	return m, err == nil, err
}

const setMarkSQL = `
INSERT INTO mark (generation, reached, until) VALUES ($1, $2, $3)
ON CONFLICT (one) DO UPDATE SET generation = EXCLUDED.generation, reached = EXCLUDED.reached, until = EXCLUDED.until`

// Set implements sidestore.Marks.
func (*Marks) Set(ctx context.Context, tx projections.Tx, m sidestore.Mark) error {
	pg, err := From(tx)
	if err != nil {
		return err
	}
	_, err = pg.Exec(ctx, setMarkSQL, m.Generation, m.Reached, m.Until)
	return err
}
