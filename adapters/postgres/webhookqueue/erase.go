package webhookqueue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
)

const (
	saidSQL = `SELECT a.endpoint_id, a.position, a.id, a.error, a.response::text, a.body FROM webhook_queue.attempts a
		JOIN webhook_queue.endpoints e ON e.id = a.endpoint_id WHERE e.workspace_id = $1`
	unsaySQL = `UPDATE webhook_queue.attempts SET error = '', response = '{}', body = '', body_cut = true
		WHERE endpoint_id = $1 AND position = $2 AND id = $3`
)

// said is what a receiver has answered to an attempt.
type said struct {
	Endpoint     kernel.WebhookID
	Position, ID int64
	Error        string
	Response     json.RawMessage
	Body         string
}

// Said counts the attempts of a workspace whose answer fn is true of. With unsay they lose the answer: that they were made, when, and
// with which status, stays.
func (q *Queue) Said(ctx context.Context, ws kernel.WorkspaceID, fn func(text string) bool, unsay bool) (int64, error) {
	rows, err := q.pool.Query(ctx, saidSQL, ws)
	if err != nil {
		return 0, fmt.Errorf("read what receivers have answered: %w", err)
	}
	var found []said
	var a said
	_, err = pgx.ForEachRow(rows, []any{&a.Endpoint, &a.Position, &a.ID, &a.Error, &a.Response, &a.Body}, func() error {
		if fn(a.Error) || fn(string(a.Response)) || fn(a.Body) {
			found = append(found, said{Endpoint: a.Endpoint, Position: a.Position, ID: a.ID})
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read what receivers have answered: %w", err)
	}
	for _, a := range found {
		if !unsay {
			break
		}
		if _, err := q.pool.Exec(ctx, unsaySQL, a.Endpoint, a.Position, a.ID); err != nil {
			return 0, fmt.Errorf("take back what a receiver has answered: %w", err)
		}
	}
	return int64(len(found)), nil
}
