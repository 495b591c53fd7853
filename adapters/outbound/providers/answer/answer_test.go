package answer_test

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/ohler55/ojg/jp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/answer"
)

func TestDecodeIsBounded(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"64 levels": {nested(64), nil}, "65 levels": {nested(65), answer.ErrTooDeep}, "65 lists": {strings.Repeat("[", 65), answer.ErrTooDeep},
		"half a million lists": {strings.Repeat("[", 500_000), answer.ErrTooDeep}, "brackets in a text": {`"` + strings.Repeat("[", 1000) + `"`, nil},
		"a quote that is escaped": {`["\"[[[[",1]`, nil}, "values": {"[" + strings.Repeat("0,", 99_000) + "0]", nil}, "too many": {"[" + strings.Repeat("0,", 100_000) + "0]", answer.ErrTooLarge},
		"empty lists": {"[" + strings.Repeat("[],", 60_000) + "0]", answer.ErrTooLarge}, "Latin-1": {"{\"a\":\"M\xfcller\"}", answer.ErrNotUTF8}, "UTF-16": {"\xff\xfe{\x00}\x00", answer.ErrNotUTF8},
		"a mark before it": {"\ufeff{}", nil}, "HTML": {"<html>", answer.ErrNotJSON}, "two values": {"{} {}", answer.ErrNotJSON}, "nothing": {"", answer.ErrNotJSON}, "a half": {`{"a":`, answer.ErrNotJSON},
	} {
		_, err := answer.Decode([]byte(c.body))
		require.ErrorIs(t, err, c.want, name)
	}
}

func TestPathsThatAreRefused(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"": "begins with $", "a": "begins with $", "$..a..b": "at most once", "$..*..*..*..*": "at most once", "$[?(@..a..b)]": "at most once", "$..a[?(@..b)]": "at most once",
		"$[?($.a == 1)]": "only what it tests", "$[?(@.a == $.b)]": "only what it tests", "$[?($..a)]": "only what it tests", "$[?(@.a == 1 && $.x == 2)]": "only what it tests", "$[?(!($.a == 1))]": "only what it tests",
		"$[?(@.a =~ /x+/)]": "regular expression", "$[?match(@.a, 'x')]": "regular expression", "$[?search(@.a, '(a+)+')]": "regular expression", "$[?(@.b == 1 || @.a ~= /x/)]": "regular expression",
		"$[?(@[0,0][0,0])]": "union in a filter", "$[?(@[?(@.a)].b == 1)]": "filter in a filter", "$[?": "not a JSONPath", "$" + strings.Repeat(".a", 100): "parts", "$" + strings.Repeat(".a", 200): "at most 300",
	} {
		_, err := answer.ParsePath(path)
		require.ErrorContains(t, err, says, path)
	}
}

func texts(t *testing.T, values []any) []string {
	t.Helper()
	var out []string
	for _, v := range values {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		out = append(out, string(b))
	}
	return out
}

func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	v, err := answer.Decode([]byte(`[{"n":9007199254740993},{"n":1.10},{"n":1e400},{"n":-0},{"n":1e2}]`))
	require.NoError(t, err)
	for path, want := range map[string][]any{
		"$[*].n":                          {json.Number("9007199254740993"), json.Number("1.10"), json.Number("1e400"), json.Number("-0"), json.Number("1e2")},
		"$[?(@.n == 1.1)].n":              {json.Number("1.10")},
		"$[?(@.n > 1000000)].n":           {json.Number("9007199254740993")},
		"$[?(@.n == 9007199254740992)].n": nil,
		"$..[?(@.n == 100)].n":            {json.Number("1e2")},
	} {
		p, err := answer.ParsePath(path)
		require.NoError(t, err, path)
		got, err := answer.Of(v).Get(t.Context(), p, 100)
		require.NoError(t, err, path)
		require.Equal(t, want, got, path)
	}
	for text, want := range map[string]error{"1e308": nil, "-1e-400": answer.ErrNumber, "1e400": answer.ErrNumber, "[[1e309]]": answer.ErrNumber, `{"a":-1e400}`: answer.ErrNumber, "1" + strings.Repeat("0", 1000): answer.ErrNumber} {
		v, err := answer.Decode([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, answer.CheckNumbers(v), text)
	}
}

