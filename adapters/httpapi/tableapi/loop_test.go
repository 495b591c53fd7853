package tableapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/historyview"
)

func TestMakeATableAndWorkInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Company", "type": "text"}, m{"name": "Employees", "type": "number"}, m{"name": "Founded", "type": "date"})
	path := "/tables/" + string(tbl.ID)

	var email table.Column
	ann.call(http.MethodPost, path+"/columns", m{"name": "Email", "type": "email", "after": cols["Company"].ID}).ok(&email)
	ids := ann.insert(tbl, m{"Company": "Acme", "Employees": 12, "Founded": "1999-12-31"}, m{"Company": "Größe & Co\n\"x\"\t\\", "Employees": "12345678901234567890.5", "Email": "a@b.co"}, m{})

	rows := ann.rows(tbl, "")
	require.Len(t, rows, 3)
	require.Equal(t, ids[0], rows[0].ID)
	require.Equal(t, `"Acme"`, rows[0].text(cols["Company"]))
	require.Equal(t, `12`, rows[0].text(cols["Employees"]))
	require.Equal(t, `"1999-12-31"`, rows[0].text(cols["Founded"]))
	require.Equal(t, `"12345678901234567890.5"`, rows[1].text(cols["Employees"]), "a number that no double holds is a string")
	require.JSONEq(t, `"Größe & Co\n\"x\"\t\\"`, rows[1].text(cols["Company"]))
	require.Empty(t, rows[2].Cells)

	ann.edit(tbl, ids[0], cols["Company"], "Acme Ltd").ok(nil)
	ann.edit(tbl, ids[0], cols["Company"], "Acme Inc").ok(nil)
	require.Equal(t, `"Acme Inc"`, ann.rows(tbl, "?limit=1")[0].text(cols["Company"]))

	var history []historyview.Entry
	ann.call(http.MethodGet, path+"/cells/"+string(ids[0])+"/"+string(cols["Company"].ID)+"/history", nil).ok(&history)
	require.Len(t, history, 3)
	require.Equal(t, []string{`"Acme Inc"`, `"Acme Ltd"`, `"Acme"`}, []string{string(history[0].Value), string(history[1].Value), string(history[2].Value)})
	require.Equal(t, []string{`"Acme Ltd"`, `"Acme"`, `null`}, []string{string(history[0].Previous), string(history[1].Previous), string(history[2].Previous)})
	require.Equal(t, "Ann", history[0].Actor.Name)
	require.Equal(t, table.FromInsert, history[2].Source)

	var undone tablecmd.Undone
	ann.call(http.MethodPost, path+"/undo", nil).ok(&undone)
	require.Equal(t, `"Acme Ltd"`, ann.rows(tbl, "?limit=1")[0].text(cols["Company"]))
	ann.call(http.MethodPost, path+"/undo", nil).ok(&undone)
	require.Equal(t, `"Acme"`, ann.rows(tbl, "?limit=1")[0].text(cols["Company"]))
	ann.call(http.MethodPost, path+"/redo", nil).ok(&undone)
	require.Equal(t, `"Acme Ltd"`, ann.rows(tbl, "?limit=1")[0].text(cols["Company"]))
	ann.call(http.MethodPost, path+"/redo", nil).ok(&undone)
	require.Equal(t, `"Acme Inc"`, ann.rows(tbl, "?limit=1")[0].text(cols["Company"]))
	ann.call(http.MethodPost, path+"/redo", nil).fails(409, "NOTHING_TO_REDO")
}

func TestNewOptionsHaveNoIDYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Stage", "type": "select", "options": []m{{"name": "New"}, {"name": "Won"}}})
	path := "/tables/" + string(tbl.ID) + "/columns/" + string(cols["Stage"].ID)
	options := cols["Stage"].Options
	require.NotEmpty(t, options[0].ID)
	ann.call(http.MethodPut, path, m{"options": []m{{"id": options[1].ID, "name": "Closed"}, {"name": "Lost"}}}).ok(nil)
	ann.call(http.MethodPut, path, m{"options": []m{{"id": "", "name": "Lost"}}}).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	var now tablecmd.Table
	ann.call(http.MethodGet, "/tables/"+string(tbl.ID), nil).ok(&now)
	require.Equal(t, options[1].ID, now.Columns[0].Options[0].ID, "a renamed option stays itself")
	require.NotEmpty(t, now.Columns[0].Options[1].ID)
}
