package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// Copied reads another copy of a read model in the place of the live one: what names the live schema in a statement means the copy's. Names
// are the program's own, and values are parameters, so nothing else is changed by that.
type Copied struct {
	db       Reader
	from, to string
	used     func() // called with each query; may be nil
}

var _ Reader = (*Copied)(nil)

// NewCopied reads the copy at the location.
func NewCopied(db Reader, location projections.Location, used func()) *Copied {
	return &Copied{db: db, from: SchemaOf(projections.LiveOf(location.Projection)) + ".", to: quote(SchemaOf(location)) + ".", used: used}
}

func (c *Copied) sql(sql string) string {
	if c.used != nil {
		c.used()
	}
	return strings.ReplaceAll(sql, c.from, c.to)
}

// Query implements Reader.
func (c *Copied) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := c.db.Query(ctx, c.sql(sql), args...)
	return rows, gone(err)
}

// QueryRow implements Reader.
func (c *Copied) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := c.Query(ctx, sql, args...)
	return scopedRow{rows, err}
}

// BeginTx implements Reader.
func (c *Copied) BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error) {
	tx, err := c.db.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return copiedTx{tx, c}, nil
}

type copiedTx struct {
	pgx.Tx
	copied *Copied
}

// Query implements pgx.Tx.
func (t copiedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := t.Tx.Query(ctx, t.copied.sql(sql), args...)
	return rows, gone(err)
}

// QueryRow implements pgx.Tx.
func (t copiedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	return scopedRow{rows, err}
}

// noSchema is SQLSTATE's invalid_schema_name.
const noSchema = "3F000"

// gone says what to do where the copy was dropped while it was read.
func gone(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != noSchema && pg.Code != undefinedTable {
		return err
	}
	e := kernel.E(kernel.KindUnavailable, "COPY_IS_GONE",
		"the copy that was read has been put away; ask again, so that it is made again").Because(err)
	e.RetryAfter = time.Second
	return e
}
