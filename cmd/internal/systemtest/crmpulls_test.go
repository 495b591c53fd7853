package systemtest_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// both saves a sync that keeps first names and companies in step, and asks where both sides were changed.
func (f *pushing) both() {
	f.c.t.Helper()
	mapping := func(field, column string) any {
		return map[string]any{"field": field, "column_id": f.table.column(column), "direction": "both"}
	}
	f.sync = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs", map[string]any{
		"name": "People and HubSpot", "connection_id": f.conn, "object": "contacts", "table_id": f.table.ID,
		"keys":     []any{map[string]any{"field": "email", "column_id": f.table.column("Email")}},
		"mappings": []any{mapping("firstname", "First name"), mapping("company", "Company")},
		"create":   true, "create_rows": true, "conflicts": "ask", "max_records": 1000,
	}).ID
}

func (f *pushing) pull(dry bool) syncRun {
	f.c.t.Helper()
	return f.ended("/syncs/"+f.sync+"/run", map[string]any{"direction": "pull", "dry": dry})
}

// byEmail are the table's rows by their address.
func (f *pushing) byEmail() map[string]row {
	f.c.t.Helper()
	out := map[string]row{}
	for _, r := range f.c.rows(f.table.ID, "limit=100") {
		out[f.text(r, "Email")] = r
	}
	return out
}

func (f *pushing) text(r row, column string) string {
	return strings.Trim(string(r.Cells[f.table.column(column)]), `"`)
}

func (f *pushing) set(id, column, value string) {
	f.c.t.Helper()
	f.c.edit(f.table.ID, id, f.table.column(column), value)
}

// syncConflict is what the tests need of a record that waits for a decision.
type syncConflict struct {
	RecordID string                                 `json:"record_id"`
	Disputes []struct{ Field, Ours, Theirs string } `json:"disputes"`
}

func (f *pushing) conflicts() []syncConflict {
	f.c.t.Helper()
	return in[[]syncConflict](f.c, http.StatusOK, http.MethodGet, "/syncs/"+f.sync+"/conflicts", nil)
}

// TestPeopleAndHubSpotStayInStep: what was pushed doesn't come back, what was changed there comes here, what was changed on both sides
// waits for a person, a deletion there is told and deletes nothing here, and a pull is one step of undo.
func TestPeopleAndHubSpotStayInStep(t *testing.T) {
	t.Parallel()
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler { return twin })
	for _, who := range []string{"ada", "bob", "cy", "dee"} {
		f.row(who+"@acme.example", who, "Acme")
	}
	f.both()
	push := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, 4, push.Counts.Created, "%+v", push)
	ids := map[string]string{}
	for _, r := range f.records(push.ID) {
		ids[strings.TrimSuffix(r.Label, "@acme.example")] = r.RecordID
	}
	echo := f.pull(false)
	require.Equal(t, []int{4, 0}, []int{echo.Counts.Unchanged, echo.Counts.Updated + echo.Counts.Created}, "%+v", echo)

	rows := f.byEmail()
	f.twin.Edit("contacts", ids["ada"], map[string]string{"firstname": "Ada L."})
	f.twin.Edit("contacts", ids["bob"], map[string]string{"firstname": "Robert", "company": "Builders"})
	f.set(rows["bob@acme.example"].ID, "First name", "Bobby")
	f.twin.Edit("contacts", ids["cy"], map[string]string{"firstname": "Cyrus"})
	f.set(rows["cy@acme.example"].ID, "First name", "Cy!")
	f.twin.Remove("contacts", ids["dee"])
	f.twin.Seed("contacts", map[string]string{"email": "new@acme.example", "firstname": "Newt"}, time.Now())

	dry := f.pull(true)
	require.Equal(t, []int{1, 1, 2, 1}, []int{dry.Counts.Created, dry.Counts.Updated, dry.Counts.Conflicts, dry.Counts.Gone}, "%+v", dry)
	require.Len(t, f.byEmail(), 4, "a dry run writes nothing")
	pull := f.pull(false)
	require.Equal(t, dry.Counts, pull.Counts)
	rows = f.byEmail()
	require.Len(t, rows, 5)
	require.Equal(t, "Ada L.", f.text(rows["ada@acme.example"], "First name"))
	require.Equal(t, []string{"Bobby", "Builders"}, []string{f.text(rows["bob@acme.example"], "First name"), f.text(rows["bob@acme.example"], "Company")})
	require.Equal(t, "Newt", f.text(rows["new@acme.example"], "First name"))
	require.Equal(t, "dee", f.text(rows["dee@acme.example"], "First name"), "the row of a deleted record stays")

	again := f.pull(false)
	require.Zero(t, again.Counts.Created+again.Counts.Updated+again.Counts.Gone, "%+v", again)

	waiting := f.conflicts()
	require.Len(t, waiting, 2)
	decide := func(take string, records ...string) syncRun {
		t.Helper()
		body := map[string]any{"take": take}
		if len(records) > 0 {
			body["records"] = records
		}
		return f.ended("/syncs/"+f.sync+"/conflicts/resolve", body)
	}
	for _, c := range waiting {
		require.Len(t, c.Disputes, 1, "%+v", c)
		if c.RecordID == ids["bob"] {
			require.Equal(t, []string{"firstname", "Bobby", "Robert"}, []string{c.Disputes[0].Field, c.Disputes[0].Ours, c.Disputes[0].Theirs})
		}
	}
	require.Equal(t, "completed", decide("theirs", ids["bob"]).State)
	require.Equal(t, "completed", decide("ours").State)
	f.s.eventually(doneWithin, "the decisions", func() bool { return len(f.conflicts()) == 0 })
	rows = f.byEmail()
	require.Equal(t, "Robert", f.text(rows["bob@acme.example"], "First name"))
	require.Equal(t, "Cy!", f.text(rows["cy@acme.example"], "First name"))
	f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, "Cy!", f.twin.Values("contacts", ids["cy"])["firstname"], "what was decided for the table goes there by the next push")
	require.Equal(t, "Robert", f.twin.Values("contacts", ids["bob"])["firstname"])

	f.c.call(http.StatusOK, http.MethodPost, f.c.ws+"/tables/"+f.table.ID+"/undo", nil)
	require.Equal(t, "Bobby", f.text(f.byEmail()["bob@acme.example"], "First name"), "the decision is a step of undo")
	f.s.verify()
}

// TestAKilledPullDoublesNoRow: the server is killed twice while it waits for a page, when those before it are in the table.
func TestAKilledPullDoublesNoRow(t *testing.T) {
	t.Parallel()
	const people = 450
	asked := make(chan struct{})
	var searches atomic.Int32
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/search") {
				if n := searches.Add(1); n == 2 || n == 4 {
					_, _ = io.Copy(io.Discard, r.Body) // until then a server doesn't see that its client is gone
					asked <- struct{}{}
					<-r.Context().Done()
					return
				}
			}
			twin.ServeHTTP(w, r)
		})
	})
	for i := range people {
		at := time.Now().Add(-time.Hour + time.Duration(i)*time.Millisecond)
		f.twin.Seed("contacts", map[string]string{"email": "p" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + "@acme.example"}, at)
	}
	f.both()
	id := in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs/"+f.sync+"/run", map[string]any{"direction": "pull", "dry": false}).ID
	for range 2 {
		<-asked
		f.s.kill()
		f.s.start()
	}
	run := f.end(id)
	require.Equal(t, "completed", run.State, "%+v", run)
	require.Equal(t, people, run.Counts.Created, "%+v", run)
	require.EqualValues(t, people, f.c.count(f.table.ID))
	f.s.verify()
}
