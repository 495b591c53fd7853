package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/salesforcetwin"
)

// TestPeopleGoToSalesforceAndBack: a push makes and changes contacts, also when the access token ends meanwhile and its renewal rotates; a
// pull brings what changed there and nothing that came from here; a deletion there is told; the reversal gives back what is still ours.
func TestPeopleGoToSalesforceAndBack(t *testing.T) {
	t.Parallel()
	twin := salesforcetwin.New(salesforcetwin.Config{Now: time.Now, ClientID: "app", ClientSecret: "app-secret-canary", Rotates: true})
	vendor := httptest.NewServer(twin)
	t.Cleanup(vendor.Close)
	f := &pushing{s: newServer(t, "MORKET_CRM_URLS=salesforce="+vendor.URL, "MORKET_SALESFORCE_CLIENT_ID=app",
		"MORKET_SALESFORCE_CLIENT_SECRET=app-secret-canary")}
	f.s.start()
	f.c = signUp(t, f.s)
	f.conn = connectedTo(f.c, "salesforce")
	f.table = in[tableInfo](f.c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "People", "columns": []any{
		map[string]any{"name": "Email", "type": "email"}, map[string]any{"name": "First name", "type": "text"}, map[string]any{"name": "Company", "type": "text"},
	}})
	long := time.Now().Add(-time.Hour)
	ada := twin.Seed("contacts", map[string]string{"Email": "ada@acme.example", "FirstName": "A.", "LastName": "Acme"}, long)
	f.row("ada@acme.example", "Ada", "Lovelace")
	var rows [][]string
	person := func(n int) string { return "person" + strconv.Itoa(n) + "@acme.example" }
	for n := range 250 { // more than a call takes
		rows = append(rows, []string{person(n), "First", "Last"})
	}
	f.rows(rows...)
	mapping := func(field, column string) any {
		return map[string]any{"field": field, "column_id": f.table.column(column), "direction": "both"}
	}
	f.sync = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs", map[string]any{
		"name": "People and Salesforce", "connection_id": f.conn, "object": "contacts", "table_id": f.table.ID,
		"keys":     []any{map[string]any{"field": "Email", "column_id": f.table.column("Email")}},
		"mappings": []any{map[string]any{"field": "Email", "column_id": f.table.column("Email")}, mapping("FirstName", "First name"), mapping("LastName", "Company")},
		"create":   true, "max_records": 1000,
	}).ID
	dry := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": true})
	require.Equal(t, []int{250, 1}, []int{dry.Counts.Created, dry.Counts.Updated}, "%+v", dry)
	require.Len(t, twin.IDs("contacts"), 1)

	twin.Expire()
	push := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, "completed", push.State, "%+v", push)
	require.Equal(t, dry.Counts, push.Counts, "%+v", push)
	require.Len(t, twin.IDs("contacts"), 251)
	require.Equal(t, "Lovelace", twin.Values("contacts", ada)["LastName"])
	echo := f.pull(false)
	require.Equal(t, []int{251, 0}, []int{echo.Counts.Unchanged, echo.Counts.Updated + echo.Counts.Created + echo.Counts.Conflicts}, "%+v", echo)

	byEmail := map[string]string{}
	for _, id := range twin.IDs("contacts") {
		byEmail[twin.Values("contacts", id)["Email"]] = id
	}
	edited, gone := byEmail[person(1)], byEmail[person(2)]
	twin.Edit("contacts", edited, map[string]string{"FirstName": "Theirs"})
	twin.Remove("contacts", gone)
	twin.Expire()
	back := f.pull(false)
	require.Equal(t, []int{1, 1}, []int{back.Counts.Updated, back.Counts.Gone}, "%+v", back)

	reversed := f.ended("/sync-runs/"+push.ID+"/reverse", map[string]any{"dry": false, "archive_created": true})
	require.Equal(t, []int{1, 248}, []int{reversed.Counts.Updated, reversed.Counts.Archived}, "%+v", reversed)
	require.ElementsMatch(t, []string{ada, edited}, twin.IDs("contacts"), "what a person has changed since stays")
	require.Equal(t, []string{"A.", "Acme"}, []string{twin.Values("contacts", ada)["FirstName"], twin.Values("contacts", ada)["LastName"]})
	f.s.verify()
}
