package dataopsapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/dataopsapi"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func (r reply) export(t *testing.T) dataopsapi.Export {
	t.Helper()
	require.Less(t, r.status, 300, "%s", r.body)
	var e dataopsapi.Export
	require.NoError(t, json.Unmarshal(r.Data, &e))
	return e
}

// fetch opens a link without signing in.
func (w *world) fetch(link string) (status int, header http.Header, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+link, nil)
	require.NoError(w.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return res.StatusCode, res.Header, string(b)
}

func TestAFileIsMadeInTheBackgroundAndFetchedByItsLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("a.csv", "Name,N\na,3\nb,1\nc,2\n", `{"new_table":{"name":"T"}}`)
	path := string(wsA) + "/tables/" + string(imp.TableID) + "/exports"
	begun := w.call("anna", http.MethodPost, path, `{"format":"json","sort":"N:desc","fields":"Name"}`, "Morket-Min-Position", w.head()).export(t)
	require.Equal(t, dataops.ExportRunning, begun.State)
	require.Equal(t, "T.json", begun.Filename)
	require.EqualValues(t, 3, begun.TableRows)
	require.Empty(t, begun.URL)

	require.NoError(t, w.exports.Run(t.Context(), wsA, begun.ID, func(int64) {}))
	require.NoError(t, w.exports.Run(t.Context(), wsA, begun.ID, func(int64) {}), "doing it again does nothing")
	base := string(wsA) + "/exports"
	done := w.call("anna", http.MethodGet, base+"/"+string(begun.ID), nil).export(t)
	require.Equal(t, dataops.ExportReady, done.State)
	require.EqualValues(t, 3, done.Rows)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), *done.ExpiresAt, time.Minute)
	status, header, body := w.fetch(done.URL)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=T.json", header.Get("Content-Disposition"))
	require.Equal(t, strconv.Itoa(len(body)), header.Get("Content-Length"))
	require.JSONEq(t, `[{"Name":"a"},{"Name":"c"},{"Name":"b"}]`, body)

	for name, link := range map[string]string{
		"changed":  strings.Replace(done.URL, string(wsA), string(wsB), 1),
		"unsigned": done.URL[:strings.LastIndexByte(done.URL, '.')+1],
		"cut":      done.URL[:len(done.URL)-1],
		"expired":  "/api/v1/exported-files/" + w.links.Download(wsA, done.ID, time.Now().Add(-time.Second)),
		"nonsense": "/api/v1/exported-files/...",
		"another":  "/api/v1/exported-files/" + w.links.Download(wsB, done.ID, time.Now().Add(time.Hour)),
	} {
		status, _, _ := w.fetch(link)
		require.Equal(t, http.StatusNotFound, status, name)
	}
	require.Equal(t, http.StatusNotFound, w.call("bob", http.MethodGet, string(wsB)+"/exports/"+string(done.ID), nil).status)
	require.Equal(t, http.StatusNotFound, w.call("bob", http.MethodPost, path, `{}`).status)

	w.people.gone.Store(kernel.UserID("anna"), true) // who asked for it may no longer
	status, _, _ = w.fetch(done.URL)
	require.Equal(t, http.StatusNotFound, status)
	w.people.gone.Delete(kernel.UserID("anna"))
	w.call("anna", http.MethodPost, base+"/"+string(done.ID)+"/cancel", nil).export(t)
	status, _, _ = w.fetch(done.URL)
	require.Equal(t, http.StatusNotFound, status)
}

func TestAnExportThatCanNotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("a.csv", "Name,N\na,3\n", `{"new_table":{"name":"T"}}`)
	path := string(wsA) + "/tables/" + string(imp.TableID) + "/exports"
	for _, body := range []string{`{"format":"xls"}`, `{"sort":"nope:asc"}`, `{"filter":"{"}`, `{"ids":["row_1"]}`} {
		r := w.call("anna", http.MethodPost, path, body, "Morket-Min-Position", w.head())
		require.Equal(t, http.StatusUnprocessableEntity, r.status, "%s: %s", body, r.body)
	}
	begun := w.call("anna", http.MethodPost, path, `{}`).export(t)
	w.people.gone.Store(kernel.UserID("anna"), true)
	require.NoError(t, w.exports.Run(t.Context(), wsA, begun.ID, func(int64) {}))
	failed := w.call("anna", http.MethodGet, string(wsA)+"/exports/"+string(begun.ID), nil).export(t)
	require.Equal(t, dataops.ExportGivenUp, failed.State)
	require.Contains(t, failed.Error, "may no longer export")
}

// A key that is limited to tables sees the exports of those.
func TestALimitedKeySeesTheExportsOfItsTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.importFile("a.csv", "Name,N\na,3\n", `{"new_table":{"name":"Mine"}}`)
	other := w.importFile("b.csv", "Name,N\na,3\n", `{"new_table":{"name":"Other"}}`)
	start := func(id kernel.TableID) dataopsapi.Export {
		return w.call("anna", http.MethodPost, string(wsA)+"/tables/"+string(id)+"/exports", `{}`, "Morket-Min-Position", w.head()).export(t)
	}
	a, b := start(mine.TableID), start(other.TableID)
	w.people.tables = []kernel.TableID{mine.TableID}
	list := w.call("key", http.MethodGet, string(wsA)+"/exports", nil)
	require.Equal(t, http.StatusOK, list.status, "%s", list.body)
	require.Contains(t, string(list.Data), string(a.ID))
	require.NotContains(t, string(list.Data), string(b.ID))
	require.Equal(t, http.StatusNotFound, w.call("key", http.MethodGet, string(wsA)+"/exports/"+string(b.ID), nil).status)
	require.Equal(t, http.StatusNotFound, w.call("key", http.MethodPost, string(wsA)+"/exports/"+string(b.ID)+"/cancel", nil).status)
}
