package csvfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/domain/dataops"
)

// objects reads the member a of a document's objects, from a mark on.
func objects(t require.TestingT, text string, from dataops.Mark) (out []string, marks []dataops.Mark) {
	r, err := csvfile.NewReader(strings.NewReader(text[from.Offset:]), dataops.ReadOptions{
		Reading: dataops.Reading{Format: dataops.JSON, Encoding: dataops.UTF8, Header: true}, Keys: []string{"a"}, From: from,
	})
	require.NoError(t, err)
	for range len(text) + 2 {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, marks
		}
		require.NoError(t, err)
		line := fmt.Sprintf("%d: ", rec.Line)
		if rec.Problem != "" {
			line += rec.Problem
		} else {
			line += string(rec.Fields[0])
		}
		out, marks = append(out, line), append(marks, rec.Next)
	}
	require.Fail(t, "the reading never ends")
	return nil, nil
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", dataops.MaxRecordBytes)
	for text, want := range map[string][]string{
		`[]`: nil, ` [ ] `: nil, ``: nil,
		`[{"a":1},{"a":[{"b":"]}"}]}]`:                    {"1: 1", `1: [{"b":"]}"}]`},
		"[\n  {\n    \"a\": 1\n  },\r\n  {\"a\":2}\n]\n":  {"2: 1", "5: 2"},
		"\xEF\xBB\xBF[{\"a\":1}]":                         {"1: 1"},
		`{"a":1}`:                                         {"1: 1"},
		`{"total":2,"list":[1],"rows":[{"a":"é"}],"z":0}`: {`1: "é"`},
		`[{"a":1}] and more`:                              {"1: 1"},
		`[1, "x", {"a":2}, [3], null]`:                    {"1: is not a JSON object", "1: is not a JSON object", "1: 2", "1: is not a JSON object", "1: is not a JSON object"},
		`[{"a":1},}},{"a":2}]`:                            {"1: 1", "1: this is not valid JSON", "1: this is not valid JSON", "1: 2"},
		"[{\"a\":1},\n{\"a\":\"2},\n{\"a\":3}\n]":         {"1: 1", "2: is not closed before the file ends", "3: 3"},
		"[\n{\"a\":1,\n{\"a\":2},\n{\"a\":3}\n]":          {"2: is not closed before the array ends", "3: 2", "4: 3"},
		"[{\"a\":\"" + long + "\"},\n{\"a\":2}]":          {"1: the record is longer than 4 MB, or a bracket or quote in it is never closed", "2: 2"},
		`[{"a":1,"a":2}]`:                                 {`1: has the key "a" twice`},
		`[{"a":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}]`: {"1: the JSON is nested deeper than 256"},
	} {
		got, _ := objects(t, text, dataops.Mark{})
		assert.Equal(t, want, got, "%.200s", text)
	}
}

func TestADocumentIsReadOnFromEveryMark(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "objects")
		text := rapid.SampledFrom([]string{"[", "[\n", `{"x":"[{","rows": [`, "\xEF\xBB\xBF[ "}).Draw(t, "begin")
		for i := range n {
			object := fmt.Sprintf(`{"a":%d,"b":{"c":"}\""}}`, i)
			text = strings.Join([]string{text, object, rapid.SampledFrom([]string{",", ",\n", " ,\r\n\t", "\n,"}).Draw(t, "between")}, "")
		}
		text += "]"
		all, marks := objects(t, text, dataops.Mark{})
		require.Len(t, all, n)
		for i, m := range marks {
			rest, _ := objects(t, text, m)
			require.Equal(t, append([]string{}, all[i+1:]...), append([]string{}, rest...))
		}
	})
}

// TestBracketsThatAreNeverClosed does not look at the rest of the file for each of them.
func TestBracketsThatAreNeverClosed(t *testing.T) {
	t.Parallel()
	got, _ := objects(t, "["+strings.Repeat("{\"a\":1,\n", 100_000), dataops.Mark{})
	require.Len(t, got, 101)
	require.Contains(t, got[100], "nothing after it can be read")
}
