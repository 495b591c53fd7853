package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

// archiveSlot is the name under which our own Postgres keeps its log until it is archived.
const archiveSlot = "morket_archive"

const dropSlotSQL = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active`

// archiver keeps base backups, the log of our own Postgres since, and the objects, so that a restore can come to any moment. It belongs
// to the process that runs the Postgres.
type archiver struct {
	core    *core
	cfg     config.Config
	store   backup.ShelfStore
	objects objectstore.Store // nil in a bucket, which is kept by others
	log     *slog.Logger

	archive *backup.Archive
	there   map[string]bool // archived objects
	mu      sync.Mutex
	state   telemetry.Archive
}

// newArchiver makes it, nil where nothing is archived; then Postgres keeps its log for nobody.
func newArchiver(ctx context.Context, c *core) (*archiver, error) {
	if c.postgres == nil {
		return nil, nil //nolint:nilnil // another process archives, or nobody can
	}
	if !c.cfg.ArchiveTarget.IsSet() {
		_, err := c.pool.Exec(ctx, dropSlotSQL, archiveSlot)
		return nil, err
	}
	store, err := shelfStoreAt(c.cfg, c.cfg.ArchiveTarget.Reveal(), c.clock)
	if err != nil {
		return nil, fmt.Errorf("MORKET_ARCHIVE_TARGET: %w", err)
	}
	o, err := newObjects(c.base)
	if err != nil {
		return nil, err
	}
	a := &archiver{
		core:  c,
		cfg:   c.cfg,
		store: store,
		log:   c.log.With("part", "archive"),
		state: telemetry.Archive{Since: c.clock.Now(), Every: c.cfg.ArchiveEvery},
	}
	if !o.remote {
		a.objects = o.store
	}
	return a, nil
}

// Reasons for which a stream is begun anew.
var (
	errBaseDue = errors.New("a base backup is due")
	errGap     = errors.New("the log that was not archived yet is gone")
)

// run archives until ctx ends or something fails, which is begun again.
func (a *archiver) run(ctx context.Context) (err error) {
	if a.archive == nil {
		if a.archive, err = backup.OpenArchive(ctx, a.store, a.cfg.Passphrase.Reveal(), a.core.clock, true); err != nil {
			return err
		}
	}
	for {
		err := a.stream(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errGap):
			a.log.WarnContext(ctx, "a new base backup is taken: Postgres had to give up what was not archived yet", "error", err)
			if _, err := a.core.pool.Exec(ctx, dropSlotSQL, archiveSlot); err != nil {
				return fmt.Errorf("give up the reserved log: %w", err)
			}
			if err := a.takeBase(ctx); err != nil {
				return err
			}
		case errors.Is(err, errBaseDue):
			if err := a.takeBase(ctx); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
}

// latest is the base whose log is being archived, and how far that is.
func (a *archiver) latest(ctx context.Context) (base backup.ArchivedBase, end uint64, found bool, err error) {
	c, err := a.archive.List(ctx)
	if err != nil {
		return base, 0, false, err
	}
	a.there = c.Objects
	history := a.core.history.ID()
	for _, b := range c.Bases {
		if b.History == history {
			base, found = b, true
		}
	}
	_, end = c.Since(base)
	a.note(func(s *telemetry.Archive) {
		s.Bytes = c.Bytes
		if len(c.Bases) > 0 {
			s.Oldest, s.Base = c.Bases[0].TakenAt, c.Bases[len(c.Bases)-1].TakenAt
		}
	})
	return base, end, found, nil
}

func (a *archiver) note(change func(*telemetry.Archive)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.state)
}

// stream archives the log from where the archive ends, until a base backup is due.
func (a *archiver) stream(ctx context.Context) error {
	base, end, found, err := a.latest(ctx)
	if err != nil {
		return err
	}
	if !found {
		return errBaseDue
	}
	r, err := pgchild.NewReplica(ctx, a.core.databaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close(context.WithoutCancel(ctx)) }()
	if timeline, _, err := r.Identify(ctx); err != nil || timeline != base.Timeline {
		return errors.Join(err, errBaseDue)
	}
	k := &keeping{archiver: a, base: base, from: end}
	err = r.Stream(ctx, pgchild.Taking{
		Slot: archiveSlot, From: pgchild.LSN(end), Timeline: base.Timeline, Every: a.cfg.ArchiveEvery,
		Take: func(at pgchild.LSN, data []byte) error { return k.take(ctx, uint64(at), data) },
		Keep: func() (pgchild.LSN, error) { return k.keep(ctx) },
	})
	var said *pgconn.PgError
	if errors.As(err, &said) && (said.Code == "58P01" || said.Code == "55000" || said.Code == "42704") { // a file, the slot's state, the slot
		return fmt.Errorf("%w: %w", errGap, err)
	}
	return err
}

// maxPiece is how much of the log is held in memory and archived at once.
const maxPiece = 4 << 20

// keeping gathers the log into pieces.
type keeping struct {
	*archiver
	base backup.ArchivedBase
	from uint64 // of data
	data []byte
}

func (k *keeping) take(ctx context.Context, at uint64, data []byte) error {
	if at != k.from+uint64(len(k.data)) {
		return fmt.Errorf("%w: it goes on at %s", errGap, pgchild.LSN(at))
	}
	k.data = append(k.data, data...)
	if len(k.data) < maxPiece {
		return nil
	}
	return k.put(ctx)
}

func (k *keeping) put(ctx context.Context) error {
	if len(k.data) == 0 {
		return nil
	}
	p, err := k.archive.PutPiece(ctx, backup.Piece{
		History:  k.base.History,
		Timeline: k.base.Timeline,
		From:     k.from,
		To:       k.from + uint64(len(k.data)),
	}, k.data)
	if err != nil {
		return fmt.Errorf("archive the log: %w", err)
	}
	k.from, k.data = p.To, k.data[:0]
	k.note(func(s *telemetry.Archive) { s.Bytes += p.Bytes })
	return nil
}

// keep archives what has come, and the objects that the log may name; those first, since they are there before they are named.
func (k *keeping) keep(ctx context.Context) (pgchild.LSN, error) {
	if err := k.mirror(ctx); err != nil {
		return 0, err
	}
	if err := k.put(ctx); err != nil {
		return 0, err
	}
	now := k.core.clock.Now()
	k.note(func(s *telemetry.Archive) { s.Last = now })
	if kernel.Passed(now, k.base.TakenAt, k.cfg.ArchiveBaseEvery) {
		return 0, errBaseDue
	}
	return pgchild.LSN(k.from), nil
}

// mirror archives the objects that are not there yet.
func (a *archiver) mirror(ctx context.Context) error {
	if a.objects == nil {
		return nil
	}
	var missing []string
	err := a.objects.List(ctx, func(key string) error {
		if !a.there[key] {
			missing = append(missing, key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the objects: %w", err)
	}
	for _, key := range missing {
		r, err := a.objects.Open(ctx, key, 0)
		if kernel.KindOf(err) == kernel.KindNotFound {
			continue // it was given up meanwhile
		}
		if err != nil {
			return err
		}
		err = a.archive.PutObject(ctx, key, r)
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("archive the object %s: %w", key, err)
		}
		a.there[key] = true
	}
	return nil
}

// takeBase archives a base backup, and removes what need not be kept any longer.
func (a *archiver) takeBase(ctx context.Context) error {
	began := a.core.clock.Now()
	r, err := pgchild.NewReplica(ctx, a.core.databaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close(context.WithoutCancel(ctx)) }()
	if err := r.Reserve(ctx, archiveSlot); err != nil {
		return err
	}
	b := backup.ArchivedBase{Version: Version, History: a.core.history.ID()}
	keys := backup.Keys{Master: a.cfg.MasterKey.Text(), Signing: a.cfg.JWTKeys.Text()}
	b, err = a.archive.PutBase(ctx, b, keys, func(w io.Writer) (from, to uint64, timeline int32, err error) {
		taken, err := r.Base(ctx, archiveSlot, w)
		return uint64(taken.From), uint64(taken.To), taken.Timeline, err
	}, a.core.store.Head)
	if err != nil {
		return err
	}
	a.log.InfoContext(ctx, "base backup archived", "name", b.Name, "bytes", b.Bytes, "position", b.Position, "duration",
		a.core.clock.Now().Sub(began))
	return a.tidy(ctx)
}

func (a *archiver) tidy(ctx context.Context) error {
	c, err := a.archive.List(ctx)
	if err != nil {
		return err
	}
	living := map[string]bool{}
	if a.objects != nil {
		if err := a.objects.List(ctx, func(key string) error { living[key] = true; return nil }); err != nil {
			return fmt.Errorf("list the objects: %w", err)
		}
	}
	const day = 24 * time.Hour
	return a.archive.Tidy(ctx, c, a.core.clock.Now().Add(-time.Duration(a.cfg.ArchiveDays)*day), func(key string) bool { return living[key] })
}

// metrics tell how far the archive is.
func (a *archiver) metrics() (out telemetry.Archive) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// archiveLate is how many periods the archive may be behind before readiness says so, and archivePatience how long at least.
const (
	archiveLate     = 6
	archivePatience = time.Minute
)

// check is readiness' question: what a loss of the disk would cost must not grow unnoticed.
func (a *archiver) check(context.Context) error {
	s := a.metrics()
	last := s.Last
	if last.Before(s.Since) {
		last = s.Since
	}
	if behind := a.core.clock.Now().Sub(last); behind > max(archivePatience, archiveLate*a.cfg.ArchiveEvery) {
		return fmt.Errorf("the archive (%.0f MB) has not been written for %s: a restore to a point in time would lose as much",
			float64(s.Bytes)/(1<<20), behind.Round(time.Second))
	}
	return nil
}

// parts are what it adds to a process.
func (a *archiver) parts() parts {
	if a == nil {
		return parts{}
	}
	return parts{tasks: []task{{name: "archive", run: a.run}}, dependencies: []httpapi.Dependency{{Name: "archive", Check: a.check}}}
}
