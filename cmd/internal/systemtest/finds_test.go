package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/twins"
)

const findKey = "a-key-of-the-twin"

// findInfo is what the tests need of the API's Find.
type findInfo struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Pages    int    `json:"pages"`
	Rows     int64  `json:"rows"`
	Credits  int    `json:"credits"`
	Reason   string `json:"reason"`
	Unknown  bool   `json:"unknown_outcome"`
	ImportID string `json:"import_id"`
}

// searching is a workspace with a table and a key for Apollo's twin.
type searching struct {
	c     *client
	s     *server
	twin  *twins.Apollo
	table tableInfo
	key   string
}

func newSearching(t *testing.T, credits int) *searching {
	t.Helper()
	twin := twins.NewApollo(time.Now, map[string]twins.ApolloKey{findKey: {Credits: credits}})
	return searchingAt(t, twin, twin)
}

// searchingAt has the twin behind a handler.
func searchingAt(t *testing.T, twin *twins.Apollo, at http.Handler) *searching {
	t.Helper()
	vendor := httptest.NewServer(at)
	t.Cleanup(vendor.Close)
	s := newServer(t, "MORKET_PROVIDER_URLS=apollo="+vendor.URL)
	s.start()
	c := signUp(t, s)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Found", "columns": []any{
		map[string]any{"name": "Apollo id", "type": "text"}, map[string]any{"name": "Name", "type": "text"}, map[string]any{"name": "Employees", "type": "number"},
	}})
	key := in[column](c, http.StatusCreated, http.MethodPost, "/credentials", map[string]any{
		"provider": "apollo", "name": "Twin", "secret": map[string]any{"api_key": findKey}, "hosts": []string{"127.0.0.1"},
	}).ID
	return &searching{c, s, twin, table, key}
}

// source saves a search.
func (f *searching) source(search string, filters map[string][]string, change map[string]any) string {
	f.c.t.Helper()
	body := map[string]any{
		"name": "Everybody", "search": search, "credential_id": f.key, "filters": filters, "table_id": f.table.ID,
		"targets": []any{
			map[string]any{"field": "apollo_id", "column_id": f.table.column("Apollo id")}, map[string]any{"field": "name", "column_id": f.table.column("Name")},
		},
		"key": f.table.column("Apollo id"), "max_rows": 1000, "max_credits": 10,
	}
	for name, v := range change {
		body[name] = v
	}
	return in[findInfo](f.c, http.StatusCreated, http.MethodPost, "/sources", body).ID
}

// run runs a source to its end, and the import that takes over what was found.
func (f *searching) run(source string) (findInfo, importInfo) {
	f.c.t.Helper()
	id := in[findInfo](f.c, http.StatusCreated, http.MethodPost, "/sources/"+source+"/run", nil).ID
	var run findInfo
	f.s.eventually(doneWithin, "the run's end", func() bool {
		for _, r := range in[[]findInfo](f.c, http.StatusOK, http.MethodGet, "/finds?source="+source, nil) {
			if r.ID == id {
				run = r
			}
		}
		return run.State != "" && run.State != "running"
	})
	var imp importInfo
	if run.ImportID != "" {
		f.s.eventually(doneWithin, "the import's end", func() bool {
			imp = in[importInfo](f.c, http.StatusOK, http.MethodGet, "/imports/"+run.ImportID, nil)
			return imp.State == "completed" || imp.State == "partially_completed" || imp.State == "failed"
		})
	}
	return run, imp
}

// pagesAsked are the bodies of the searches that the twin was asked.
func (f *searching) pagesAsked() int {
	n := 0
	for _, call := range f.twin.Calls() {
		if call.Path == "/api/v1/mixed_people/api_search" || call.Path == "/api/v1/mixed_companies/search" {
			n++
		}
	}
	return n
}

