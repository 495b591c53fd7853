package tableapi_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

type checkedLookup struct {
	Problem string
	Field   string
	Lookup  *table.Lookup
	Type    table.Type
	Rows    int
	Matched int
	Through bool
	Value   json.RawMessage
	Error   string
}

func TestALookupColumnFromTryingItToTakingItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleAdmin)
	companies, of := ann.table(m{"name": "Website", "type": "url"}, m{"name": "Size", "type": "number"})
	contacts, cols := ann.table(m{"name": "Email", "type": "email"})
	ann.insert(companies, m{"Website": "https://www.acme.com", "Size": 10}, m{"Website": "acme.com", "Size": 30})
	ann.insert(contacts, m{"Email": "ann@acme.com"}, m{"Email": "bob@nowhere.com"})
	path := "/tables/" + string(contacts.ID)
	ask := m{"table_id": companies.ID, "key": "Email", "match": "Website", "take": "newest", "value": "Size"}
	row := ann.rows(contacts, "?sort="+string(cols["Email"].ID))[0]

	var tried checkedLookup
	ann.call(http.MethodPost, path+"/lookup:check", m{"lookup": ask, "row_id": row.ID}).ok(&tried)
	require.Equal(t, checkedLookup{
		Type: table.Number, Rows: 2, Matched: 1, Through: true, Value: json.RawMessage(`30`),
		Lookup: &table.Lookup{Table: companies.ID, Key: cols["Email"].ID, Match: of["Website"].ID, Compare: table.AsDomain, Take: table.TakeNewest, Value: of["Size"].ID},
	}, tried)
	tried = checkedLookup{}
	ann.call(http.MethodPost, path+"/lookup:check", m{"lookup": m{"table_id": companies.ID, "key": "Email", "match": "Nope", "take": "count"}}).ok(&tried)
	require.Equal(t, checkedLookup{Problem: "the table has no column “Nope”", Field: "lookup.match"}, tried)
	for _, id := range []string{"row_id", "column_id"} {
		ann.call(http.MethodPost, path+"/lookup:check", m{"lookup": m{"table_id": companies.ID, "key": "Email", "match": "Nope", "take": "count"}, id: "x"}).
			fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
	for _, id := range []string{"", "0"} {
		ann.call(http.MethodPost, path+"/lookup:check", m{"lookup": m{"table_id": id, "key": "Email", "match": "Nope", "take": "count"}}).
			fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}

	var added table.Column
	ann.call(http.MethodPost, path+"/columns", m{"name": "Size", "type": "number", "kind": "lookup", "lookup": ask}).ok(&added)
	size := func() string { return ann.rows(contacts, "?sort="+string(cols["Email"].ID))[0].text(added) }
	require.Equal(t, `30`, size())
	ann.insert(companies, m{"Website": "acme.com", "Size": 31})
	require.Equal(t, `31`, size())
	ann.call(http.MethodPatch, path+"/cells", m{"edits": []m{{"row_id": row.ID, "column_id": "Size", "value": 1}}}).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")

	sum := m{"table_id": companies.ID, "key": "Email", "match": "Website", "take": "sum", "value": "Size"}
	ann.call(http.MethodPut, path+"/columns/"+string(added.ID), m{"lookup": sum}).ok(nil)
	require.Equal(t, `71`, size())
	ann.call(http.MethodPost, path+"/undo", m{}).ok(nil)
	require.Equal(t, `31`, size())
	ann.call(http.MethodPost, path+"/redo", m{}).ok(nil)
	require.Equal(t, `71`, size())

	looked := func() []tablecmd.LookupState {
		var now tablecmd.Table
		ann.call(http.MethodGet, path, nil).ok(&now)
		return now.Lookups
	}
	require.Equal(t, []tablecmd.LookupState{{ColumnID: added.ID, Table: companies.Name, Match: "Website", Value: "Size"}}, looked())
	ann.call(http.MethodDelete, "/tables/"+string(companies.ID), nil).ok(nil)
	require.Equal(t, "the table that the lookup looks into is in the trash", looked()[0].Problem)
	ann.call(http.MethodPost, "/tables/"+string(companies.ID)+"/restore", m{}).ok(nil)
	require.Empty(t, looked()[0].Problem)
	require.Equal(t, `71`, size())

	// A circle over the two tables is refused by its names.
	back := m{"table_id": contacts.ID, "key": "Website", "match": "Email", "take": "sum", "value": "Size"}
	ann.call(http.MethodPost, "/tables/"+string(companies.ID)+"/columns", m{"name": "Back", "type": "number", "kind": "lookup", "lookup": back}).ok(nil)
	sum["value"] = "Back"
	refused := ann.call(http.MethodPut, path+"/columns/"+string(added.ID), m{"lookup": sum})
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Contains(t, string(refused.Raw), "would use itself: “Size” → “Back” of")
}

// TestAKeyLimitedToATableMakesNoLookupIntoAnother: what is looked up is data of the table that has the column, but where it is from is not.
func TestAKeyLimitedToATableMakesNoLookupIntoAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleAdmin)
	secret, _ := ann.table(m{"name": "Code", "type": "text"}, m{"name": "Hidden", "type": "text"})
	open, cols := ann.table(m{"name": "Code", "type": "text"})
	ann.insert(secret, m{"Code": "a", "Hidden": "shown"})
	ann.insert(open, m{"Code": "A"})
	path := "/tables/" + string(open.ID)
	lookup := m{"table_id": secret.ID, "key": "Code", "match": "Code", "take": "first", "value": "Hidden"}
	var added table.Column
	ann.call(http.MethodPost, path+"/columns", m{"name": "L", "type": "text", "kind": "lookup", "lookup": lookup}).ok(&added)
	w.people["key"] = httpapi.Principal{
		Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}, KeyWorkspace: ann.ws, KeyRole: kernel.RoleAdmin, KeyTables: []kernel.TableID{open.ID},
	}
	key := &user{w: w, ws: ann.ws, token: "key"}
	key.last = ann.last
	require.JSONEq(t, `"shown"`, key.rows(open, "")[0].text(added))
	var now tablecmd.Table
	key.call(http.MethodGet, path, nil).ok(&now)
	require.Equal(t, []tablecmd.LookupState{{ColumnID: added.ID}}, now.Lookups)
	for _, a := range []*answer{
		key.call(http.MethodPost, path+"/lookup:check", m{"lookup": lookup}),
		key.call(http.MethodPost, path+"/columns", m{"name": "M", "type": "text", "kind": "lookup", "lookup": lookup}),
		key.call(http.MethodPut, path+"/columns/"+string(added.ID), m{"lookup": lookup}),
		key.call(http.MethodPost, "/tables/"+string(secret.ID)+"/lookup:check", m{"lookup": lookup}),
	} {
		a.fails(http.StatusNotFound, "NOT_FOUND")
	}
	lookup["table_id"], lookup["value"] = open.ID, cols["Code"].ID
	key.call(http.MethodPost, path+"/columns", m{"name": "Own", "type": "text", "kind": "lookup", "lookup": lookup}).ok(nil)
	key.call(http.MethodPut, path+"/columns/"+string(added.ID), m{"name": "Renamed"}).ok(nil)
}
