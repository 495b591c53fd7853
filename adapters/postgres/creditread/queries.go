package creditread

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/creditview"
)

// Queries answers questions about ledgers.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const balanceQuery = `SELECT workspace_id, available, reserved, spent, seq, head, caps, closed FROM rm_credit.balances
	WHERE workspace_id = $1`

// Balance returns the workspace's account; one without entries is all zeros.
func (q *Queries) Balance(ctx context.Context, ws kernel.WorkspaceID) (creditview.Balance, error) {
	rows, err := q.db.Query(ctx, balanceQuery, ws)
	if err != nil {
		return creditview.Balance{}, err
	}
	b, err := pgx.CollectExactlyOneRow(rows, scanBalance)
	if errors.Is(err, pgx.ErrNoRows) {
		return creditview.Balance{Workspace: ws, Caps: []credit.Cap{}}, nil
	}
	return b, err
}

const accountsQuery = `SELECT workspace_id FROM rm_credit.balances WHERE workspace_id > $1 ORDER BY workspace_id LIMIT $2`

// Accounts returns the workspaces that have an account, in the order of their ids, those after the given one.
func (q *Queries) Accounts(ctx context.Context, after kernel.WorkspaceID, limit int) ([]kernel.WorkspaceID, error) {
	rows, err := q.db.Query(ctx, accountsQuery, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.WorkspaceID])
}

const spentQuery = `SELECT coalesce(sum(amount), 0)::bigint FROM rm_credit.transactions WHERE workspace_id = $1 AND kind = 'debit'
	AND at >= $2`

// SpentSince returns what the workspace paid since the moment.
func (q *Queries) SpentSince(ctx context.Context, ws kernel.WorkspaceID, since time.Time) (kernel.Credits, error) {
	var sum int64
	err := q.db.QueryRow(ctx, spentQuery, ws, since).Scan(&sum)
	return kernel.Credits(sum), err
}

const transactionsQuery = `SELECT workspace_id, seq, position, kind, amount, balance_after, reserved_after,
  at, actor_kind, actor_id, on_behalf_of,
  reservation_id, run_id, table_id, note, lines, prev_hash, hash
FROM rm_credit.transactions
WHERE workspace_id = $1 AND ($2 = '' OR kind = $2) AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
  AND ($5 = '' OR run_id = $5) AND ($6::bigint = 0 OR seq < $6)
ORDER BY seq DESC LIMIT $7`

// Transactions calls fn for each entry, newest first, without holding them all in memory.
func (q *Queries) Transactions(ctx context.Context, ws kernel.WorkspaceID, f creditview.Filter, fn func(creditview.Listed) error) error {
	if f.Limit == 0 { // an export
		ctx = postgres.Unhurried(ctx)
		return postgres.InPages(func(limit int) ([]creditview.Listed, error) {
			f.Limit = limit
			page, err := q.transactions(ctx, ws, f)
			if len(page) > 0 {
				f.Before = page[len(page)-1].Seq
			}
			return page, err
		}, fn)
	}
	page, err := q.transactions(ctx, ws, f)
	if err != nil {
		return err
	}
	for _, t := range page {
		if err := fn(t); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queries) transactions(ctx context.Context, ws kernel.WorkspaceID, f creditview.Filter) ([]creditview.Listed, error) {
	rows, err := q.db.Query(ctx, transactionsQuery, ws, string(f.Kind), nullTime(f.From), nullTime(f.To), string(f.Run), f.Before, f.Limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (creditview.Listed, error) {
		var t creditview.Listed
		err := row.Scan(&t.Workspace, &t.Seq, &t.Position, &t.Kind, &t.Amount, &t.BalanceAfter, &t.ReservedAfter, &t.At, &t.Actor.Kind,
			&t.Actor.ID, &t.Actor.OnBehalfOf,
			&t.Reservation, &t.Run, &t.Table, &t.Note, &t.LineCount, &t.PrevHash, &t.Hash)
		return t, err
	})
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

const linesBase = `SELECT l.seq, l.line, l.run_id, l.row_id, l.column_id, l.provider, l.attempt,
  l.amount, l.answer_hash, t.hash, t.at, t.position
FROM rm_credit.debit_lines l JOIN rm_credit.transactions t USING (workspace_id, seq) WHERE l.workspace_id = $1 AND `

// LinesOf returns lines of one entry from the given index on, at most limit.
func (q *Queries) LinesOf(ctx context.Context, ws kernel.WorkspaceID, seq int64, from, limit int) ([]creditview.Line, error) {
	return q.lines(ctx, linesBase+`l.seq = $2 AND l.line >= $3::bigint ORDER BY l.line LIMIT $4`, ws, seq, from, limit)
}

// LinesOfCell returns what a cell's answers cost, newest first, at most 100.
func (q *Queries) LinesOfCell(
	ctx context.Context, ws kernel.WorkspaceID, row kernel.RowID, column kernel.ColumnID,
) ([]creditview.Line, error) {
	return q.lines(ctx, linesBase+`l.row_id = $2 AND l.column_id = $3 ORDER BY l.seq DESC, l.line LIMIT 100`, ws, row, column)
}

func (q *Queries) lines(ctx context.Context, sql string, args ...any) ([]creditview.Line, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (creditview.Line, error) {
		var l creditview.Line
		err := row.Scan(&l.Seq, &l.Index, &l.Run, &l.Row, &l.Column, &l.Provider, &l.Attempt, &l.Amount, &l.AnswerHash, &l.Hash, &l.At,
			&l.Position)
		return l, err
	})
}
