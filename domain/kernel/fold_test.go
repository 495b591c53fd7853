package kernel_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
)

func TestFold(t *testing.T) {
	t.Parallel()
	var cases struct {
		Same, Different [][]string
		Order           []string
	}
	body, err := os.ReadFile("testdata/fold.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &cases))
	for _, texts := range cases.Same {
		for _, s := range texts {
			require.Equal(t, kernel.Fold(texts[0]), kernel.Fold(s), "%q and %q are the same", texts[0], s)
		}
	}
	for _, texts := range cases.Different {
		for i, a := range texts {
			for _, b := range texts[i+1:] {
				require.NotEqual(t, kernel.Fold(a), kernel.Fold(b), "%q and %q are not the same", a, b)
			}
		}
	}
	sorted := slices.Clone(cases.Order)
	slices.Reverse(sorted)
	slices.SortStableFunc(sorted, func(a, b string) int { return strings.Compare(kernel.Fold(a), kernel.Fold(b)) })
	require.Equal(t, cases.Order, sorted)
}

func TestFoldOnceIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		once := kernel.Fold(s)
		require.Equal(t, once, kernel.Fold(once))
		require.Equal(t, s == "", once == "")
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{"ascii": "Acme International Holdings", "accents": "Société Générale à Étoile"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				kernel.Fold(s)
			}
		})
	}
}
