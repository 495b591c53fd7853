package enrichmentread

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/enrichmentview"
)

const selectHealth = `SELECT provider, asked, failed, latency FROM rm_enrichment.provider_days WHERE day >= $1`

// Cache keeps answers for a while; it may lose them at any moment.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, life time.Duration)
}

// WithCache makes Health answer from the cache when it can.
func (q *Queries) WithCache(c Cache) *Queries {
	with := *q
	with.cache = c
	return &with
}

const (
	healthKey  = "providers/health/1" // the number is that of the answer's form
	healthLife = time.Minute
)

// Health tells how the providers have been doing today and yesterday (UTC), all workspaces together, as it was at most a minute
// ago. A provider that was not asked is absent.
func (q *Queries) Health(ctx context.Context) (map[string]enrichment.Health, error) {
	if q.cache == nil {
		return q.health(ctx)
	}
	if kept, ok := q.cache.Get(ctx, healthKey); ok {
		var out map[string]enrichment.Health
		if err := json.Unmarshal(kept, &out); err == nil {
			return out, nil
		}
	}
	out, err := q.health(ctx)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	q.cache.Set(ctx, healthKey, value, healthLife)
	return out, nil
}

func (q *Queries) health(ctx context.Context) (map[string]enrichment.Health, error) {
	rows, err := q.db.Query(kernel.AsSystem(ctx, "provider health"), selectHealth,
		q.clock.Now().UTC().AddDate(0, 0, -1).Truncate(24*time.Hour))
	if err != nil {
		return nil, err
	}
	type sum struct {
		asked, failed int64
		latency       [enrichmentview.Buckets]int64
	}
	sums := map[string]*sum{}
	var provider string
	var asked, failed int64
	var latency []int64
	_, err = pgx.ForEachRow(rows, []any{&provider, &asked, &failed, &latency}, func() error {
		s := sums[provider]
		if s == nil {
			s = &sum{}
			sums[provider] = s
		}
		s.asked, s.failed = s.asked+asked, s.failed+failed
		for i, n := range latency[:min(len(latency), len(s.latency))] {
			s.latency[i] += n
		}
		return nil
	})
	out := make(map[string]enrichment.Health, len(sums))
	for p, s := range sums {
		out[p] = healthOf(s.asked, s.failed, s.latency)
	}
	return out, err
}

// healthOf is "ok" with at least nine of ten records without trouble, "down" with less than half.
func healthOf(asked, failed int64, latency [enrichmentview.Buckets]int64) enrichment.Health {
	if asked == 0 {
		return enrichment.Health{State: "unknown"}
	}
	h := enrichment.Health{State: "ok", SuccessRate: float64(asked-failed) / float64(asked)}
	switch {
	case h.SuccessRate < 0.5:
		h.State = "down"
	case h.SuccessRate < 0.9:
		h.State = "degraded"
	}
	total, seen := int64(0), int64(0)
	for _, n := range latency {
		total += n
	}
	for i, n := range latency {
		if seen += n; total > 0 && seen*2 >= total {
			h.P50MS = int64(1) << i
			break
		}
	}
	return h
}