func TestPathsFindWhatTheLibraryFinds(t *testing.T) {
	t.Parallel()
	const doc = `{"store":{"book":[{"title":"A","price":8,"tags":["x","y"]},{"title":"B","price":12},{"title":"C","price":8.5,"isbn":"1"}],"bicycle":{"price":20,"colour":"red"}},"n":null,"e":[],"k v":[[1,2],[3]]}`
	v, err := answer.Decode([]byte(doc))
	require.NoError(t, err)
	var floats any // the library compares no json.Number
	require.NoError(t, json.Unmarshal([]byte(doc), &floats))
	for _, path := range []string{
		"$", "$.store.book[0].title", "$.store.book[-1].title", "$.store.book[*].title", "$..price", "$.store..price", "$.store.book[0:2].title", "$.store.book[::2].title", "$.store.book[?(@.price < 10)].title", "$.store.book[?(@.isbn)].title",
		"$['k v'][*][0]", "$['store']['bicycle']", "$.store.book[0,2].title", "$.missing.a", "$.n", "$.e[*]", "$.store.book[?(@.tags[*] == 'x')].title", "$..book[0].title", "$.store.book[?(@.price > 8 && @.title != 'B')].title", "$.store.bicycle['price','colour']",
	} {
		p, err := answer.ParsePath(path)
		require.NoError(t, err, path)
		got, err := answer.Of(v).Get(t.Context(), p, 100)
		require.NoError(t, err, path)
		require.ElementsMatch(t, texts(t, jp.MustParseString(path).Get(floats)), texts(t, got), path)
	}
}

// bombs are answers and paths that cost by far more than their size.
func bombs() map[string][2]string {
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	wide := "[" + strings.Repeat("[1,2,3],", 20_000) + "0]"
	text := `{"a":"` + strings.Repeat("x", 900_000) + `"}`
	return map[string][2]string{
		"descent over depth":               {deep, "$..a"},
		"stars after a descent":            {"[" + strings.Repeat(deep+",", 300) + "0]", "$..*.*.*.*.*.*.*"},
		"unions that double":               {strings.Repeat("[", 60) + strings.Repeat("]", 60), "$" + strings.Repeat("[0,0]", 38)},
		"unions after a descent":           {wide, "$..[0,0,0,0,0][0,0,0,0,0]"},
		"a filter that looks at all":       {wide, "$..[?(@[*])]"},
		"a filter with a descent":          {"[" + strings.Repeat(deep+",", 300) + "0]", "$.*.*[?(@..a)]"},
		"a filter with many stars":         {wide, "$[?(@[*][*][*][*][*][*][*][*] == 1)]"},
		"a filter on each level":           {"[" + strings.Repeat(deep+",", 300) + "0]", "$..[?(@.a)]"},
		"filters one after another":        {wide, "$[?(@[0])][?(@)][?(@)]"},
		"a slice with each step":           {wide, "$[0:1000000:1][::-1][::1]"},
		"a slice with the largest step":    {wide, "$[0:2147483646:2147483646]"},
		"a slice with the least step":      {wide, "$[::-2147483648]"},
		"a long text":                      {text, "$[?(@ + @ + @ + @ != 'x')]"},
		"everything of a wide answer":      {wide, "$..*"},
		"lengths of everything":            {wide, "$..[?length(@) > 0]"},
		"an object with very many members": {"{" + strings.Repeat(`"k":[1],`, 40_000) + `"z":1}`, "$..*"},
	}
}

func TestPathsAreBounded(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	for name, b := range bombs() {
		v, err := answer.Decode([]byte(b[0]))
		require.NoError(t, err, name)
		p, err := answer.ParsePath(b[1])
		require.NoError(t, err, name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = answer.Of(v).Get(t.Context(), p, 1_000_000)
		runtime.ReadMemStats(&after)
		if err != nil {
			require.ErrorIs(t, err, answer.ErrVisits, name)
		}
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), name)
	}
}

func TestAWalkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	v, err := answer.Decode([]byte("[" + strings.Repeat("[1],", 20_000) + "0]"))
	require.NoError(t, err)
	p, err := answer.ParsePath("$..*")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = answer.Of(v).Get(ctx, p, 1_000_000)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhatIsFoundIsCutWhileItIsCollected(t *testing.T) {
	t.Parallel()
	v, err := answer.Decode([]byte("[" + strings.Repeat("1,", 90_000) + "0]"))
	require.NoError(t, err)
	p, err := answer.ParsePath("$[*]")
	require.NoError(t, err)
	a := answer.Of(v)
	got, err := a.Get(t.Context(), p, 200)
	require.NoError(t, err)
	require.Len(t, got, 200)
	for range 400 { // what was not looked at was not paid for
		if _, err = a.Get(t.Context(), p, 200); err != nil {
			break
		}
	}
	require.NoError(t, err)
	everything, err := answer.ParsePath("$..[?(@ == 5)]")
	require.NoError(t, err)
	_, err = a.Get(t.Context(), everything, 200)
	require.ErrorIs(t, err, answer.ErrVisits, "paths of one answer are counted together")
}
