package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
)

// Until is a point in time: a moment, or a position of the log with what was committed together with it. Without either it is the end
// of the archive.
type Until struct {
	Time     time.Time
	Position int64
}

func (u Until) latest() bool { return u.Time.IsZero() && u.Position == 0 }

// latest is how the end of the archive is named.
const latest = "latest"

// ParseUntil reads a moment (RFC 3339), a position or "latest".
func ParseUntil(text string) (Until, error) {
	if text == latest {
		return Until{}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return Until{Position: n}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Until{}, fmt.Errorf("%.60q is neither a time, as 2026-01-31T12:00:00Z, nor a position of the log, nor latest", text)
	}
	return Until{Time: at}, nil
}

// RestoreUntil brings an empty data folder to a point in time from the archive at the place. Read models come with it. When it fails,
// nothing is left of it.
func RestoreUntil(ctx context.Context, cfg config.Config, log *slog.Logger, place string, until Until, out io.Writer) error {
	if !cfg.Embedded() {
		return errors.New("a point in time is restored into a data folder: DATABASE_URL names a Postgres whose own archive does that (see " +
			"the README)")
	}
	if r, ok := Running(cfg.DataDir); ok {
		return fmt.Errorf("a server runs on %s (process %d, %s): stop it, and restore into an empty folder", cfg.DataDir, r.Pid, r.Address)
	}
	store, err := shelfStoreAt(cfg, place, kernel.SystemClock{})
	if err != nil {
		return err
	}
	archive, err := backup.OpenArchive(ctx, store, cfg.Passphrase.Reveal(), kernel.SystemClock{}, false)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	p := &pointInTime{restoring: restoring{cfg: cfg, log: log, out: out}, archive: archive, until: until}
	if err := p.run(ctx); err != nil {
		return errors.Join(err, p.undo(context.WithoutCancel(ctx)))
	}
	return nil
}

type pointInTime struct {
	restoring

	archive *backup.Archive
	until   Until
	base    backup.ArchivedBase
	pieces  []backup.Piece
	objects map[string]bool
}

func (p *pointInTime) run(ctx context.Context) error {
	began := kernel.SystemClock{}.Now()
	if err := p.choose(ctx); err != nil {
		return err
	}
	if err := p.takeFolder(); err != nil {
		return err
	}
	printf(p.out, "restoring the base of %s and %d pieces of the log since\n", p.base.TakenAt.Format(time.RFC3339), len(p.pieces))
	to := pgchild.Recovery{Until: p.until.Time}
	if p.until.Position > 0 {
		var err error
		if to.Transaction, err = p.transaction(ctx); err != nil {
			return err
		}
	}
	head, at, err := p.recover(ctx, to)
	if err != nil {
		return err
	}
	n, err := p.putObjects(ctx)
	if err != nil {
		return err
	}
	printf(p.out, "restored position %d of %s, %d objects in %.1f s; start the server\n", head, at.Format(time.RFC3339Nano), n,
		kernel.SystemClock{}.Now().Sub(began).Seconds())
	return nil
}

// choose finds the last base before the point in time.
func (p *pointInTime) choose(ctx context.Context) error {
	c, err := p.archive.List(ctx)
	if err != nil {
		return err
	}
	if len(c.Bases) == 0 {
		return errors.New("the archive has no base backup yet: nothing can be restored from it")
	}
	found := false
	for _, b := range c.Bases {
		if p.until.latest() || p.until.Position > b.Position || !p.until.Time.IsZero() && !b.TakenAt.After(p.until.Time) {
			p.base, found = b, true
		}
	}
	if first := c.Bases[0]; !found {
		return fmt.Errorf("the archive begins at %s, position %d: what lies before can't be restored from it",
			first.TakenAt.Format(time.RFC3339Nano), first.Position)
	}
	var end uint64
	if p.pieces, end = c.Since(p.base); end < p.base.To {
		return fmt.Errorf("%w: the log of the base %s is missing", backup.ErrDamaged, p.base.Name)
	}
	p.objects = c.Objects
	return nil
}

