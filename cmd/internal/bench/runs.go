package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/morket/morket/adapters/temporal"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/table"
)

// shortRun is which part of the rows the run takes whose memory the whole table's is compared with.
const shortRun = 10

// runs measures runs of a built-in provider that opens no connection, over the table of the step import.
func (b *serverBench) runs(ctx context.Context) ([]Ratio, error) {
	if err := b.prepareGrid(ctx); err != nil {
		return nil, err
	}
	col, err := b.normalised(ctx, "Clean name")
	if err != nil {
		return nil, err
	}
	_, _, little, err := b.runJob(ctx, col, b.size/shortRun)
	if err != nil {
		return nil, err
	}
	j, took, grown, err := b.runJob(ctx, col, 0)
	if err != nil {
		return nil, err
	}
	events, err := b.flowEvents(ctx, enrichmentflow.FlowID(j.ID, 0))
	if err != nil {
		return nil, err
	}
	complete := j.Counts.Succeeded == int64(b.size) && j.Counts.Cached == 0
	ratios := b.runRatios(float64(b.size)/took.Seconds(), float64(events)/float64(b.size), grown, little, complete)
	beside, err := b.smallBesideLarge(ctx, col)
	if err != nil {
		return nil, err
	}
	limited, err := b.limitedProvider(ctx)
	if err != nil {
		return nil, err
	}
	return b.sheet.titled(append(append(ratios, beside), limited...)), nil
}

// runRatios are those of a run over all records: records a second, Temporal's events a record, and the growth of the process in megabytes
// beside that of the short run before.
func (b *serverBench) runRatios(rate, perRecord, grown, little float64, complete bool) []Ratio {
	return []Ratio{
		{
			Name:    "run",
			Value:   rate,
			Limit:   1000,
			Ratio:   rate / 1000,
			Unit:    "records/s",
			AtLeast: 1000,
			Failed:  !complete,
			Note:    "all records through company_name_normalise, from the request to the last cell in the grid; limit: a fixed figure",
		},
		{
			Name:   "run, Temporal events",
			Value:  perRecord,
			Limit:  0.01,
			Ratio:  perRecord / 0.01,
			Unit:   "a record",
			AtMost: 0.01,
			Note:   "limit: a fixed figure",
		},
		{
			Name:   "run, memory",
			Value:  grown,
			Limit:  little,
			Ratio:  grown / little,
			Unit:   "MB",
			AtMost: 256,
			Note: fmt.Sprintf("growth of the process at most, with read models that lag; limit: the same over %d records, which went before",
				b.size/shortRun),
		},
	}
}

const (
	smallRun       = 10
	smallRunWithin = 5 // seconds
)

// smallBesideLarge starts a run over a few records while one over all is under way.
func (b *serverBench) smallBesideLarge(ctx context.Context, large table.Column) (Ratio, error) {
	col, err := b.normalised(ctx, "Clean name of a few")
	if err != nil {
		return Ratio{}, err
	}
	_, alone, _, err := b.runJob(ctx, col, smallRun)
	if err != nil {
		return Ratio{}, err
	}
	ended := make(chan error, 1)
	under := make(chan struct{})
	begun := sync.OnceFunc(func() { close(under) })
	go func() {
		_, _, _, err := b.watchJob(ctx, large, 0, func(j enrichmentcmd.Job) {
			if j.Counts.Succeeded > 0 {
				begun()
			}
		})
		ended <- err
	}()
	select {
	case <-under:
	case err := <-ended:
		return Ratio{}, errors.Join(errors.New("the large run ended before the small one began"), err)
	}
	small, took, _, err := b.runJob(ctx, col, smallRun)
	if err != nil {
		return Ratio{}, err
	}
	over := len(ended) > 0
	return Ratio{
		Name:   "10 records beside a run over all",
		Value:  took.Seconds(),
		Limit:  alone.Seconds(),
		Ratio:  took.Seconds() / alone.Seconds(),
		Unit:   "s",
		AtMost: smallRunWithin,
		Failed: over || small.Counts.Succeeded != smallRun,
		Note:   "from the request to the last cell in the grid; limit: the same alone",
	}, <-ended
}

func (b *serverBench) enrichmentColumn(ctx context.Context, name string, cfg enrichment.Config) (col table.Column, err error) {
	_, err = b.send(ctx, http.MethodPost, b.path("/enrichment-columns"), map[string]any{"name": name, "type": table.Text, "config": cfg}, &col)
	return col, err
}

// runJob runs the column over the first rows, 0 for all, until every cell of it is in the grid.
func (b *serverBench) runJob(
	ctx context.Context, col table.Column, first int,
) (j enrichmentcmd.Job, took time.Duration, grown float64, err error) {
	return b.watchJob(ctx, col, first, func(enrichmentcmd.Job) {})
}

// watchJob is runJob that tells how far the job has come.
func (b *serverBench) watchJob(
	ctx context.Context, col table.Column, first int, seen func(enrichmentcmd.Job),
) (j enrichmentcmd.Job, took time.Duration, grown float64, err error) {
	memory := watchMemory()
	defer func() { grown = memory() }()
	start := time.Now()
	body := map[string]any{"table_id": b.table, "columns": []any{col.ID}, "scope": "all"}
	if first > 0 {
		body["first"] = first
	}
	position, err := b.send(ctx, http.MethodPost, b.workspace+"/enrichment-jobs", body, &j)
	if err != nil {
		return j, 0, 0, err
	}
	filter, err := json.Marshal(map[string]any{"column": col.ID, "op": table.NotEmpty})
	if err != nil {
		return j, 0, 0, err
	}
	var there struct{ Count int64 }
	for {
		if err := b.get(ctx, fmt.Sprintf("%s/enrichment-jobs/%s?min_position=%d", b.workspace, j.ID, position), &j); err != nil {
			return j, 0, 0, err
		}
		seen(j)
		if j.State.Final() {
			if err := b.get(ctx, b.path("/rows:count?filter="+url.QueryEscape(string(filter))), &there); err != nil ||
				there.Count >= j.Counts.Succeeded {
				return j, time.Since(start), 0, err
			}
		}
		select {
		case <-ctx.Done():
			return j, 0, 0, fmt.Errorf("the job is %s with %d cells: %w", j.State, there.Count, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// flowEvents counts what Temporal has written down of a flow, over all its executions, when the flow has ended.
func (b *serverBench) flowEvents(ctx context.Context, id string) (events int64, err error) {
	c, err := temporal.Open(temporal.Config{
		Address:   b.temporal,
		Namespace: b.run.Server.TemporalNamespace,
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if err := c.SDK().GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
		return 0, fmt.Errorf("wait for the end of the flow %s: %w", id, err)
	}
	for execution := ""; ; {
		before := ""
		for it := c.SDK().GetWorkflowHistory(ctx, id, execution, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); events++ {
			e, err := it.Next()
			if err != nil {
				return 0, fmt.Errorf("read the history of the flow %s: %w", id, err)
			}
			if started := e.GetWorkflowExecutionStartedEventAttributes(); started != nil {
				before = started.GetContinuedExecutionRunId()
			}
		}
		if before == "" {
			return events, nil
		}
		execution = before
	}
}
