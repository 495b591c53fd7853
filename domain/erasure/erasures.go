package erasure

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// State is where an erasure stands.
type State string

// The states.
const (
	Looking State = "looking"
	Waiting State = "waiting" // for somebody to confirm what was found
	Erasing State = "erasing"
	Done    State = "done"
	Stopped State = "cancelled"
	GivenUp State = "failed"
)

// Limits of erasures.
const (
	MaxRows    = 1000   // rows that one is about
	MaxKeys    = 50     // addresses, numbers and people that one asks for
	MaxDerived = 20_000 // further values of its rows by which copies are found
	MaxListed  = 100    // that are kept of a workspace
)

// Erasure is one of a workspace's erasures.
type Erasure struct {
	ID          kernel.ErasureID
	Workspace   kernel.WorkspaceID
	State       State
	Asked       Requested
	Looked      Looked
	ConfirmedBy kernel.UserID
	ConfirmedAt time.Time

	Places      []Found
	Certificate json.RawMessage
	Reason      string
	EndedAt     time.Time
}

// Open reports whether it is under way without waiting for anybody.
func (e Erasure) Open() bool { return e.State == Looking || e.State == Erasing }

// Rows are those that it is about.
func (e Erasure) Rows() []Rows {
	if e.State == Looking {
		return e.Asked.Rows
	}
	return e.Looked.Rows
}

// Keys are those by which it finds copies of what is about the person.
func (e Erasure) Keys() []Key { return append(slices.Clone(e.Asked.Keys), e.Looked.Derived...) }

// Has reports whether a place is done.
func (e Erasure) Has(place string) bool {
	return slices.ContainsFunc(e.Places, func(f Found) bool { return f.Place == place })
}

// Erasures are those of a workspace. They are one aggregate, so that one at a time is under way.
type Erasures struct {
	kernel.Root

	list       []Erasure // the oldest first
	suppressed map[Key]bool
}

// NewErasures returns a workspace's erasures before the first.
func NewErasures() *Erasures { return &Erasures{suppressed: map[Key]bool{}} }

// List returns them, the newest first.
func (x *Erasures) List() []Erasure {
	out := slices.Clone(x.list)
	slices.Reverse(out)
	return out
}

// Find returns one of them.
func (x *Erasures) Find(id kernel.ErasureID) (Erasure, bool) {
	if i := x.at(id); i >= 0 {
		return x.list[i], true
	}
	return Erasure{}, false
}

// Suppressed are the addresses and numbers that nothing may bring back.
func (x *Erasures) Suppressed() []Key {
	out := make([]Key, 0, len(x.suppressed))
	for k := range x.suppressed {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (x *Erasures) at(id kernel.ErasureID) int {
	return slices.IndexFunc(x.list, func(e Erasure) bool { return e.ID == id })
}

// Request begins an erasure by looking.
func (x *Erasures) Request(e Requested) error {
	for _, have := range x.list {
		if have.Open() {
			return kernel.E(kernel.KindConflict, "ERASURE_UNDER_WAY", "another erasure is under way; wait until it has ended")
		}
	}
	return x.Record(x, e)
}

// Look records what was found.
func (x *Erasures) Look(e Looked) error {
	if _, err := x.in(e.ErasureID, Looking); err != nil {
		return err
	}
	return x.Record(x, e)
}

// Confirm has what was found erased.
func (x *Erasures) Confirm(id kernel.ErasureID, by kernel.UserID, now time.Time) error {
	e, ok := x.Find(id)
	if ok && (e.State == Erasing || e.State == Done) {
		return nil // twice is once
	}
	if _, err := x.in(id, Waiting); err != nil {
		return err
	}
	for _, have := range x.list {
		if have.Open() {
			return kernel.E(kernel.KindConflict, "ERASURE_UNDER_WAY", "another erasure is under way; wait until it has ended")
		}
	}
	return x.Record(x, Confirmed{ErasureID: id, By: by, At: now})
}

// Cancel ends an erasure that nobody has confirmed.
func (x *Erasures) Cancel(id kernel.ErasureID, now time.Time) error {
	e, ok := x.Find(id)
	switch {
	case !ok:
		return kernel.NotFound("erasure", string(id))
	case e.State == Stopped:
		return nil
	case e.State != Waiting && e.State != Looking:
		return wrongState(e)
	}
	return x.Record(x, Cancelled{ErasureID: id, At: now})
}

// Erased records that a place is done; one that is done already stays as it was.
func (x *Erasures) Erased(p PlaceErased) error {
	e, err := x.in(p.ErasureID, Erasing)
	if err != nil || e.Has(p.Place) {
		return err
	}
	return x.Record(x, p)
}

// Finish ends it with the certificate.
func (x *Erasures) Finish(f Finished) error {
	if _, err := x.in(f.ErasureID, Erasing); err != nil {
		return err
	}
	return x.Record(x, f)
}

// Fail gives it up.
func (x *Erasures) Fail(f Failed) error {
	if e, ok := x.Find(f.ErasureID); !ok || !e.Open() {
		return nil
	}
	return x.Record(x, f)
}

func (x *Erasures) in(id kernel.ErasureID, s State) (Erasure, error) {
	e, ok := x.Find(id)
	if !ok {
		return e, kernel.NotFound("erasure", string(id))
	}
	if e.State != s {
		return e, wrongState(e)
	}
	return e, nil
}

func wrongState(e Erasure) error {
	return kernel.E(kernel.KindConflict, "ERASURE_STATE", "the erasure is %s, so this is not possible now", e.State)
}

// Apply implements kernel.Aggregate.
func (x *Erasures) Apply(event kernel.Event) error {
	switch e := event.(type) {
	case Requested:
		x.list = append(x.list, Erasure{ID: e.ErasureID, Workspace: e.Workspace, State: Looking, Asked: e})
		x.forget()
	case Looked:
		x.change(e.ErasureID, func(have *Erasure) { have.State, have.Looked = Waiting, e })
	case Confirmed:
		x.change(e.ErasureID, func(have *Erasure) {
			have.State, have.ConfirmedBy, have.ConfirmedAt = Erasing, e.By, e.At
			x.suppress(*have)
		})
	case PlaceErased:
		x.change(e.ErasureID, func(have *Erasure) { have.Places = append(have.Places, Found{Place: e.Place, Count: e.Erased}) })
	case Finished:
		x.change(e.ErasureID, func(have *Erasure) { have.State, have.Certificate, have.EndedAt = Done, e.Certificate, e.At })
	case Cancelled:
		x.change(e.ErasureID, func(have *Erasure) { have.State, have.EndedAt = Stopped, e.At })
	case Failed:
		x.change(e.ErasureID, func(have *Erasure) { have.State, have.Reason, have.EndedAt = GivenUp, e.Reason, e.At })
	default:
		return kernel.UnknownEvent("erasures", event)
	}
	return nil
}

func (x *Erasures) change(id kernel.ErasureID, fn func(*Erasure)) {
	if i := x.at(id); i >= 0 {
		fn(&x.list[i])
	}
}

// suppress keeps the person's addresses and numbers out from now on.
func (x *Erasures) suppress(e Erasure) {
	for _, k := range e.Keys() {
		if k.Of() == Email || k.Of() == Phone {
			x.suppressed[k] = true
		}
	}
}

// forget drops the oldest that are over, beyond what is listed. What they keep out stays out.
func (x *Erasures) forget() {
	for len(x.list) > MaxListed {
		i := slices.IndexFunc(x.list, func(e Erasure) bool { return !e.Open() })
		if i < 0 {
			return
		}
		x.list = slices.Delete(x.list, i, i+1)
	}
}
