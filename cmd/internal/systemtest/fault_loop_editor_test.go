//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

const (
	mostRows  = 250 // from here on rows are deleted
	mostSteps = 150 // that the model can take back
	listed    = 200 // that Morket lists
	lookEvery = 15  // requests
)

// line is a row of the edited table; its key never changes.
type line struct {
	note   string
	number int
}

// image is the edited table by key.
type image map[string]line

// world is what the table may be: its image, and the images that undo and redo lead to.
type world struct {
	now        image
	undo, redo []image
	older      int // steps that Morket can take back and the model has forgotten
}

func (w world) did(next image) world {
	undo := append(append([]image{}, w.undo...), w.now)
	forgotten := max(0, len(undo)-mostSteps)
	return world{now: next, undo: undo[forgotten:], older: w.older + forgotten}
}

func (w world) undone() world {
	last := len(w.undo) - 1
	return world{now: w.undo[last], undo: w.undo[:last:last], redo: append(append([]image{}, w.redo...), w.now), older: w.older}
}

func (w world) redone() world {
	last := len(w.redo) - 1
	return world{now: w.redo[last], undo: append(append([]image{}, w.undo...), w.now), redo: w.redo[:last:last], older: w.older}
}

// differs says how the table differs from what it should be; "" if it doesn't.
func (is image) differs(should image) string {
	for _, key := range sortedKeys(should) {
		if got, ok := is[key]; !ok || got != should[key] {
			return fmt.Sprintf("%s is %+v (there: %t), should be %+v", key, got, ok, should[key])
		}
	}
	for _, key := range sortedKeys(is) {
		if _, ok := should[key]; !ok {
			return fmt.Sprintf("%s is %+v, should not be there", key, is[key])
		}
	}
	return ""
}

// scribe edits a table of its own, one request after the other, and knows what must be in it.
type scribe struct {
	*steady
	table              tableInfo
	key, note, number  string // columns
	marker             func(context.Context, *steady) error
	world              world
	ids                map[string]string // of rows, by key
	fresh              int               // numbers given to new values
	trace              []string          // the latest deeds
	left, lost, undone int               // requests let go without an answer, of these not carried out; steps taken back or done again
}

// deed is a request, and what becomes of the table when it is carried out.
type deed struct {
	method, path string
	body         any
	after        world
	answered     func(reply) error
}

// work makes requests until there have been enough, which are told apart by when enough is closed.
func (s *scribe) work(ctx context.Context, enough <-chan struct{}) error {
	for n := 1; ; n++ {
		select {
		case <-enough:
			return s.look(ctx)
		default:
		}
		if err := s.act(ctx, s.draw()); err != nil {
			return fmt.Errorf("%w; what was done last:\n%s", err, strings.Join(s.trace, "\n"))
		}
		if n%lookEvery == 0 {
			if err := s.look(ctx); err != nil {
				return err
			}
		}
	}
}

// act carries the deed out: repeated with its key until it is answered, or let go when its process is lost.
func (s *scribe) act(ctx context.Context, d deed) error {
	key := s.steady.key()
	path := "/tables/" + s.table.ID + d.path
	r, err := s.ask(ctx, d.method, path, d.body, "Idempotency-Key", key)
	defer func() { s.keep(d, r, err) }()
	if !s.known(r, err) {
		if never(err) && s.rng.IntN(2) == 0 {
			return s.letGo(ctx, d)
		}
		if r, err = s.insist(ctx, http.StatusOK, d.method, path, d.body, "Idempotency-Key", key); err != nil {
			return err
		}
	}
	if r.Status != http.StatusOK {
		return fmt.Errorf("%s %s was answered %d: %.500s", d.method, path, r.Status, r.Raw)
	}
	if err := d.answered(r); err != nil {
		return fmt.Errorf("%s %s: %w: %.2000s", d.method, path, err, r.Raw)
	}
	s.world = d.after
	return nil
}

// keep notes what was done, so that a failure can be understood.
func (s *scribe) keep(d deed, r reply, err error) {
	s.trace = append(s.trace, fmt.Sprintf("%s %.300s: %d at %s %.200s %v", d.path, fmt.Sprint(d.body), r.Status, r.Header.Get("Morket-Position"), r.Data, err))
	s.trace = s.trace[max(0, len(s.trace)-lookEvery):]
}

