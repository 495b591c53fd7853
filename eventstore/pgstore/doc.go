// Package pgstore keeps the log in Postgres, in the schema log.
//
// Appends are grouped: an appender takes all waiting appends, up to 256, into one call of the SQL function
// log.append, which is one transaction. Under the lock of the one row in log.head it checks idempotency keys and expected
// versions in order, and gives out dense positions; so position order is commit order. Nobody holds that lock over a
// round trip.
//
// An event's RecordedAt is the database's clock unless Config has one, and never goes back: it ascends with positions.
//
// The schema is made by Migrate. Nothing else may write into it: what depends on the log relies on its density, which
// (*Store).Verify checks.
package pgstore
