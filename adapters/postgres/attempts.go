package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/projections"
)

// In returns the store as the process of the presence has it, so that others can tell when it has ended over an attempt.
func (s *Store) In(p *Presence) *Store {
	own := *s
	own.process = p.ID()
	return &own
}

const (
	attemptedSQL = `
SELECT first, last, deaths, CASE WHEN process = $2 THEN 'ours' WHEN projection.is_alive(process) THEN 'theirs' ELSE 'gone' END
FROM projection.attempts WHERE place = $1 AND first > 0`
	// Of a location that is gone nothing is noted.
	attemptSQL = `
INSERT INTO projection.attempts (place, process, first, last, deaths)
SELECT place, $2, $3, $4, $5 FROM projection.checkpoints WHERE place = $1
ON CONFLICT (place) DO UPDATE SET process = EXCLUDED.process, first = EXCLUDED.first, last = EXCLUDED.last, deaths = EXCLUDED.deaths`
)

// Attempted implements projections.Attempts.
func (s *Store) Attempted(ctx context.Context, location projections.Location) (projections.Attempt, bool, error) {
	a := projections.Attempt{Location: location}
	err := s.pool.QueryRow(ctx, attemptedSQL, location.String(), s.process).Scan(&a.First, &a.Last, &a.Deaths, &a.Owner)
	if errors.Is(err, pgx.ErrNoRows) {
		return projections.Attempt{}, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("attempt at %s: %w", location, err)
	}
	return a, true, nil
}

// Attempt implements projections.Attempts.
func (s *Store) Attempt(ctx context.Context, a projections.Attempt) error {
	if _, err := s.pool.Exec(ctx, attemptSQL, a.Location.String(), s.process, a.First, a.Last, a.Deaths); err != nil {
		return fmt.Errorf("note an attempt at %s: %w", a.Location, err)
	}
	return nil
}
