package relay

import (
	"context"
	"fmt"
)

// Alone is the Leadership of a process whose bus is in itself: it always leads, and begins each term at the end of the log,
// since consumers of a bus that starts empty catch up from the log anyhow.
func Alone(log interface {
	Head(ctx context.Context) (int64, error)
},
) Leadership {
	return alone{log}
}

type alone struct {
	log interface {
		Head(ctx context.Context) (int64, error)
	}
}

// Lead implements Leadership.
func (a alone) Lead(ctx context.Context) (Term, error) {
	head, err := a.log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the end of the log: %w", err)
	}
	return aloneTerm(head), nil
}

type aloneTerm int64

func (t aloneTerm) Position() int64                           { return int64(t) }
func (aloneTerm) Advance(context.Context, int64, int64) error { return nil }
func (aloneTerm) Resign(context.Context)                      {}
