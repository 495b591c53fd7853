// Package auditread keeps the audit log's read model in Postgres and answers queries over it.
package auditread

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/auditview"
)

//go:embed schema.sql
var schema string

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: auditview.Name, DDL: schema, Policies: map[string]string{
		"lines": `workspace = hashtextextended(current_setting('morket.workspace', true), 0)
  OR (whose IS NOT NULL AND projection.is_member(whose))`,
		"facts": `EXISTS (SELECT FROM lines l WHERE l.thing_id = facts.thing_id AND l.thing = facts.thing)`,
	}}
}

// Open is for auditview.New.
func Open(tx projections.Tx) (auditview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const beforeSQL = `SELECT first, first + more, n, coalesce(work, 0) FROM lines
WHERE workspace = hashtextextended($1, 0) AND activity = $2 AND first < $3 ORDER BY first DESC LIMIT 1`

// Before implements auditview.Writer.
func (w writer) Before(ctx context.Context, e auditview.Entry) (auditview.Entry, bool, error) {
	was := e
	err := w.tx.QueryRow(ctx, beforeSQL, string(e.Workspace), e.Activity, e.First).Scan(&was.First, &was.Last, &was.N, &was.Work)
	if errors.Is(err, pgx.ErrNoRows) {
		return was, false, nil
	}
	return was, err == nil, err
}

// Fact implements auditview.Writer.
func (w writer) Fact(ctx context.Context, thing, id, name string) (json.RawMessage, error) {
	var value []byte
	err := w.tx.QueryRow(ctx, `SELECT value FROM facts WHERE thing = $1 AND thing_id = $2 AND name = $3`, thing, id, name).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

const (
	saveSQL = `INSERT INTO lines (workspace, first, at, n, by_user, work, more, activity, action, thing,
  thing_id, person_id, whose, says, before, after)
VALUES (hashtextextended($1, 0), $2, $3, $4, hashtextextended($5, 0), nullif($6::bigint, 0), $7, $8, $9, $10, $11, nullif($12, ''),
  nullif($13, ''), nullif($14, ''), $15, $16)
ON CONFLICT (workspace, activity, first) DO UPDATE SET more = EXCLUDED.more, n = EXCLUDED.n`
	factSQL = `INSERT INTO facts (thing, thing_id, name, value) VALUES ($1, $2, $3, $4) ON CONFLICT (thing, thing_id, name)
		DO UPDATE SET value = EXCLUDED.value`
)

// Save implements auditview.Writer.
func (w writer) Save(ctx context.Context, entries []auditview.Entry, facts []auditview.Fact) error {
	var q pgx.Batch
	for _, e := range entries {
		whose := ""
		if e.Workspace == "" {
			whose = cmp.Or(string(e.Person), string(e.Actor.User()))
		}
		q.Queue(saveSQL, string(e.Workspace), e.First, e.At, e.N, string(e.Actor.User()), e.Work, e.Last-e.First, e.Activity, e.Action, e.Thing,
			e.ID,
			string(e.Person), whose, e.Says, e.Before, e.After)
	}
	for _, f := range facts {
		q.Queue(factSQL, f.Thing, f.ID, f.Name, f.Value)
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("save the audit log: %w", err)
	}
	return nil
}
