package credit

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// PreviewNote is the note of the entries of a preview: one record asked on trial, paid like that of a run.
const PreviewNote = "preview"

// PreviewPrefix begins the ids of the previews' reservations.
const PreviewPrefix = "preview_"

// ReservePreview sets aside what a preview may cost at most. A cap that the preview would break refuses it.
func (a *Account) ReservePreview(id string, table kernel.TableID, amount kernel.Credits, at time.Time) error {
	if amount < 0 || !strings.HasPrefix(id, PreviewPrefix) {
		return kernel.Invalid("amount_mc", "a preview's reservation is named as one, and not negative")
	}
	if c, hit := a.hits(reservation{}, amount, at); hit {
		return errCap(c)
	}
	if amount > a.s.Available {
		return errInsufficient(amount, a.s.Available)
	}
	e := a.entry(KindReservation, amount, at)
	e.Reservation, e.Table, e.Note = id, table, PreviewNote
	return a.Record(a, Reserved{a.seal(e)})
}

// SettlePreview pays for what a preview was answered and gives the rest of its reservation back. The answer is there and the
// reservation holds its price, so no cap stands against it any more.
func (a *Account) SettlePreview(id string, lines []Line, at time.Time) error {
	r, ok := a.s.Open[id]
	if !ok {
		return kernel.E(kernel.KindConflict, "RESERVATION_CLOSED", "the reservation %s is not open", id)
	}
	var sum kernel.Credits
	for _, l := range lines {
		sum += l.Amount
	}
	if sum > r.Left {
		return errInsufficient(sum, r.Left)
	}
	if len(lines) > 0 {
		e := a.entry(KindDebit, sum, at)
		e.Reservation, e.Lines, e.Note = id, lines, PreviewNote
		if err := a.Record(a, Debited{a.seal(e)}); err != nil {
			return err
		}
	}
	return a.Release(id, at)
}

// ReleasePreviews gives back what previews hold that were begun before then: their process has died.
func (a *Account) ReleasePreviews(before, at time.Time) error {
	for _, id := range slices.Sorted(maps.Keys(a.s.Open)) {
		if r := a.s.Open[id]; strings.HasPrefix(id, PreviewPrefix) && r.At.Before(before) {
			if err := a.Release(id, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// CapRoom is how much may still be spent out of the reservation before a cap stands against it, and how that cap is told; false
// without caps.
func (a *Account) CapRoom(id string, at time.Time) (room kernel.Credits, why string, capped bool) {
	for _, c := range a.s.Caps {
		left := c.Limit - a.spentUnder(c, a.s.Open[id], at)
		if !capped || left < room {
			room, why, capped = left, errCap(c).Message, true
		}
	}
	return max(0, room), why, capped
}

// spentUnder is what counts against the cap.
func (a *Account) spentUnder(c Cap, r reservation, at time.Time) kernel.Credits {
	if c.Scope == ScopeRun {
		return r.Spent
	}
	if p := a.s.Periods[c.Period]; p.Window >= c.Period.window(at) {
		return p.Spent
	}
	return 0
}
