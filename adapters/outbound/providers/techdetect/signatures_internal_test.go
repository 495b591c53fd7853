package techdetect

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignaturesAreMany(t *testing.T) {
	t.Parallel()
	products, err := parseSignatures(signatureText)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(products), 150)
	categories := map[string]bool{}
	for _, p := range products {
		require.NotEmpty(t, p.marks, p.name)
		categories[p.category] = true
	}
	for category := range own() {
		require.True(t, categories[category], category)
	}
}

func TestFaultySignaturesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"A | b", "A | b | nowhere:x.y", "A | b | asset:ab", "A | b | asset:", "A | b | header:", "A | b | meta:abc\nA | b | meta:abc"} {
		_, err := parseSignatures(text)
		require.Error(t, err, text)
	}
}

// Each product is found by each of its marks, and a mark finds no more than a few products: it would tell nothing.
func TestEachMarkTellsItsProduct(t *testing.T) {
	t.Parallel()
	products, err := parseSignatures(signatureText)
	require.NoError(t, err)
	p := &Provider{products: products}
	for _, candidate := range products {
		for _, m := range candidate.marks {
			seen := sights{}
			if m.place == inHeader {
				seen["header "+m.name] = []string{m.text}
			} else {
				seen.add(m.place, m.text)
			}
			var names []string
			for _, f := range p.detect(seen) {
				names = append(names, f.name)
			}
			require.Contains(t, names, candidate.name, "%+v", m)
			require.LessOrEqual(t, len(names), 2, "%+v finds %v", m, names)
		}
	}
}
