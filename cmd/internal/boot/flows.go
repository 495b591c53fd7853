package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/temporalchild"
	"github.com/morket/morket/adapters/temporal"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// flows is Temporal: the configured one, or a development server of our own that starts in the background, so that the
// grid is there while it is still being fetched.
type flows struct {
	core    *core
	client  *temporal.Client
	address string
	port    int // of our own server; 0 when it isn't ours
	kinds   []flow
	again   *reconcile.Reconciler
}

func newFlows(ctx context.Context, c *core) (*flows, error) {
	f := &flows{core: c, address: c.cfg.TemporalAddress}
	if f.address == "" {
		port, err := childproc.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		f.port = port
		f.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	traced, err := c.tracing.Temporal()
	if err != nil {
		return nil, err
	}
	f.client, err = temporal.Open(temporal.Config{
		Address: f.address, Namespace: c.cfg.TemporalNamespace, Logger: c.log.With("part", "temporal"), Interceptors: traced,
	})
	return f, err
}

// carry has the worker carry out these kinds of flows, and what the log says is under way of them started that Temporal does not run.
func (f *flows) carry(kinds []flow) (err error) {
	f.kinds = kinds
	var sources []reconcile.Source
	for _, k := range kinds {
		sources = append(sources, k.underway)
	}
	f.again, err = reconcile.New(reconcile.Config{
		Flows:   f.client,
		Sources: sources,
		Away:    away,
		Logger:  f.core.log.With("part", "reconciler"),
	})
	return err
}

func away(err error) bool {
	var wait *projections.WaitError
	return errors.As(err, &wait)
}

// retryTemporal is the pause before Temporal is tried again when it could not be started.
const retryTemporal = 10 * time.Second

// run starts what this process has of Temporal: its own server, and the worker, which ends first: it has yet to tell the
// server what has become of its work.
func (f *flows) run(ctx context.Context, group *errgroup.Group) {
	works := f.core.does(config.RoleWorker)
	if f.port != 0 {
		life, end := context.WithCancel(context.WithoutCancel(ctx))
		group.Go(func() error { return f.serve(life) })
		group.Go(func() error {
			defer end()
			if works {
				return f.work(ctx)
			}
			<-ctx.Done()
			return nil
		})
		return
	}
	if works {
		group.Go(func() error { return f.work(ctx) })
	}
}

func (f *flows) work(ctx context.Context) error {
	half := f.core.cfg.StopWithin / 2
	return f.client.RunWorker(ctx, temporal.WorkerConfig{Grace: half}, func(r worker.Registry) {
		for _, k := range f.kinds {
			k.register(r)
		}
	})
}

// serve keeps our own server running. That it can't be had doesn't end the program: the grid works without it.
func (f *flows) serve(ctx context.Context) error {
	start := func(ctx context.Context) (childproc.Child, error) {
		return temporalchild.Start(ctx, temporalchild.Config{
			Binary:    f.core.cfg.TemporalBin,
			DataDir:   f.core.cfg.TemporalDir(),
			CacheDir:  f.core.cfg.CacheDir,
			Namespace: f.core.cfg.TemporalNamespace,
			Port:      f.port,
			Logger:    f.core.log,
		})
	}
	for {
		child, err := start(ctx)
		if err == nil {
			return childproc.Supervise(ctx, childproc.Supervision{
				Name: "temporal", Child: child, Restart: start, Logger: f.core.log, OnRestart: func(childproc.Child) { f.again.Wake() },
			})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.core.log.ErrorContext(ctx, "Temporal can't be started; runs and imports wait for it", "error", err, "retry_in", retryTemporal)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryTemporal):
		}
	}
}

// waiting says what flows wait for, "" when nothing is in their way.
func (f *flows) waiting() string {
	if f.client.Down() {
		return "temporal"
	}
	return ""
}

func (f *flows) check(ctx context.Context) error {
	if err := f.client.Check(ctx); err != nil {
		return fmt.Errorf("runs and imports wait: %w", errors.Unwrap(err))
	}
	return nil
}

// reaction is a module's answer to events: what it wants, and the function that starts or signals a flow, for one event or for
// a batch of those that came within the time to gather; or apply, which puts them into the module's own tables.
type reaction struct {
	name    string
	types   []string
	handle  func(context.Context, eventstore.Recorded) error
	batch   func(context.Context, []eventstore.Recorded) error
	gather  time.Duration
	apply   func(context.Context, projections.Tx, []eventstore.Recorded) error
	applied func([]eventstore.Recorded)
}

func newReactor(c *core, b *bus, r reaction) (*projections.Reactor, error) {
	return projections.NewReactor(projections.ReactorConfig{
		Name:        r.name,
		Types:       r.types,
		Handle:      r.handle,
		HandleBatch: r.batch,
		Apply:       r.apply,
		Applied:     r.applied,
		Log:         c.tail,
		Subscriber:  b.subscribe("reactor." + r.name),
		Store:       c.read,
		Clock:       c.clock,
		Logger:      c.log.With("reactor", r.name),
		Follow:      c.tracing.Follow(),
		Ward:        c.ward,
		Limits:      projections.Limits{Gather: r.gather},
	})
}
