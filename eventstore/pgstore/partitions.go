package pgstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// partitions keeps log.events a partition ahead of the head.
type partitions struct {
	pool    *pgxpool.Pool
	size    int64
	covered atomic.Int64 // the first position that has no partition, as far as is known here
	wake    chan struct{}
}

func newPartitions(pool *pgxpool.Pool, size int64) *partitions {
	return &partitions{pool: pool, size: size, wake: make(chan struct{}, 1)}
}

// extend makes sure of a partition's worth of positions behind head.
func (p *partitions) extend(ctx context.Context, head int64) error {
	var covered int64
	if err := p.pool.QueryRow(ctx, `SELECT log.extend($1, $2)`, head+p.size, p.size).Scan(&covered); err != nil {
		return fmt.Errorf("make partitions of the log behind %d: %w", head, err)
	}
	p.covered.Store(covered)
	return nil
}

// reached is told of each new head; it never waits.
func (p *partitions) reached(head int64) {
	if p.covered.Load()-head > p.size/2 {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// partitionRetry is the pause after a partition could not be made; an append that needs it meanwhile makes it itself.
const partitionRetry = time.Second

func (s *Store) runPartitions(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.partitions.wake:
		}
		head, err := s.Head(ctx)
		if err == nil {
			err = s.partitions.extend(ctx, head)
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the log was not extended", "error", err)
			pause(ctx, partitionRetry)
		}
	}
}

// pause waits; it ends early with the context.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Extend makes the partitions of the log up to a position, for a log that is filled from elsewhere.
func Extend(ctx context.Context, tx pgx.Tx, upto int64) error {
	if _, err := tx.Exec(ctx, `SELECT log.extend($1, $2)`, upto, int64(partitionSize)); err != nil {
		return fmt.Errorf("make partitions of the log up to %d: %w", upto, err)
	}
	return nil
}
