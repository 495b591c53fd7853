package tableapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
)

func TestBadInputIsRefusedAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Company", "type": "text"}, m{"name": "Size", "type": "number"}, m{"name": "Made", "type": "created_at"})
	row := ann.insert(tbl, m{"Company": "Acme"})[0]
	path := "/tables/" + string(tbl.ID)
	edit := func(v any) m { return m{"edits": []m{v.(m)}} }
	filter := func(s string) string { return path + "/rows?filter=" + url.QueryEscape(s) }
	tests := []struct {
		name, method, path string
		body               any
		status             int
		says               string
	}{
		{"an object in a text cell", "PATCH", path + "/cells", edit(m{"row_id": row, "column_id": cols["Company"].ID, "value": m{"a": 1}}), 422, "expects text, not an object"},
		{"a word in a number cell", "PATCH", path + "/cells", edit(m{"row_id": row, "column_id": "Size", "value": "many"}), 422, "write it like 1234.5"},
		{"an unknown column", "PATCH", path + "/cells", edit(m{"row_id": row, "column_id": "Nope", "value": "x"}), 422, "no column"},
		{"a read-only column", "PATCH", path + "/cells", edit(m{"row_id": row, "column_id": "Made", "value": nil}), 422, "can't be written"},
		{"an unknown row", "PATCH", path + "/cells", edit(m{"row_id": "row_01ARZ3NDEKTSV4RRFFQ69G5FAV", "column_id": "Size", "value": 1}), 422, "no such row"},
		{"a row id that is none", "PATCH", path + "/cells", edit(m{"row_id": "7", "column_id": "Size", "value": 1}), 422, "not a row id"},
		{"NUL in a cell", "PATCH", path + "/cells", `{"edits":[{"row_id":"` + string(row) + `","column_id":"Company","value":"a\u0000b"}]}`, 422, "NUL"},
		{"no edits", "PATCH", path + "/cells", m{"edits": []m{}}, 422, ""},
		{"a broken body", "PATCH", path + "/cells", `{"edits":[`, 400, ""},
		{"a field that isn't there", "PATCH", path + "/cells", m{"edits": []m{}, "extra": 1}, 422, ""},
		{"a long cell", "PATCH", path + "/cells", edit(m{"row_id": row, "column_id": "Company", "value": strings.Repeat("x", 8001)}), 422, "at most 8000"},
		{"an unknown operation", "POST", path + "/rows:batch", m{"operations": []m{{"op": "merge"}}}, 422, ""},
		{"upsert without keys", "POST", path + "/rows:batch", m{"operations": []m{{"op": "upsert", "cells": m{"Company": "x"}}}}, 422, "key column"},
		{"upsert by an unknown key", "POST", path + "/rows:batch", m{"operations": []m{{"op": "upsert", "cells": m{"Company": "x"}}}, "key_columns": []string{"Nope"}}, 422, "Nope"},
		{"upsert with an empty key", "POST", path + "/rows:batch", m{"operations": []m{{"op": "upsert", "cells": m{"Size": 1}}}, "key_columns": []string{"Company"}}, 422, "needs a value"},
		{"a filter that isn't JSON", "GET", filter(`{"and":[`), nil, 422, ""},
		{"a filter on an unknown column", "GET", filter(`{"column":"col_x","op":"is","value":1}`), nil, 422, "no column"},
		{"a filter with an odd operator", "GET", filter(`{"column":"Size","op":"contains","value":"1"}`), nil, 422, "not possible"},
		{"a limit of nothing", "GET", path + "/rows?limit=0", nil, 422, ""},
		{"a huge limit", "GET", path + "/rows?limit=1001", nil, 422, ""},
		{"a limit that is no number", "GET", path + "/rows?limit=ten", nil, 422, ""},
		{"an offset below zero", "GET", path + "/rows?offset=-1", nil, 422, ""},
		{"an offset beyond the table", "GET", path + "/rows?offset=5", nil, 422, "has 1 rows"},
		{"a made-up cursor", "GET", path + "/rows?cursor=abc", nil, 400, "cursor"},
		{"a sort by nothing", "GET", path + "/rows?sort=Nope:asc", nil, 422, "no column"},
		{"a sort sideways", "GET", path + "/rows?sort=Size:up", nil, 422, "asc or desc"},
		{"an unknown field", "GET", path + "/rows?fields=Nope", nil, 422, "no column"},
		{"an unknown view", "GET", path + "/rows?view=viw_1", nil, 404, ""},
		{"an unknown parameter", "GET", path + "/rows?colour=red", nil, 422, ""},
		{"NUL in q", "GET", path + "/rows?q=%00", nil, 400, "NUL"},
		{"q that is not UTF-8", "GET", path + "/rows?q=%ff", nil, 400, "UTF-8"},
		{"a column without a name", "POST", path + "/columns", m{"name": " ", "type": "text"}, 422, "name"},
		{"a column twice", "POST", path + "/columns", m{"name": "company", "type": "text"}, 422, "already"},
		{"a column of no type", "POST", path + "/columns", m{"name": "x", "type": "blob"}, 422, "not a column type"},
		{"an unknown table", "GET", "/tables/tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV", nil, 404, ""},
		{"a table id that is none", "GET", "/tables/7/rows", nil, 404, ""},
		{"a table id that is no text", "GET", "/tables/%ff%00/rows", nil, 404, ""},
		{"a filter that is not UTF-8", "GET", path + "/rows?filter=%ff", nil, 400, "UTF-8"},
		{"a name that is too long", "PUT", path, m{"name": strings.Repeat("x", 101)}, 422, "at most 100"},
		{"an update by filter of nothing", "POST", path + "/rows:updateByFilter", m{"set": m{}, "dry_run": true}, 422, "at least one"},
		{"a history of no row", "GET", path + "/rows/row_01ARZ3NDEKTSV4RRFFQ69G5FAV/history", nil, 404, ""},
		{"a history of no column", "GET", path + "/cells/" + string(row) + "/col_01ARZ3NDEKTSV4RRFFQ69G5FAV/history", nil, 404, "col_01ARZ"},
		{"a history from nowhere", "GET", path + "/rows/" + string(row) + "/history?cursor=x", nil, 400, ""},
		{"undo of an unknown step", "POST", path + "/undo", m{"steps": []string{"stp_x"}}, 404, ""},
		{"a stream from nowhere", "GET", path + "/stream?after=x", nil, 400, ""},
	}
	for _, tc := range tests {
		a := ann.call(tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, a.Status, "%s: %s", tc.name, a.Raw)
		require.False(t, a.Body.Success, tc.name)
		require.Contains(t, fmt.Sprint(a.Body.Error.Message, a.Body.Error.Details), tc.says, tc.name)
	}
	require.Len(t, ann.rows(tbl, ""), 1, "nothing of it was done")
}

