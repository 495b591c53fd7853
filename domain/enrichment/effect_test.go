package enrichment_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func TestEffectOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now, given, next string
		want             enrichment.Effect
	}{
		"nothing there and nothing found":     {"null", "", "null", enrichment.EffectSame},
		"the same answer":                     {`"a"`, `"a"`, `"a"`, enrichment.EffectSame},
		"the same, written otherwise":         {`{"a":1,"b":2}`, `{"a":1,"b":2}`, `{ "b": 2, "a": 1 }`, enrichment.EffectSame},
		"what a person wrote is the answer":   {`"a"`, `"b"`, `"a"`, enrichment.EffectSame},
		"another answer":                      {`"a"`, `"a"`, `"b"`, enrichment.EffectChanged},
		"an answer where none was":            {"null", "null", `"b"`, enrichment.EffectGained},
		"an answer where nobody was asked":    {"", "", `"b"`, enrichment.EffectGained},
		"no answer any more":                  {`"a"`, `"a"`, "null", enrichment.EffectLost},
		"written by a person":                 {`"mine"`, `"a"`, `"b"`, enrichment.EffectEdited},
		"written by a person, and none found": {`"mine"`, "", "", enrichment.EffectEdited},
		"emptied by a person":                 {"null", `"a"`, `"b"`, enrichment.EffectEdited},
	} {
		got := enrichment.EffectOn(json.RawMessage(c.now), json.RawMessage(c.given), json.RawMessage(c.next))
		require.Equal(t, c.want, got, name)
		require.Equal(t, got == enrichment.EffectChanged || got == enrichment.EffectGained || got == enrichment.EffectLost, got.Writes(), name)
	}
}

func attempts(statuses ...enrichment.AttemptStatus) enrichment.Provenance {
	p := enrichment.Provenance{LatencyMS: 10}
	for i, s := range statuses {
		a := enrichment.Attempt{Step: i, Status: s}
		if s == enrichment.StatusSucceeded {
			a.CreditsMC = 1000
		}
		p.Attempts = append(p.Attempts, a)
	}
	return p
}

// TestTallyKeepsWhatIsNotKnownApart: rows without the reply that decides are in no count but their own, and their estimate is beside it.
func TestTallyKeepsWhatIsNotKnownApart(t *testing.T) {
	t.Parallel()
	tally := enrichment.NewTally([]enrichment.Step{{Provider: "first"}, {Provider: "second"}, {Provider: "third"}})
	verified := attempts(enrichment.StatusSucceeded)
	verified.VerifiedBy = []enrichment.Evidence{enrichment.ByDNS}
	tally.Add(verified, enrichment.MarkValue)
	tally.Add(attempts(enrichment.StatusRejected, enrichment.StatusSucceeded), enrichment.MarkValue)
	tally.Add(attempts(enrichment.StatusNotFound, enrichment.StatusNotFound, enrichment.StatusSkipped), enrichment.MarkEmpty)
	tally.Add(attempts(enrichment.StatusSkipped, enrichment.StatusMissingInput, enrichment.StatusSkipped), enrichment.MarkSkipped)
	for range 4 {
		tally.Add(attempts(enrichment.StatusNotFound, enrichment.StatusNotRecorded), enrichment.MarkSkipped)
	}
	require.EqualValues(t, 4, tally.Rows)
	require.EqualValues(t, 3, tally.Asked)
	require.EqualValues(t, 2, tally.Found)
	require.EqualValues(t, 1, tally.Verified)
	require.EqualValues(t, 2000, tally.Cost)
	require.EqualValues(t, 40, tally.LatencyMS)
	require.EqualValues(t, 4, tally.Unknown)
	require.Equal(t, enrichment.StepTally{Provider: "second", Asked: 2, Found: 1, Missed: 1, Skipped: 1, Unknown: 4, Cost: 1000}, tally.Steps[1])

	tally.Guess(func(string) kernel.Credits { return 1000 }, func(p string) (float64, bool) { return 0.25, p == "third" })
	require.InDelta(t, 1.0/3, *tally.Steps[0].HitRate, 1e-9)
	// Of four, the second step finds half, and the third a quarter of the other half.
	require.Equal(t, &enrichment.Guessed{Found: 3, Cost: 2500, Calls: 6}, tally.Estimate)

	unheard := enrichment.NewTally([]enrichment.Step{{Provider: "new"}})
	unheard.Add(attempts(enrichment.StatusNotRecorded), enrichment.MarkSkipped)
	unheard.Guess(func(string) kernel.Credits { return 0 }, func(string) (float64, bool) { return 0, false })
	require.True(t, unheard.Estimate.HalfKnown, "of a step of which nothing is known that is said")
	require.Nil(t, unheard.Steps[0].HitRate)
}
