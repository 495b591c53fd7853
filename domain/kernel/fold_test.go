package kernel_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/kerneltest"
)

func TestFold(t *testing.T) {
	t.Parallel()
	cases := kerneltest.Fold(t)
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
	for text, folded := range cases.Folded {
		require.Equal(t, folded, kernel.Fold(text), "%q", text)
	}
}

func TestNamesOfColumnsDifferInMoreThanCase(t *testing.T) {
	t.Parallel()
	cases := kerneltest.Fold(t)
	same := func(a, b string) bool {
		require.Equal(t, strings.EqualFold(a, b), kernel.NameKey(a) == kernel.NameKey(b), "%q and %q", a, b)
		return strings.EqualFold(a, b)
	}
	for _, names := range cases.SameName {
		for _, name := range names {
			require.True(t, same(names[0], name), "%q and %q are one name", names[0], name)
		}
	}
	for _, names := range cases.DifferentName {
		for i, a := range names {
			for _, b := range names[i+1:] {
				require.False(t, same(a, b), "%q and %q are two names", a, b)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Rune().Draw(t, "a"), rapid.Rune().Draw(t, "b")
		for _, r := range []rune{b, unicode.SimpleFold(a), unicode.ToUpper(a), unicode.ToLower(a)} {
			require.Equal(t, strings.EqualFold(string(a), string(r)), kernel.NameKey(string(a)) == kernel.NameKey(string(r)), "%q and %q", a, r)
		}
	})
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
