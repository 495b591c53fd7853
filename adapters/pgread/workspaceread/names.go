package workspaceread

import (
	"context"

	"github.com/morket/morket/domain/kernel"
)

const namesQuery = `SELECT user_id, name FROM rm_workspace.people WHERE user_id = ANY($1)`

// Names returns the names of those of the people who are known.
func (q *Queries) Names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error) {
	out := make(map[kernel.UserID]string, len(users))
	if len(users) == 0 {
		return out, nil
	}
	rows, err := q.pool.Query(ctx, namesQuery, users)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id kernel.UserID
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		out[id] = name
	}
	return out, rows.Err()
}
