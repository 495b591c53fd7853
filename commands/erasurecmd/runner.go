package erasurecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Run does what is to be done for an erasure: it looks, or erases place after place. Each place that is done is in the log, so a run that
// was cut short goes on behind it; a place that was cut short is erased again, which is harmless. It returns nil when nothing is left to
// do, with any outcome; an error means that it should be called again.
func (h *Handlers) Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.ErasureID, alive func(doing string)) error {
	ctx = kernel.AsSystem(ctx, "erasure")
	e, err := h.Find(ctx, ws, id)
	if err != nil {
		return err
	}
	switch e.State {
	case erasure.Looking:
		err = h.look(ctx, e, alive)
	case erasure.Erasing:
		err = h.erase(ctx, e, alive)
	default:
		return nil
	}
	var refused *kernel.Error
	if errors.As(err, &refused) && refused.Kind == kernel.KindInvalid {
		return h.record(ctx, e, func(x *erasure.Erasures) error {
			return x.Fail(erasure.Failed{ErasureID: e.ID, Reason: refused.Message, At: h.cfg.Clock.Now()})
		})
	}
	return err
}

// record changes the erasure on behalf of whoever asked for it. That somebody has ended it meanwhile is no failure.
func (h *Handlers) record(ctx context.Context, e erasure.Erasure, fn func(*erasure.Erasures) error) error {
	_, err := h.update(ctx, h.meta(e), e.ID, fn)
	if kernel.KindOf(err) == kernel.KindConflict {
		return nil
	}
	return err
}

func (h *Handlers) meta(e erasure.Erasure) kernel.Meta {
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorSystem, OnBehalfOf: e.Asked.By},
		Workspace: e.Workspace, Command: "erase", CorrelationID: string(e.ID),
	}
}

// search is what the erasure looks for.
func (h *Handlers) search(ctx context.Context, e erasure.Erasure, alive func(string)) (*Search, error) {
	hash, err := h.hash(ctx, e.Workspace)
	if err != nil {
		return nil, err
	}
	s := &Search{
		Workspace: e.Workspace, Erasure: e.ID, Since: e.ConfirmedAt, Actor: h.meta(e).Actor, Rows: e.Rows(), Hash: hash,
		Match: erasure.NewMatcher(hash, e.Keys()), rows: map[kernel.RowID]bool{}, alive: alive,
	}
	for _, rows := range s.Rows {
		for _, id := range rows.Rows {
			s.rows[id] = true
		}
	}
	return s, nil
}

// look finds the rows and counts what every place holds.
func (h *Handlers) look(ctx context.Context, e erasure.Erasure, alive func(string)) error {
	s, err := h.search(ctx, e, alive)
	if err != nil {
		return err
	}
	through, err := h.cfg.Log.Head(ctx)
	if err != nil {
		return err
	}
	rows, err := findRows(ctx, h.cfg.Log, e.Asked, s.Hash, alive)
	if err != nil {
		return err
	}
	out := erasure.Looked{ErasureID: e.ID, Rows: rows.list, Through: through, At: h.cfg.Clock.Now()}
	if out.Derived, err = derive(ctx, h.cfg.Log, e.Workspace, rows, s.Hash, alive); err != nil {
		return err
	}
	e.State, e.Looked = erasure.Waiting, out
	if s, err = h.search(ctx, e, alive); err != nil {
		return err
	}
	for _, p := range h.places {
		n, err := p.Verify(ctx, s)
		if err != nil {
			return fmt.Errorf("look into the %s: %w", p.Place(), err)
		}
		out.Found = append(out.Found, erasure.Found{Place: p.Place(), Count: n})
		alive(p.Place())
	}
	return h.record(ctx, e, func(x *erasure.Erasures) error { return x.Look(out) })
}

// rounds is how often places are gone through again that still hold something, since work was under way that brought it.
const rounds = 5

// erase goes through the places.
func (h *Handlers) erase(ctx context.Context, e erasure.Erasure, alive func(string)) error {
	s, err := h.search(ctx, e, alive)
	if err != nil {
		return err
	}
	if s.By, err = h.confirmedAt(ctx, e); err != nil {
		return err
	}
	for _, p := range h.places {
		if e.Has(p.Place()) {
			continue
		}
		n, err := p.Erase(ctx, s)
		if err != nil {
			return fmt.Errorf("erase in the %s: %w", p.Place(), err)
		}
		done := erasure.PlaceErased{ErasureID: e.ID, Place: p.Place(), Erased: n, At: h.cfg.Clock.Now()}
		if err := h.record(ctx, e, func(x *erasure.Erasures) error { return x.Erased(done) }); err != nil {
			return err
		}
		alive(p.Place())
	}
	for range rounds {
		from, err := h.left(ctx, s)
		if err != nil {
			return err
		}
		if from == len(h.places) {
			return h.finish(ctx, e, s)
		}
		for _, p := range h.places[from:] { // what comes later is made of what comes before
			if _, err := p.Erase(ctx, s); err != nil {
				return fmt.Errorf("erase again in the %s: %w", p.Place(), err)
			}
		}
	}
	return kernel.E(kernel.KindInvalid, "NOT_ERASED",
		"something of the person comes again and again; stop what brings it, then erase once more")
}

// left is the first place that still holds something, or how many there are.
func (h *Handlers) left(ctx context.Context, s *Search) (int, error) {
	for i, p := range h.places {
		n, err := p.Verify(ctx, s)
		if err != nil {
			return 0, fmt.Errorf("verify the %s: %w", p.Place(), err)
		}
		if n > 0 {
			return i, nil
		}
		s.alive("verify " + p.Place())
	}
	return len(h.places), nil
}

// confirmedAt is the position of the event that has ordered the erasure.
func (h *Handlers) confirmedAt(ctx context.Context, e erasure.Erasure) (int64, error) {
	stream := eventstore.Stream(erasure.Stream, string(e.Workspace))
	for after := int64(0); ; {
		events, err := h.cfg.Log.ReadStream(ctx, stream, after, scanPage)
		if err != nil {
			return 0, err
		}
		if len(events) == 0 {
			return 0, fmt.Errorf("the erasure %s is under way and was not confirmed", e.ID)
		}
		for _, rec := range events {
			after = rec.Version
			var c erasure.Confirmed
			if rec.Type != c.EventType() {
				continue
			}
			if err := json.Unmarshal(rec.Data, &c); err != nil {
				return 0, fmt.Errorf("read who has confirmed: %w", err)
			}
			if c.ErasureID == e.ID {
				return rec.Position, nil
			}
		}
	}
}

// finish signs the certificate.
func (h *Handlers) finish(ctx context.Context, e erasure.Erasure, s *Search) error {
	now, err := h.Find(ctx, e.Workspace, e.ID)
	if err != nil || now.State != erasure.Erasing {
		return err
	}
	certificate, err := h.certificate(ctx, now, s)
	if err != nil {
		return err
	}
	return h.record(ctx, e, func(x *erasure.Erasures) error {
		return x.Finish(erasure.Finished{ErasureID: e.ID, Certificate: certificate, At: h.cfg.Clock.Now()})
	})
}
