package sidestore

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Config is what a Store is put together from.
type Config struct {
	Base   projections.Store
	Marks  Marks
	Engine Engine
	Name   string                               // of the engine, for messages: "ClickHouse"
	Head   func(context.Context) (int64, error) // of the log: how far a new copy must come until it is read
	// History names the history that the log is in; a copy that was made in another is lost. Nil: nothing is compared.
	History func() string
	Clock   kernel.Clock
	Logger  *slog.Logger
	// CheckEvery is how often the Store looks whether the engine still has what was written; default 3 s.
	CheckEvery time.Duration
	// Pace is the least time between two flushes of few events at a location: most such stores prefer few large writes. Default 0.
	Pace time.Duration
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Base == nil || c.Marks == nil || c.Engine == nil || c.Name == "" || c.Head == nil || c.Clock == nil || c.Logger == nil {
		return errors.New("a side store needs Base, Marks, Engine, Name, Head, Clock and Logger")
	}
	return nil
}

// Store is a projections.Store over an Engine. It is safe for concurrent use.
type Store struct {
	cfg    Config
	base   projections.Store
	marks  Marks
	engine Engine
	looks  looks
	pace   pacer
}

var _ projections.Store = (*Store)(nil)

// New puts a store together.
func New(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.CheckEvery == 0 {
		cfg.CheckEvery = 3 * time.Second
	}
	return &Store{
		cfg: cfg, base: cfg.Base, marks: cfg.Marks, engine: cfg.Engine,
		looks: looks{last: map[projections.Location]*look{}}, pace: pacer{last: map[projections.Location]time.Time{}, least: cfg.Pace},
	}, nil
}

// errUnmarked says that a location has no copy yet.
var errUnmarked = errors.New("the place has no copy in the store")

// Checkpoint implements projections.Checkpoints. From time to time it looks whether the engine has what was written, and
// makes the copy anew if not: then the checkpoint is at 0.
func (s *Store) Checkpoint(ctx context.Context, location projections.Location) (projections.Checkpoint, bool, error) {
	c, ok, err := s.base.Checkpoint(ctx, location)
	if err != nil || !ok || !s.looks.due(location, s.cfg.Clock.Now(), s.cfg.CheckEvery) {
		return c, ok, err
	}
	err = s.repair(ctx, c)
	switch {
	case err == nil:
		return c, true, nil
	case errors.Is(err, projections.ErrMoved): // by the repair or by somebody else
		return s.base.Checkpoint(ctx, location)
	default: // the next step will meet it too
		s.cfg.Logger.WarnContext(ctx, "can't look whether the read model is whole", "store", s.cfg.Name, "projection", location.String(), "error",
			err)
		return c, true, nil
	}
}

// Advance implements projections.Checkpoints.
func (s *Store) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	if step.Apply == nil || from.Location.Copy == projections.Reacted {
		return s.base.Advance(ctx, from, step)
	}
	if err := s.pace.wait(ctx, s.cfg.Clock, from.Location, step.To-from.Position); err != nil {
		return from, err
	}
	apply := step.Apply
	step.Apply = func(ctx context.Context, tx projections.Tx) error {
		return s.write(ctx, from.Location, tx, writing{apply, step.To})
	}
	next, err := s.base.Advance(ctx, from, step)
	if err == nil || errors.Is(err, projections.ErrMoved) || ctx.Err() != nil || s.Transient(err) && !absent(err) {
		return next, err
	}
	if lost := s.repair(ctx, from); lost != nil {
		return from, lost
	}
	return from, err
}

// writing is a step's work: what is applied, and the position that it reaches.
type writing struct {
	apply func(context.Context, projections.Tx) error
	to    int64
}

// write flushes what the projector writes; the caller holds the checkpoint and commits the mark with it.
func (s *Store) write(ctx context.Context, location projections.Location, tx projections.Tx, w writing) error {
	m, ok, err := s.marks.Get(ctx, tx)
	if err != nil {
		return err
	}
	if !ok {
		return errUnmarked
	}
	if err := s.whole(ctx, location, m); err != nil {
		return err
	}
	b, err := s.engine.Begin(ctx, copyOf(location, m))
	if err != nil {
		return err
	}
	if err := w.apply(ctx, b); err != nil {
		return err
	}
	m.Reached = max(m.Reached, w.to)
	if err := b.Flush(ctx, w.to); err != nil {
		return err
	}
	return s.marks.Set(ctx, tx, m)
}

// errLost says that the copy is missing, or lacks what was committed.
var errLost = errors.New("the store has lost what was written to it")

// absent reports that what is wrong is with the copy, which is made anew, maybe by another process meanwhile, and not with an event.
func absent(err error) bool { return errors.Is(err, errUnmarked) || errors.Is(err, errLost) }

// whole looks before each step whether the copy has all that was committed. A step on a copy that was put back to an older one would
// have it reach further than before, so that no look could tell any more what it lacks.
func (s *Store) whole(ctx context.Context, location projections.Location, m Mark) error {
	n, there, err := s.engine.Reached(ctx, copyOf(location, m))
	if err == nil && (!there || n < m.Reached) {
		err = errLost
	}
	return err
}

