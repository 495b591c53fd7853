package kernel_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
)

func TestAScannedChunkIsTheDecodedOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 4).Draw(t, "rows")
		c := kernel.Chunk{Rows: []kernel.RowID{}, Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for range rows {
			c.Rows = append(c.Rows, kernel.RowID(rapid.StringMatching(`row_[A-Z0-9]{4}`).Draw(t, "row")))
		}
		for range rapid.IntRange(0, 3).Draw(t, "columns") {
			values := []json.RawMessage{}
			for range rows {
				b, err := json.Marshal(rapid.OneOf(
					rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") }),
					rapid.Custom(func(t *rapid.T) any {
						return rapid.SampledFrom([]any{nil, true, -1.5, `\`, `\"`, `"\\`, map[string]any{"a]": []any{"}", 1}}, []any{}}).Draw(t, "value")
					}),
				).Draw(t, "cell"))
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, b)
			}
			c.Cols[kernel.ColumnID(rapid.StringMatching(`col_[A-Z0-9]{4}`).Draw(t, "column"))] = values
		}
		body, err := json.MarshalIndent(map[string]any{"x": 1, "rows": c.Rows, "cols": c.Cols}, "", rapid.SampledFrom([]string{"", " "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		s := kernel.ScanJSON(body)
		have := s.Chunk()
		if s.Fail {
			t.Fatalf("failed on %s", body)
		}
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(have)
		if err != nil || string(again) != string(want) {
			t.Fatalf("have %s, want %s (%v)", again, want, err)
		}
	})
}

func TestAWrittenChunkIsTheEncodedOne(t *testing.T) {
	t.Parallel()
	c := kernel.Chunk{Rows: []kernel.RowID{"row_1", "row_2"}, Cols: map[kernel.ColumnID][]json.RawMessage{
		"col_b": {json.RawMessage(`"<ü\n>"`), nil}, "col_a": {json.RawMessage(`-1.50`), json.RawMessage(`{"x":[1]}`)},
	}}
	var have kernel.JSONText
	have.Chunk(c)
	require.False(t, have.Fail)
	require.Equal(t, `{"rows":["row_1","row_2"],"cols":{"col_a":[-1.50,{"x":[1]}],"col_b":["<ü\n>",null]}}`, string(have.B)) //nolint:testifylint // byte for byte: -1.50 must not become -1.5
	for _, odd := range []kernel.Chunk{{}, {Rows: []kernel.RowID{`"`}, Cols: c.Cols}, {Rows: c.Rows, Cols: map[kernel.ColumnID][]json.RawMessage{"a": nil}}} {
		var text kernel.JSONText
		text.Chunk(odd)
		require.True(t, text.Fail, "%+v", odd)
	}
}

func TestAScanOfWhatIsNotJSONFails(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"rows"`, `{"rows":["a`, `{"rows":[1]}`, `{"rows":["\u0041"]}`, `{"cols":{"a":[}}`, `{"cols":{"a":["x]}}`, `[`, `{"a" 1}`, `{"x":[[}`} {
		s := kernel.ScanJSON([]byte(text))
		s.Chunk()
		require.True(t, s.Fail, text)
	}
}
