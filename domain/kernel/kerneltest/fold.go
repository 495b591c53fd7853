// Package kerneltest holds the tables of cases that several packages, and the browser, must pass.
package kerneltest

import (
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed fold.json
var foldJSON []byte

// FoldCases say which texts kernel.Fold brings to one form and which columns' names are the same. The browser folds by the same
// table (ui/src/lib/fold.test.ts), and what the stores of the search find agrees with it.
type FoldCases struct {
	Same          [][]string        `json:"same"`
	Different     [][]string        `json:"different"`
	Order         []string          `json:"order"`
	Folded        map[string]string `json:"folded"`
	SameName      [][]string        `json:"same_name"`
	DifferentName [][]string        `json:"different_name"`
}

// Fold reads the table.
func Fold(t testing.TB) FoldCases {
	t.Helper()
	var c FoldCases
	require.NoError(t, json.Unmarshal(foldJSON, &c))
	return c
}
