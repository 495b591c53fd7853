package analyticsapi

import (
	"context"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

// CreditSummary is what became of credits.
type CreditSummary struct {
	Span
	Spent    kernel.Credits `json:"spent_mc"`
	Previous kernel.Credits `json:"previous_spent_mc" doc:"In the time of the same length before."`
	Received kernel.Credits `json:"received_mc" doc:"Grants, purchases, trials, refunds and adjustments."`
	Expired  kernel.Credits `json:"expired_mc"`
	Forecast Forecast       `json:"forecast"`
}

// Forecast is when the credits will be used up if spending goes on as in the last four weeks. It is about the whole
// workspace, also when the question was limited to a part of it.
type Forecast struct {
	Balance kernel.Credits `json:"balance_mc"`
	PerDay  kernel.Credits `json:"per_day_mc" doc:"Expected: what the last 28 days cost a day, the last week counted twice."`
	// Earliest and Latest are what the fastest and the slowest of the last four weeks would make of it.
	At       *time.Time `json:"exhausted_at,omitempty" doc:"Absent when nothing is being spent, or in more than ten years."`
	Earliest *time.Time `json:"exhausted_earliest,omitempty" doc:"At the rate of the most expensive of the last four weeks."`
	Latest   *time.Time `json:"exhausted_latest,omitempty" doc:"At the rate of the cheapest of the last four weeks; absent when it cost nothing."`
}

// incoming are the kinds of entry that bring credits in.
func incoming() []string {
	return []string{
		string(credit.KindGrant), string(credit.KindPurchase), string(credit.KindTrial), string(credit.KindRefund),
		string(credit.KindAdjustment),
	}
}

func (s service) creditSummary(ctx context.Context, p httpapi.Principal, in *Asked) (CreditSummary, httpapi.Meta, error) {
	r, now, before, err := s.compare(ctx, p, in, breakdown{
		kind:  analyticsview.Credit,
		where: map[analyticsview.Dim]string{analyticsview.Source: debit},
	})
	if err != nil {
		return CreditSummary{}, httpapi.Meta{}, err
	}
	out := CreditSummary{Span: spanOf(r), Spent: kernel.Credits(now.Credits), Previous: kernel.Credits(before.Credits)}
	_, rows, err := s.ask(ctx, p, in, breakdown{kind: analyticsview.Credit}, analyticsview.Source)
	if err != nil {
		return CreditSummary{}, httpapi.Meta{}, err
	}
	for _, row := range rows {
		switch {
		case slices.Contains(incoming(), row.Dims[0]):
			out.Received += kernel.Credits(row.Credits)
		case row.Dims[0] == string(credit.KindExpiry):
			out.Expired += kernel.Credits(row.Credits)
		}
	}
	out.Forecast, err = s.forecast(ctx, p.Workspace)
	return out, httpapi.Meta{}, err
}

// weeks are looked back at.
const (
	weeks = 4
	week  = 7 * 24 * time.Hour
)

// farAway is when a forecast says nothing any more.
const farAway = 10 * 365 * 24 * time.Hour

func (s service) forecast(ctx context.Context, ws kernel.WorkspaceID) (Forecast, error) {
	now := s.Clock.Now().UTC().Truncate(analyticsview.Quarter).Add(analyticsview.Quarter)
	ever := analyticsview.Query{
		Workspace: ws,
		Kind:      analyticsview.Credit,
		By:        []analyticsview.Dim{analyticsview.Source},
		Buckets:   []time.Time{time.Unix(0, 0).UTC(), now},
	}
	rows, err := s.sums(ctx, ever)
	if err != nil {
		return Forecast{}, err
	}
	var f Forecast
	for _, row := range rows {
		switch kind := row.Dims[0]; {
		case slices.Contains(incoming(), kind):
			f.Balance += kernel.Credits(row.Credits)
		case kind == debit, kind == string(credit.KindExpiry):
			f.Balance -= kernel.Credits(row.Credits)
		}
	}
	ever.By, ever.Where, ever.Buckets = nil, map[analyticsview.Dim]string{analyticsview.Source: debit}, nil
	for i := weeks; i >= 0; i-- {
		ever.Buckets = append(ever.Buckets, now.Add(-time.Duration(i)*week))
	}
	spent, err := s.sums(ctx, ever)
	if err != nil {
		return Forecast{}, err
	}
	var byWeek [weeks]int64
	for _, row := range spent {
		byWeek[row.Bucket.Sub(ever.Buckets[0])/week] = row.Credits
	}
	f.project(now, byWeek)
	return f, nil
}

// project works out when the balance will be used up.
func (f *Forecast) project(now time.Time, byWeek [weeks]int64) {
	sum := byWeek[weeks-1] // the last week counts twice
	for _, w := range byWeek {
		sum += w
	}
	const days = 7
	f.PerDay = kernel.Credits(sum / ((weeks + 1) * days))
	f.At = f.at(now, float64(sum)/(weeks+1))
	f.Earliest = f.at(now, float64(slices.Max(byWeek[:])))
	f.Latest = f.at(now, float64(slices.Min(byWeek[:])))
}

// at returns when the balance is used up at so many credits a week, nil when that is never or far away.
func (f *Forecast) at(now time.Time, perWeek float64) *time.Time {
	if perWeek <= 0 {
		return nil
	}
	left := float64(max(0, f.Balance)) / perWeek * float64(week)
	if left > float64(farAway) {
		return nil
	}
	at := now.Add(time.Duration(left)).Truncate(time.Hour)
	return &at
}
