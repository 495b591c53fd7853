// Package creditread keeps the ledger's read model in Postgres and answers queries over it.
package creditread

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/creditview"
)

//go:embed schema.sql
var schema string

//go:embed expand.sql
var expand string

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: creditview.Name, DDL: schema, Expand: expand}
}

// Open is for creditview.New.
func Open(tx projections.Tx) (creditview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const selectBalances = `SELECT workspace_id, available, reserved, spent, seq, head, caps, closed FROM balances WHERE workspace_id = ANY($1)`

// Balances implements creditview.Writer.
func (w writer) Balances(ctx context.Context, ids []kernel.WorkspaceID) ([]creditview.Balance, error) {
	rows, err := w.tx.Query(ctx, selectBalances, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanBalance)
}

func scanBalance(row pgx.CollectableRow) (creditview.Balance, error) {
	var b creditview.Balance
	var caps []byte
	if err := row.Scan(&b.Workspace, &b.Available, &b.Reserved, &b.Spent, &b.Seq, &b.Head, &caps, &b.Closed); err != nil {
		return b, err
	}
	if err := json.Unmarshal(caps, &b.Caps); err != nil {
		return b, fmt.Errorf("caps of %s: %w", b.Workspace, err)
	}
	return b, nil
}

const upsertBalance = `INSERT INTO balances (workspace_id, available, reserved, spent, seq, head, caps, closed)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (workspace_id) DO UPDATE SET available = excluded.available, reserved = excluded.reserved, spent = excluded.spent,
  seq = excluded.seq, head = excluded.head, caps = excluded.caps, closed = excluded.closed`

// Save implements creditview.Writer.
func (w writer) Save(ctx context.Context, b creditview.Batch) error {
	var q pgx.Batch
	for _, acct := range b.Balances {
		caps, err := json.Marshal(acct.Caps)
		if err != nil {
			return err
		}
		q.Queue(upsertBalance, acct.Workspace, acct.Available, acct.Reserved, acct.Spent, acct.Seq, acct.Head, caps, acct.Closed)
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("save balances: %w", err)
	}
	if err := w.copyTransactions(ctx, b.Transactions); err != nil {
		return fmt.Errorf("save transactions: %w", err)
	}
	return w.copyLines(ctx, b.Transactions)
}

func (w writer) copyTransactions(ctx context.Context, list []creditview.Transaction) error {
	_, err := w.tx.CopyFrom(ctx, w.tx.Table("transactions"),
		[]string{
			"workspace_id", "seq", "position", "kind", "amount", "balance_after", "reserved_after", "at", "actor_kind",
			"actor_id", "on_behalf_of", "reservation_id", "run_id", "table_id", "note", "lines", "prev_hash", "hash",
		},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			t := list[i]
			return []any{
				string(t.Workspace), t.Seq, t.Position, string(t.Kind), int64(t.Amount), int64(t.BalanceAfter), int64(t.ReservedAfter), t.At,
				string(t.Actor.Kind), t.Actor.ID, string(t.Actor.OnBehalfOf), t.Reservation, string(t.Run), string(t.Table), t.Note,
				int32(len(t.Lines)), t.PrevHash, t.Hash,
			}, nil
		}))
	return err
}

func (w writer) copyLines(ctx context.Context, list []creditview.Transaction) error {
	var rows [][]any
	for _, t := range list {
		for i, l := range t.Lines {
			rows = append(rows, []any{
				string(t.Workspace), t.Seq, int32(i), string(t.Run), string(l.Row), string(l.Column), l.Provider,
				int32(l.Attempt), int64(l.Amount), l.AnswerHash,
			})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, w.tx.Table("debit_lines"),
		[]string{
			"workspace_id", "seq", "line", "run_id", "row_id", "column_id", "provider", "attempt", "amount",
			"answer_hash",
		}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("save debit lines: %w", err)
	}
	return nil
}
