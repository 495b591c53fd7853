package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// export measures a CSV export of the table, and pages meanwhile.
func (b *serverBench) export(ctx context.Context) ([]Ratio, error) {
	var pages []time.Duration
	r, err := b.pair(ctx, Ratio{
		Name: "export to CSV", Unit: "MB/s", AtLeast: 20,
		Note: "limit: COPY of the same columns as CSV; pages are asked for meanwhile",
	},
		func(ctx context.Context) (float64, error) {
			rate, err := b.exportOnce(ctx, &pages)
			return rate, err
		}, b.copyOut)
	if err != nil {
		return nil, err
	}
	slices.Sort(pages)
	quiet, _, err := b.interleave(ctx, questionRounds/4, func(int) error {
		return b.get(ctx, b.path("/rows?limit=50"),
			nil)
	}, func(int) error { return nil })
	if err != nil {
		return nil, err
	}
	return append([]Ratio{r}, latencies("first page while exporting", pages, quiet, 0, 100, "limit: the same without the export")...), nil
}

func (b *serverBench) exportOnce(ctx context.Context, pages *[]time.Duration) (float64, error) {
	exporting, stop := context.WithCancel(ctx)
	defer stop()
	asked := make(chan error, 1)
	go func() {
		for exporting.Err() == nil {
			took, err := timed(func(int) error { return b.get(ctx, b.path("/rows?limit=50"), nil) }, 0)
			if err != nil {
				asked <- err
				return
			}
			*pages = append(*pages, took)
			select {
			case <-exporting.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		asked <- nil
	}()
	start := time.Now()
	res, err := b.open(ctx, http.MethodGet, b.path("/export?format=csv"), nil)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, res.Body)
	took := time.Since(start)
	stop()
	return float64(n) / took.Seconds() / (1 << 20), errors.Join(err, res.Body.Close(), <-asked)
}

func (b *serverBench) copyOut(ctx context.Context) (rate float64, err error) {
	var names []string
	for _, c := range b.sheet.columns {
		names = append(names, physicalColumn(b.columns[c.name].ID))
	}
	cols := strings.Join(names, ", ")
	var n counter
	err = onConn(ctx, b.pool, func(c *pgx.Conn) error {
		start := time.Now()
		_, err := c.PgConn().CopyTo(ctx, &n, "COPY (SELECT "+cols+" FROM "+physical(b.table)+" ORDER BY id) TO STDOUT (FORMAT csv)")
		rate = float64(n) / time.Since(start).Seconds() / (1 << 20)
		return err
	})
	return rate, err
}

// counter counts what is written to it.
type counter int64

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
