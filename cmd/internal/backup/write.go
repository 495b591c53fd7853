package backup

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

// Objects is what a backup reads of an object store. It is objectstore.Store.
type Objects interface {
	List(ctx context.Context, do func(key string) error) error
	Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error)
}

// Source is what a backup is taken of.
type Source struct {
	Pool       *pgxpool.Pool
	Schemas    []string // whose migrations are told
	Tables     []Table
	Objects    Objects
	Keys       Keys
	Passphrase string
	Version    string
	Clock      kernel.Clock
	Progress   func(line string)

	work int // of the passphrase; 0 is workFactor
}

// Write takes a backup: every table as of one moment, and every object that the log names at that moment. Others may write
// meanwhile.
func Write(ctx context.Context, w io.Writer, s Source) (h Header, m Manifest, err error) {
	p, err := newPacker(w, s.Passphrase, cmp.Or(s.work, workFactor), s.Clock.Now())
	if err != nil {
		return h, m, err
	}
	if h, m.Tables, err = s.writeDatabase(ctx, p); err != nil {
		return h, m, fmt.Errorf("back up the database: %w", err)
	}
	if m.Objects, err = s.writeObjects(ctx, p); err != nil { // after the log that names them
		return h, m, fmt.Errorf("back up the objects: %w", err)
	}
	s.Progress(fmt.Sprintf("%d objects, %s", m.Objects.Rows, size(m.Objects.Bytes)))
	if err := p.json(manifestName, m); err != nil {
		return h, m, err
	}
	return h, m, p.close()
}

func (s Source) writeDatabase(ctx context.Context, p *packer) (h Header, sums []Sum, err error) {
	tx, err := s.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return h, nil, err
	}
	defer func() {
		if ended := tx.Rollback(context.WithoutCancel(ctx)); ended != nil && !errors.Is(ended, pgx.ErrTxClosed) && err == nil {
			err = ended
		}
	}()
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return h, nil, err
	}
	if h, err = s.header(ctx, tx); err != nil {
		return h, nil, err
	}
	if err := p.json(headerName, h); err != nil {
		return h, nil, err
	}
	if err := p.json(keysName, s.Keys); err != nil {
		return h, nil, err
	}
	for i, t := range s.Tables {
		sum, err := t.write(ctx, tx, p, h.Tables[i].Columns)
		if err != nil {
			return h, nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		sums = append(sums, sum)
		s.Progress(fmt.Sprintf("%s: %d rows, %s", t.Name, sum.Rows, size(sum.Bytes)))
	}
	return h, sums, nil
}

const (
	headSQL    = `SELECT position, history FROM log.head`
	columnsSQL = `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
		AND attgenerated = '' ORDER BY attnum`
)

func (s Source) header(ctx context.Context, tx pgx.Tx) (Header, error) {
	h := Header{Format: Format, Version: s.Version, TakenAt: s.Clock.Now().UTC(), Schemas: map[string]int64{}}
	if err := tx.QueryRow(ctx, headSQL).Scan(&h.Position, &h.History); err != nil {
		return h, err
	}
	for _, schema := range s.Schemas {
		version, err := schemaVersion(ctx, tx, schema)
		if err != nil {
			return h, err
		}
		h.Schemas[schema] = version
	}
	for _, t := range s.Tables {
		columns := t.Columns
		if len(columns) == 0 {
			rows, err := tx.Query(ctx, columnsSQL, t.sqlName())
			if err != nil {
				return h, err
			}
			if columns, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return h, fmt.Errorf("columns of %s: %w", t.Name, err)
			}
		}
		h.Tables = append(h.Tables, TableColumns{Table: t.Name, Columns: columns})
	}
	return h, nil
}

func schemaVersion(ctx context.Context, tx pgx.Tx, schema string) (version int64, err error) {
	err = tx.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+pgx.Identifier{schema, "migrations"}.Sanitize()).Scan(&version)
	return version, err
}

func (t Table) sqlName() string { return pgx.Identifier(strings.SplitN(t.Name, ".", 2)).Sanitize() } //nolint:mnd // schema and table

func sqlColumns(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

func (t Table) write(ctx context.Context, tx pgx.Tx, p *packer, columns []string) (Sum, error) {
	sql := "SELECT " + sqlColumns(columns) + " FROM " + t.sqlName() // a query, since a partitioned table can't be copied itself
	if t.Where != "" {
		sql += " WHERE " + t.Where
	}
	if t.OrderBy != "" {
		sql += " ORDER BY " + t.OrderBy
	}
	b := p.body(tablePrefix + t.Name)
	if _, err := tx.Conn().PgConn().CopyTo(ctx, b, "COPY ("+sql+") TO STDOUT"); err != nil {
		return Sum{}, err
	}
	return b.close()
}

func (s Source) writeObjects(ctx context.Context, p *packer) (Sum, error) {
	sums := newObjectSums()
	err := s.Objects.List(ctx, func(key string) error {
		r, err := s.Objects.Open(ctx, key, 0)
		if kernel.KindOf(err) == kernel.KindNotFound { // an upload that was given up meanwhile: no event names it
			return nil
		}
		if err != nil {
			return err
		}
		b := p.body(objectPrefix + key)
		_, err = io.Copy(b, bufio.NewReaderSize(r, copyBytes))
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		sum, err := b.close()
		sums.add(sum)
		return err
	})
	return sums.sum(), err
}

// copyBytes is how much of an object is read at a time.
const copyBytes = 256 << 10

// size writes a number of bytes for people.
func size(n int64) string {
	const mb = 1 << 20
	if n < mb {
		return fmt.Sprintf("%d KB", (n+1023)/1024) //nolint:mnd // rounded up
	}
	return fmt.Sprintf("%.1f MB", float64(n)/mb)
}
