package sidestore

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// looks remembers when each location was last looked at.
type looks struct {
	mu   sync.Mutex
	last map[projections.Location]*look
}

type look struct {
	at       time.Time
	served   bool            // the engine has been told which copy is live
	swept    bool            // no copy is left that belongs to nobody
	suspects map[string]bool // generations that belonged to nobody at the look before
}

// due reports whether it is time to look at the location, and takes note that it is done.
func (l *looks) due(location projections.Location, now time.Time, every time.Duration) bool {
	if location.Copy == projections.Reacted {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.last[location]
	if k == nil {
		k = &look{}
		l.last[location] = k
	}
	if !kernel.Passed(now, k.at, every) {
		return false
	}
	k.at = now
	return true
}

// again has everything about the location looked at anew.
func (l *looks) again(location projections.Location) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, location)
}

// of returns what is known of a location; false when nothing is.
func (l *looks) of(location projections.Location) (look, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.last[location]
	if k == nil {
		return look{}, false
	}
	return *k, true
}

func (l *looks) note(location projections.Location, fn func(*look)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.last[location]; k != nil {
		fn(k)
	}
}

// tidy tells the engine once which copy is live, and removes copies that belonged to nobody at two looks: one that belongs
// to nobody at the first may just be in the making.
func (s *Store) tidy(ctx context.Context, location projections.Location, m Mark) error {
	k, known := s.looks.of(location)
	if !known || location.Copy != projections.Live {
		return nil
	}
	if !k.served {
		if err := s.engine.Serve(ctx, copyOf(location, m)); err != nil {
			return err
		}
		s.looks.note(location, func(k *look) { k.served = true })
	}
	if k.swept {
		return nil
	}
	orphans, err := s.orphans(ctx, location.Projection)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, generation := range orphans {
		if !k.suspects[generation] {
			left[generation] = true
			continue
		}
		if err := s.engine.Drop(ctx, Copy{Projection: location.Projection, Generation: generation}); err != nil {
			return err
		}
	}
	s.looks.note(location, func(k *look) { k.suspects, k.swept = left, len(left) == 0 })
	return nil
}

// orphans are the generations that no location has.
func (s *Store) orphans(ctx context.Context, projection string) ([]string, error) {
	all, err := s.engine.Copies(ctx, projection)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, which := range []projections.Copy{projections.Live, projections.Next, projections.VerifyCopy} {
		location := projections.Location{Projection: projection, Copy: which}
		if _, ok, err := s.base.Checkpoint(ctx, location); err != nil || !ok {
			if err != nil {
				return nil, err
			}
			continue
		}
		m, marked, err := s.marks.Read(ctx, location)
		if err != nil {
			return nil, err
		}
		taken[m.Generation] = marked
	}
	var out []string
	for _, generation := range all {
		if !taken[generation] {
			out = append(out, generation)
		}
	}
	return out, nil
}

// pacer keeps small flushes apart.
type pacer struct {
	least time.Duration
	mu    sync.Mutex
	last  map[projections.Location]time.Time
}

// fewEvents is how many positions a step may span and still be one that waits for more.
const fewEvents = 500

func (p *pacer) wait(ctx context.Context, clock kernel.Clock, location projections.Location, events int64) error {
	if p.least == 0 {
		return nil
	}
	p.mu.Lock()
	rest := min(p.least, p.least-clock.Now().Sub(p.last[location])) // no longer, where the clock has been set back
	p.mu.Unlock()
	if events < fewEvents && rest > 0 {
		if err := kernel.Pause(ctx, rest); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[location] = clock.Now()
	return nil
}