func TestOnlyTheRightPeopleSeeATable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, eve := w.join("Ann", kernel.RoleMember), w.join("Eve", kernel.RoleOwner)
	vic := w.joinIn("Vic", kernel.RoleViewer, ann.ws)
	tbl, cols := ann.table(m{"name": "Company", "type": "text"})
	row := ann.insert(tbl, m{"Company": "Acme"})[0]
	path := "/tables/" + string(tbl.ID)
	vic.last, eve.last = ann.last, ann.last
	cell := path + "/cells/" + string(row) + "/" + string(cols["Company"].ID) + "/history"
	column := path + "/columns/" + string(cols["Company"].ID)
	for _, r := range []struct {
		method, path string
		body         any
	}{
		{"GET", path, nil},
		{"PUT", path, m{"name": "x"}},
		{"DELETE", path, nil},
		{"POST", path + "/restore", nil},
		{"GET", path + "/trash", nil},
		{"POST", path + "/columns", m{"name": "x", "type": "text"}},
		{"PUT", column, m{"name": "x"}},
		{"DELETE", column, nil},
		{"POST", column + "/restore", nil},
		{"POST", column + "/change-type", m{"type": "number", "dry_run": true}},
		{"POST", column + "/duplicate", m{"name": "x"}},
		{"PUT", path + "/column-order", m{"columns": []string{}}},
		{"POST", path + "/views", m{"name": "x"}},
		{"GET", path + "/rows", nil},
		{"GET", path + "/rows:count", nil},
		{"GET", path + "/rows/" + string(row), nil},
		{"POST", path + "/rows:batch", m{"operations": []m{{"op": "delete", "row_id": row}}}},
		{"PATCH", path + "/cells", m{"edits": []m{{"row_id": row, "column_id": "Company", "value": "x"}}}},
		{"POST", path + "/rows:updateByFilter", m{"set": m{"Company": "x"}}},
		{"POST", path + "/rows:deleteByFilter", m{}},
		{"POST", path + "/rows:restore", m{"row_ids": []kernel.RowID{row}}},
		{"GET", path + "/rows/" + string(row) + "/history", nil},
		{"GET", cell, nil},
		{"GET", path + "/undo-stack", nil},
		{"POST", path + "/undo", m{}},
		{"GET", path + "/stream", nil},
	} {
		eve.call(r.method, r.path, r.body).fails(http.StatusNotFound, "NOT_FOUND")
		if r.method != http.MethodGet {
			vic.call(r.method, r.path, r.body).fails(http.StatusForbidden, "FORBIDDEN")
		}
	}
	require.Len(t, vic.rows(tbl, ""), 1)
	w.people["key"] = httpapi.Principal{
		Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}, KeyWorkspace: ann.ws, KeyRole: kernel.RoleMember,
		KeyTables: []kernel.TableID{"tbl_other"},
	}
	key := &user{w: w, ws: ann.ws, token: "key"}
	key.call("GET", path, nil).fails(404, "NOT_FOUND")
	key.edit(tbl, row, cols["Company"], "x").fails(404, "NOT_FOUND")
	var list []struct{ ID string }
	key.call("GET", "/tables", nil).ok(&list)
	require.Empty(t, list)
}

func TestAVersionThatWasPassedIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Company", "type": "text"}, m{"name": "Note", "type": "text"})
	row := ann.insert(tbl, m{"Company": "Acme"})[0]
	path := "/tables/" + string(tbl.ID)
	seen := ann.rows(tbl, "")[0].Version
	ann.edit(tbl, row, cols["Note"], "another cell").ok(nil)
	conditional := func(v string, version int64) *answer {
		return ann.call("PATCH", path+"/cells", m{"edits": []m{{"row_id": row, "column_id": cols["Company"].ID, "value": v, "if_version": version}}})
	}
	conditional("first", seen).ok(nil)
	a := conditional("second", seen).fails(409, "VERSION_CONFLICT")
	require.Contains(t, a.Body.Error.Details[0].Message, `"first"`)
	require.Contains(t, a.Body.Error.Details[0].Message, `"second"`)

	// Of many who saw the same version, one wins.
	seen = ann.rows(tbl, "")[0].Version
	won := make(chan bool, 8)
	for i := range cap(won) {
		go func() { won <- conditional(strings.Repeat("x", i+1), seen).Status == http.StatusOK }()
	}
	wins := 0
	for range cap(won) {
		if <-won {
			wins++
		}
	}
	require.Equal(t, 1, wins)
}

func TestUpsertsMeanTheRowWithTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Email", "type": "email"}, m{"name": "Name", "type": "text"}, m{"name": "Tag", "type": "select"})
	path := "/tables/" + string(tbl.ID) + "/rows:batch"
	var out tablecmd.BatchedRows
	up := func(cells ...m) *answer {
		var ops []m
		for _, c := range cells {
			ops = append(ops, m{"op": "upsert", "cells": c})
		}
		return ann.call("POST", path, m{"operations": ops, "key_columns": []string{"Email"}, "create_options": true})
	}
	up(m{"Email": "a@x.co", "Name": "A"}, m{"Email": "b@x.co", "Name": "B"}, m{"Email": "a@x.co", "Tag": "hot"}).ok(&out)
	require.Equal(t, 2, out.Inserted)
	require.Equal(t, out.Results[0].RowID, out.Results[2].RowID)
	up(m{"Email": "a@x.co", "Name": "A2"}, m{"Email": "b@x.co", "Name": "B"}).ok(&out)
	require.Equal(t, []string{"ok", "unchanged"}, []string{out.Results[0].Status, out.Results[1].Status})
	require.Equal(t, 1, out.Updated)
	rows := ann.rows(tbl, "")
	require.Len(t, rows, 2)
	require.Equal(t, `"A2"`, rows[0].text(cols["Name"]))
	require.Equal(t, `"hot"`, rows[0].text(cols["Tag"]))
	ann.insert(tbl, m{"Email": "a@x.co"})
	a := up(m{"Email": "a@x.co", "Name": "?"}).fails(422, "VALIDATION_FAILED")
	require.Contains(t, a.Body.Error.Message, "more than one row")
	ann.call("POST", path, m{"on_error": "skip", "operations": []m{{"op": "insert", "cells": m{"Email": "bad"}}, {"op": "insert", "cells": m{"Email": "c@x.co"}}}}).ok(&out)
	require.Equal(t, 1, out.Failed)
	require.Equal(t, 1, out.Inserted)

	// The same request again gives the same answer and does nothing.
	body := m{"operations": []m{{"op": "insert", "cells": m{"Email": "d@x.co"}}}}
	first := ann.call("POST", path, body, "Idempotency-Key", "k1").ok(&out)
	again := ann.call("POST", path, body, "Idempotency-Key", "k1").ok(nil)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, string(first.Body.Data), string(again.Body.Data))
	require.Len(t, ann.rows(tbl, ""), 5)
}

