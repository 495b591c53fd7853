package gridread

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// MomentLog is what copies of tables as they were read of the log.
type MomentLog interface {
	Head(ctx context.Context) (int64, error)
	ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error)
	ReadPositions(ctx context.Context, positions []int64) ([]eventstore.Recorded, error)
	// LastOf returns position and time of the last event of the types in the streams, up to a position and a time.
	LastOf(ctx context.Context, streams []eventstore.StreamID, types []string, until int64, before time.Time) (int64, time.Time, error)
	// PositionsOf returns where events of the types in the streams are, after a position and up to another, ascending.
	PositionsOf(ctx context.Context, streams []eventstore.StreamID, types []string, after, until int64) ([]int64, error)
}

// WritersOf lists the streams of the imports and runs that may have written to a table up to a position.
type WritersOf func(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, until int64) ([]eventstore.StreamID, error)

// MomentConfig is what copies of tables as they were are made from.
type MomentConfig struct {
	DB      postgres.Reader // that requests read copies through
	Pool    *pgxpool.Pool   // of the owner, who makes them
	Store   *postgres.Store
	Log     MomentLog
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Zones   Zones     // every workspace is in UTC if nil
	Writers WritersOf // there are no imports and runs if nil
	// Busy reports whether people are at work: a build lets them go first. It may be nil.
	Busy   func() bool
	Logger *slog.Logger
	Limits MomentLimits
}

// MomentLimits bound the copies. Zero fields take the defaults.
type MomentLimits struct {
	PerWorkspace int           // 20 copies
	Bytes        int64         // 20 GiB of all copies together
	Idle         time.Duration // a day: a copy that nobody has read for so long is put away
	Wait         time.Duration // 5 s: for so long a request waits for a copy that is being made
	Builds       int           // 2 at once in a process
}

func (l MomentLimits) withDefaults() MomentLimits {
	d := MomentLimits{PerWorkspace: 20, Bytes: 20 << 30, Idle: 24 * time.Hour, Wait: 5 * time.Second, Builds: 2}
	if l.PerWorkspace > 0 {
		d.PerWorkspace = l.PerWorkspace
	}
	if l.Bytes > 0 {
		d.Bytes = l.Bytes
	}
	if l.Idle > 0 {
		d.Idle = l.Idle
	}
	if l.Wait > 0 {
		d.Wait = l.Wait
	}
	if l.Builds > 0 {
		d.Builds = l.Builds
	}
	return d
}

// Moments makes copies of tables as they were at a moment, and has them read like the live ones. A copy is a read model of the grid in a
// schema of its own that is fed with the events of one table, and of those that its lookups reach, up to the moment. It is made for the
// first that asks and kept for others; moments between the same two events of the table share it.
type Moments struct {
	cfg       MomentConfig
	projector *gridview.Projector
	jobs      chan build
	uses      chan string // places that were read
	resolved  *lru.Cache[string, resolved]

	mu    sync.Mutex
	grids *lru.Cache[string, *openMoment] // by place
}

// openMoment reads one copy.
type openMoment struct {
	grid *Grid
	mu   sync.Mutex
	used time.Time // when its use was last written down
}

// How much is remembered: where moments lie, and the readers of copies.
const (
	maxResolved = 10_000
	maxOpen     = 64
	maxQueued   = 32 // builds that wait in a process
)

