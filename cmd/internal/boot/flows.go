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
	client   *temporal.Client
	address  string
	port     int // of our own server; 0 when it isn't ours
	register []func(worker.Registry)
	sources  []reconcile.Source
	again    *reconcile.Reconciler
}

func (p *Platform) flows(ctx context.Context) (*flows, error) {
	f := &flows{address: p.cfg.TemporalAddress}
	if f.address == "" {
		port, err := childproc.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		f.port = port
		f.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	traced, err := p.tracing.Temporal()
	if err != nil {
		return nil, err
	}
	f.client, err = temporal.Open(temporal.Config{
		Address: f.address, Namespace: p.cfg.TemporalNamespace, Logger: p.log.With("part", "temporal"), Interceptors: traced,
	})
	return f, err
}

// reconcile makes what starts flows that the log says are under way and Temporal does not run. It comes after the modules have said
// what is under way.
func (f *flows) reconcile(p *Platform) (err error) {
	f.again, err = reconcile.New(reconcile.Config{Flows: f.client, Sources: f.sources, Away: away, Logger: p.log.With("part", "reconciler")})
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
func (f *flows) run(ctx context.Context, p *Platform, group *errgroup.Group) {
	works := p.does(config.RoleWorker)
	if f.port != 0 {
		life, end := context.WithCancel(context.WithoutCancel(ctx))
		group.Go(func() error { return f.serve(life, p) })
		group.Go(func() error {
			defer end()
			if works {
				return f.work(ctx, p)
			}
			<-ctx.Done()
			return nil
		})
		return
	}
	if works {
		group.Go(func() error { return f.work(ctx, p) })
	}
}

func (f *flows) work(ctx context.Context, p *Platform) error {
	return f.client.RunWorker(ctx, temporal.WorkerConfig{Grace: p.cfg.StopWithin / 2}, func(r worker.Registry) { //nolint:mnd // half the stop's time
		for _, register := range f.register {
			register(r)
		}
	})
}

// serve keeps our own server running. That it can't be had doesn't end the program: the grid works without it.
func (f *flows) serve(ctx context.Context, p *Platform) error {
	start := func(ctx context.Context) (childproc.Child, error) {
		return temporalchild.Start(ctx, temporalchild.Config{
			Binary: p.cfg.TemporalBin, DataDir: p.cfg.TemporalDir(), CacheDir: p.cfg.CacheDir, Namespace: p.cfg.TemporalNamespace, Port: f.port, Logger: p.log,
		})
	}
	for {
		child, err := start(ctx)
		if err == nil {
			return childproc.Supervise(ctx, childproc.Supervision{
				Name: "temporal", Child: child, Restart: start, Logger: p.log, OnRestart: func(childproc.Child) { f.again.Wake() },
			})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.log.ErrorContext(ctx, "Temporal can't be started; runs and imports wait for it", "error", err, "retry_in", retryTemporal)
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

func (p *Platform) reactor(b *bus, r reaction) (*projections.Reactor, error) {
	return projections.NewReactor(projections.ReactorConfig{
		Name: r.name, Types: r.types, Handle: r.handle, HandleBatch: r.batch, Apply: r.apply, Applied: r.applied,
		Log: p.tail, Subscriber: b.subscribe("reactor." + r.name), Store: p.read,
		Clock: p.clock, Logger: p.log.With("reactor", r.name), Follow: p.tracing.Follow(), Ward: p.ward, Limits: projections.Limits{Gather: r.gather},
	})
}
