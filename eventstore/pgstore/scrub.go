package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// redactLock is held shared by redactions and alone by what copies redacted partitions, which would lose one.
const redactLock = `pg_advisory_xact_lock%s(hashtext('morket.log.redact'))`

const (
	redactedPartitionsSQL = `SELECT p.first, p.until FROM log.partitions p WHERE EXISTS (
		SELECT FROM log.redactions r WHERE r.ordered_by = $1 AND r.position >= p.first AND r.position < p.until) ORDER BY p.first`
	copyEventsSQL = `INSERT INTO log.%s SELECT * FROM log.%s WHERE position > $1 AND position <= $2`
	// scrubPage is how many positions are copied at once; swapTries is how often the partition's place is asked for.
	scrubPage = 20_000
	swapTries = 30
)

// Scrub writes the partitions anew in which events were redacted by the order of an event, so that the database's files keep nothing of
// what stood there: an update leaves the old row in its page, and VACUUM only gives the space free. Appends and reads go on while a
// partition is copied and wait while the copy takes its place, which takes as long as counting it. It answers how many were written anew.
func (s *Store) Scrub(ctx context.Context, by int64, alive func(position int64)) (n int64, err error) {
	rows, err := s.pool.Query(ctx, redactedPartitionsSQL, by)
	if err != nil {
		return 0, fmt.Errorf("list redacted partitions: %w", err)
	}
	type span struct{ First, Until int64 }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[span])
	if err != nil {
		return 0, fmt.Errorf("list redacted partitions: %w", err)
	}
	for _, p := range list {
		if err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return scrub(ctx, tx, p.First, p.Until, alive) }); err != nil {
			return n, fmt.Errorf("write the log from %d on anew: %w", p.First, err)
		}
		n++
	}
	return n, nil
}

func scrub(ctx context.Context, tx pgx.Tx, first, until int64, alive func(int64)) error {
	name := fmt.Sprintf("events_%d", first)
	anew := name + "_anew"
	var head int64
	if err := statements(ctx, tx, `SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = 0`, `SELECT `+fmt.Sprintf(redactLock, ""),
		fmt.Sprintf(`CREATE TABLE log.%s (LIKE log.events INCLUDING ALL)`, anew),
		// With it the copy takes its place without being read through.
		fmt.Sprintf(`ALTER TABLE log.%s ADD CONSTRAINT within CHECK (position >= %d AND position < %d)`, anew, first, until)); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT position FROM log.head`).Scan(&head); err != nil {
		return err
	}
	copied, err := copyEvents(ctx, tx, name, anew, first-1, min(head, until-1), alive)
	if err != nil {
		return err
	}
	if err := statements(ctx, tx, `SET LOCAL lock_timeout = '2s'`); err != nil {
		return err
	}
	for range swapTries { // a long read of the partition has to end first, and those that come must not wait behind it
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return swap(ctx, tx, first, until, head, copied) })
		if code(err) != codeLockTimeout {
			return err
		}
		alive(head)
	}
	return err
}

func copyEvents(ctx context.Context, tx pgx.Tx, from, to string, after, upto int64, alive func(int64)) (n int64, err error) {
	for ; after < upto; after += scrubPage {
		tag, err := tx.Exec(ctx, fmt.Sprintf(copyEventsSQL, to, from), after, min(after+scrubPage, upto))
		if err != nil {
			return n, err
		}
		n += tag.RowsAffected()
		alive(after)
	}
	return n, nil
}

// swap puts the copy into the partition's place. The head's lock keeps appends out, so what has come since is copied first.
func swap(ctx context.Context, tx pgx.Tx, first, until, head, copied int64) error {
	name := fmt.Sprintf("events_%d", first)
	anew := name + "_anew"
	var now, events int64
	if err := tx.QueryRow(ctx, `SELECT position FROM log.head FOR UPDATE`).Scan(&now); err != nil {
		return err
	}
	late, err := copyEvents(ctx, tx, name, anew, min(head, until-1), min(now, until-1), func(int64) {})
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM log.`+name).Scan(&events); err != nil {
		return err
	}
	if events != copied+late {
		return fmt.Errorf("%d events were copied of %d", copied+late, events)
	}
	return statements(ctx, tx,
		`ALTER TABLE log.events DETACH PARTITION log.`+name, `DROP TABLE log.`+name,
		fmt.Sprintf(`ALTER TABLE log.%s RENAME TO %s`, anew, name),
		fmt.Sprintf(`ALTER TABLE log.events ATTACH PARTITION log.%s FOR VALUES FROM (%d) TO (%d)`, name, first, until),
		`ALTER TABLE log.`+name+` DROP CONSTRAINT within`)
}

func statements(ctx context.Context, tx pgx.Tx, list ...string) error {
	for _, sql := range list {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
