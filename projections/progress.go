package projections

import (
	"context"
	"sync"
)

// progress is a position that others can wait for. It never goes back.
type progress struct {
	mu    sync.Mutex
	at    int64
	moved chan struct{} // closed at the next move; nil while nobody waits
}

func (p *progress) position() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *progress) move(to int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if to <= p.at {
		return
	}
	p.at = to
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

// next returns the position and a channel that is closed when it moves on.
func (p *progress) next() (int64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return p.at, p.moved
}

func (p *progress) wait(ctx context.Context, to int64) error {
	for {
		at, moved := p.next()
		if at >= to {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
