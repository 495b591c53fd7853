package workspaceread

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

const namesQuery = `SELECT user_id, sealed, name FROM rm_workspace.people WHERE user_id = ANY($1)`

// Names returns the names of those of the people who are known. A former member still has a name in the history of the workspace, so it
// is read for all of the installation.
func (q *Queries) Names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error) {
	out := make(map[kernel.UserID]string, len(users))
	if len(users) == 0 {
		return out, nil
	}
	rows, err := q.db.Query(kernel.AsSystem(ctx, "names"), namesQuery, users)
	if err != nil {
		return nil, err
	}
	who := map[kernel.UserID]auth.Personal{}
	var id kernel.UserID
	var sealed []byte
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &sealed, &name}, func() error {
		who[id] = auth.Personal{Sealed: append([]byte(nil), sealed...), Clear: auth.Profile{Name: name}}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, p := range who {
		profile, err := p.Open(ctx, q.keys, id)
		if err != nil {
			return nil, err
		}
		out[id] = profile.Name
	}
	return out, nil
}
