package boot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/operationapi"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// operations is what operators do with the read models.
type operations struct {
	core     *core
	monitor  *projections.Monitor
	handlers *operationcmd.Handlers
	worker   *operationcmd.Worker
	backups  *backups
	archive  *archiver // nil when nothing is archived
}

func newOperations(ctx context.Context, c *core, monitor *projections.Monitor) (*operations, error) {
	o := &operations{core: c, monitor: monitor}
	var err error
	if o.backups, err = newBackups(c); err != nil {
		return nil, err
	}
	if o.archive, err = newArchiver(ctx, c); err != nil {
		return nil, err
	}
	o.handlers, err = operationcmd.New(operationcmd.Config{
		Store:       c.store,
		Codec:       c.codec,
		IDs:         c.ids,
		Clock:       c.clock,
		DeadLetters: deadLetters{monitor, c.store},
		Projections: monitor.Projections,
		Backups:     o.backups,
	})
	if err != nil {
		return nil, err
	}
	lead, err := newLeader(c, "operations", time.Second)
	if err != nil {
		return nil, err
	}
	o.worker, err = operationcmd.NewWorker(operationcmd.WorkerConfig{
		Store: c.store, Codec: c.codec, Clock: c.clock, Logger: c.log.With("part", "operations"), Do: o.do, Lead: lead.Run,
	})
	return o, err
}

func (o *operations) endpoints(a *httpapi.API) {
	operationapi.Register(a, operationapi.Deps{Monitor: o.monitor, Handlers: o.handlers, Log: o.core.store, Backups: o.backups})
}

func (o *operations) parts() parts {
	archive := o.archive.parts()
	worker := task{name: "operations", role: config.RoleProjector, run: o.worker.Run}
	return parts{
		tasks:        slices.Concat([]task{worker}, o.backups.tasks(o.handlers), archive.tasks),
		dependencies: slices.Concat(o.backups.dependencies(), archive.dependencies),
	}
}

// do carries out a job.
func (o *operations) do(ctx context.Context, j operation.Job) (operation.Outcome, error) {
	switch j.Kind {
	case operation.Backup:
		return o.backups.backUp(ctx)
	case operation.Drill:
		return o.backups.drill(ctx, j.Backup)
	case operation.Rebuild, operation.Verify:
	}
	consumer, ok := o.monitor.Consumer(j.Projection, projections.KindProjection)
	if !ok || consumer.Build == nil {
		return operation.Outcome{}, fmt.Errorf("this process does not know the projection %s", j.Projection)
	}
	build := consumer.Build()
	if j.Kind == operation.Verify {
		v, err := projections.Verify(ctx, build)
		return operation.Outcome{Position: v.Position, Differs: differences(v.Differs), Parked: len(v.Parked)}, err
	}
	build.Compare, build.Resume = true, true
	r, err := projections.Rebuild(ctx, build)
	if err != nil && ctx.Err() == nil && !errors.Is(err, projections.ErrMoved) { // nobody goes on with what is half done
		err = errors.Join(err, consumer.Store.Drop(ctx, projections.Location{Projection: consumer.Name, Copy: projections.Next}))
	}
	return operation.Outcome{Position: r.Position, Differs: differences(r.Differs), Parked: len(r.Parked)}, err
}

func differences(list []projections.Difference) []operation.Difference {
	var out []operation.Difference
	for _, d := range list {
		out = append(out, operation.Difference{Table: d.Table, LiveRows: d.Live.Rows, RebuiltRows: d.Rebuilt.Rows})
	}
	return out
}

// letters finds dead letters on the board.
type deadLetters struct {
	monitor *projections.Monitor
	log     eventstore.Reader
}

// DeadLetter implements operationcmd.DeadLetters.
func (l deadLetters) DeadLetter(ctx context.Context, consumer, kind, stream string) (operation.DeadLetter, kernel.WorkspaceID, error) {
	u, ok := l.monitor.Consumer(consumer, projections.Kind(kind))
	if !ok {
		return operation.DeadLetter{}, "", kernel.NotFound(kind, consumer)
	}
	p, ok, err := l.monitor.DeadLetter(ctx, u, eventstore.StreamID(stream))
	if err != nil {
		return operation.DeadLetter{}, "", err
	}
	if !ok {
		return operation.DeadLetter{}, "", kernel.NotFound("parked stream", stream)
	}
	var ws kernel.WorkspaceID
	events, err := l.log.ReadPositions(ctx, []int64{p.Position})
	if err != nil {
		return operation.DeadLetter{}, "", err
	}
	if len(events) == 1 {
		ws = events[0].Workspace
	}
	return operation.DeadLetter{Consumer: consumer, ConsumerKind: kind, Stream: stream, Position: p.Position, EventType: p.EventType}, ws, nil
}

// Retry implements operationcmd.DeadLetters. A stream that has gone on meanwhile needs nothing.
func (l deadLetters) Retry(ctx context.Context, deadLetter operation.DeadLetter, skipReason string) error {
	u, ok := l.monitor.Consumer(deadLetter.Consumer, projections.Kind(deadLetter.ConsumerKind))
	if !ok {
		return kernel.NotFound(deadLetter.ConsumerKind, deadLetter.Consumer)
	}
	_, err := l.monitor.Retry(ctx, u, eventstore.StreamID(deadLetter.Stream), skipReason)
	return err
}