// server recovers the database up to there and runs it.
func (p *pointInTime) server(ctx context.Context, to pgchild.Recovery) (*pgchild.Server, error) {
	base, keys, err := p.archive.OpenBase(ctx, p.base)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	if p.master, p.signing, err = keysOf(p.cfg, keys); err != nil {
		return nil, err
	}
	to.Base, to.From, to.Timeline = base, pgchild.LSN(p.base.From), p.base.Timeline
	to.Log = func(hand func(pgchild.LSN, []byte) error) error {
		return p.archive.Replay(ctx, p.base.From, p.pieces, func(at uint64, data []byte) error { return hand(pgchild.LSN(at), data) })
	}
	s, err := pgchild.Recover(ctx, pgchild.Config{
		BinDir:   p.cfg.PGBin,
		DataDir:  p.cfg.PostgresDir(),
		CacheDir: p.cfg.CacheDir,
		Logger:   p.log,
	}, to)
	var failed *pgchild.RecoveryError
	if errors.As(err, &failed) {
		if failed.TooFar() {
			return nil, errors.New("the archive ends before that point in time: name an earlier one")
		}
		return nil, fmt.Errorf("%w\n%s", err, failed.Log)
	}
	return s, err
}

// transaction finds the transaction that committed the position, by recovering everything first.
func (p *pointInTime) transaction(ctx context.Context) (xid string, err error) {
	s, err := p.server(ctx, pgchild.Recovery{})
	if err != nil {
		return "", err
	}
	var head int64
	err = asked(ctx, s, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT position, coalesce((SELECT xmin::text FROM log.events WHERE position = $1), '') FROM log.head`,
			p.until.Position).Scan(&head, &xid)
	})
	if err := errors.Join(err, s.Stop(), os.RemoveAll(filepath.Join(s.DataDir(), "data"))); err != nil {
		return "", fmt.Errorf("look for the position: %w", err)
	}
	if xid == "" {
		return "", fmt.Errorf("the archive ends at position %d of that course of the log", head)
	}
	return xid, nil
}

// recover brings the database to the point in time and has its log begin a new history.
func (p *pointInTime) recover(ctx context.Context, to pgchild.Recovery) (head int64, at time.Time, err error) {
	s, err := p.server(ctx, to)
	if err != nil {
		return 0, at, err
	}
	err = asked(ctx, s, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT h.position, coalesce(e.recorded_at, now()) FROM log.head h
			LEFT JOIN log.events e ON e.position = h.position`).Scan(&head, &at)
	})
	if err == nil {
		err = beginAt(ctx, s)
	}
	if err == nil {
		err = p.cfg.WriteKeys(p.master, p.signing)
	}
	return head, at, errors.Join(err, s.Stop())
}

func beginAt(ctx context.Context, s *pgchild.Server) error {
	pool, err := connect(ctx, s.DSN(), nil, nil)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pgstore.Reconcile(ctx, pool)
	return err
}

func asked(ctx context.Context, s *pgchild.Server, ask func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return fmt.Errorf("connect to the restored database: %w", err)
	}
	return errors.Join(ask(conn), conn.Close(ctx))
}

// putObjects puts the archived objects into their folder.
func (p *pointInTime) putObjects(ctx context.Context) (n int, err error) {
	if p.cfg.S3URL.IsSet() {
		return 0, nil
	}
	store, err := objectstore.NewFolder(p.cfg.ObjectsDir(), kernel.SystemClock{})
	if err != nil {
		return 0, err
	}
	for key := range p.objects {
		r, err := p.archive.OpenObject(ctx, key)
		if err != nil {
			return n, err
		}
		_, err = store.Put(ctx, key, r, dataops.MaxFileBytes)
		if err := errors.Join(err, r.Close()); err != nil {
			return n, fmt.Errorf("restore the object %s: %w", key, err)
		}
		n++
	}
	return n, nil
}
