package analyticsapi

import (
	"context"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/analyticsview"
)

// Asked is what every question has in common.
type Asked struct {
	httpapi.InWorkspace
	Range    string         `query:"range" enum:"24h,7d,30d,90d" default:"30d" doc:"Up to now; from and to win."`
	From     time.Time      `query:"from" doc:"Rounded down to a quarter of an hour."`
	To       time.Time      `query:"to" doc:"Not part of it; rounded up to a quarter of an hour; now when it is left out. At most 365 days after from."`
	TimeZone string         `query:"time_zone" maxLength:"64" doc:"An IANA name such as Europe/Berlin: where days and weeks begin. The workspace's when it is left out."`
	Table    kernel.TableID `query:"table" maxLength:"64" doc:"Only this table."`
	Column   string         `query:"column" maxLength:"64" doc:"Only this column."`
	Provider string         `query:"provider" maxLength:"64" doc:"Only this provider. Cells don't have one, attempts do."`
	Member   string         `query:"member" maxLength:"64" doc:"Only on behalf of this member."`
	Source   string         `query:"source" maxLength:"64" doc:"Only this source."`
}

// presets are the lengths of the ranges that have a name.
func presets() map[string]time.Duration {
	const day = 24 * time.Hour
	return map[string]time.Duration{"24h": day, "7d": 7 * day, "30d": 30 * day, "90d": 90 * day}
}

// span returns the range that was asked for, in the workspace's time zone unless another was named.
func (s service) span(ctx context.Context, p httpapi.Principal, a *Asked) (analyticsview.Range, error) {
	name := a.TimeZone
	if name == "" {
		var err error
		if name, err = s.Zones.TimeZone(ctx, p.Workspace); err != nil {
			return analyticsview.Range{}, err
		}
	}
	zone, err := workspace.CheckTimeZone(name)
	if err != nil {
		return analyticsview.Range{}, err
	}
	to := a.To
	if to.IsZero() {
		to = s.Clock.Now()
	}
	from := a.From
	if from.IsZero() {
		from = to.Add(-presets()[a.Range])
	}
	return analyticsview.NewRange(from, to, zone)
}

// query makes the store's question of the breakdown's filter and the caller's.
func (a *Asked) query(p httpapi.Principal, b breakdown, buckets []time.Time) analyticsview.Query {
	q := analyticsview.Query{Workspace: p.Workspace, Kind: b.kind, Buckets: buckets, Where: map[analyticsview.Dim]string{}}
	for d, v := range map[analyticsview.Dim]string{
		analyticsview.Table:    string(a.Table),
		analyticsview.Column:   a.Column,
		analyticsview.Provider: a.Provider,
		analyticsview.Member:   a.Member,
		analyticsview.Source:   a.Source,
	} {
		if v != "" {
			q.Where[d] = v
		}
	}
	for d, v := range b.where {
		q.Where[d] = v
	}
	return q
}

// asked is the table that a question is about. A caller that is limited to some tables must ask about one of them.
func asked(_ context.Context, _ httpapi.Principal, a *Asked) (httpapi.Reach, error) {
	return httpapi.ReachOf(a.Table), nil
}

func askedSeries(_ context.Context, _ httpapi.Principal, in *seriesIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Table), nil
}

// Span is the range that an answer is about.
type Span struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to" doc:"Not part of it."`
	TimeZone string    `json:"time_zone"`
}

func spanOf(r analyticsview.Range) Span { return Span{r.From, r.To, r.Zone.String()} }

// Figures are the counters of an answer, with what follows from them.
type Figures struct {
	Count     int64          `json:"count" doc:"Cells, attempts, values or ledger lines, as the answer is about."`
	Hits      int64          `json:"hits" doc:"With an accepted answer."`
	Empty     int64          `json:"empty" doc:"Without an answer, or with one that was refused."`
	Failed    int64          `json:"failed"`
	Skipped   int64          `json:"skipped" doc:"Not asked."`
	Cached    int64          `json:"cached" doc:"Answered without asking again."`
	Calls     int64          `json:"calls" doc:"Requests to providers, with retries."`
	Repeats   int64          `json:"repeats" doc:"Requests that may have been made before, by a worker that was lost. They come on top of calls."`
	Credits   kernel.Credits `json:"credits_mc"`
	HitRate   float64        `json:"hit_rate" doc:"Hits of what was asked, 0 to 1."`
	PerHit    kernel.Credits `json:"credits_per_hit_mc" doc:"What a hit cost on average."`
	LatencyMS float64        `json:"latency_ms" doc:"Mean of a call."`
	P50       float64        `json:"latency_p50_ms" doc:"Estimated from a histogram."`
	P95       float64        `json:"latency_p95_ms" doc:"Estimated from a histogram."`
}

func figures(m analyticsview.Measures) Figures {
	f := Figures{
		Count: m.N, Hits: m.Hits, Empty: m.Empty, Failed: m.Failed, Skipped: m.Skipped, Cached: m.Cached, Calls: m.Calls, Repeats: m.Repeats,
		Credits: kernel.Credits(m.Credits), P50: m.Percentile(0.5), P95: m.Percentile(0.95), //nolint:mnd // as named
	}
	if asked := m.N - m.Skipped; asked > 0 {
		f.HitRate = float64(m.Hits) / float64(asked)
	}
	if m.Hits > 0 {
		f.PerHit = kernel.Credits(m.Credits / m.Hits)
	}
	if m.Calls > 0 {
		f.LatencyMS = float64(m.Latency) / float64(m.Calls)
	}
	return f
}
