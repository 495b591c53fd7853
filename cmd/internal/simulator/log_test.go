package simulator_test

import (
	"context"
	"errors"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// logPort is the log as a process reaches it.
type logPort struct{ p *process }

var _ eventstore.Store = logPort{}

// unknown makes of a lost answer what pgstore makes of a lost connection.
func unknown(err error) error {
	if errors.Is(err, errLost) {
		return eventstore.ErrUnknownOutcome
	}
	return err
}

// Append implements eventstore.Writer.
func (l logPort) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := l.AppendChain(ctx, []eventstore.Append{a})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return done[0], nil
}

// AppendChain implements eventstore.Writer.
func (l logPort) AppendChain(ctx context.Context, chain []eventstore.Append) (done []eventstore.Appended, err error) {
	which := ""
	if len(chain) > 0 && len(chain[0].Streams) > 0 {
		which = string(chain[0].Streams[0].Stream)
	}
	err = l.p.call(ctx, "append", which, func() (err error) {
		chain = l.p.w.mutant.chain(l.p.w, chain)
		done, err = l.p.w.log.AppendChain(context.WithoutCancel(ctx), chain)
		for i, d := range done {
			if !d.Replayed && d.First > 0 {
				l.p.w.appended(appended{chain[i].Meta.IdempotencyKey, d.First, d.Last})
			}
		}
		return err
	})
	if errors.Is(err, errLost) || errors.Is(err, errGone) {
		done = nil
	}
	return done, unknown(err)
}

// Command implements eventstore.Writer.
func (l logPort) Command(ctx context.Context, key string) (c eventstore.Command, found bool, err error) {
	err = l.p.call(ctx, "command", key, func() (err error) {
		c, found, err = l.p.w.log.Command(ctx, key)
		return err
	})
	return c, found && err == nil, err
}

// ReadStream implements eventstore.Reader.
func (l logPort) ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) (events []eventstore.Recorded, err error) {
	err = l.p.call(ctx, "read", string(stream), func() (err error) {
		events, err = l.p.w.log.ReadStream(ctx, stream, after, limit)
		return err
	})
	return orNone(events, err)
}

// ReadAll implements eventstore.Reader.
func (l logPort) ReadAll(ctx context.Context, after int64, limit int) (events []eventstore.Recorded, err error) {
	err = l.p.call(ctx, "read", "all", func() (err error) {
		events, err = l.p.w.log.ReadAll(ctx, after, limit)
		return err
	})
	return orNone(events, err)
}

// ReadWorkspace implements eventstore.WorkspaceReader.
func (l logPort) ReadWorkspace(ctx context.Context, ws kernel.WorkspaceID, after int64, limit int) (events []eventstore.Recorded, err error) {
	err = l.p.call(ctx, "read", "workspace", func() (err error) {
		events, err = l.p.w.log.ReadWorkspace(ctx, ws, after, limit)
		return err
	})
	return orNone(events, err)
}

// ReadPositions implements eventstore.Reader.
func (l logPort) ReadPositions(ctx context.Context, positions []int64) (events []eventstore.Recorded, err error) {
	err = l.p.call(ctx, "read", "positions", func() (err error) {
		events, err = l.p.w.log.ReadPositions(ctx, positions)
		return err
	})
	return orNone(events, err)
}

func orNone(events []eventstore.Recorded, err error) ([]eventstore.Recorded, error) {
	if err != nil {
		return nil, err
	}
	return events, nil
}

// StreamVersion implements eventstore.Reader.
func (l logPort) StreamVersion(ctx context.Context, stream eventstore.StreamID) (v int64, err error) {
	err = l.p.call(ctx, "version", string(stream), func() (err error) {
		v, err = l.p.w.log.StreamVersion(ctx, stream)
		return err
	})
	return v, err
}

// Head implements eventstore.Reader.
func (l logPort) Head(ctx context.Context) (head int64, err error) {
	err = l.p.call(ctx, "head", "", func() (err error) {
		head, err = l.p.w.log.Head(ctx)
		return err
	})
	return head, err
}

// Appended implements eventstore.Notifier.
func (l logPort) Appended() <-chan struct{} {
	if l.p.w.profile.silent {
		return nil
	}
	return l.p.w.log.Appended()
}

// LoadSnapshot implements eventstore.Snapshots.
func (l logPort) LoadSnapshot(ctx context.Context, stream eventstore.StreamID) (s eventstore.Snapshot, found bool, err error) {
	err = l.p.call(ctx, "snapshot", string(stream), func() (err error) {
		s, found, err = l.p.w.log.LoadSnapshot(ctx, stream)
		return err
	})
	return s, found && err == nil, err
}

// SaveSnapshot implements eventstore.Snapshots.
func (l logPort) SaveSnapshot(ctx context.Context, stream eventstore.StreamID, s eventstore.Snapshot) error {
	return l.p.call(ctx, "keep", string(stream), func() error { return l.p.w.log.SaveSnapshot(ctx, stream, s) })
}
