package analyticsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/projections/analyticsview"
)

// life is how long an answer is kept while nothing new comes in.
const life = time.Minute

// sums answers a question from the cache, or from the store. The workspace's stamp is part of the key, so new data makes what
// was kept unreachable; asking for it also notices a store that is down.
func (s service) sums(ctx context.Context, q analyticsview.Query) ([]analyticsview.Row, error) {
	stamp, err := s.Store.Stamp(ctx, q.Workspace)
	if err != nil {
		return nil, err
	}
	if stamp == 0 {
		return nil, nil
	}
	asked, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(asked)
	key := fmt.Sprintf("analytics:%s:%s:%d:%s", s.Projection, q.Workspace, stamp, hex.EncodeToString(sum[:]))
	var rows []analyticsview.Row
	if kept, ok := s.Cache.Get(ctx, key); ok && json.Unmarshal(kept, &rows) == nil {
		return rows, nil
	}
	rows = rows[:0]
	err = s.Store.Sum(ctx, q, func(r analyticsview.Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if kept, err := json.Marshal(rows); err == nil {
		s.Cache.Set(ctx, key, kept, life)
	}
	return rows, nil
}

// total adds up everything that the question is about.
func (s service) total(ctx context.Context, q analyticsview.Query) (analyticsview.Measures, error) {
	var sum analyticsview.Measures
	rows, err := s.sums(ctx, q)
	for _, r := range rows {
		sum.Add(r.Measures)
	}
	return sum, err
}

// ask asks by some dims over the whole range.
func (s service) ask(
	ctx context.Context, p httpapi.Principal, in *Asked, b breakdown, by ...analyticsview.Dim,
) (analyticsview.Range, []analyticsview.Row, error) {
	r, err := s.span(ctx, p, in)
	if err != nil {
		return r, nil, err
	}
	q := in.query(p, b, r.Whole())
	q.By = by
	rows, err := s.sums(ctx, q)
	return r, rows, err
}
