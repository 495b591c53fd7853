package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Shelf is a place where backups are kept under the times that they were taken at: a folder or a bucket. Beside each lies what is told of
// it without the passphrase, which holds no secret.
type Shelf struct {
	store ShelfStore
	clock kernel.Clock
}

// ShelfStore is the object store that a shelf is in, which nothing else uses. It is objectstore.Folder or objectstore.S3.
type ShelfStore interface {
	Store
	// SweepBefore removes what interrupted uploads have left before the time.
	SweepBefore(ctx context.Context, before time.Time) error
}

// NewShelf makes a shelf.
func NewShelf(store ShelfStore, clock kernel.Clock) *Shelf { return &Shelf{store, clock} }

// Kept is what is told of a backup on a shelf.
type Kept struct {
	Name     string    `json:"name"`
	TakenAt  time.Time `json:"taken_at"`
	Version  string    `json:"version"`
	History  string    `json:"history"`
	Position int64     `json:"position"`
	Rows     int64     `json:"rows"`
	Objects  int64     `json:"objects"`
	Bytes    int64     `json:"bytes"`   // packed and sealed
	Seconds  float64   `json:"seconds"` // that it took
	Drill    *Drilled  `json:"drill,omitempty"`
}

// Drilled is what the last drill of a backup has found.
type Drilled struct {
	At      time.Time `json:"at"`
	Good    bool      `json:"good"`
	Seconds float64   `json:"seconds"` // until everything was ready to serve
	Report  string    `json:"report"`
}

// Proved reports whether a drill has found that the backup holds.
func (k Kept) Proved() bool { return k.Drill != nil && k.Drill.Good }

const (
	nameTime = "20060102T150405Z"
	named    = "morket_"
	told     = "_info"
	maxTold  = 64 << 10
)

var nameForm = regexp.MustCompile(`^morket_\d{8}T\d{6}Z$`)

// Add puts a backup on the shelf: it has its name when it is whole. What an earlier one that was killed has left is removed before. One
// is taken at a time.
func (s *Shelf) Add(ctx context.Context, write func(io.Writer) (Kept, error)) (Kept, error) {
	at := s.clock.Now().UTC()
	if err := s.store.SweepBefore(ctx, at); err != nil {
		return Kept{}, fmt.Errorf("remove what an interrupted backup has left: %w", err)
	}
	name, err := s.free(ctx, at)
	if err != nil {
		return Kept{}, err
	}
	var k Kept
	r, w := io.Pipe()
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		var err error
		k, err = write(w)
		w.CloseWithError(err)
	}()
	o, err := s.store.Put(ctx, name, r, math.MaxInt64)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // ends a writer that is not read any more
	<-wrote
	if err != nil {
		return k, err
	}
	k.Name, k.TakenAt, k.Bytes, k.Seconds = name, at, o.Size, s.clock.Now().Sub(at).Seconds()
	return k, s.Describe(ctx, k)
}

// free is a name that no backup has: that of the time, or one of a few seconds later.
func (s *Shelf) free(ctx context.Context, at time.Time) (string, error) {
	for ; ; at = at.Add(time.Second) {
		name := named + at.Format(nameTime)
		r, err := s.store.Open(ctx, name, 0)
		if kernel.KindOf(err) == kernel.KindNotFound {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		if err := r.Close(); err != nil {
			return "", err
		}
	}
}

// Describe writes what is told of a backup.
func (s *Shelf) Describe(ctx context.Context, k Kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if _, err := s.store.Put(ctx, k.Name+told, bytes.NewReader(text), maxTold); err != nil {
		return fmt.Errorf("note the backup %s: %w", k.Name, err)
	}
	return nil
}

// List returns the backups, newest first. One that was killed before it could be told of has its name and time only.
func (s *Shelf) List(ctx context.Context) (list []Kept, err error) {
	err = s.store.List(ctx, func(key string) error {
		if !nameForm.MatchString(key) {
			return nil
		}
		k, err := s.told(ctx, key)
		list = append(list, k)
		return err
	})
	slices.SortFunc(list, func(a, b Kept) int { return strings.Compare(b.Name, a.Name) })
	return list, err
}

func (s *Shelf) told(ctx context.Context, name string) (k Kept, err error) {
	k.Name = name
	if k.TakenAt, err = time.Parse(nameTime, strings.TrimPrefix(name, named)); err != nil {
		return k, nil //nolint:nilerr // its digits are no time
	}
	r, err := s.store.Open(ctx, name+told, 0)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxTold))
	if err := errors.Join(err, r.Close()); err != nil {
		return k, err
	}
	if read := (Kept{}); json.Unmarshal(text, &read) == nil && read.Name == name {
		k = read
	}
	return k, nil
}

// Get returns what is told of the backup; kernel.KindNotFound without one.
func (s *Shelf) Get(ctx context.Context, name string) (Kept, error) {
	r, err := s.Open(ctx, name)
	if err != nil {
		return Kept{}, err
	}
	if err := r.Close(); err != nil {
		return Kept{}, err
	}
	return s.told(ctx, name)
}

// Open reads the backup; kernel.KindNotFound without one.
func (s *Shelf) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if !nameForm.MatchString(name) {
		return nil, kernel.NotFound("backup", name)
	}
	return s.store.Open(ctx, name, 0)
}

// Keep is how long backups are kept.
type Keep struct{ Days, Weeks int }

// Tidy removes the backups that need not be kept, and returns their names.
func (s *Shelf) Tidy(ctx context.Context, keep Keep) (removed []string, err error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range keep.outdated(list, s.clock.Now()) {
		if err := errors.Join(s.store.Delete(ctx, k.Name), s.store.Delete(ctx, k.Name+told)); err != nil {
			return removed, fmt.Errorf("remove the backup %s: %w", k.Name, err)
		}
		removed = append(removed, k.Name)
	}
	return removed, nil
}

// outdated are the backups of a list, newest first, that need not be kept: all of the last 24 hours are, and the last one of each of the
// days and weeks before; the newest, and the newest that was proved, always.
func (p Keep) outdated(list []Kept, now time.Time) (out []Kept) {
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	week := func(t time.Time) string {
		y, w := t.UTC().ISOWeek()
		return fmt.Sprint(y, " ", w)
	}
	const hours = 24 * time.Hour
	days, weeks := map[string]bool{}, map[string]bool{}
	proved := false
	for i, k := range list {
		age := now.Sub(k.TakenAt)
		keep := i == 0 || age < hours || k.TakenAt.IsZero() || k.Proved() && !proved
		proved = proved || k.Proved()
		if age < time.Duration(p.Days)*hours && !days[day(k.TakenAt)] {
			keep = true
		}
		if age < time.Duration(p.Weeks)*7*hours && !weeks[week(k.TakenAt)] {
			keep = true
		}
		days[day(k.TakenAt)], weeks[week(k.TakenAt)] = true, true
		if !keep {
			out = append(out, k)
		}
	}
	return out
}