func copyOf(location projections.Location, m Mark) Copy {
	return Copy{Projection: location.Projection, Generation: m.Generation}
}

// repair makes the location's copy anew if it is lost, and then answers ErrMoved; nil says that it is whole.
func (s *Store) repair(ctx context.Context, c projections.Checkpoint) error {
	m, marked, err := s.marks.Read(ctx, c.Location)
	if err != nil {
		return err
	}
	if marked {
		n, there, err := s.engine.Reached(ctx, copyOf(c.Location, m))
		if err != nil {
			return err
		}
		head, err := s.cfg.Head(ctx) // after Reached: nothing is written that the log does not have
		if err != nil {
			return err
		}
		why := s.lost(m, n, there, head)
		if why == "" {
			return s.tidy(ctx, c.Location, m)
		}
		s.cfg.Logger.WarnContext(ctx, "a read model is filled again", "reason", why, "store", s.cfg.Name,
			"projection", c.Location.String(), "position", c.Position, "reached", n, "expected", m.Reached, "head", head)
	}
	if _, err := s.renew(ctx, c); err != nil {
		return err
	}
	return projections.ErrMoved
}

// lost says why a copy can't be what the log says, "" if it can: n is how far it has come.
func (s *Store) lost(m Mark, n int64, there bool, head int64) string {
	switch {
	case !there || n < m.Reached:
		return "the store lost it"
	case n > head:
		return "it holds more than the log, which was restored"
	case !s.present(m.Generation):
		return "it was made before the log was restored"
	default:
		return ""
	}
}

// Ahead reports whether the live copy of a projection holds more than the log, which then was restored to an earlier position. A store
// that can't be asked is not ahead.
func (s *Store) Ahead(ctx context.Context, projection string) (bool, error) {
	location := projections.LiveOf(projection)
	m, marked, err := s.marks.Read(ctx, location)
	if err != nil || !marked {
		return false, err
	}
	n, there, err := s.engine.Reached(ctx, copyOf(location, m))
	if err != nil || !there {
		return false, nil //nolint:nilerr // it is looked at again once it answers
	}
	head, err := s.cfg.Head(ctx)
	return n > head, err
}

// The name of a generation begins with the history that it was made in, between two noughts: random names have none.
const (
	historyMark = "0"
	historyLen  = 8
)

func (s *Store) generation() string {
	name := strings.ToLower(rand.Text())
	if s.cfg.History == nil {
		return name
	}
	return historyMark + s.history() + historyMark + name
}

func (s *Store) history() string {
	h := s.cfg.History()
	return h[:min(historyLen, len(h))]
}

// present reports whether the generation was made in the log's history, as far as its name says.
func (s *Store) present(generation string) bool {
	if s.cfg.History == nil || !strings.HasPrefix(generation, historyMark) {
		return true
	}
	return strings.HasPrefix(generation, historyMark+s.history()+historyMark)
}

// renew gives the location an empty copy and moves it to position 0.
func (s *Store) renew(ctx context.Context, c projections.Checkpoint) (projections.Checkpoint, error) {
	m := Mark{Generation: s.generation(), Until: c.Position}
	if c.Location.Copy == projections.Live {
		head, err := s.cfg.Head(ctx)
		if err != nil {
			return c, err
		}
		m.Until = head
	}
	parked, err := s.base.Parked(ctx, c.Location)
	if err != nil {
		return c, err
	}
	step := projections.Step{Apply: func(ctx context.Context, tx projections.Tx) error {
		if err := s.engine.Make(ctx, copyOf(c.Location, m)); err != nil {
			// Whatever the reason, no event is to blame and the next try may succeed.
			return kernel.E(kernel.KindUnavailable, "STORE_UNAVAILABLE", "can't make a read model in %s", s.cfg.Name).Because(err)
		}
		return s.marks.Set(ctx, tx, m)
	}}
	for _, p := range parked {
		step.Unpark = append(step.Unpark, p.Stream)
	}
	next, err := s.base.Advance(ctx, c, step)
	if err != nil || c.Location.Copy != projections.Live {
		return next, err
	}
	return next, s.engine.Serve(ctx, copyOf(c.Location, m))
}

// Parked implements projections.DeadLetters.
func (s *Store) Parked(ctx context.Context, location projections.Location) ([]projections.Parked, error) {
	return s.base.Parked(ctx, location)
}

// Retry implements projections.DeadLetters.
func (s *Store) Retry(
	ctx context.Context, location projections.Location, stream eventstore.StreamID, skipReason string, at time.Time,
) (bool, error) {
	return s.base.Retry(ctx, location, stream, skipReason, at)
}

// Attempted implements projections.Attempts.
func (s *Store) Attempted(ctx context.Context, location projections.Location) (projections.Attempt, bool, error) {
	return s.base.Attempted(ctx, location)
}

// Attempt implements projections.Attempts.
func (s *Store) Attempt(ctx context.Context, a projections.Attempt) error {
	return s.base.Attempt(ctx, a)
}

// Transient implements projections.Checkpoints.
func (s *Store) Transient(err error) bool {
	return absent(err) || s.base.Transient(err) || s.engine.Transient(err)
}
