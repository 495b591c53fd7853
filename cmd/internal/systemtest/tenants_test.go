package systemtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shared are names in paths that belong to no workspace, or are all the right that is needed, as a signed link is.
func shared(name string) bool {
	return name == "slug" || name == "token" || name == "link" || name == "address" || name == "seq" ||
		name == "group" // a number within a scan
}

func TestNobodyReachesAnotherTenant(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	doc, ops := describe(t, s)
	owner, stranger := signUp(t, s), signUp(t, s)
	theirs, ours := everyResource(t, s, owner), everyResource(t, s, stranger)
	robot := &client{t: t, base: s.url, token: robotKey(stranger)}
	before := belongings(owner, ops, theirs)
	require.Greater(t, len(before), 15)

	var wrong []string
	tried := 0
	for _, op := range ops {
		for _, name := range op.pathParams() {
			require.Contains(t, theirs, name, "%s %s: everyResource must make one of the new kind", op.method, op.path)
			if shared(name) {
				continue
			}
			mixed := maps.Clone(ours) // one foreign id among the caller's own
			mixed[name] = theirs[name]
			branch := maps.Clone(mixed) // which may stand in the place of its table
			branch["tableId"] = theirs["branchId"]
			for _, ids := range []map[string]string{mixed, theirs, branch} {
				for who, c := range map[string]*client{"a user": stranger, "an API key": robot} {
					tried++
					if complaint := intrude(t, c, doc, op, ids, name); complaint != "" {
						wrong = append(wrong, fmt.Sprintf("%s %s as %s with a foreign %s: %s", op.method, op.path, who, name, complaint))
					}
				}
			}
		}
	}
	t.Logf("%d attempts on %d operations", tried, len(ops))
	slices.Sort(wrong)
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
	require.Equal(t, before, belongings(owner, ops, theirs), "something of the owner's has changed")
}

// intrude tries the operation and says what is wrong with the answer. What isn't the caller's does not exist for him; 401 and
// 403 tell nothing either.
func intrude(t *testing.T, c *client, doc document, op *operation, ids map[string]string, foreign string) string {
	t.Helper()
	var body any
	if s := op.body(); s != nil {
		body = mustJSON(t, doc.sample(s, "", ids, 0))
	}
	r, err := c.try(t.Context(), op.method, op.fill(ids), body)
	if err != nil {
		return err.Error()
	}
	switch r.Status {
	case http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized:
		if strings.Contains(string(r.Raw), "private") {
			return fmt.Sprintf("the refusal leaks: %.300s", r.Raw)
		}
		return ""
	case http.StatusOK: // as empty as for an id that nobody has
		nobodys := maps.Clone(ids)
		nobodys[foreign] = ids[foreign][:len(ids[foreign])-6] + "000000"
		other, err := c.try(t.Context(), op.method, op.fill(nobodys), body)
		if err == nil && op.method == http.MethodGet && other.Status == r.Status && string(other.Data) == string(r.Data) && r.Data != nil {
			return ""
		}
	case http.StatusConflict: // what begins like a branch's id is refused by that, before anything was looked up
		if strings.HasPrefix(ids["tableId"], "brn_") && r.Error != nil && r.Error.Code == "NOT_ON_BRANCH" {
			return ""
		}
	case http.StatusUnprocessableEntity, http.StatusBadRequest: // refused before anything was looked up
		if op.method != http.MethodGet && op.method != http.MethodDelete {
			return ""
		}
	}
	return fmt.Sprintf("%d %.300s", r.Status, r.Raw)
}

// robotKey makes an API key with every right in the client's workspace.
func robotKey(c *client) string {
	c.t.Helper()
	key := in[struct {
		Key string `json:"key"`
	}](c, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "intruder", "role": "admin"}).Key
	require.NotEmpty(c.t, key)
	return key
}

// thisHour ends the ranges that are asked for more than once.
var thisHour = time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339) //nolint:gochecknoglobals // the same for all that is compared

// belongings is what an owner sees of the workspace.
func belongings(c *client, ops []*operation, ids map[string]string) map[string]string {
	c.t.Helper()
	seen := map[string]string{}
	for _, op := range ops {
		if op.method != http.MethodGet || !strings.Contains(op.path, "{workspaceId}") || op.ID == "stream-table" {
			continue
		}
		if strings.Contains(op.path, "enrichment-jobs") || strings.Contains(op.path, "webhooks") || op.ID == "list-changes" || op.ID == "get-search-index" { // these go on by themselves
			continue
		}
		if strings.Contains(op.path, "/team/audit") { // who looks is in it
			continue
		}
		if strings.Contains(op.path, "{seq}") { // there are no payments
			continue
		}
		if strings.Contains(op.path, "/proof") || strings.HasSuffix(op.path, "{erasureId}/export") { // these say when they were made
			continue
		}
		path := op.fill(ids)
		if strings.Contains(path, "/analytics/") { // without a range it ends with the quarter of an hour that passes meanwhile
			path += "?from=2026-01-01T00:00:00Z&to=" + thisHour
		}
		r := c.call(http.StatusOK, op.method, path, nil)
		seen[op.path] = string(r.Data)
		if r.Data == nil {
			seen[op.path] = string(r.Raw)
		}
	}
	return seen
}
