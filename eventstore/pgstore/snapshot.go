package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// LoadSnapshot returns the stream's snapshot, if there is one.
func (s *Store) LoadSnapshot(ctx context.Context, stream eventstore.StreamID) (eventstore.Snapshot, bool, error) {
	var snap eventstore.Snapshot
	var state []byte
	err := s.pool.QueryRow(ctx, `SELECT version, schema, state FROM log.snapshots WHERE stream_id = $1`, string(stream)).
		Scan(&snap.Version, &snap.Schema, &state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return snap, false, nil
	case err != nil:
		return snap, false, fmt.Errorf("load the snapshot of %s: %w", stream, err)
	}
	snap.State = state
	return snap, true, nil
}

const saveSnapshotSQL = `INSERT INTO log.snapshots AS s (stream_id, version, schema, state) VALUES ($1, $2, $3, $4)
	ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, schema = excluded.schema, state = excluded.state
	WHERE s.version <= excluded.version OR s.schema <> excluded.schema OR s.version > coalesce((SELECT version FROM log.streams
	WHERE id = $1), 0)`

// SnapshotDamaged keeps in the process's log that a snapshot could not be used.
func (s *Store) SnapshotDamaged(ctx context.Context, stream eventstore.StreamID, why error) {
	s.log.WarnContext(ctx, "a snapshot is not used; it is made anew", "stream", string(stream), "error", why)
}

// SaveSnapshot keeps the snapshot unless a newer one of the same schema is there that the stream has come to.
func (s *Store) SaveSnapshot(ctx context.Context, stream eventstore.StreamID, snap eventstore.Snapshot) error {
	if problem := eventstore.CheckJSON(snap.State); problem != "" {
		return kernel.Invalid("snapshot", "%s", problem)
	}
	if _, err := s.pool.Exec(ctx, saveSnapshotSQL, string(stream), snap.Version, snap.Schema, string(snap.State)); err != nil {
		return fmt.Errorf("save the snapshot of %s: %w", stream, err)
	}
	return nil
}
