package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
)

// TestProjection runs the step for a moment: the figures mean nothing, but it works.
func TestProjection(t *testing.T) {
	t.Parallel()
	figures, err := measureProjection(t.Context(), pgtest.Pool(t).Config().ConnString(), effort{rounds: 1}, 4*rowsPerEvent)
	require.NoError(t, err)
	require.Len(t, figures, 2)
	require.Positive(t, figures[0].Value)
	require.Positive(t, figures[0].Limit)
}

func TestAFigureMeetsItsBarsOrNot(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		figure Ratio
		ok     bool
	}{
		"no bar":             {Ratio{Value: 1}, true},
		"a good ratio":       {Ratio{Ratio: 0.5, Bar: 0.5}, true},
		"a bad ratio":        {Ratio{Ratio: 0.4, Bar: 0.5}, false},
		"enough":             {Ratio{Value: 20, AtLeast: 20}, true},
		"not enough":         {Ratio{Value: 19, AtLeast: 20}, false},
		"quick enough":       {Ratio{Value: 4, AtMost: 4}, true},
		"too slow":           {Ratio{Value: 5, AtMost: 4}, false},
		"fast but wrong":     {Ratio{Value: 20, AtLeast: 20, Failed: true}, false},
		"one bar of the two": {Ratio{Value: 20, AtLeast: 20, Ratio: 0.1, Bar: 0.5}, false},
	} {
		require.Equal(t, tc.ok, tc.figure.OK(), name)
	}
}

func TestTheReportIsATableAndJSON(t *testing.T) {
	t.Parallel()
	r := Report{At: time.Unix(0, 0), CPUs: 2, Load: "1 → 2", Figures: []Ratio{
		{Name: "good", Value: 1234.5, Limit: 2000, Ratio: 0.62, Bar: 0.5, Unit: "x/s"}, {Name: "bad", Value: 12.34, Limit: 5, Ratio: 2.47, AtMost: 5, Unit: "ms"},
	}}
	var text, body bytes.Buffer
	require.NoError(t, r.Table(&text))
	require.Regexp(t, `good +1234 +2000 +x/s +0\.62 +≥ 0\.50 × +ok`, text.String())
	require.Regexp(t, `bad +12\.3 +5\.00 +ms +2\.47 +≤ 5\.00 +MISSED`, text.String())
	require.NoError(t, r.JSON(&body))
	var out struct {
		Pass    bool
		Figures []struct {
			Name string
			Pass bool
		}
	}
	require.NoError(t, json.Unmarshal(body.Bytes(), &out))
	require.False(t, out.Pass)
	require.True(t, out.Figures[0].Pass)
	require.False(t, out.Figures[1].Pass)
}

func TestTheFileIsUTF16AndItsBadLinesAreKnown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "leads.csv")
	bad, err := smallSheet().write(path, badEvery+1)
	require.NoError(t, err)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i]) | uint16(raw[2*i+1])<<8
	}
	require.EqualValues(t, 0xFEFF, units[0])
	text := string(utf16.Decode(units[1:]))
	require.NotContains(t, text, "\ufffd")
	require.Contains(t, text, "Tōkyō")
	lines := strings.Split(text, "\n")
	require.Len(t, bad, 1)
	require.Contains(t, lines[bad[0]], "a handful", "a quoted line end is before it in the record")
	require.Len(t, fileColumns(), 20)
}

// TestTheCompaniesAreLikeRealOnes holds the shape that the figures of long texts depend on.
func TestTheCompaniesAreLikeRealOnes(t *testing.T) {
	t.Parallel()
	const rows = 5_000
	path := filepath.Join(t.TempDir(), "companies.csv")
	s := companySheet()
	_, err := s.write(path, rows)
	require.NoError(t, err)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, s.columns, 22)
	require.InDelta(t, 750, len(raw)/rows, 75, "bytes a row in the mean")
	require.InDelta(t, 0.047, float64(bytes.Count(raw, []byte(",Germany,")))/rows, 0.01)
	lengths := make([]int, rows)
	foreign := 0
	for i := range lengths {
		text := s.columns[s.field("Description")].value(i)
		if lengths[i] = len(text); strings.ContainsFunc(text, func(r rune) bool { return r > 0x300 }) {
			foreign++
		}
	}
	slices.Sort(lengths)
	require.Greater(t, lengths[rows*99/100], 4*lengths[rows/2], "the lengths are skewed")
	require.InDelta(t, 0.2, float64(foreign)/rows, 0.15, "texts beyond the Latin letters")
}
