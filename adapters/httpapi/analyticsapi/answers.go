package analyticsapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

// Part is a share of the whole.
type Part struct {
	Key string `json:"key" doc:"An id, a provider's slug or a word; empty where it does not apply, such as the table of records that came with a request."`
	Figures
}

// Breakdown is the whole by its parts.
type Breakdown struct {
	Span
	Total Figures `json:"total"`
	Parts []Part  `json:"parts" doc:"The largest first, 1,000 at most; the rest is in the total only."`
}

const maxParts = 1000

func (s service) breakdown(b breakdown) func(context.Context, httpapi.Principal, *Asked) (Breakdown, httpapi.Meta, error) {
	return func(ctx context.Context, p httpapi.Principal, in *Asked) (Breakdown, httpapi.Meta, error) {
		r, rows, err := s.ask(ctx, p, in, b, b.dim)
		if err != nil {
			return Breakdown{}, httpapi.Meta{}, err
		}
		var total analyticsview.Measures
		out := Breakdown{Span: spanOf(r), Parts: []Part{}}
		for _, row := range rows {
			total.Add(row.Measures)
			out.Parts = append(out.Parts, Part{row.Dims[0], figures(row.Measures)})
		}
		slices.SortStableFunc(out.Parts, func(a, c Part) int {
			return cmp.Or(cmp.Compare(c.Credits, a.Credits)*weight(b), cmp.Compare(c.Count, a.Count), cmp.Compare(a.Key, c.Key))
		})
		out.Parts = out.Parts[:min(len(out.Parts), maxParts)]
		out.Total = figures(total)
		return out, httpapi.Meta{}, nil
	}
}

// weight orders by credits where an answer is about them, else by count.
func weight(b breakdown) int {
	if b.kind == analyticsview.Credit {
		return 1
	}
	return 0
}

// Point is a unit of time of a series.
type Point struct {
	At time.Time `json:"at" doc:"When the unit begins; the first one begins with the range."`
	Figures
}

// Series is the whole over time.
type Series struct {
	Span
	Granularity string  `json:"granularity"`
	Points      []Point `json:"points" doc:"Every unit of the range, also those with nothing in them."`
}

type seriesIn struct {
	Asked
	Granularity string `query:"granularity" enum:"hour,day,week" doc:"By default hours up to two days, days up to 92 and weeks beyond."`
}

func (in *seriesIn) unit(r analyticsview.Range) analyticsview.Granularity {
	const day, hours, days = 24 * time.Hour, 2, 92
	switch length := r.To.Sub(r.From); {
	case in.Granularity != "":
		return analyticsview.Granularity(in.Granularity)
	case length <= hours*day+analyticsview.Quarter:
		return analyticsview.Hour
	case length <= days*day:
		return analyticsview.Day
	default:
		return analyticsview.Week
	}
}

func (s service) series(b breakdown) func(context.Context, httpapi.Principal, *seriesIn) (Series, httpapi.Meta, error) {
	return func(ctx context.Context, p httpapi.Principal, in *seriesIn) (Series, httpapi.Meta, error) {
		r, err := s.span(ctx, p, &in.Asked)
		if err != nil {
			return Series{}, httpapi.Meta{}, err
		}
		if in.Provider != "" && b.kind == analyticsview.Cell {
			b.kind = analyticsview.Attempt // cells have no provider
		}
		unit := in.unit(r)
		q := in.query(p, b, r.Buckets(unit))
		rows, err := s.sums(ctx, q)
		if err != nil {
			return Series{}, httpapi.Meta{}, err
		}
		out := Series{Span: spanOf(r), Granularity: string(unit), Points: make([]Point, 0, len(q.Buckets)-1)}
		for _, at := range q.Buckets[:len(q.Buckets)-1] {
			point := Point{At: at}
			if len(rows) > 0 && rows[0].Bucket.Equal(at) {
				point.Figures = figures(rows[0].Measures)
				rows = rows[1:]
			}
			out.Points = append(out.Points, point)
		}
		return out, httpapi.Meta{}, nil
	}
}

// EnrichmentSummary is how enrichments went.
type EnrichmentSummary struct {
	Span
	Total    Figures `json:"total" doc:"Of cells."`
	Previous Figures `json:"previous" doc:"Of the time of the same length before."`
}

func (s service) enrichmentSummary(ctx context.Context, p httpapi.Principal, in *Asked) (EnrichmentSummary, httpapi.Meta, error) {
	b := breakdown{kind: analyticsview.Cell}
	if in.Provider != "" {
		b.kind = analyticsview.Attempt
	}
	r, now, before, err := s.compare(ctx, p, in, b)
	return EnrichmentSummary{spanOf(r), figures(now), figures(before)}, httpapi.Meta{}, err
}

// compare sums up the range and the time of the same length before.
func (s service) compare(
	ctx context.Context, p httpapi.Principal, in *Asked, b breakdown,
) (r analyticsview.Range, now, before analyticsview.Measures, err error) {
	if r, err = s.span(ctx, p, in); err != nil {
		return r, now, before, err
	}
	q := in.query(p, b, r.Whole())
	if now, err = s.total(ctx, q); err != nil {
		return r, now, before, err
	}
	q.Buckets = []time.Time{r.From.Add(-r.To.Sub(r.From)), r.From}
	before, err = s.total(ctx, q)
	return r, now, before, err
}

// FunnelStep is a step of a waterfall.
type FunnelStep struct {
	Step     int    `json:"step" doc:"From 0."`
	Provider string `json:"provider"`
	Figures
}

// Funnel is a column's waterfall.
type Funnel struct {
	Span
	Cells Figures      `json:"cells" doc:"What came out in the end."`
	Steps []FunnelStep `json:"steps" doc:"In order; a step whose provider was changed in the range is there for each."`
}

func (s service) funnel(ctx context.Context, p httpapi.Principal, in *Asked) (Funnel, httpapi.Meta, error) {
	if in.Column == "" {
		return Funnel{}, httpapi.Meta{}, kernel.Invalid("column", "is needed: a waterfall belongs to a column")
	}
	r, rows, err := s.ask(ctx, p, in, breakdown{kind: analyticsview.Attempt}, analyticsview.Step, analyticsview.Provider)
	if err != nil {
		return Funnel{}, httpapi.Meta{}, err
	}
	out := Funnel{Span: spanOf(r), Steps: []FunnelStep{}}
	for _, row := range rows {
		step, err := strconv.Atoi(row.Dims[0])
		if err != nil {
			return Funnel{}, httpapi.Meta{}, err
		}
		out.Steps = append(out.Steps, FunnelStep{step, row.Dims[1], figures(row.Measures)})
	}
	slices.SortStableFunc(out.Steps, func(a, b FunnelStep) int { return cmp.Compare(a.Step, b.Step) })
	q := in.query(p, breakdown{kind: analyticsview.Cell}, r.Whole())
	delete(q.Where, analyticsview.Provider)
	cells, err := s.total(ctx, q)
	out.Cells = figures(cells)
	return out, httpapi.Meta{}, err
}
