package postgres

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// Shape asks the live copy of a read model whose tables differ from those of the version before by the statement that fits: the copy of
// the version before serves until the new one is swapped in.
type Shape struct {
	db    Reader
	table string
	made  atomic.Bool
}

// NewShape makes the Shape of a read model that has the table, by its qualified name, since its present version.
func NewShape(db Reader, table string) *Shape { return &Shape{db: db, table: table} }

// undefinedColumn is SQLSTATE's undefined_column.
const undefinedColumn = "42703"

// Query runs the statement that fits the live copy; both have the same parameters and columns.
func (s *Shape) Query(ctx context.Context, present, before string, args ...any) (pgx.Rows, error) {
	for tries := 0; ; tries++ {
		made, err := s.present(ctx)
		if err != nil {
			return nil, err
		}
		sql := before
		if made {
			sql = present
		}
		rows, err := s.db.Query(ctx, sql, args...)
		if !made && tries == 0 && swapped(err) {
			continue
		}
		return rows, err
	}
}

// present reports whether the live copy is of the present shape.
func (s *Shape) present(ctx context.Context) (bool, error) {
	made := s.made.Load()
	if made {
		return true, nil
	}
	if err := s.db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.table).Scan(&made); err != nil {
		return false, fmt.Errorf("look for %s: %w", s.table, err)
	}
	s.made.Store(made)
	return made, nil
}
