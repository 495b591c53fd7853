package auditview_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections/auditview"
)

// A sentence about a thing can name it only if some event tells the name of the thing with the same id.
func TestWhatASentenceNamesHasAName(t *testing.T) {
	t.Parallel()
	named, parts := map[[2]string]bool{}, map[string]bool{}
	for _, r := range auditview.Rules() {
		if r.Name != "" {
			named[[2]string{r.Thing, r.ID}] = true
		}
		if r.Part.Name != "" {
			parts[r.Part.Kind] = true
		}
	}
	named[[2]string{"table", "table_id"}] = true // the id of the table's stream
	for typ, r := range auditview.Rules() {
		if strings.Contains(r.Says+r.Privately, "{it}") {
			require.True(t, named[[2]string{r.Thing, r.ID}], "%s says {it}; nothing tells the name of a %s by %q", typ, r.Thing, r.ID)
		}
		if strings.Contains(r.Says, "{part}") {
			require.True(t, parts[r.Part.Kind], "%s says {part}; nothing tells the name of a %s", typ, r.Part.Kind)
		}
		for _, shown := range slices.Concat(r.After, r.Before) {
			require.NotContains(t, []string{"column_id", "view_id", "credential_id"}, shown, "%s shows an id that has a name", typ)
		}
	}
}

func TestWhatHasNoNameIsSaidWithoutOne(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		"search: deleted the search {it}":                   "deleted a search",
		"api_key: revoked the API key {it}":                 "revoked an API key",
		"import: imported {it}":                             "imported a file",
		"import: did the import {it} again":                 "did an import again",
		"table: added {n} rows to {it}":                     "added {n} rows to a table",
		"invitation: closed the invitation {it} of {it}":    "closed an invitation of an invitation",
		"webhook: replaced the secret of the webhook {it}!": "replaced the secret of a webhook!",
	} {
		kind, text, _ := strings.Cut(says, ": ")
		require.Equal(t, want, auditview.Unnamed(text, kind))
	}
}
