package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

const (
	maxHeader   = 1 << 20
	maxKeys     = 64 << 10
	maxManifest = 1 << 20
)

// Backup is a file that is being read.
type Backup struct {
	Header Header
	Keys   Keys
	unpack *unpacker
}

// Open reads a backup's header and keys. Close it.
func Open(r io.Reader, passphrase string) (*Backup, error) {
	u, err := newUnpacker(r, passphrase)
	if err != nil {
		return nil, err
	}
	b := &Backup{unpack: u}
	if err := b.open(); err != nil {
		u.close()
		return nil, err
	}
	return b, nil
}

func (b *Backup) open() error {
	header, err := b.unpack.small(headerName, maxHeader)
	if err != nil {
		return err
	}
	if err := decode(header, headerName, &b.Header); err != nil {
		return err
	}
	if err := b.Header.validate(); err != nil {
		return err
	}
	keys, err := b.unpack.small(keysName, maxKeys)
	if err != nil {
		return err
	}
	return decode(keys, keysName, &b.Keys)
}

// Close ends the reading.
func (b *Backup) Close() { b.unpack.close() }

// Store is the object store that a backup is read into. It is objectstore.Store.
type Store interface {
	Objects
	Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error)
	Delete(ctx context.Context, key string) error
}

// Target is what a backup is read into: a database whose schemas are at the backup's versions and whose tables nobody uses.
type Target struct {
	Pool     *pgxpool.Pool
	Tables   []Table
	Objects  Store
	Prepare  func(ctx context.Context, tx pgx.Tx, h Header) error // called before the first row is written
	Progress func(line string)
}

// Restore reads the rest of the file. Either all of it has come as it was written, or nothing is left of it: neither a row nor an
// object that was not there before.
func (b *Backup) Restore(ctx context.Context, t Target) (m Manifest, err error) {
	if err := b.Header.fits(t.Tables); err != nil {
		return m, err
	}
	put := &puts{store: t.Objects}
	err = pgx.BeginFunc(ctx, t.Pool, func(tx pgx.Tx) error {
		m, err = b.restore(ctx, tx, t, put)
		return err
	})
	if err != nil {
		return m, errors.Join(err, put.takeBack(context.WithoutCancel(ctx)))
	}
	return m, nil
}

func (b *Backup) restore(ctx context.Context, tx pgx.Tx, t Target, put *puts) (found Manifest, err error) {
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return found, err
	}
	if err := b.empty(ctx, tx); err != nil {
		return found, err
	}
	if err := t.Prepare(ctx, tx, b.Header); err != nil {
		return found, err
	}
	for _, c := range b.Header.Tables {
		sum, err := b.table(ctx, tx, c)
		if err != nil {
			return found, fmt.Errorf("restore %s: %w", c.Table, err)
		}
		found.Tables = append(found.Tables, sum)
		t.Progress(fmt.Sprintf("%s: %d rows, %s", c.Table, sum.Rows, size(sum.Bytes)))
	}
	if found.Objects, err = b.objects(ctx, put); err != nil {
		return found, fmt.Errorf("restore the objects: %w", err)
	}
	t.Progress(fmt.Sprintf("%d objects, %s", found.Objects.Rows, size(found.Objects.Bytes)))
	if err := b.whole(found); err != nil {
		return found, err
	}
	return found, b.checkHead(ctx, tx)
}

// empty takes away what the migrations have put into the tables.
func (b *Backup) empty(ctx context.Context, tx pgx.Tx) error {
	for _, c := range slices.Backward(b.Header.Tables) {
		if _, err := tx.Exec(ctx, "DELETE FROM "+Table{Name: c.Table}.sqlName()); err != nil {
			return fmt.Errorf("empty %s: %w", c.Table, err)
		}
	}
	return nil
}

func (b *Backup) table(ctx context.Context, tx pgx.Tx, c TableColumns) (Sum, error) {
	if err := b.unpack.begin(tablePrefix + c.Table); err != nil {
		return Sum{}, err
	}
	source := &faults{r: b.unpack}
	sql := "COPY " + Table{Name: c.Table}.sqlName() + " (" + sqlColumns(c.Columns) + ") FROM STDIN"
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, source, sql); err != nil {
		return Sum{}, cmp.Or(source.err, err)
	}
	return b.unpack.sumUp() // after a line of \. Postgres reads no further
}

