package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/eventstore/pgstore"
)

// Backup writes all of the installation that can't be made again to w, while servers run or not, and says to out what it has done.
func Backup(ctx context.Context, cfg config.Config, log *slog.Logger, w, out io.Writer) error {
	if _, err := os.Stat(cfg.PostgresDir()); cfg.Embedded() && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is nothing to back up: %s has no database (MORKET_DATA_DIR, or DATABASE_URL)", cfg.DataDir)
	}
	cfg, err := cfg.ReadKeys()
	if err != nil {
		return fmt.Errorf("read the keys that open what is backed up: %w", err)
	}
	b, err := openBase(ctx, cfg, log, nil)
	if err != nil {
		return err
	}
	defer b.close()
	header, manifest, took, err := writeBackup(ctx, b, w, lines(out))
	if err != nil {
		return err
	}
	printf(out, "backed up position %d: %d rows, %d objects in %.1f s\n", header.Position, manifest.Rows(), manifest.Objects.Rows,
		took.Seconds())
	return nil
}

// writeBackup writes a backup of the database and the objects to w.
func writeBackup(
	ctx context.Context, b *base, w io.Writer, progress func(string),
) (h backup.Header, m backup.Manifest, took time.Duration, err error) {
	for _, check := range []func(context.Context, *pgxpool.Pool) error{refuseUnfinished, refuseUnknown} {
		if err := check(ctx, b.pool); err != nil {
			return h, m, 0, err
		}
	}
	o, err := newObjects(b)
	if err != nil {
		return h, m, 0, err
	}
	release, err := holdObjects(ctx, b.pool) // before the moment of the backup
	if err != nil {
		return h, m, 0, err
	}
	defer release()
	began := b.clock.Now()
	h, m, err = backup.Write(ctx, w, backup.Source{
		Pool:       b.pool,
		Schemas:    schemaNames(),
		Tables:     kept(),
		Objects:    o.store,
		Passphrase: b.cfg.Passphrase.Reveal(),
		Version:    Version,
		Clock:      b.clock,
		Keys:       backup.Keys{Master: b.cfg.MasterKey.Text(), Signing: b.cfg.JWTKeys.Text()},
		Progress:   progress,
	})
	return h, m, b.clock.Now().Sub(began), err
}

func lines(out io.Writer) func(string) {
	return func(line string) { printf(out, "  %s\n", line) }
}

func schemaNames() (names []string) {
	for _, s := range migrated() {
		names = append(names, s.Name)
	}
	return names
}

// outsideSQL lists the tables with rows of their own that are in no read model: each is made by a numbered migration of its schema.
const outsideSQL = `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'rm\_%' AND n.nspname NOT LIKE 'pg\_%'
AND n.nspname <> 'information_schema'
AND c.relname <> 'migrations' ORDER BY 1, 2`

// refuseUnknown refuses to back up what another version has made: a table that is not known here would be missing.
func refuseUnknown(ctx context.Context, pool *pgxpool.Pool) error {
	rows, err := pool.Query(ctx, outsideSQL)
	if err != nil {
		return fmt.Errorf("list the tables: %w", err)
	}
	var schema, table string
	found := map[string]bool{}
	var unknown []string
	_, err = pgx.ForEachRow(rows, []any{&schema, &table}, func() error {
		name := schema + "." + table
		found[name] = true
		if slices.Contains(schemaNames(), schema) && !slices.Contains(remade(), name) && !isKept(name) {
			unknown = append(unknown, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the tables: %w", err)
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the database has tables that this version of Morket doesn't know (%v): back it up with the version that runs on it",
			unknown)
	}
	for _, t := range kept() {
		if !found[t.Name] {
			return fmt.Errorf("the database has no table %s: bring it up to date with morket migrate, or back it up with the version that made it",
				t.Name)
		}
	}
	return nil
}

func isKept(name string) bool {
	return slices.ContainsFunc(kept(), func(t backup.Table) bool { return t.Name == name })
}

// unfinished is a schema that is there while a backup is being restored.
const unfinished = "morket_restore"

// refuseUnfinished refuses a database into which a backup was being restored when the process ended: it has a part of it at most.
func refuseUnfinished(ctx context.Context, pool *pgxpool.Pool) error {
	var is bool
	if err := pool.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, unfinished).Scan(&is); err != nil {
		return fmt.Errorf("look for an unfinished restore: %w", err)
	}
	if is {
		return errors.New("a backup was being restored into this database and has not come to its end: " +
			"empty the data folder (or make the database anew) and restore again")
	}
	return nil
}

// newer refuses a backup of schemas that are not known here yet.
func newer(h backup.Header) error {
	known := map[string]pgstore.Schema{}
	for _, s := range migrated() {
		known[s.Name] = s
	}
	for name, version := range h.Schemas {
		s, ok := known[name]
		if !ok {
			return fmt.Errorf("%w (it has the schema %s)", backup.ErrNewer, name)
		}
		newest, err := s.Newest()
		if err != nil {
			return err
		}
		if version > newest {
			return fmt.Errorf("%w (its schema %s is at %d, this version knows up to %d)", backup.ErrNewer, name, version, newest)
		}
	}
	return nil
}
