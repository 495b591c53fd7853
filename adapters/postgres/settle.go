package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/projections"
)

var _ projections.Settler = (*Store)(nil)

// Settle implements projections.Settler. Each piece holds the location's checkpoint: while it is done no event is applied and the read
// model is not swapped, so a piece sees a read model that is of one position.
func (s *Store) Settle(ctx context.Context, location projections.Location) error {
	model := s.models[location.Projection]
	if model.Settle == nil {
		return nil
	}
	for more := true; more; {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
			if more, err = s.unsettled(ctx, tx, location); err != nil || !more {
				return err
			}
			if _, more, err = checkpoint(ctx, tx, lockSQL, location); err != nil || !more {
				return err
			}
			more, err = model.Settle(ctx, &Tx{Tx: tx, Schema: SchemaOf(location)})
			return err
		})
		if err != nil {
			return fmt.Errorf("do what %s has put off: %w", location, err)
		}
	}
	return nil
}

// unsettled reports whether the location has put work off. It points unqualified names at the location's schema.
func (s *Store) unsettled(ctx context.Context, tx pgx.Tx, location projections.Location) (bool, error) {
	model := s.models[location.Projection]
	if model.Unsettled == "" {
		return false, nil
	}
	if _, err := tx.Exec(ctx, sessionSQL, SchemaOf(location)+", public"); err != nil {
		return false, fmt.Errorf("look for what %s has put off: %w", location, err)
	}
	var yes bool
	if err := tx.QueryRow(ctx, model.Unsettled).Scan(&yes); err != nil {
		return false, fmt.Errorf("look for what %s has put off: %w", location, err)
	}
	return yes, nil
}
