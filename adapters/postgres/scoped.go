package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

// Reader is what queries read through: Scoped in the program, a pool of the tables' owner in tests.
type Reader interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error)
}

// ErrNoScope is the error of a query for which nobody has said whose rows it may read: see kernel.Scope.
var ErrNoScope = errors.New("nobody has said whose rows this query may read")

// Scoped reads within the scope of the context. A person's or a key's query runs as the role AppRole, to which row-level security
// shows the rows of the scope's workspace only; a task of the installation runs as the tables' owner. It is the second wall: each
// query names its workspace too.
type Scoped struct {
	app, system *pgxpool.Pool
	exports     *pgxpool.Pool // of Unhurried queries
	models      *Models       // nil: all may be read
}

var _ Reader = (*Scoped)(nil)

// NewScoped reads through a pool that AppPool has configured, and through one of the tables' owner.
func NewScoped(app, system *pgxpool.Pool) *Scoped { return &Scoped{app, system, app, nil} }

// WithExports gives what takes long connections of its own, so that it can't take those of requests that are answered at once.
func (s *Scoped) WithExports(exports *pgxpool.Pool) *Scoped {
	return &Scoped{s.app, s.system, exports, s.models}
}

// Of leaves those read models alone that the process may not read.
func (s *Scoped) Of(models *Models) *Scoped { return &Scoped{s.app, s.system, s.exports, models} }

func (s *Scoped) pool(ctx context.Context) *pgxpool.Pool {
	if ctx.Value(unhurried{}) != nil {
		return s.exports
	}
	return s.app
}

// AppPool makes the connections of a pool act as AppRole, which can only read, with a limit for each statement. The role is that of
// the session's start, so RESET doesn't leave it.
func AppPool(cfg *pgxpool.Config, timeout time.Duration) {
	cfg.ConnConfig.RuntimeParams["role"] = AppRole
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(timeout.Milliseconds(), 10)
}

type unhurried struct{}

// Unhurried returns a context whose queries may take as long as they like, on the connections that are kept for them: those of exports.
// An export reads pages, so that it holds no connection and no snapshot while its reader takes one.
func Unhurried(ctx context.Context) context.Context { return context.WithValue(ctx, unhurried{}, true) }

const (
	scopeSQL     = `SELECT set_config('morket.workspace', $1, true), set_config('morket.user', $2, true)`
	unhurriedSQL = `SELECT set_config('morket.workspace', $1, true), set_config('morket.user', $2, true),
  set_config('statement_timeout', '0', true)`
)

// InPages calls fn with each thing that read finds, page by page, until a page is empty: read answers what comes after its last page, at
// most so many. So no connection and no snapshot is held while fn waits for a slow reader.
func InPages[T any](read func(limit int) ([]T, error), fn func(T) error) error {
	for {
		page, err := read(exportPage)
		if err != nil {
			return err
		}
		for _, v := range page {
			if err := fn(v); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

// exportPage is how many things are read at once.
const exportPage = 200

func scopeStatement(ctx context.Context) string {
	if ctx.Value(unhurried{}) != nil {
		return unhurriedSQL
	}
	return scopeSQL
}

// Query implements Reader. The scope goes with the query in one round trip: what is sent together is one transaction, with which the
// setting ends.
func (s *Scoped) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := s.models.check(ctx, sql); err != nil {
		return nil, err
	}
	scope, ok := kernel.ScopeOf(ctx)
	switch {
	case !ok:
		return nil, ErrNoScope
	case scope.System != "":
		rows, err := s.system.Query(ctx, sql, args...)
		return rows, s.models.explain(err)
	}
	conn, err := s.pool(ctx).Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var batch pgx.Batch
	batch.Queue(scopeStatement(ctx), string(scope.Workspace), string(scope.User))
	batch.Queue(sql, args...)
	r := &scopedRows{conn: conn, models: s.models, batch: conn.SendBatch(ctx, &batch)}
	_, err = r.batch.Exec()
	if err == nil {
		r.Rows, err = r.batch.Query()
	}
	if err != nil {
		r.end()
		return nil, s.models.explain(TooSlow(err))
	}
	return r, nil
}

// QueryRow implements Reader.
func (s *Scoped) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, sql, args...)
	return scopedRow{rows, err}
}

// BeginTx implements Reader.
func (s *Scoped) BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error) {
	scope, ok := kernel.ScopeOf(ctx)
	switch {
	case !ok:
		return nil, ErrNoScope
	case scope.System != "":
		tx, err := s.system.BeginTx(ctx, opts)
		return s.guarded(tx), err
	}
	tx, err := s.pool(ctx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, scopeStatement(ctx), string(scope.Workspace), string(scope.User)); err != nil {
		return nil, errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	return s.guarded(tx), nil
}

// guarded lets the transaction read what the process may read.
func (s *Scoped) guarded(tx pgx.Tx) pgx.Tx {
	if tx == nil || s.models == nil {
		return tx
	}
	return guardedTx{tx, s.models}
}

type guardedTx struct {
	pgx.Tx
	models *Models
}

// Query implements pgx.Tx.
func (t guardedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.models.check(ctx, sql); err != nil {
		return nil, err
	}
	rows, err := t.Tx.Query(ctx, sql, args...)
	return rows, t.models.explain(err)
}

// QueryRow implements pgx.Tx.
func (t guardedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	return scopedRow{rows, err}
}

// scopedRows are the rows of the second statement of a batch; the connection goes back with their end.
type scopedRows struct {
	pgx.Rows
	conn   *pgxpool.Conn
	models *Models
	batch  pgx.BatchResults
	closed bool
	err    error
}

// Close implements pgx.Rows.
func (r *scopedRows) Close() {
	if r.closed {
		return
	}
	r.Rows.Close()
	r.end()
}

func (r *scopedRows) end() {
	r.closed = true
	r.err = r.batch.Close()
	r.conn.Release()
}

// Next implements pgx.Rows.
func (r *scopedRows) Next() bool {
	if r.closed {
		return false
	}
	more := r.Rows.Next()
	if !more {
		r.Close()
	}
	return more
}

// Scan implements pgx.Rows.
func (r *scopedRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

// Err implements pgx.Rows.
func (r *scopedRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return r.models.explain(TooSlow(err))
	}
	return r.models.explain(TooSlow(r.err))
}

type scopedRow struct {
	rows pgx.Rows
	err  error
}

// Scan implements pgx.Row.
func (r scopedRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// queryCanceled is SQLSTATE's query_canceled: of ours, only the limit of a statement cancels one without ending its connection.
const queryCanceled = "57014"

// TooSlow names what a reader can do about a query that took too long.
func TooSlow(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == queryCanceled {
		return kernel.E(kernel.KindUnavailable, "QUERY_TOO_SLOW",
			"the query took too long; narrow the filter or try again in a moment").Because(err)
	}
	return err
}
