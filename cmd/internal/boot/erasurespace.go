package boot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/domain/kernel"
)

// samplePlace are the last deliveries that came to workflows, which the cache keeps for a day.
type samplePlace struct{ workflows *workflows }

// Place implements erasurecmd.Store.
func (samplePlace) Place() string { return "samples of workflows" }

// Erase implements erasurecmd.Store. A sample may have more of the person than an address, so all of the workspace's go.
func (p samplePlace) Erase(ctx context.Context, s *erasurecmd.Search) (n int64, err error) {
	err = p.each(ctx, s.Workspace, func(id kernel.WorkflowID) {
		if p.workflows.handlers.ForgetSample(ctx, id) {
			n++
		}
	})
	return n, err
}

// Verify implements erasurecmd.Store.
func (p samplePlace) Verify(ctx context.Context, s *erasurecmd.Search) (n int64, err error) {
	err = p.each(ctx, s.Workspace, func(id kernel.WorkflowID) {
		if p.workflows.handlers.SampleHas(ctx, id, s.Mentions) {
			n++
		}
	})
	return n, err
}

const workflowsAtOnce = 100

func (p samplePlace) each(ctx context.Context, ws kernel.WorkspaceID, fn func(kernel.WorkflowID)) error {
	ctx = kernel.AsSystem(ctx, "erasure")
	for before := kernel.WorkflowID(""); ; {
		list, err := p.workflows.reads.Workflows(ctx, ws, before, workflowsAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, w := range list {
			fn(w.ID)
			before = w.ID
		}
	}
}

// queuePlace are the queues of a broker: consumers that are behind read from the log what was in them.
type queuePlace struct{ bus *bus }

// Place implements erasurecmd.Store.
func (queuePlace) Place() string { return "message queues" }

// Derived implements erasurecmd.Derived.
func (queuePlace) Derived() {}

// Erase implements erasurecmd.Store.
func (p queuePlace) Erase(ctx context.Context, _ *erasurecmd.Search) (int64, error) {
	if p.bus.drop == nil {
		return 0, nil
	}
	return p.bus.drop(ctx)
}

// Verify implements erasurecmd.Store. A queue can't be looked into without taking from it; what is published from now on was redacted.
func (queuePlace) Verify(context.Context, *erasurecmd.Search) (int64, error) { return 0, nil }

// spacePlace are the database's files, which keep what was changed or deleted until its space is used again. It comes last, since the other
// places leave such space behind.
type spacePlace struct{ core *core }

// Place implements erasurecmd.Store.
func (spacePlace) Place() string { return "space of what was deleted" }

// Derived implements erasurecmd.Derived.
func (spacePlace) Derived() {}

// Erase implements erasurecmd.Store. It answers how many tables were written anew.
func (p spacePlace) Erase(ctx context.Context, s *erasurecmd.Search) (int64, error) {
	n, err := p.core.history.log.Scrub(ctx, s.By, func(position int64) { s.Alive(fmt.Sprintf("%s at %d", p.Place(), position)) })
	if err != nil {
		return n, err
	}
	for _, t := range deletedFrom() {
		s.Alive(p.Place())
		if err := postgres.Reclaim(ctx, p.core.pool, t); err != nil {
			return n, err
		}
		n++
	}
	s.Alive(p.Place())
	_, err = postgres.ForgetWAL(ctx, p.core.pool)
	return n, err
}

// Verify implements erasurecmd.Store. What no question can read is not found by one.
func (spacePlace) Verify(context.Context, *erasurecmd.Search) (int64, error) { return 0, nil }

// deletedFrom are the tables, beside the log's events, in which erasures change or delete rows; read models are made anew in new files, but
// the server's statistics of their columns have samples of values.
func deletedFrom() []pgx.Identifier {
	return []pgx.Identifier{
		{"log", "commands"}, {"log", "snapshots"}, {"webhook_queue", "attempts"}, {"pg_catalog", "pg_statistic"},
	}
}

// remains says what keeps copies beside the places, by what the installation is made of.
func remains(c *core) (out []string) {
	if c.cfg.DatabaseURL.IsSet() {
		out = append(out, "The database server's write-ahead log, its replicas and its own backups keep what was written for as long as its "+
			"settings say.")
	}
	if c.cfg.AMQPURL.IsSet() {
		out = append(out, "RabbitMQ's own log keeps messages that were taken until it begins a new file: after 512 MB, or when it is "+
			"started again.")
	}
	return out
}
