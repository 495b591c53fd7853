package tableapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
	"github.com/morket/morket/domain/table"
)

type checked struct {
	Problem  *table.FormulaError
	Kind     string
	Type     string
	UsesTime bool `json:"uses_time"`
	Value    json.RawMessage
	Error    string
}

func TestAFormulaColumnFromMakingItToTakingItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleAdmin)
	made, cols := ann.table(m{"name": "Price", "type": "number"}, m{"name": "Net", "type": "number", "kind": "formula", "formula": m{"expression": "{{Price}} / 1.19"}})
	path, price, net := "/tables/"+string(made.ID), cols["Price"], cols["Net"]
	require.Equal(t, "{{"+string(price.ID)+"}} / 1.19", net.Formula.Expression)
	ann.insert(made, m{"Price": 119}, m{"Price": 0})

	check := func(body m) checked {
		var c checked
		ann.call(http.MethodPost, path+"/formula:check", body).ok(&c)
		return c
	}
	first := ann.rows(made, "?sort="+string(net.ID)+":desc")[0]
	require.JSONEq(t, `100`, first.text(net))
	require.Equal(t, checked{Kind: "number", Type: "number", Value: json.RawMessage(`200`)}, check(m{"expression": "roundTo({{Net}} * 2, 2)", "row_id": first.ID}))
	require.Equal(t, checked{Kind: "any", Type: "number", Value: json.RawMessage(`100`)}, check(m{"expression": "{{Net}}", "row_id": first.ID}))
	require.Equal(t, checked{Kind: "text", Type: "number", Error: "the formula makes a text, the column holds numbers"}, check(m{"expression": `"x"`, "type": "number", "row_id": first.ID}))
	require.Equal(t, &table.FormulaError{Message: "there is no column “Nope”", From: 4, To: 12}, check(m{"expression": "1 + {{Nope}}"}).Problem)
	require.Equal(t, "the formula would use itself: “Net” → “Net”", check(m{"expression": "{{Net}}", "column_id": net.ID}).Problem.Message)
	require.True(t, check(m{"expression": "today()"}).UsesTime)
	var functions []expression.Function
	ann.call(http.MethodGet, "/formula-functions", nil).ok(&functions)
	require.Equal(t, expression.Functions(), functions)

	for _, wrong := range []m{{"column_id": "x"}, {"column_id": "col_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"row_id": "x"}} {
		for _, expression := range []string{"1", "1 +"} { // an id that is none is no matter of the expression
			wrong["expression"] = expression
			status := ann.call(http.MethodPost, path+"/formula:check", wrong).Status
			require.Contains(t, []int{http.StatusUnprocessableEntity, http.StatusNotFound}, status, "%v", wrong)
		}
	}

	// Nobody writes its cells, by any way.
	for _, refused := range []*answer{
		ann.call(http.MethodPatch, path+"/cells", m{"edits": []m{{"row_id": first.ID, "column_id": "Net", "value": 1}}}),
		ann.call(http.MethodPost, path+"/rows:batch", m{"operations": []m{{"op": "insert", "cells": m{"Net": 1}}}}),
		ann.call(http.MethodPost, path+"/rows:updateByFilter", m{"set": m{"Net": 1}}),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, refused.Status, "%s", refused.Raw)
		require.Contains(t, string(refused.Raw), "Net is computed by a formula and can't be written")
	}
	ann.call(http.MethodPost, path+"/columns/"+string(net.ID)+"/change-type", m{"type": "text"}).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")

	ann.call(http.MethodPut, path+"/columns/"+string(net.ID), m{"type": "text", "formula": m{"expression": `"€ " + string({{Price}})`}}).ok(nil)
	require.JSONEq(t, `"€ 119"`, ann.rows(made, "?sort="+string(price.ID)+":desc")[0].text(net))
	ann.call(http.MethodPost, path+"/undo", m{}).ok(nil)
	require.JSONEq(t, `100`, ann.rows(made, "?sort="+string(price.ID)+":desc")[0].text(net))
	ann.call(http.MethodPost, path+"/redo", m{}).ok(nil)
	require.JSONEq(t, `"€ 119"`, ann.rows(made, "?sort="+string(price.ID)+":desc")[0].text(net))
	ann.call(http.MethodDelete, path+"/columns/"+string(price.ID), nil).ok(nil)
	ann.call(http.MethodGet, path+"/cells/"+string(first.ID)+"/"+string(net.ID)+"/history", nil).ok(nil)
}

func TestALargeTableIsComputedInTheBackground(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleAdmin)
	made, cols := ann.table(m{"name": "N", "type": "number"})
	cells := make([]m, 2500)
	for i := range cells {
		cells[i] = m{"N": i}
	}
	ann.insert(made, cells...)
	path := "/tables/" + string(made.ID)
	var added table.Column
	ann.call(http.MethodPost, path+"/columns", m{"name": "Twice", "type": "number", "kind": "formula", "formula": m{"expression": "{{N}} * 2"}}).ok(&added)
	require.Eventually(t, func() bool {
		var now tablecmd.Table
		ann.call(http.MethodGet, path, nil).ok(&now)
		return now.Recompute == nil
	}, 20*time.Second, 10*time.Millisecond)
	rows := ann.rows(made, "?limit=1000&sort="+string(added.ID)+":desc")
	require.JSONEq(t, `4998`, rows[0].text(added))
	require.JSONEq(t, `2499`, rows[0].text(cols["N"]))
}
