package searchapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/searchapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

func TestSearchAnswersHitsFacetsAndACursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := w.workspace()
	c := w.join(ws, "ada", kernel.RoleViewer)
	id, rows := w.table(ws, "Firms", "Acme Ltd", "Acme Inc", "Globex")
	var hits []searchview.Hit
	a := c.call(http.MethodPost, "/search", m{"q": "acme", "limit": 1, "facets": true, "sort": "name"}).ok(&hits)
	require.Equal(t, int64(2), *a.body.Meta.Total)
	require.Equal(t, rows[1], hits[0].RowID)
	require.Equal(t, "Firms", hits[0].TableName)
	require.Equal(t, "<mark>Acme</mark> Inc", hits[0].NameHTML)
	require.Equal(t, string(id), a.body.Meta.Facets["table"][0].Value)
	require.Equal(t, "Firms", a.body.Meta.Facets["table"][0].Label)
	require.NotEmpty(t, a.body.Meta.NextCursor)
	a = c.call(http.MethodPost, "/search", m{"q": "acme", "limit": 1, "sort": "name", "search_after": a.body.Meta.NextCursor}).ok(&hits)
	require.Equal(t, rows[0], hits[0].RowID)
	require.Empty(t, a.body.Meta.NextCursor)
	require.Nil(t, a.body.Meta.Facets)
	require.Equal(t, rows[2:], c.find(m{"q": "globx"}))
	require.Empty(t, c.find(m{"q": "globx", "fuzziness": "0"}))
	require.Len(t, c.find(m{}), 3)
	require.Len(t, c.find(m{"filters": m{"updated": m{"from": "2020-01-01T00:00:00Z"}}}), 3)

	var values []searchview.Suggestion
	c.call(http.MethodGet, "/search/suggest?q=ac", nil).ok(&values)
	require.Equal(t, []searchview.Suggestion{{Value: "Acme Inc", Count: 1}, {Value: "Acme Ltd", Count: 1}}, values)
	for _, q := range []string{"", "a", strings.Repeat("a", 101)} {
		c.call(http.MethodGet, "/search/suggest?q="+q, nil).fails(http.StatusUnprocessableEntity)
	}
}

func TestNoSearchOpensWhatTheCallerMayNotSee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := w.workspace(), w.workspace()
	open, rows := w.table(ours, "Open", "private thing")
	hidden, _ := w.table(ours, "Hidden", "private matter")
	w.table(theirs, "Theirs", "private affair")
	stranger := w.join(theirs, "stranger", kernel.RoleOwner)
	stranger.ws = ours
	stranger.call(http.MethodPost, "/search", m{"q": "private"}).fails(http.StatusNotFound)
	w.join(ours, "billing", kernel.RoleBillingAdmin).call(http.MethodPost, "/search", m{"q": "private"}).fails(http.StatusForbidden)

	key := w.key(ours, "key", open)
	require.Equal(t, rows, key.find(m{"q": "private"}))
	key.call(http.MethodPost, "/search", m{"q": "private", "filters": m{"tables": []string{string(hidden)}}}).fails(http.StatusNotFound)
	a := key.call(http.MethodPost, "/search", m{"facets": true}).ok(nil)
	require.Len(t, a.body.Meta.Facets["table"], 1)
	require.Equal(t, int64(1), *a.body.Meta.Total)
	var values []searchview.Suggestion
	key.call(http.MethodGet, "/search/suggest?q=private", nil).ok(&values)
	require.Equal(t, []searchview.Suggestion{{Value: "private thing", Count: 1}}, values)
}

func TestHostileSearchesAreRefusedOrFindNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := w.workspace()
	c := w.join(ws, "eve", kernel.RoleMember)
	w.table(ws, "T", "something")
	for _, body := range []string{
		`{"q":"a\u0000b"}`, `{"q":"\ud800"}`, `{"q":5}`, `{"q":null,"limit":-1}`, `{"limit":101}`, `{"offset":10000}`, `{"offset":-1}`, `{"search_after":"x"}`, `{"sort":"nothing"}`, `{"fuzziness":"3"}`,
		`{"q":"` + strings.Repeat("x", 10_000) + `"}`, `{"filters":{"updated":{"from":"yesterday"}}}`, `{"filters":{"updated":{"from":"2026-02-02T00:00:00Z","to":"2026-02-01T00:00:00Z"}}}`, `{"unknown":1}`, `[]`, `{`, `nonsense`,
		`{"filters":{"tables":["` + strings.Repeat(`x","`, 100) + `y"]}}`,
	} {
		a := c.call(http.MethodPost, "/search", body)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, a.status, "%.100s: %s", body, a.raw)
	}
	for _, q := range []string{"", `"`, "***", "NOT", "((((", "name:", `\`, "%", "?"} {
		c.call(http.MethodPost, "/search", m{"q": q}).ok(nil)
	}
	for _, q := range []string{"%00%01", "\xff\xfe", "a\x00b"} {
		c.call(http.MethodGet, "/search/suggest?q="+url.QueryEscape(q), nil)
	}
	c.call(http.MethodGet, "/search/suggest?q="+url.QueryEscape(`%_'"`), nil).ok(nil)
}

func TestSavedSearchesReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := w.workspace()
	ada, bob := w.join(ws, "ada", kernel.RoleMember), w.join(ws, "bob", kernel.RoleViewer)
	_, rows := w.table(ws, "Firms", "Acme Ltd")
	var saved searchapi.SavedSearch
	ada.call(http.MethodPost, "/search/saved", m{"name": "Acmes", "query": m{"q": "acme", "sort": "name"}}).ok(&saved)
	require.Equal(t, "acme", saved.Query.Q)
	path := "/search/saved/" + string(saved.ID)

	var hits []searchview.Hit
	ada.call(http.MethodPost, path+"/run", m{"limit": 5}).ok(&hits)
	require.Len(t, hits, 1)
	_, more := w.table(ws, "More", "Acme Inc")
	ada.call(http.MethodPost, path+"/run", m{}).ok(&hits)
	require.Equal(t, []kernel.RowID{more[0], rows[0]}, []kernel.RowID{hits[0].RowID, hits[1].RowID}, "it is carried out again, not remembered")

	bob.call(http.MethodPost, path+"/run", m{}).fails(http.StatusNotFound)
	ada.call(http.MethodPut, path, m{"name": "All acmes", "query": m{"q": "acme"}, "shared": true}).ok(nil)
	bob.call(http.MethodPost, path+"/run", m{}).ok(nil)
	var list []searchapi.SavedSearch
	bob.call(http.MethodGet, "/search/saved", nil).ok(&list)
	require.Len(t, list, 1)
	require.Equal(t, "All acmes", list[0].Name)
	require.False(t, list[0].Mine)
	bob.call(http.MethodDelete, path, nil).fails(http.StatusForbidden)
	ada.call(http.MethodPost, "/search/saved", m{"name": "", "query": m{}}).fails(http.StatusUnprocessableEntity)
	ada.call(http.MethodPost, "/search/saved", m{"name": "x", "query": m{"sort": "odd"}}).fails(http.StatusUnprocessableEntity)
	ada.call(http.MethodDelete, path, nil).ok(nil)
	ada.call(http.MethodPost, path+"/run", m{}).fails(http.StatusNotFound)
	ada.call(http.MethodDelete, path, nil).fails(http.StatusNotFound)
}

func TestAReindexIsAskedForAndItsOutcomeShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := w.workspace()
	owner := w.join(ws, "owner", kernel.RoleOwner)
	w.join(ws, "member", kernel.RoleMember).call(http.MethodPost, "/search/reindex", nil).fails(http.StatusForbidden)
	status := func() searchapi.Status {
		var s searchapi.Status
		owner.call(http.MethodGet, "/search/reindex", nil).ok(&s)
		return s
	}
	require.Nil(t, status().Last)
	for outcome, want := range map[error]string{nil: "completed", errBroken: "failed"} {
		a := owner.call(http.MethodPost, "/search/reindex", nil)
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.raw)
		require.Equal(t, "running", status().Last.State)
		owner.call(http.MethodPost, "/search/reindex", nil).fails(http.StatusConflict)
		w.index.outcome <- outcome
		require.Eventually(t, func() bool { return status().Last.State == want }, 10*time.Second, 5*time.Millisecond)
		require.NotNil(t, status().Last.FinishedAt)
		require.NotContains(t, status().Last.Error, "secret of the inside")
	}
}
