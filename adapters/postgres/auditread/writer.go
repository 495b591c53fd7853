// Package auditread keeps the audit log's read model in Postgres and answers queries over it.
package auditread

import (
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

var (
	//go:embed schema.sql
	schema string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: auditview.Name, DDL: schema, Expand: expand, Policies: map[string]string{
		"entries": postgres.OfWorkspace + ` OR (workspace_id = '' AND projection.is_member(CASE WHEN person_id = '' THEN user_id ELSE person_id END))`,
		"facts":   `EXISTS (SELECT FROM entries e WHERE e.thing_id = facts.thing_id AND e.thing = facts.thing)`,
	}}
}

// Open is for auditview.New.
func Open(tx projections.Tx) (auditview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const columns = `first, last, workspace_id, stream_id, at, actor_kind, actor_id, user_id, person_id, action, thing, thing_id, says, n, before, after, client, agent, request, activity`

// Ending implements auditview.Writer.
func (w writer) Ending(ctx context.Context, position int64) (auditview.Entry, bool, error) {
	rows, err := w.tx.Query(ctx, `SELECT `+columns+` FROM entries WHERE last = $1`, position)
	if err != nil {
		return auditview.Entry{}, false, err
	}
	e, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, false, nil
	}
	return e, err == nil, err
}

func scan(row pgx.CollectableRow) (auditview.Entry, error) {
	var e auditview.Entry
	var user string
	err := row.Scan(&e.First, &e.Last, &e.Workspace, &e.Stream, &e.At, &e.Actor.Kind, &e.Actor.ID, &user, &e.Person, &e.Action, &e.Thing, &e.ID, &e.Says, &e.N,
		&e.Before, &e.After, &e.Client, &e.Agent, &e.Request, &e.Activity)
	e.At = e.At.UTC()
	if user != e.Actor.ID {
		e.Actor.OnBehalfOf = userID(user)
	}
	return e, err
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
	saveSQL = `INSERT INTO entries (` + columns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (first) DO UPDATE SET last = EXCLUDED.last, n = EXCLUDED.n`
	factSQL = `INSERT INTO facts (thing, thing_id, name, value) VALUES ($1, $2, $3, $4) ON CONFLICT (thing, thing_id, name) DO UPDATE SET value = EXCLUDED.value`
)

// Save implements auditview.Writer.
func (w writer) Save(ctx context.Context, entries []auditview.Entry, facts []auditview.Fact) error {
	var q pgx.Batch
	for _, e := range entries {
		q.Queue(saveSQL, e.First, e.Last, string(e.Workspace), string(e.Stream), e.At, string(e.Actor.Kind), e.Actor.ID, string(e.Actor.User()), string(e.Person),
			e.Action, e.Thing, e.ID, e.Says, e.N, e.Before, e.After, e.Client, e.Agent, e.Request, e.Activity)
	}
	for _, f := range facts {
		q.Queue(factSQL, f.Thing, f.ID, f.Name, f.Value)
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("save the audit log: %w", err)
	}
	return nil
}
