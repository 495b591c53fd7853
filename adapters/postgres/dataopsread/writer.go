// Package dataopsread keeps the read model of imports in Postgres and answers queries over it.
package dataopsread

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/dataopsview"
)

//go:embed schema.sql
var schema string

//go:embed expand.sql
var expand string

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{
		Name:     dataopsview.Name,
		DDL:      schema,
		Expand:   expand,
		Policies: map[string]string{"problems": `EXISTS (SELECT FROM imports i WHERE i.import_id = problems.import_id)`},
	}
}

// Open is for dataopsview.New.
func Open(tx projections.Tx) (dataopsview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const selectImports = `SELECT body, position, created_at, finished_at FROM imports WHERE import_id = ANY($1)`

// Imports implements dataopsview.Writer.
func (w writer) Imports(ctx context.Context, ids []kernel.ImportID) ([]dataopsview.Import, error) {
	rows, err := w.tx.Query(ctx, selectImports, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanImport)
}

func scanImport(row pgx.CollectableRow) (dataopsview.Import, error) {
	var i dataopsview.Import
	var body []byte
	if err := row.Scan(&body, &i.Position, &i.CreatedAt, &i.FinishedAt); err != nil {
		return i, err
	}
	if i.FinishedAt != nil {
		*i.FinishedAt = i.FinishedAt.UTC()
	}
	if err := i.Decode(body); err != nil {
		return i, fmt.Errorf("state of an import: %w", err)
	}
	return i, nil
}

const upsertImport = `INSERT INTO imports (import_id, workspace_id, table_id, state, body, position, created_at, finished_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (import_id) DO UPDATE SET table_id = excluded.table_id, state = excluded.state,
  body = excluded.body, position = excluded.position,
  finished_at = excluded.finished_at`

// Save implements dataopsview.Writer.
func (w writer) Save(ctx context.Context, b dataopsview.Batch) error {
	var q pgx.Batch
	for _, i := range b.Imports {
		body, err := i.Encode()
		if err != nil {
			return fmt.Errorf("save import %s: %w", i.State.ID, err)
		}
		q.Queue(upsertImport, string(i.State.ID), string(i.State.Workspace), string(i.State.TableID), string(i.State.State), []byte(body),
			i.Position, i.CreatedAt, i.FinishedAt)
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("save imports: %w", err)
	}
	if len(b.Problems) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, w.tx.Table("problems"), []string{
		"import_id", "position", "index", "line", "col", "value", "reason", "kept", "cells",
	},
		pgx.CopyFromSlice(len(b.Problems), func(n int) ([]any, error) {
			p := b.Problems[n]
			var cells any
			if p.Row != nil {
				cells = p.Row
			}
			return []any{string(p.Import), p.Position, int32(p.Index), p.Line, p.Column, p.Value, p.Reason, p.Kept, cells}, nil
		}))
	if err != nil {
		return fmt.Errorf("save problems: %w", err)
	}
	return nil
}

const (
	forgetProblems = `DELETE FROM problems WHERE import_id IN (SELECT import_id FROM imports WHERE table_id = ANY($1))`
	forgetFiles    = `UPDATE imports SET body = body || '{"columns": [], "preview": []}' WHERE table_id = ANY($1)`
)

// Forget implements dataopsview.Writer.
func (w writer) Forget(ctx context.Context, tables []kernel.TableID) error {
	for _, sql := range []string{forgetProblems, forgetFiles} {
		if _, err := w.tx.Exec(ctx, sql, tables); err != nil {
			return fmt.Errorf("forget the imports' files: %w", err)
		}
	}
	return nil
}
