package enrichmentview

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// attempts counts how the providers did. Only what was asked counts: reused answers say nothing about them.
func (f *fold) attempts(ws kernel.WorkspaceID, at time.Time, p enrichment.Provenance) {
	for _, a := range p.Attempts {
		if !a.Asked() {
			continue
		}
		k := DayKey{ws, a.Provider, at.UTC().Truncate(24 * time.Hour)}
		d := f.days[k]
		if d == nil {
			d = &Day{DayKey: k}
			f.days[k] = d
		}
		d.Asked++
		d.Calls += int64(a.Calls)
		d.Credits += a.CreditsMC
		d.Latency[Bucket(a.LatencyMS/int64(max(1, a.Calls)))]++
		switch {
		case a.Status == enrichment.StatusSucceeded:
			d.Hits++
		case a.Failed():
			d.Failed++
		}
	}
}

// share counts what the providers did in the job.
func (f *fold) share(run kernel.RunID, p enrichment.Provenance) {
	for _, a := range p.Attempts {
		if !a.Asked() && !a.FromCache {
			continue
		}
		k := shareKey{run, a.Provider}
		s := f.shares[k]
		if s == nil {
			s = &Share{Run: run, Provider: a.Provider}
			f.shares[k] = s
		}
		s.Asked++
		s.Calls += int64(a.Calls)
		s.Credits += a.CreditsMC
		s.Cost += a.Cost
		switch {
		case a.Status == enrichment.StatusSucceeded:
			s.Hits++
		case a.Failed():
			s.Failed++
		}
	}
}

// addDays adds the batch's counts to those of before.
func (f *fold) addDays(ctx context.Context, w Writer) error {
	if len(f.days) == 0 {
		return nil
	}
	keys := make([]DayKey, 0, len(f.days))
	for k := range f.days {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b DayKey) int {
		if c := strings.Compare(string(a.Workspace)+a.Provider, string(b.Workspace)+b.Provider); c != 0 {
			return c
		}
		return a.Day.Compare(b.Day)
	})
	before, err := w.Days(ctx, keys)
	if err != nil {
		return fmt.Errorf("read the providers' days: %w", err)
	}
	for _, b := range before {
		d := f.days[DayKey{b.Workspace, b.Provider, b.Day.UTC()}]
		if d == nil {
			continue
		}
		d.Asked, d.Hits, d.Failed, d.Calls, d.Credits = d.Asked+b.Asked, d.Hits+b.Hits, d.Failed+b.Failed, d.Calls+b.Calls, d.Credits+b.Credits
		for i := range d.Latency {
			d.Latency[i] += b.Latency[i]
		}
	}
	for _, k := range keys {
		f.out.Days = append(f.out.Days, *f.days[k])
	}
	return nil
}

// pattern learns how an address is made of the name that was asked for. Only what is verified teaches, and nothing is learnt twice of an
// answer that was reused.
func (f *fold) pattern(ws kernel.WorkspaceID, p enrichment.Provenance, value json.RawMessage) {
	if p.Cached || !p.Sureness().Verified() || len(p.Input) == 0 || len(value) == 0 {
		return
	}
	var in struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	}
	if json.Unmarshal(p.Input, &in) != nil || in.First == "" || in.Last == "" {
		return
	}
	if pattern, domain, ok := enrichment.PatternOf(in.First, in.Last, enrichment.RawText(value)); ok {
		f.seen[PatternKey{ws, domain, pattern}]++
	}
}
