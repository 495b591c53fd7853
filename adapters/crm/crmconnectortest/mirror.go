package crmconnectortest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/crm"
)

// mirror is what a reader knows of a vendor's records from the changes alone.
type mirror map[string]string

func (m mirror) take(records []crm.Record, field string) {
	for _, r := range records {
		for _, old := range r.MergedFrom {
			delete(m, old)
		}
		if r.Deleted || r.MergedInto != "" {
			delete(m, r.ID)
			continue
		}
		m[r.ID] = r.Values[field]
	}
}

// history does something at the vendor by chance.
type history struct {
	s    Subject
	r    *rand.Rand
	ids  []string
	made int
}

func (h *history) any() (string, bool) {
	h.ids = slices.DeleteFunc(h.ids, func(id string) bool { return h.s.Twin.Values(object, id) == nil })
	if len(h.ids) == 0 {
		return "", false
	}
	return h.ids[h.r.IntN(len(h.ids))], true
}

// seed adds records of one time, which is not long past.
func (h *history) seed(many int) {
	at := h.s.Clock.Now().Add(-time.Duration(h.r.Int64N(int64(h.s.Late))))
	for range many {
		h.made++
		h.ids = append(h.ids, h.s.Twin.Seed(object, h.s.contact(fmt.Sprint("Seeded ", h.made)), at))
	}
}

func (h *history) step() {
	const few, many = 3, 300
	switch h.r.IntN(8) {
	case 0:
		h.seed(1 + h.r.IntN(few))
	case 1:
		h.seed(h.r.IntN(many))
	case 2, 3:
		if id, ok := h.any(); ok {
			h.made++
			h.s.Twin.Edit(object, id, h.s.contact(fmt.Sprint("Edited ", h.made)))
		}
	case 4:
		if id, ok := h.any(); ok {
			h.s.Twin.Remove(object, id)
		}
	case 5:
		a, _ := h.any()
		if b, ok := h.any(); ok && a != b {
			h.ids = append(h.ids, h.s.Twin.Merge(object, a, b))
		}
	default:
		h.s.Clock.Advance(time.Duration(h.r.IntN(int(10 * time.Minute))))
	}
}

// mirrors reads while records are made, changed, merged and deleted by chance, now a page and now to the end. When all is quiet what was
// read is what there is, with what came late.
func (s Subject) mirrors(t *testing.T) {
	g := Connect(t, s.Connector)
	for seed := range uint64(3) {
		h := &history{s: s, r: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // no secret
		known, at := mirror{}, crm.Cursor{}
		for id := range slices.Values(s.Twin.IDs(object)) {
			s.Twin.Remove(object, id)
		}
		read := func(pages int) {
			for range pages {
				page, err := s.Connector.Changed(t.Context(), g, object, []string{s.Names.Last}, at)
				require.NoError(t, err)
				known.take(page.Records, s.Names.Last)
				if at = page.Next; !page.More {
					return
				}
			}
		}
		const steps, all = 40, 1_000
		for range steps {
			h.step()
			switch h.r.IntN(4) {
			case 0:
				read(1)
			case 1:
				read(all)
			}
		}
		s.Clock.Advance(time.Hour)
		var err error
		g, err = s.Connector.Refresh(t.Context(), g)
		require.NoError(t, err)
		read(all)
		read(all)
		there := mirror{}
		for _, id := range s.Twin.IDs(object) {
			there[id] = s.Twin.Values(object, id)[s.Names.Last]
		}
		require.Equal(t, there, known, "seed %d", seed)
	}
}
