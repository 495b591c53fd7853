package enrichment_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
)

func day() time.Time { return time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC) }

// replied are the shapes of n replies with the body.
func replied(t *testing.T, n int, code, meaning, body string) enrichment.ReplyShapes {
	t.Helper()
	var list []enrichment.ReplyShapes
	for range n {
		s := enrichment.Sight{Provider: "apollo", Code: code, Meaning: meaning}
		if body != "" {
			require.NoError(t, json.Unmarshal([]byte(body), &s.Body))
		}
		list = enrichment.AddSight(list, s)
	}
	return list[0]
}

func TestWhatARepliesShapeIs(t *testing.T) {
	t.Parallel()
	got := replied(t, 2, "200", enrichment.MeansFound, `{"person":{"name":"Ada","age":36,"tags":["a","b"],"jobs":[{"at":"Acme"},{"at":null}],"gone":null,"ada@acme.com":true},"ok":false}`)
	require.Equal(t, enrichment.ReplyShapes{
		Provider: "apollo", Replies: 2, Codes: map[string]map[string]int64{"200": {"found": 2}},
		Fields: map[string]map[string]int64{
			"person": {"object": 2}, "person.name": {"text": 2}, "person.age": {"number": 2}, "person.tags": {"list": 2}, "person.tags[]": {"text": 2},
			"person.jobs": {"list": 2}, "person.jobs[]": {"object": 2}, "person.jobs[].at": {"text": 2}, "person.*": {"boolean": 2}, "ok": {"boolean": 2},
		},
	}, got, "names that are data are not told, nor are values")
}

// TestDrift: what changes for good is told once; what comes and goes is not, nor what was too rarely seen.
func TestDrift(t *testing.T) {
	t.Parallel()
	const whole, without, other = `{"email":"a","score":9}`, `{"email":"a"}`, `{"email":"a","score":"9"}`
	type part struct {
		n                   int
		code, meaning, body string
	}
	found := func(n int, body string) part { return part{n, "200", "found", body} }
	for name, c := range map[string]struct {
		parts []part
		want  []enrichment.Drift
	}{
		"a field that disappears":             {[]part{found(60, whole), found(10, without), found(10, without)}, []enrichment.Drift{{Field: "score", Was: "number", Now: "absent"}}},
		"a field of another type":             {[]part{found(60, whole), found(25, other)}, []enrichment.Drift{{Field: "score", Was: "number", Now: "text"}}},
		"told once":                           {[]part{found(60, whole), found(25, other), found(60, other), found(60, other)}, []enrichment.Drift{{Field: "score", Was: "number", Now: "text"}}},
		"missing for a while":                 {[]part{found(60, whole), found(19, without), found(1, whole), found(19, without)}, nil},
		"missing now and then":                {[]part{found(30, whole), found(30, without), found(100, without)}, nil},
		"too few to know":                     {[]part{found(40, whole), found(40, without)}, nil},
		"a new field":                         {[]part{found(60, without), found(60, whole)}, nil},
		"a code that means something else":    {[]part{{60, "404", "nothing", ""}, {20, "404", "unauthorized", ""}}, []enrichment.Drift{{Code: "404", Was: "nothing", Now: "unauthorized"}}},
		"200 with an error inside":            {[]part{{30, "200", "found", whole}, {30, "200", "nothing", ""}, {20, "200", "bad_reply", ""}}, []enrichment.Drift{{Code: "200", Was: "found", Now: "bad_reply"}}},
		"finds nothing for a while, as often": {[]part{{30, "200", "found", whole}, {30, "200", "nothing", ""}, {200, "200", "nothing", ""}}, nil},
	} {
		var s enrichment.Shape
		var got []enrichment.Drift
		for _, p := range c.parts {
			got = append(got, s.Learn(replied(t, p.n, p.code, p.meaning, p.body), day())...)
		}
		for i := range c.want {
			c.want[i].At = day()
		}
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.want, s.Alerts, name)
	}
}

// TestAShapeIsBounded: for any answer of a server.
func TestAShapeIsBounded(t *testing.T) {
	t.Parallel()
	var s enrichment.Shape
	for round := range 60 {
		fields := make([]string, 100)
		for i := range fields {
			fields[i] = fmt.Sprintf(`"f%d_%d":{"deep":{"deeper":{"deepest":{"down":{"below":[[[[1]]]]}}}}}`, round, i)
		}
		s.Learn(replied(t, 1, strconv.Itoa(round), fmt.Sprint("meaning", round), "{"+strings.Join(fields, ",")+"}"), day())
		s.Learn(replied(t, 30, "500", fmt.Sprint("meaning", round), ""), day())
	}
	b, err := json.Marshal(s)
	require.NoError(t, err)
	require.Less(t, len(b), 64<<10)
	require.LessOrEqual(t, len(s.Alerts), 20)
}