// NewMoments makes them; Run builds.
func NewMoments(cfg MomentConfig) (*Moments, error) {
	if cfg.DB == nil || cfg.Pool == nil || cfg.Store == nil || cfg.Log == nil || cfg.Codec == nil || cfg.IDs == nil || cfg.Clock == nil ||
		cfg.Logger == nil {
		return nil, errors.New("copies of tables need a reader, a pool, a store, a log, a codec, ids, a clock and a logger")
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return &Moments{
		cfg: cfg, projector: gridview.New(cfg.Codec, NewStructures().NewWriter), jobs: make(chan build, maxQueued),
		uses:     make(chan string, maxOpen),
		resolved: cached.New[string, resolved](maxResolved), grids: cached.New[string, *openMoment](maxOpen),
	}, nil
}

// At returns the reader of a table as it was at a moment, what the table was then, and the moment of its last event up to there. live is
// the table as it is. A copy that is not made in time is answered with an error that says how far it is.
func (m *Moments) At(ctx context.Context, live gridview.Info, asked gridview.AsOf) (*Grid, gridview.Info, gridview.Moment, error) {
	found, err := m.resolve(ctx, live, asked)
	if err != nil {
		return nil, gridview.Info{}, gridview.Moment{}, err
	}
	place, err := m.obtain(ctx, live, found)
	if err != nil {
		return nil, gridview.Info{}, found.Moment, err
	}
	grid := m.open(place)
	info, err := grid.Table(ctx, live.Schema.Workspace, live.ID)
	if kernel.KindOf(err) == kernel.KindNotFound {
		err = kernel.E(kernel.KindNotFound, "TABLE_WAS_IN_TRASH", "the table was in the trash at that moment (position %d)", found.Position)
	}
	info.Position = found.Position
	return grid, info, found.Moment, err
}

// Resolve returns the moment of the table's last event up to what is asked for.
func (m *Moments) Resolve(ctx context.Context, live gridview.Info, asked gridview.AsOf) (gridview.Moment, error) {
	found, err := m.resolve(ctx, live, asked)
	return found.Moment, err
}

// Begin returns the moment at which the table was made.
func (m *Moments) Begin(ctx context.Context, live gridview.Info) (gridview.Moment, error) {
	first, err := m.cfg.Log.ReadStream(ctx, eventstore.Stream(table.StructureStream, string(live.ID)), 0, 1)
	if err != nil || len(first) == 0 {
		return gridview.Moment{}, err
	}
	return gridview.Moment{Position: first[0].Position, At: first[0].RecordedAt}, nil
}

// Changes returns where the table's own events of the types are, after a position and up to another, ascending.
func (m *Moments) Changes(ctx context.Context, live gridview.Info, types []string, after, until int64) ([]int64, error) {
	streams, err := m.ofTable(ctx, live, live.ID, until)
	if err != nil {
		return nil, err
	}
	return m.cfg.Log.PositionsOf(ctx, streams, types, after, until)
}

// ofTable lists the streams that tell of a table.
func (m *Moments) ofTable(ctx context.Context, live gridview.Info, id kernel.TableID, until int64) ([]eventstore.StreamID, error) {
	streams := tableStreams(id)
	if m.cfg.Writers == nil {
		return streams, nil
	}
	writers, err := m.cfg.Writers(ctx, live.Schema.Workspace, id, until)
	if err != nil {
		return nil, fmt.Errorf("list what has written to table %s: %w", id, err)
	}
	return append(streams, writers...), nil
}

// open returns the reader of a copy.
func (m *Moments) open(place string) *Grid {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, ok := m.grids.Get(place); ok {
		return o.grid
	}
	o := &openMoment{}
	db := postgres.NewCopied(m.cfg.DB, locationOf(place), func() { m.use(place, o) })
	o.grid = NewGrid(db, m.cfg.Clock)
	o.grid.zones = m.cfg.Zones
	m.grids.Add(place, o)
	return o.grid
}

// copyPrefix begins the name of each copy.
const copyPrefix = "as_"

func locationOf(place string) projections.Location {
	_, which, _ := strings.Cut(place, "__")
	return projections.Location{Projection: gridview.Name, Copy: projections.Copy(which)}
}

func (m *Moments) newPlace() string {
	id := strings.ToLower(m.cfg.IDs.New(strings.TrimSuffix(copyPrefix, "_")))
	return projections.Location{Projection: gridview.Name, Copy: projections.Copy(id)}.String()
}

// preparing says that a copy is being made and how far it is.
func preparing(e entryOfMoment) error {
	percent := int64(0)
	if e.total > 0 {
		percent = min(99, e.done*100/e.total)
	}
	err := kernel.E(kernel.KindUnavailable, "AS_OF_PREPARING",
		"the table as of position %d is being prepared (%d %% of %d events); ask again in a moment", e.position, percent, e.total)
	err.RetryAfter = 2 * time.Second
	return err
}

// obtain returns where the copy of a moment is, after it was made.
func (m *Moments) obtain(ctx context.Context, live gridview.Info, r resolved) (string, error) {
	deadline, cancel := context.WithTimeout(ctx, m.cfg.Limits.Wait)
	defer cancel()
	pauses := kernel.Doubling(10*time.Millisecond, 200*time.Millisecond)
	for {
		e, err := m.claim(ctx, live, r)
		switch {
		case err != nil:
			return "", err
		case e.ready:
			return e.place, nil
		case e.failure != "":
			return "", kernel.E(kernel.KindUnavailable, "AS_OF_FAILED",
				"the table as of position %d could not be prepared; it is tried again in half a minute", e.position)
		}
		if e.ours {
			if err := m.enqueue(ctx, e, live, r); err != nil {
				return "", err
			}
		}
		if kernel.Pause(deadline, pauses.NextBackOff()) != nil {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			return "", preparing(e)
		}
	}
}

func (m *Moments) enqueue(ctx context.Context, e entryOfMoment, live gridview.Info, r resolved) error {
	job := build{place: e.place, workspace: live.Schema.Workspace, table: live.ID, resolved: r}
	select {
	case m.jobs <- job:
		return nil
	default:
		if err := m.forget(ctx, e.place); err != nil {
			return err
		}
		err := kernel.E(kernel.KindUnavailable, "BUSY", "too many tables are being prepared at once; ask again in a moment")
		err.RetryAfter = 5 * time.Second
		return err
	}
}

// resolved is a moment with the streams that tell of it.
type resolved struct {
	gridview.Moment
	streams []eventstore.StreamID
	tables  []kernel.TableID
}

// settledAfter is how old a time must be for its place in the log to be certain: events that are being appended may still come before it.
// It is also how far a caller's clock may be ahead.
const settledAfter = 10 * time.Second

// resolve finds the table's last event up to a moment.
func (m *Moments) resolve(ctx context.Context, live gridview.Info, asked gridview.AsOf) (resolved, error) {
	head, err := m.cfg.Log.Head(ctx)
	if err != nil {
		return resolved{}, err
	}
	now := m.cfg.Clock.Now()
	until, before := head, now.Add(settledAfter)
	switch {
	case asked.Position > head:
		return resolved{}, kernel.Invalid("as_of", "the position %d is not reached yet; the log ends at %d", asked.Position, head)
	case asked.Position > 0:
		until = asked.Position
	case asked.At.After(now.Add(settledAfter)):
		return resolved{}, kernel.Invalid("as_of", "%s is in the future", asked.At.UTC().Format(time.RFC3339))
	default:
		before = asked.At
	}
	key := string(live.ID) + " " + asked.String()
	if r, ok := m.resolved.Get(key); ok {
		return r, nil
	}
	r, err := m.find(ctx, live, until, before)
	if err == nil && (asked.Position > 0 || now.Sub(asked.At) > settledAfter) {
		m.resolved.Add(key, r)
	}
	return r, err
}

func (m *Moments) find(ctx context.Context, live gridview.Info, until int64, before time.Time) (resolved, error) {
	var r resolved
	began, err := m.reached(ctx, live, until, &r)
	if err != nil {
		return r, err
	}
	if r.Position, r.At, err = m.cfg.Log.LastOf(ctx, r.streams, m.projector.Types(), until, before); err != nil {
		return r, err
	}
	if began == 0 || r.Position < began {
		return r, kernel.E(kernel.KindNotFound, "BEFORE_THE_TABLE", "the table did not exist yet at that moment; it was made on %s",
			live.CreatedAt.UTC().Format(time.RFC3339))
	}
	return r, nil
}

// reached notes the streams of the table and of those that its lookups have ever looked into, and returns where the table begins.
func (m *Moments) reached(ctx context.Context, live gridview.Info, until int64, r *resolved) (began int64, err error) {
	r.tables = []kernel.TableID{live.ID}
	for i := 0; i < len(r.tables); i++ {
		first, others, err := m.structure(ctx, r.tables[i], until)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			began = first
		}
		for id := range others {
			if !containsTable(r.tables, id) {
				r.tables = append(r.tables, id)
			}
		}
		streams, err := m.ofTable(ctx, live, r.tables[i], until)
		if err != nil {
			return 0, err
		}
		r.streams = append(r.streams, streams...)
	}
	return began, nil
}