// TestPeopleAreFound: a search's people become rows, those that are there are left out, and one undo takes all of them back.
func TestPeopleAreFound(t *testing.T) {
	t.Parallel()
	f := newSearching(t, 0)
	f.c.call(http.StatusOK, http.MethodPost, f.c.ws+"/tables/"+f.table.ID+"/rows:batch", map[string]any{"operations": []any{
		map[string]any{"op": "insert", "cells": map[string]any{"Apollo id": "64a7ff0c3", "Name": "Mine"}},
	}})
	filters := map[string][]string{"person_titles": {"CTO"}}
	preview := in[struct {
		Total   int64            `json:"total"`
		Pages   int              `json:"pages"`
		Credits int              `json:"credits"`
		Rows    []map[string]any `json:"rows"`
	}](f.c, http.StatusOK, http.MethodPost, "/find-preview", map[string]any{"search": "apollo_people", "credential_id": f.key, "filters": filters, "max_rows": 1000})
	require.EqualValues(t, 237, preview.Total)
	require.Equal(t, 3, preview.Pages)
	require.Zero(t, preview.Credits)
	require.Len(t, preview.Rows, 10)

	source := f.source("apollo_people", filters, nil)
	run, imp := f.run(source)
	require.Equal(t, "completed", run.State, "%+v", run)
	require.EqualValues(t, 237, run.Rows)
	require.Equal(t, "completed", imp.State, "%+v", imp)
	require.Equal(t, 4, f.pagesAsked(), "the preview and three pages")
	// Two results came twice, since results move between pages, and one was there before.
	require.EqualValues(t, 234, imp.Counts.Imported)
	require.EqualValues(t, 235, f.c.count(f.table.ID))

	again, second := f.run(source)
	require.Equal(t, "completed", again.State)
	require.Zero(t, second.Counts.Imported, "all are there")
	require.EqualValues(t, 235, f.c.count(f.table.ID))

	f.c.call(http.StatusOK, http.MethodPost, f.c.ws+"/imports/"+run.ImportID+"/undo", nil)
	f.s.eventually(doneWithin, "the rows are taken back", func() bool { return f.c.count(f.table.ID) == 1 })
	f.s.verify()
}

// TestAPageOfCompaniesIsPaidOnce: the vendor did the work and the answer was lost.
func TestAPageOfCompaniesIsPaidOnce(t *testing.T) {
	t.Parallel()
	f := newSearching(t, 5)
	targets := []any{map[string]any{"field": "apollo_id", "column_id": f.table.column("Apollo id")}, map[string]any{"field": "employees", "column_id": f.table.column("Employees")}}
	source := f.source("apollo_companies", map[string][]string{"organization_locations": {"Germany"}}, map[string]any{"targets": targets, "max_credits": 2})
	run, imp := f.run(source)
	require.Equal(t, "completed", run.State, "%+v", run)
	require.Equal(t, 2, run.Credits, "the bound")
	require.EqualValues(t, 200, imp.Counts.Imported)

	f.twin.Forget()
	f.twin.Script(twins.Fault{Path: "/api/v1/mixed_companies/search", Lost: true})
	run, _ = f.run(source)
	require.Equal(t, "failed", run.State)
	require.True(t, run.Unknown)
	require.Equal(t, 1, f.pagesAsked(), "it is not asked again")
	require.Contains(t, run.Reason, "could cost a second time")
}

// TestAKilledRunPaysNoPageTwice: the server is killed while the vendor is at work on the second page.
func TestAKilledRunPaysNoPageTwice(t *testing.T) {
	t.Parallel()
	twin := twins.NewApollo(time.Now, map[string]twins.ApolloKey{findKey: {Credits: 9}})
	asked, answer := make(chan struct{}), make(chan struct{})
	var pages atomic.Int32
	f := searchingAt(t, twin, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/mixed_companies/search" && pages.Add(1) == 2 {
			close(asked)
			<-answer
		}
		twin.ServeHTTP(w, r)
	}))
	targets := []any{map[string]any{"field": "apollo_id", "column_id": f.table.column("Apollo id")}}
	source := f.source("apollo_companies", map[string][]string{"organization_locations": {"Germany"}}, map[string]any{"targets": targets})
	id := in[findInfo](f.c, http.StatusCreated, http.MethodPost, "/sources/"+source+"/run", nil).ID
	<-asked
	f.s.kill()
	close(answer)
	f.s.start()
	var run findInfo
	f.s.eventually(2*doneWithin, "the run's end", func() bool {
		run = in[[]findInfo](f.c, http.StatusOK, http.MethodGet, "/finds?source="+source, nil)[0]
		return run.State != "running"
	})
	require.Equal(t, id, run.ID)
	require.Equal(t, "partially_completed", run.State, "%+v", run)
	require.True(t, run.Unknown)
	require.EqualValues(t, 100, run.Rows, "the first page was paid for")
	require.EqualValues(t, 2, pages.Load(), "neither page is asked for twice")
	f.s.eventually(doneWithin, "its rows are there", func() bool { return f.c.count(f.table.ID) == 100 })
}
