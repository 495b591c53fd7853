package systemtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What keys and webhooks are limited to must be tables of the workspace, when they are made and when they are changed; else a slip of
// the pen would make a key that sees nothing, or a webhook that never fires.
func TestKeysAndWebhooksNameTablesThatExist(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c, stranger := signUp(t, s), signUp(t, s)
	made := func(c *client) tableInfo {
		return in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Named", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	}
	table, gone, foreign := made(c), made(c), made(stranger)
	c.call(http.StatusOK, http.MethodDelete, c.ws+"/tables/"+gone.ID, nil)
	hook := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/webhooks", map[string]any{"url": "https://named.invalid", "tables": []string{table.ID}}).ID
	before := c.call(http.StatusOK, http.MethodGet, c.ws+"/webhooks/"+hook, nil).Data
	keys := c.call(http.StatusOK, http.MethodGet, c.ws+"/api-keys", nil).Data

	for what, id := range map[string]string{
		"another workspace's": foreign.ID, "in the trash": gone.ID, "of no table": "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV", "a column's": table.column("Name"), "no id": "x", "nothing": "", "blank": " ",
		"in lower case": strings.ToLower(table.ID), "too long": table.ID + strings.Repeat("X", 10_000), "a pattern": "tbl_%", "a word of SQL": "' OR 1=1 --",
	} {
		tables := []string{table.ID, id}
		for _, try := range []struct {
			method, path string
			body         map[string]any
		}{
			{http.MethodPost, "/api-keys", map[string]any{"name": "k", "role": "member", "tables": tables}},
			{http.MethodPost, "/webhooks", map[string]any{"url": "https://named.invalid", "tables": tables}},
			{http.MethodPatch, "/webhooks/" + hook, map[string]any{"tables": tables}},
		} {
			r := c.call(http.StatusUnprocessableEntity, try.method, c.ws+try.path, try.body)
			require.Equal(t, "tables", field(t, r), "%s %s: a table %s: %s", try.method, try.path, what, r.Raw)
			require.Less(t, len(r.Raw), 1000, what)
		}
	}
	require.JSONEq(t, string(before), string(c.call(http.StatusOK, http.MethodGet, c.ws+"/webhooks/"+hook, nil).Data))
	require.JSONEq(t, string(keys), string(c.call(http.StatusOK, http.MethodGet, c.ws+"/api-keys", nil).Data))

	c.call(http.StatusOK, http.MethodDelete, c.ws+"/tables/"+table.ID, nil)
	c.call(http.StatusOK, http.MethodPatch, c.ws+"/webhooks/"+hook, map[string]any{"description": "its table was thrown away since", "tables": []string{table.ID}})
}

// field is the first field that a refusal names.
func field(t *testing.T, r reply) string {
	t.Helper()
	var refusal struct {
		Error struct {
			Details []struct {
				Field string `json:"field"`
			} `json:"details"`
		} `json:"error"`
	}
	require.NoError(t, json.Unmarshal(r.Raw, &refusal))
	require.NotEmpty(t, refusal.Error.Details, "%s", r.Raw)
	return refusal.Error.Details[0].Field
}

// That nothing was paid for a cell, or that it never changed, is said only of one that there is.
func TestAnUnknownCellHasNoProofAndNoHistory(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	c, stranger := signUp(t, s), signUp(t, s)
	ours, other, theirs := furnish(t, s, c, "ours"), furnish(t, s, c, "other"), furnish(t, s, stranger, "theirs")
	stranger.at = c.at
	const row, col = "row_01ARZ3NDEKTSV4RRFFQ69G5FAV", "col_01ARZ3NDEKTSV4RRFFQ69G5FAV"
	for at, end := range map[string]string{"/credits/proof/": "", "/tables/" + ours["tableId"] + "/cells/": "/history"} {
		c.call(http.StatusOK, http.MethodGet, c.ws+at+ours["rowId"]+"/"+ours["columnId"]+end, nil)
		for what, cell := range map[string][2]string{
			"no row": {row, ours["columnId"]}, "no column": {ours["rowId"], col}, "neither": {row, col}, "a row of one table and a column of another": {ours["rowId"], other["columnId"]},
			"another workspace's": {theirs["rowId"], theirs["columnId"]}, "no ids": {"x", "y"}, "ids the other way round": {ours["columnId"], ours["rowId"]},
		} {
			r, err := c.try(t.Context(), http.MethodGet, c.ws+at+cell[0]+"/"+cell[1]+end, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusNotFound, r.Status, "%s: %s", at+what, r.Raw)
		}
	}
}