// letGo finds out whether a request that had no answer was carried out: wholly, or not at all.
func (s *scribe) letGo(ctx context.Context, d deed) error {
	if err := s.marker(ctx, s.steady); err != nil { // later than all that came before
		return err
	}
	is, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.left++
	before := is.differs(s.world.now)
	if before == "" {
		s.lost++
		return nil
	}
	if after := is.differs(d.after.now); after != "" {
		return fmt.Errorf("%s %s without an answer left neither the table before (%s) nor the one after (%s)", d.method, d.path, before, after)
	}
	s.world = d.after
	return nil
}

// look compares the table with the model.
func (s *scribe) look(ctx context.Context) error {
	is, err := s.read(ctx)
	if err != nil {
		return err
	}
	if how := is.differs(s.world.now); how != "" {
		return errors.New("the table is not what was written: " + how)
	}
	return nil
}

func (s *scribe) read(ctx context.Context) (image, error) {
	rows, err := insisted[[]row](ctx, s.steady, http.StatusOK, http.MethodGet, "/tables/"+s.table.ID+"/rows?limit=1000", nil)
	if err != nil {
		return nil, err
	}
	is := image{}
	for _, r := range rows {
		var key string
		var l line
		for id, to := range map[string]any{s.key: &key, s.note: &l.note, s.number: &l.number} {
			if raw := r.Cells[id]; raw != nil {
				if err := json.Unmarshal(raw, to); err != nil {
					return nil, err
				}
			}
		}
		if _, twice := is[key]; twice {
			return nil, fmt.Errorf("the row %s is there twice", key)
		}
		is[key], s.ids[key] = l, r.ID
	}
	return is, nil
}

// draw chooses what is done next.
func (s *scribe) draw() deed {
	switch n := s.rng.IntN(100); {
	case len(s.world.now) == 0 || n < 10:
		return s.batch(1 + s.rng.IntN(60))
	case len(s.world.now) > mostRows:
		return s.clear()
	case n < 20:
		return s.upsert()
	case n < 38 && len(s.world.undo) > 0:
		return s.step("/undo", s.world.undone())
	case n < 50 && len(s.world.redo) > 0:
		return s.step("/redo", s.world.redone())
	case n < 60:
		return s.edit(1 + s.rng.IntN(20))
	default:
		return s.edit(1)
	}
}

func (s *scribe) edit(n int) deed {
	next := maps.Clone(s.world.now)
	keys := sortedKeys(next)
	s.rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var all []any
	for _, key := range keys[:min(n, len(keys))] {
		l := next[key]
		edit := map[string]any{"row_id": s.ids[key]}
		if s.fresh++; s.fresh%3 == 0 {
			l.number = s.fresh
			edit["column_id"], edit["value"] = s.number, l.number
		} else {
			l.note = fmt.Sprintf("note %d", s.fresh)
			edit["column_id"], edit["value"] = s.note, l.note
		}
		next[key] = l
		all = append(all, edit)
	}
	return deed{http.MethodPatch, "/cells", map[string]any{"edits": all}, s.world.did(next), func(r reply) error {
		return says(r, map[string]int{"edited": len(all)})
	}}
}

func (s *scribe) step(path string, after world) deed {
	return deed{http.MethodPost, path, nil, after, func(r reply) error {
		var got struct {
			Conflicts []any `json:"conflicts"`
		}
		s.undone++
		if err := json.Unmarshal(r.Data, &got); err != nil {
			return err
		}
		if len(got.Conflicts) > 0 {
			return errors.New("nobody else has touched the table, and yet something was left")
		}
		return nil
	}}
}

// says requires the numbers of an answer.
func says(r reply, want map[string]int) error {
	var got map[string]any
	if err := json.Unmarshal(r.Data, &got); err != nil {
		return err
	}
	for name, n := range want {
		if got[name] != float64(n) {
			return fmt.Errorf("%s is %v, should be %d", name, got[name], n)
		}
	}
	return nil
}
