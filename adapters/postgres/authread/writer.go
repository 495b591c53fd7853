// Package authread keeps the list of sessions in Postgres and answers queries over it. Beside the read model it keeps two
// small tables that are no part of the log: how often a sign-in failed lately, and when each API key was last used.
package authread

import (
	"context"
	_ "embed" // the schema
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/authview"
)

//go:embed schema.sql
var schema string

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{
		Name:     authview.Name,
		DDL:      schema,
		Policies: map[string]string{"sessions": `user_id = current_setting('morket.user', true)`},
	}
}

// Open is for authview.New.
func Open(tx projections.Tx) (authview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const (
	startSQL = `INSERT INTO sessions (id, user_id, client, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)
ON CONFLICT (id) DO NOTHING`
	refreshSQL  = `UPDATE sessions SET last_used_at = $2, expires_at = $3 WHERE id = $1`
	closeSQL    = `UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`
	closeAllSQL = `UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`
)

// Write implements authview.Writer.
func (w writer) Write(ctx context.Context, items []authview.Item) error {
	var b pgx.Batch
	for _, i := range items {
		switch e := i.Event.(type) {
		case auth.SessionStarted:
			b.Queue(startSQL, e.SessionID, e.UserID, client(e.Agent, i.Client), e.At, e.ExpiresAt)
		case auth.SessionRefreshed:
			b.Queue(refreshSQL, e.SessionID, e.At, e.ExpiresAt)
		case auth.SessionClosed:
			b.Queue(closeSQL, e.SessionID, e.At)
		case auth.PasswordChanged:
			b.Queue(closeAllSQL, e.UserID, e.At)
		default:
			return fmt.Errorf("sessions: no use for %T", e)
		}
	}
	return w.tx.SendBatch(ctx, &b).Close()
}

// client says where a session was opened: the browser's own name, and the address.
func client(agent, address string) string {
	switch {
	case agent == "":
		return address
	case address == "":
		return agent
	default:
		return agent + " (" + address + ")"
	}
}