// One part with text that can't be stored fails alone; the parts beside it are done.
func TestTextThatCannotBeStoredFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": "Any", "type": "json"})
	path := "/tables/" + string(tbl.ID) + "/rows:batch"
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for name, bad := range map[string]json.RawMessage{
		"NUL": raw(`{"op":"insert","cells":{"Name":"a\u0000b"}}`), "half a pair": raw(`{"op":"insert","cells":{"Name":"a\ud83db"}}`),
		"halves swapped": raw(`{"op":"insert","cells":{"Name":"\ude00\ud83d"}}`), "NUL in JSON": raw(`{"op":"insert","cells":{"Any":{"x":["\u0000"]}}}`),
		"a column's name": raw(`{"op":"insert","cells":{"Na\u0000me":"x"}}`), "a row's id": raw(`{"op":"update","row_id":"row_\u0000","cells":{"Name":"x"}}`),
	} {
		var out tablecmd.BatchedRows
		ann.call("POST", path, m{"on_error": "skip", "operations": []any{m{"op": "insert", "cells": m{"Name": name + " 1"}}, bad, m{"op": "insert", "cells": m{"Name": "né \"2\""}}}}).ok(&out)
		require.Equal(t, 2, out.Inserted, name)
		require.Equal(t, []string{"ok", "error", "ok"}, []string{out.Results[0].Status, out.Results[1].Status, out.Results[2].Status}, name)
		require.NotEmpty(t, out.Results[1].Error, name)
		a := ann.call("POST", path, m{"operations": []any{m{"op": "insert", "cells": m{"Name": "x"}}, bad}}).fails(422, "VALIDATION_FAILED")
		require.Contains(t, a.Body.Error.Message, "operations[1]", name)
	}
	rows := ann.rows(tbl, "")
	require.Len(t, rows, 12)
	var edited tablecmd.EditedCells
	ann.call("PATCH", "/tables/"+string(tbl.ID)+"/cells", m{"on_error": "skip", "edits": []any{
		m{"row_id": rows[0].ID, "column_id": "Name", "value": "good"}, m{"row_id": rows[1].ID, "column_id": "Name", "value": raw(`"\udc00"`)},
	}}).ok(&edited)
	require.Equal(t, 1, edited.Edited)
	require.Contains(t, edited.Results[1].Error, "surrogate pair")
	require.Equal(t, `"good"`, ann.rows(tbl, "")[0].text(cols["Name"]))
}
