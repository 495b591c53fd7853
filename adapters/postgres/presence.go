package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

// Presence lets the other processes know that this one lives: what it holds (webhooks' lanes) is its own until it is silent for
// Patience, and what it was at when it fell silent is told from what another one is at. It has a connection of its own, so that a busy
// pool doesn't make it look dead.
//
// With each word it hears what time it is at the database, and so it is a kernel.Clock that all processes share: what one of them says
// about time (a cap's day, the end of a session, when something is due) is true for the others, however wrong a machine's own clock is.
type Presence struct {
	pool     *pgxpool.Pool
	id       string
	end      context.CancelFunc
	ended    chan struct{}
	log      *slog.Logger
	local    kernel.Clock
	patience time.Duration

	models *Models
	mu     sync.RWMutex
	at     reading
	others int // the least that one of the other processes can read
}

var _ kernel.Clock = (*Presence)(nil)

// reading is what the database's clock said when the local one said that.
type reading struct{ local, database time.Time }

// PresenceConfig is what a Presence needs. Zero durations take the defaults.
type PresenceConfig struct {
	Pool     *pgxpool.Pool // whose database it is; none of its connections is used
	Logger   *slog.Logger
	Patience time.Duration // default 10 s
	Clock    kernel.Clock  // the machine's; default kernel.SystemClock, whose readings don't follow when it is set
}

// What processes can read of what the others write; a process of an earlier release reads 0.
const (
	readsShort = 1 // events' metadata in the short form
	reads      = readsShort
)

const (
	patience = 10 * time.Second
	// beats is how many words there are in the time of patience.
	beats = 5
	// forgotten is when the row of a process that ended without a word is taken away.
	forgotten = "1 day"
	// tolerance is how far the clocks may differ before the shared one is set: less is the time that a question takes.
	tolerance = 500 * time.Millisecond
)

const (
	beatSQL = `
INSERT INTO projection.processes (id, seen_at, patience, reads, models) VALUES ($1, clock_timestamp(), $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), models = EXCLUDED.models
RETURNING seen_at, (SELECT coalesce(min(p.reads), $3) FROM projection.processes p WHERE p.id <> $1 AND projection.is_alive(p.id)),
	(SELECT coalesce(jsonb_object_agg(c.place, c.version), '{}') FROM projection.checkpoints c WHERE c.place = ANY ($5)),
	(SELECT coalesce(jsonb_object_agg(c.place, c.version), '{}') FROM projection.checkpoints c WHERE c.due > clock_timestamp())`
	leaveSQL  = `DELETE FROM projection.processes WHERE id = $1`
	forgetOld = `DELETE FROM projection.processes WHERE seen_at < clock_timestamp() - $1::interval`
)

// Join makes the process known until Leave. Migrate must have run.
func Join(ctx context.Context, cfg PresenceConfig) (*Presence, error) {
	if cfg.Patience == 0 {
		cfg.Patience = patience
	}
	if cfg.Clock == nil {
		cfg.Clock = kernel.SystemClock{}
	}
	own := cfg.Pool.Config()
	own.MaxConns, own.MinConns, own.MinIdleConns = 1, 0, 0
	pool, err := pgxpool.NewWithConfig(ctx, own)
	if err != nil {
		return nil, fmt.Errorf("connect to be seen: %w", err)
	}
	p := &Presence{
		pool:     pool,
		id:       strings.ToLower(rand.Text()),
		ended:    make(chan struct{}),
		log:      cfg.Logger,
		local:    cfg.Clock,
		patience: cfg.Patience,
		models:   &Models{clock: cfg.Clock, patience: cfg.Patience},
	}
	p.models.ask = p.beatNow
	if _, err = pool.Exec(ctx, forgetOld, forgotten); err == nil {
		err = p.beatNow(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("make the process known: %w", err)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // until Leave: what relies on it ends before
	p.end = end
	go p.beatUntilDone(life)
	return p, nil
}

// ID names the process; no two have had the same.
func (p *Presence) ID() string { return p.id }

// Models tells which read models this process may read.
func (p *Presence) Models() *Models { return p.models }

// Read makes known of which version this process reads the read models, by projection. Until then processes of later versions take it for
// one that reads all of them as an earlier release does.
func (p *Presence) Read(ctx context.Context, versions map[string]int) error {
	p.models.set(versions)
	for range 2 { // the first answer may close one
		if err := p.beatNow(ctx); err != nil {
			return fmt.Errorf("make known which read models the process reads: %w", err)
		}
	}
	return nil
}

func (p *Presence) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.patience/beats)
	defer cancel()
	return p.beatNow(ctx)
}

// beatNow gives the sign of life and hears what time it is.
func (p *Presence) beatNow(ctx context.Context) error {
	asked := p.local.Now()
	var said time.Time
	var others int
	var live, due map[string]int
	names, told := p.models.declare()
	if err := p.pool.QueryRow(ctx, beatSQL, p.id, p.patience, reads, told, names).Scan(&said, &others, &live, &due); err != nil {
		return err
	}
	p.models.update(asked, live, due)
	took := p.local.Now().Sub(asked)
	said = said.UTC()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others = others
	at := asked.Add(took / 2) //nolint:mnd // the answer was made halfway
	if off := said.Sub(p.at.database.Add(at.Sub(p.at.local))); off.Abs() > tolerance+took {
		p.at = reading{at, said}
	}
	return nil
}

// Now implements kernel.Clock: the database's time, as of the latest sign of life and what has passed since.
func (p *Presence) Now() time.Time {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.at.database.Add(p.local.Now().Sub(p.at.local))
}

// AllReadShort reports whether every process that lives can read events' metadata in the short form. One of an earlier release that is
// there yet can't; none can start beside this one.
func (p *Presence) AllReadShort() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.others >= readsShort
}

func (p *Presence) beatUntilDone(ctx context.Context) {
	defer close(p.ended)
	for kernel.Pause(ctx, p.patience/beats) == nil {
		if err := p.beat(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "other processes may take this one for dead", "error", err)
		}
	}
}

// Leave ends the presence: what the process held is free at once.
func (p *Presence) Leave(ctx context.Context) error {
	p.end()
	<-p.ended
	defer p.pool.Close()
	if _, err := p.pool.Exec(ctx, leaveSQL, p.id); err != nil {
		return fmt.Errorf("take the process's row away: %w", err)
	}
	return nil
}
