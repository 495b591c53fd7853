package webhook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/webhook"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	const edited = "table.cells_edited.v1"
	for pattern, want := range map[string]bool{
		"*": true, "table.*": true, "table.cells_edited": true, edited: true, "*.cells_*": true, "*edited": true, "t*b*e*.*": true,
		"table": false, "table.cells": false, "run.*": false, "table.cells_edited.v2": false, "*.deleted": false, "table.*.v2": false, "*x*": false,
		"table.cells_edited*table": false, "**": true, "table.cells_edited.v1*v1": false,
	} {
		require.Equal(t, want, webhook.Filter{pattern}.Chooses(edited), pattern)
	}
	require.True(t, webhook.Filter(nil).Chooses(edited), "no pattern chooses everything")
	require.True(t, webhook.Filter{"run.*", "table.*"}.Chooses(edited))
}

func TestWhatIsNoPatternIsRefused(t *testing.T) {
	t.Parallel()
	require.NoError(t, webhook.Filter{"table.*", "*", "run.finished.v1"}.Validate())
	for _, bad := range []string{"", "Table.*", "table.[a]", "a b", "table.*\n", strings.Repeat("a", 101), "tablé.*"} {
		require.Error(t, webhook.Filter{bad}.Validate(), "%q", bad)
	}
	require.Error(t, webhook.Filter(make([]string, 51)).Validate())
}