// faults keeps the error of what is read, which Postgres' protocol would make a text of.
type faults struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (f *faults) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func (b *Backup) objects(ctx context.Context, put *puts) (Sum, error) {
	sums := newObjectSums()
	for {
		name, err := b.unpack.peek()
		if err != nil {
			return Sum{}, err
		}
		key, ok := strings.CutPrefix(name, objectPrefix)
		if !ok {
			return sums.sum(), nil
		}
		if err := b.unpack.begin(name); err != nil {
			return Sum{}, err
		}
		if err := put.put(ctx, key, b.unpack); err != nil {
			return Sum{}, err
		}
		sum, err := b.unpack.sumUp()
		if err != nil {
			return Sum{}, err
		}
		sums.add(sum)
	}
}

// whole compares what was found with what the manifest says, and reads the file to its end.
func (b *Backup) whole(found Manifest) error {
	text, err := b.unpack.small(manifestName, maxManifest)
	if err != nil {
		return err
	}
	var said Manifest
	if err := decode(text, manifestName, &said); err != nil {
		return err
	}
	if said.Objects != found.Objects {
		return fmt.Errorf("%w: its objects differ from its manifest", ErrDamaged)
	}
	if !slices.Equal(said.Tables, found.Tables) {
		return fmt.Errorf("%w: its tables differ from its manifest", ErrDamaged)
	}
	name, err := b.unpack.peek()
	if err == nil && name != "" {
		err = fmt.Errorf("%w: %.100q follows the manifest", ErrDamaged, name)
	}
	return err
}

const (
	denseSQL = `SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0), (SELECT position FROM log.head), (SELECT history
		FROM log.head) FROM log.events`
	identitySQL = `SELECT a.attname::text FROM pg_attribute a WHERE attrelid = $1::regclass AND attidentity <> ''`
)

// checkHead sees that the log is the one that the header tells of, and sets the counters of identity columns behind their rows.
func (b *Backup) checkHead(ctx context.Context, tx pgx.Tx) error {
	var count, first, last, head int64
	var history string
	if err := tx.QueryRow(ctx, denseSQL).Scan(&count, &first, &last, &head, &history); err != nil {
		return fmt.Errorf("look at the restored log: %w", err)
	}
	if want := b.Header.Position; count != want || last != want || head != want || first != 1 || history != b.Header.History {
		return fmt.Errorf("%w: its log has %d events up to %d, its header tells of %d", ErrDamaged, count, last, want)
	}
	for _, c := range b.Header.Tables {
		table := Table{Name: c.Table}.sqlName()
		rows, err := tx.Query(ctx, identitySQL, table)
		if err != nil {
			return err
		}
		columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, column := range columns {
			set := fmt.Sprintf("SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(%s), 0) + 1, false) FROM %s",
				pgx.Identifier{column}.Sanitize(), table)
			if _, err := tx.Exec(ctx, set, table, column); err != nil {
				return fmt.Errorf("set the counter of %s.%s: %w", c.Table, column, err)
			}
		}
	}
	return nil
}

// puts are the objects that were not there before.
type puts struct {
	store Store
	keys  []string
}

func (p *puts) put(ctx context.Context, key string, r io.Reader) error {
	was, err := p.store.Open(ctx, key, 0)
	if err == nil {
		defer was.Close()
		return same(was, r, key)
	}
	if kernel.KindOf(err) != kernel.KindNotFound {
		return err
	}
	p.keys = append(p.keys, key)
	source := &faults{r: r}
	if _, err := p.store.Put(ctx, key, source, dataops.MaxFileBytes); err != nil {
		return fmt.Errorf("%s: %w", key, cmp.Or(source.err, err))
	}
	return nil
}

// same refuses to leave an object that is there under the name of another one. An object never changes.
func same(was, r io.Reader, key string) error {
	a, b := newSummer(), newSummer()
	if _, err := io.Copy(adder{a}, was); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if _, err := io.Copy(adder{b}, r); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if a.of("") != b.of("") {
		return fmt.Errorf("the object store has another object under the name %s: restore into an empty one", key)
	}
	return nil
}

type adder struct{ *summer }

// Write implements io.Writer.
func (a adder) Write(p []byte) (int, error) {
	a.add(p)
	return len(p), nil
}

func (p *puts) takeBack(ctx context.Context) (err error) {
	for _, key := range p.keys {
		err = errors.Join(err, p.store.Delete(ctx, key))
	}
	if err != nil {
		return fmt.Errorf("take back what was put into the object store: %w", err)
	}
	return nil
}
