package boot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
)

// objects is where uploads are kept: in a bucket when there is one, else in a folder that all processes must share.
type objects struct {
	store  objectstore.Store
	remote bool
	log    *slog.Logger
}

func newObjects(b *base) (*objects, error) {
	o := &objects{remote: b.cfg.S3URL.IsSet(), log: b.log.With("part", "objects")}
	var err error
	if o.remote {
		o.store, err = objectstore.NewS3(b.cfg.S3URL.Reveal(), b.clock)
	} else {
		o.store, err = objectstore.NewFolder(b.cfg.ObjectsDir(), b.clock)
	}
	if err != nil {
		return nil, err
	}
	o.store = lastingObjects{o.store, b.pool}
	return o, nil
}

// objectsLock is the advisory lock that a backup holds while no object may go; the number has no meaning.
const objectsLock = 0x6d6f726b65740005

// lastingObjects leaves what a backup under way may still have to take: its log may name an object that is no longer needed now.
type lastingObjects struct {
	objectstore.Store

	pool *pgxpool.Pool
}

// Delete implements objectstore.Store. While a backup is taken it is a kernel.KindUnavailable error.
func (o lastingObjects) Delete(ctx context.Context, key string) error {
	return pgx.BeginFunc(ctx, o.pool, func(tx pgx.Tx) error {
		var free bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock_shared($1)`, int64(objectsLock)).Scan(&free); err != nil {
			return fmt.Errorf("look for a backup under way: %w", err)
		}
		if !free {
			return kernel.E(kernel.KindUnavailable, "BACKUP_UNDER_WAY", "a backup is being taken, meanwhile no file is removed")
		}
		return o.Store.Delete(ctx, key)
	})
}

// holdObjects keeps every object where it is until release.
func holdObjects(ctx context.Context, pool *pgxpool.Pool) (release func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(objectsLock)); err != nil {
		conn.Release()
		return nil, fmt.Errorf("wait for files that are being removed: %w", err)
	}
	return func() {
		// Unlocked, not only closed: the server may notice the end of a connection later. Without an answer the lock goes with the connection.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
		defer cancel()
		_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(objectsLock))
		_ = conn.Hijack().Close(ctx)
	}, nil
}

// releaseWithin is how long Postgres has to give up the lock.
const releaseWithin = 5 * time.Second

func (o *objects) dependencies() []httpapi.Dependency {
	if !o.remote {
		return nil
	}
	return []httpapi.Dependency{{Name: "objects", Check: func(ctx context.Context) error {
		if err := o.store.Check(ctx); err != nil {
			return fmt.Errorf("uploads are refused and imports wait: %w", err)
		}
		return nil
	}}}
}

// sweepEvery is how often what interrupted uploads left is looked for.
const sweepEvery = 6 * time.Hour

// sweep clears away what interrupted uploads left, at the start and now and then, until ctx ends.
func (o *objects) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := o.store.Sweep(ctx); err != nil && ctx.Err() == nil {
			o.log.WarnContext(ctx, "sweep the object store", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
