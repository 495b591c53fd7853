package enrichment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
)

func TestABodyIsCutToWholeCharacters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, text string
		limit      int
		cut        bool
	}{
		"short":            {"abc", "abc", 5, false},
		"as long as it is": {"abc", "abc", 3, false},
		"cut":              {"abcd", "abc", 3, true},
		"half a character": {"aé", "a", 2, true},
		"no text":          {"a\xff\x00b", "ab", 10, false},
		"nothing":          {"", "", 0, false},
	} {
		text, cut := enrichment.Printable([]byte(c.body), c.limit)
		require.Equal(t, c.text, text, name)
		require.Equal(t, c.cut, cut, name)
	}
}

func TestExchangesOfACellAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 100
	var list []enrichment.Exchange
	for range 60 {
		list = enrichment.KeepExchanges(append(list, enrichment.Exchange{URL: "u", Body: strings.Repeat("b", limit)}), limit)
	}
	require.Len(t, list, 24)
	bytes := 0
	for i, x := range list {
		bytes += len(x.Body)
		require.Equal(t, i < len(list)-11, x.Body == "", "the last ones keep their bodies")
		require.Equal(t, x.Body == "", x.Cut, "one that has lost its body says so")
	}
	require.LessOrEqual(t, bytes, 12*limit)
}
