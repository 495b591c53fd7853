package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
)

// Restore reads a backup into an empty data folder or database. Read models are made when a server starts. When it fails, nothing is
// left of it.
func Restore(ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader, out io.Writer) error {
	if r, ok := Running(cfg.DataDir); ok && cfg.Embedded() {
		return fmt.Errorf("a server runs on %s (process %d, %s): stop it, and restore into an empty folder", cfg.DataDir, r.Pid, r.Address)
	}
	b, err := backup.Open(from, cfg.Passphrase.Reveal())
	if err != nil {
		return err
	}
	defer b.Close()
	if err := newer(b.Header); err != nil {
		return err
	}
	master, signing, err := keysOf(cfg, b.Keys)
	if err != nil {
		return err
	}
	printf(out, "restoring the backup of %s, position %d, written by Morket %s\n", b.Header.TakenAt.Format(time.RFC3339), b.Header.Position,
		b.Header.Version)
	r := &restoring{cfg: cfg, log: log, out: out, backup: b, master: master, signing: signing}
	if err := r.run(ctx); err != nil {
		return errors.Join(err, r.undo(context.WithoutCancel(ctx)))
	}
	return nil
}

// keysOf reads the backup's keys, all of which must be among those that are set.
func keysOf(cfg config.Config, k backup.Keys) (master, signing config.Keys, err error) {
	for _, key := range []struct {
		name, text string
		set        config.Keys
		to         *config.Keys
	}{{"MORKET_MASTER_KEY", k.Master, cfg.MasterKey, &master}, {"MORKET_JWT_KEYS", k.Signing, cfg.JWTKeys, &signing}} {
		if err := key.to.UnmarshalText([]byte(key.text)); err != nil || !key.to.IsSet() {
			return master, signing, fmt.Errorf("%w: its keys can't be read", backup.ErrDamaged)
		}
		for _, one := range key.to.Reveal() {
			if key.set.IsSet() && !slices.ContainsFunc(key.set.Reveal(), func(b []byte) bool { return string(b) == string(one) }) {
				return master, signing, fmt.Errorf("%s lacks a key of the backup, without which a part of it can't be opened: morket restore "+
					"--keys prints them", key.name)
			}
		}
	}
	return master, signing, nil
}

// restoring is a restore under way and what has to be taken back if it fails.
type restoring struct {
	cfg             config.Config
	log             *slog.Logger
	out             io.Writer
	backup          *backup.Backup
	master, signing config.Keys

	base    *base // of the empty database
	folder  bool  // the data folder was empty and is ours
	madeDir bool  // and wasn't there
	marked  bool  // the database was empty and is ours
}

func (r *restoring) run(ctx context.Context) (err error) {
	began := kernel.SystemClock{}.Now()
	if err := r.takeFolder(); err != nil {
		return err
	}
	if r.base, err = openBase(ctx, r.cfg, r.log, nil); err != nil {
		return err
	}
	pool := r.base.pool
	if err := r.takeDatabase(ctx, pool); err != nil {
		return err
	}
	if err := r.migrate(ctx, pool); err != nil {
		return err
	}
	o, err := newObjects(r.base)
	if err != nil {
		return err
	}
	manifest, err := r.backup.Restore(ctx, backup.Target{
		Pool:     pool,
		Tables:   kept(),
		Objects:  o.store,
		Prepare:  extend,
		Progress: lines(r.out),
	})
	if err != nil {
		return err
	}
	if err := r.cfg.WriteKeys(r.master, r.signing); err != nil {
		return err
	}
	h := r.backup.Header
	if _, err := pgstore.BeginHistory(ctx, pool, fmt.Sprintf("restored from the backup of %s at position %d", h.TakenAt.Format(time.RFC3339),
		h.Position)); err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, "DROP SCHEMA "+unfinished); err != nil { // from here on it is whole
		return fmt.Errorf("end the restore: %w", err)
	}
	took := r.base.clock.Now().Sub(began)
	r.base.close()
	printf(r.out, "restored position %d: %d rows, %d objects in %.1f s; the read models are made when a server starts\n",
		h.Position, manifest.Rows(), manifest.Objects.Rows, took.Seconds())
	return nil
}

// extend makes the partitions that the log's events go to.
func extend(ctx context.Context, tx pgx.Tx, h backup.Header) error {
	return pgstore.Extend(ctx, tx, h.Position)
}

// takeFolder sees that nothing is in the data folder that could be mixed with what is restored.
func (r *restoring) takeFolder() error {
	if !r.cfg.Embedded() {
		return r.cfg.EnsureDataDir()
	}
	entries, err := os.ReadDir(r.cfg.DataDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look into the data folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: a backup is restored into an empty folder; name another one in MORKET_DATA_DIR, or move what is "+
			"there away", r.cfg.DataDir)
	}
	r.folder, r.madeDir = true, err != nil
	return r.cfg.EnsureDataDir()
}

const ourSchemasSQL = `SELECT nspname::text FROM pg_namespace WHERE nspname = ANY ($1) OR nspname LIKE 'rm\_%' ORDER BY 1`

// takeDatabase sees that nothing of Morket is in the database, and marks it: no server starts on it before the end.
func (r *restoring) takeDatabase(ctx context.Context, pool *pgxpool.Pool) error {
	rows, err := pool.Query(ctx, ourSchemasSQL, append(schemaNames(), unfinished))
	if err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	if len(found) > 0 {
		return fmt.Errorf("the database is not empty (it has the schema %s): a backup is restored into an empty one; make a new one and name "+
			"it in DATABASE_URL", found[0])
	}
	if _, err := pool.Exec(ctx, "CREATE SCHEMA "+unfinished); err != nil {
		return fmt.Errorf("begin the restore: %w", err)
	}
	r.marked = true
	return nil
}

// migrate makes the schemas as they were in the backup; the next start brings them up to date with what is in them.
func (r *restoring) migrate(ctx context.Context, pool *pgxpool.Pool) error {
	if err := postgres.EnsureRole(ctx, pool); err != nil {
		return err
	}
	for _, s := range migrated() {
		if err := pgstore.MigrateSchemaTo(ctx, pool, s, r.backup.Header.Schemas[s.Name]); err != nil {
			return err
		}
	}
	return nil
}

// undo takes back what a failed restore has made.
func (r *restoring) undo(ctx context.Context) (err error) {
	if r.base != nil {
		if r.marked && !r.folder {
			err = dropAll(ctx, r.base.pool)
		}
		r.base.close()
	}
	if !r.folder {
		return err
	}
	entries, readErr := os.ReadDir(r.cfg.DataDir)
	err = errors.Join(err, readErr)
	for _, e := range entries { // it was empty
		err = errors.Join(err, os.RemoveAll(filepath.Join(r.cfg.DataDir, e.Name())))
	}
	if r.madeDir {
		err = errors.Join(err, os.Remove(r.cfg.DataDir))
	}
	if err != nil {
		return fmt.Errorf("take back the restore: %w", err)
	}
	return nil
}

// dropAll empties the database, the mark last.
func dropAll(ctx context.Context, pool *pgxpool.Pool) error {
	for _, name := range append(schemaNames(), unfinished) {
		if _, err := pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
			return fmt.Errorf("take back the restore: %w", err)
		}
	}
	return nil
}
