package analyticsapi

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

// maxExport is the most rows of an export.
const maxExport = 1_000_000

var errFull = errors.New("the export is full")

// export streams all sums by unit of time and every dim. The first question is asked before the answer begins, so that a
// store that is down is a 503 and not a file that ends.
func (s service) export(sub subject) func(context.Context, httpapi.Principal, *seriesIn) (func(http.ResponseWriter) error, error) {
	return func(ctx context.Context, p httpapi.Principal, in *seriesIn) (func(http.ResponseWriter) error, error) {
		r, err := s.span(ctx, p, &in.Asked)
		if err != nil {
			return nil, err
		}
		b := sub.total
		if b.kind == analyticsview.Cell {
			b.kind = analyticsview.Attempt // the finest there is
		}
		b.where = nil
		q := in.query(p, b, r.Buckets(in.unit(r)))
		q.By, q.Unhurried = analyticsview.Dims(), true
		if _, err := s.Store.Stamp(ctx, p.Workspace); err != nil {
			return nil, err
		}
		return func(rw http.ResponseWriter) error {
			rw.Header().Set("Content-Disposition", `attachment; filename="`+sub.name+`-analytics.csv"`)
			w := csv.NewWriter(rw)
			if err := w.Write(append([]string{"at", "table", "column", "provider", "step", "member", "source"}, columns()...)); err != nil {
				return err
			}
			rows := 0
			err := s.Store.Sum(ctx, q, func(row analyticsview.Row) error {
				if rows++; rows > maxExport {
					return errFull
				}
				return w.Write(record(row, r.Zone))
			})
			w.Flush()
			if errors.Is(err, errFull) {
				err = nil
			}
			return errors.Join(err, w.Error())
		}, nil
	}
}

func columns() []string {
	return []string{
		"count", "hits", "empty", "failed", "skipped", "cached", "calls", "repeats", "credits", "latency_ms_total",
		"latency_p50_ms", "latency_p95_ms",
	}
}

func record(row analyticsview.Row, zone *time.Location) []string {
	out := []string{row.Bucket.In(zone).Format(time.RFC3339)}
	for _, d := range row.Dims {
		out = append(out, dataops.DefuseFormula(d))
	}
	for _, n := range []int64{row.N, row.Hits, row.Empty, row.Failed, row.Skipped, row.Cached, row.Calls, row.Repeats} {
		out = append(out, strconv.FormatInt(n, 10))
	}
	return append(out, kernel.Credits(row.Credits).String(), strconv.FormatInt(row.Latency, 10),
		strconv.FormatFloat(row.Percentile(0.5), 'f', 0, 64),
		strconv.FormatFloat(row.Percentile(0.95), 'f', 0, 64)) //nolint:mnd // as the columns say
}
