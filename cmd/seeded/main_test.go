package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachModuleHasAFaultThatFits: a module without a seeded fault, or a fault whose place is gone, would prove nothing unseen.
func TestEachModuleHasAFaultThatFits(t *testing.T) {
	t.Parallel()
	var faults []fault
	require.NoError(t, json.Unmarshal(list, &faults))
	root := filepath.Join("..", "..")
	in := map[string]bool{}
	for _, f := range faults {
		whole, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.File)))
		require.NoError(t, err, f.Module)
		require.Equal(t, 1, strings.Count(string(whole), f.Old), "%s: %q in %s", f.Module, f.Old, f.File)
		require.NotEqual(t, f.Old, f.New, f.Module)
		in[f.Module] = true
	}
	modules, err := os.ReadDir(filepath.Join(root, "domain"))
	require.NoError(t, err)
	for _, m := range modules {
		if m.IsDir() && m.Name() != "domaintest" {
			require.True(t, in[m.Name()], "domain/%s has no fault in faults.json: add one that its unit tests have to catch", m.Name())
		}
	}
}
