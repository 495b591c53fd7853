package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// Models tells which live read models a process may read. Two versions of the program serve at once while one takes over from the other:
// the later one fills copies in its own form, and puts a copy in the live one's place once no process reads the live one in an earlier
// form. A process of the earlier version reads a copy of a later form never: its queries would fail, or find something else under a
// name that they know.
type Models struct {
	ask      func(context.Context) error // hears anew
	clock    kernel.Clock                // the machine's
	patience time.Duration               // what was heard holds for so long

	mu    sync.Mutex
	own   map[string]int // versions that the process reads; nil until it has said so
	heard atomic.Pointer[heard]
}

// heard is what the process was told about the live copies.
type heard struct {
	at     time.Time
	closed []string // projections whose read models it leaves alone
	other  bool     // one is missing or of an earlier version
}

func (m *Models) set(versions map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.own = maps.Clone(versions)
}

// declare returns the names of the read models, and the versions of those that the process reads; nil before it has said so.
func (m *Models) declare() (names []string, versions map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil {
		return nil, nil
	}
	versions = maps.Clone(m.own)
	for _, name := range m.Closed() {
		delete(versions, name)
	}
	return slices.Sorted(maps.Keys(m.own)), versions
}

// update takes in the versions of the live copies, and of those that are about to take their place.
func (m *Models) update(asked time.Time, live, due map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil {
		return
	}
	now := &heard{at: asked}
	for name, own := range m.own {
		next := due[projections.Location{Projection: name, Copy: projections.Next}.String()]
		if live[name] > own || next > own {
			now.closed = append(now.closed, name)
		}
		now.other = now.other || live[name] < own
	}
	slices.Sort(now.closed)
	m.heard.Store(now)
}

// Closed lists the read models that a later version has taken over, or is about to.
func (m *Models) Closed() []string {
	if m == nil || m.heard.Load() == nil {
		return nil
	}
	return m.heard.Load().closed
}

// Check is an error when the process can no longer answer everything, for readiness.
func (m *Models) Check(context.Context) error {
	if closed := m.Closed(); len(closed) > 0 {
		return fmt.Errorf("a later version of Morket has taken over %s: replace this process by one of that version", strings.Join(closed, ", "))
	}
	return nil
}

// askAgain is when a caller may ask again: another process answers, or this one is replaced.
const askAgain = 5 * time.Second

func taken(model string) error {
	e := kernel.E(kernel.KindUnavailable, "READ_MODEL_TAKEN_OVER",
		"a later version of the server has taken over %s; ask again, so that it answers", model)
	e.RetryAfter = askAgain
	return e
}

// now lists the read models that are closed at this moment. A process that has been silent for so long that others took it for dead hears
// first what has come to pass.
func (m *Models) now(ctx context.Context) ([]string, error) {
	if m == nil {
		return nil, nil
	}
	if last := m.heard.Load(); last != nil && kernel.Passed(m.clock.Now(), last.at, m.patience) {
		if err := m.ask(ctx); err != nil {
			return nil, fmt.Errorf("ask which read models may be read: %w", err)
		}
	}
	return m.Closed(), nil
}

// check refuses what names a read model that is closed, in SQL as in "rm_grid.tables".
func (m *Models) check(ctx context.Context, sql string) error {
	closed, err := m.now(ctx)
	if err != nil {
		return err
	}
	for _, name := range closed {
		if names(sql, SchemaOf(projections.LiveOf(name))) {
			return taken(name)
		}
	}
	return nil
}

// names reports whether the statement names the schema.
func names(sql, schema string) bool {
	for {
		_, rest, found := strings.Cut(sql, schema)
		if !found {
			return false
		}
		if strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, `".`) {
			return true
		}
		sql = rest
	}
}

// explain says why a query did not find a table or column while a read model is made in this version's form: the copy of an earlier form
// that serves until then may not have it.
func (m *Models) explain(err error) error {
	if m == nil || !swapped(err) && !denied(err) {
		return err
	}
	if last := m.heard.Load(); last == nil || !last.other {
		return err
	}
	e := kernel.E(kernel.KindUnavailable, "READ_MODEL_IS_MADE",
		"what this asks for is being made after an upgrade; ask again in a moment").Because(err)
	e.RetryAfter = askAgain
	return e
}

// Peers are the other processes, as a rebuild sees them. It is a projections.Peers.
type Peers struct{ pool *pgxpool.Pool }

var _ projections.Peers = (*Peers)(nil)

// NewPeers asks the database that the processes share.
func NewPeers(pool *pgxpool.Pool) *Peers { return &Peers{pool} }

const (
	behindSQL = `SELECT EXISTS (SELECT FROM projection.processes p WHERE projection.is_alive(p.id)
		AND (p.models IS NULL OR (p.models ->> $1)::int < $2))`
	announceSQL = `UPDATE projection.checkpoints SET due = clock_timestamp() + $2::interval WHERE place = $1`
)

// announced is for how long the processes of earlier versions leave a read model alone that doesn't change: the process that
// announced it may have ended. It is several of their signs of life.
const announced = 30 * time.Second

// Behind implements projections.Peers.
func (p *Peers) Behind(ctx context.Context, projection string, version int) (behind bool, err error) {
	if err := p.pool.QueryRow(ctx, behindSQL, projection, version).Scan(&behind); err != nil {
		return false, fmt.Errorf("look for processes of earlier versions: %w", err)
	}
	return behind, nil
}

// Announce implements projections.Peers.
func (p *Peers) Announce(ctx context.Context, next projections.Location) error {
	if _, err := p.pool.Exec(ctx, announceSQL, next.String(), announced); err != nil {
		return fmt.Errorf("announce %s: %w", next, err)
	}
	return nil
}

// swapped reports whether a statement may have missed what another copy had a moment ago.
func swapped(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == undefinedTable || pg.Code == undefinedColumn)
}
