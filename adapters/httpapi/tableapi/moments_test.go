package tableapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// past is a table whose every state is known by the position at which it began.
type past struct {
	*user
	tbl  tablecmd.Table
	cols map[string]string
	rows []kernel.RowID
}

func newPast(t *testing.T) *past {
	t.Helper()
	u := newWorld(t).join("Ann", kernel.RoleAdmin)
	tbl, cols := u.table(m{"name": "Name", "type": "text"}, m{"name": "Size", "type": "text"})
	p := &past{user: u, tbl: tbl, cols: map[string]string{}}
	for name, c := range cols {
		p.cols[name] = string(c.ID)
	}
	p.rows = u.insert(tbl, m{"Name": "Acme", "Size": "10"}, m{"Name": "Beta", "Size": "20"})
	return p
}

func (p *past) path(rest string) string { return "/tables/" + string(p.tbl.ID) + rest }

// set sets a cell and returns the position at which it is so.
func (p *past) set(row kernel.RowID, column, value string) string {
	p.w.t.Helper()
	p.call(http.MethodPatch, p.path("/cells"), m{"edits": []m{{"row_id": row, "column_id": p.cols[column], "value": value}}}).ok(nil)
	return p.last
}

func (p *past) names(asOf string) []string {
	p.w.t.Helper()
	var rows []row
	p.call(http.MethodGet, p.path("/rows?as_of="+asOf), nil).ok(&rows)
	out := make([]string, len(rows))
	for i, r := range rows {
		_ = json.Unmarshal(r.Cells[kernel.ColumnID(p.cols["Name"])], &out[i])
	}
	return out
}

func TestATableIsReadAsOfAMoment(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	p.set(p.rows[0], "Name", "Acme Ltd")
	renamed := p.last
	p.call(http.MethodPost, p.path("/rows:batch"), m{"operations": []m{{"op": "delete", "row_id": p.rows[1]}}}).ok(nil)

	require.Equal(t, []string{"Acme Ltd"}, p.names(p.last))
	require.Equal(t, []string{"Acme Ltd", "Beta"}, p.names(renamed))
	require.Equal(t, []string{"Acme", "Beta"}, p.names(first))

	a := p.call(http.MethodGet, p.path("/rows:count?as_of="+first), nil).ok(nil)
	require.JSONEq(t, `{"count":2}`, string(a.Body.Data))
	require.Equal(t, first, strconv.FormatInt(a.Body.Meta.AsOf.Position, 10))
	at := url.QueryEscape(a.Body.Meta.AsOf.At.Format(time.RFC3339Nano))
	require.Equal(t, []string{"Acme", "Beta"}, p.names(at), "the same moment by its time")

	filter := url.QueryEscape(`{"column":"Name","op":"is","value":"Beta"}`)
	a = p.call(http.MethodGet, p.path("/rows:count?as_of="+first+"&filter="+filter), nil).ok(nil)
	require.JSONEq(t, `{"count":1}`, string(a.Body.Data))
	var r row
	p.call(http.MethodGet, p.path("/rows/"+string(p.rows[1])+"?as_of="+first), nil).ok(&r)
	require.Equal(t, p.rows[1], r.ID)
	var history []m
	p.call(http.MethodGet, p.path("/cells/"+string(p.rows[0])+"/"+p.cols["Name"]+"/history?as_of="+first), nil).ok(&history)
	require.Len(t, history, 1)
}

func TestPagesOfAMomentFollowEachOther(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	p.insert(p.tbl, m{"Name": "Gamma"})
	a := p.call(http.MethodGet, p.path("/rows?limit=1&sort="+p.cols["Name"]+":desc&as_of="+first), nil).ok(nil)
	require.NotEmpty(t, a.Body.Meta.NextCursor)
	var rows []row
	a = p.call(http.MethodGet, p.path("/rows?limit=1&sort="+p.cols["Name"]+":desc&as_of="+first+"&cursor="+a.Body.Meta.NextCursor), nil).ok(&rows)
	require.Equal(t, p.rows[0], rows[0].ID)
	require.Empty(t, a.Body.Meta.NextCursor)
}

func TestTheSchemaIsThatOfTheMoment(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	size := p.path("/columns/" + p.cols["Size"])
	p.call(http.MethodPut, p.path("/columns/"+p.cols["Name"]), m{"name": "Company"}).ok(nil)
	p.call(http.MethodPost, size+"/change-type", m{"type": "number"}).ok(nil)
	retyped := p.last
	p.call(http.MethodDelete, size, nil).ok(nil)

	column := func(asOf string) map[string]string {
		var tbl tablecmd.Table
		p.call(http.MethodGet, p.path("?as_of="+asOf), nil).ok(&tbl)
		out := map[string]string{}
		for _, c := range tbl.Columns {
			out[c.Name] = string(c.Type)
		}
		return out
	}
	require.Equal(t, map[string]string{"Name": "text", "Size": "text"}, column(first))
	require.Equal(t, map[string]string{"Company": "text", "Size": "number"}, column(retyped))
	require.Equal(t, map[string]string{"Company": "text"}, column(p.last))
	var rows []row
	p.call(http.MethodGet, p.path("/rows?as_of="+first), nil).ok(&rows)
	require.Equal(t, `"10"`, string(rows[0].Cells[kernel.ColumnID(p.cols["Size"])]))
	p.call(http.MethodGet, p.path("/rows?as_of="+retyped), nil).ok(&rows)
	require.Equal(t, `10`, string(rows[0].Cells[kernel.ColumnID(p.cols["Size"])]))
}

func TestAMomentThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	u := newWorld(t).join("Ann", kernel.RoleAdmin)
	before, _ := u.table(m{"name": "Name", "type": "text"})
	first := u.last
	tbl, _ := u.table(m{"name": "Name", "type": "text"})
	rows := "/tables/" + string(tbl.ID) + "/rows?as_of="
	u.call(http.MethodGet, rows+first, nil).fails(http.StatusNotFound, "BEFORE_THE_TABLE")
	u.call(http.MethodGet, rows+"2001-01-01T00:00:00Z", nil).fails(http.StatusNotFound, "BEFORE_THE_TABLE")
	u.call(http.MethodGet, rows+"999999", nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	u.call(http.MethodGet, rows+"2999-01-01T00:00:00Z", nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	for _, bad := range []string{"yesterday", "-1", "0", "2026-13-01T00:00:00Z"} {
		u.call(http.MethodGet, rows+bad, nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
	stranger := u.w.join("Eve", kernel.RoleAdmin)
	stranger.call(http.MethodGet, rows+u.last, nil).fails(http.StatusNotFound, "NOT_FOUND")

	u.call(http.MethodDelete, "/tables/"+string(before.ID), nil).ok(nil)
	trashed := u.last
	u.call(http.MethodPost, "/tables/"+string(before.ID)+"/restore", nil).ok(nil)
	u.call(http.MethodGet, "/tables/"+string(before.ID)+"/rows?as_of="+trashed, nil).fails(http.StatusNotFound, "TABLE_WAS_IN_TRASH")
}

func TestTheTimelineTellsWhatHappened(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	inserted := p.last
	p.set(p.rows[0], "Name", "Acme Ltd")
	edited := p.last
	p.call(http.MethodPost, p.path("/undo"), nil).ok(nil)

	timeline := func(query string) (out tableapi.Timeline) {
		p.call(http.MethodGet, p.path("/timeline"+query), nil).ok(&out)
		return out
	}
	kinds := func(l tableapi.Timeline) (out []string) {
		for _, tick := range l.Ticks {
			out = append(out, string(tick.Kind)+": "+tick.Label+" by "+tick.Name)
		}
		return out
	}
	all := timeline("")
	require.Equal(t, []string{"edit: Write rows by Ann", "edit: Edit cells by Ann", "undo: Undo Edit cells by Ann"}, kinds(all))
	require.EqualValues(t, 3, all.Events)
	require.Equal(t, []string{"edit: Edit cells by Ann"}, kinds(timeline("?from="+inserted+"&to="+edited)))
	require.Equal(t, []string{"edit: Write rows by Ann"}, kinds(timeline("?from=2001-01-01T00:00:00Z&to="+inserted)))
	require.Equal(t, []string{"Acme Ltd", "Beta"}, p.names(strconv.FormatInt(all.Ticks[1].Position, 10)))
	p.call(http.MethodGet, p.path("/timeline?from="+edited+"&to="+inserted), nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
}

// said lists differences as text.
func (p *past) said(query string) (out []string, next string) {
	p.w.t.Helper()
	var list []tableapi.Difference
	a := p.call(http.MethodGet, p.path("/diff?from="+query), nil).ok(&list)
	for _, d := range list {
		who := "nobody"
		if d.Change != nil {
			who = d.Change.Actor.Name + " (" + d.Change.Label + ")"
		}
		out = append(out, string(d.Kind)+" "+string(d.Old)+" -> "+string(d.New)+" by "+who)
	}
	return out, a.Body.Meta.NextCursor
}

func TestTwoMomentsAreCompared(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	bob := *p
	bob.user = p.w.joinIn("Bob", kernel.RoleAdmin, p.ws)
	p.set(p.rows[0], "Name", "Acme Ltd")
	p.set(p.rows[0], "Name", "Acme Inc")
	bob.set(p.rows[1], "Size", "21")
	amid := bob.last
	p.insert(p.tbl, m{"Name": "Gamma"})
	p.call(http.MethodPost, p.path("/rows:batch"), m{"operations": []m{{"op": "delete", "row_id": p.rows[1]}}}).ok(nil)
	p.call(http.MethodPut, p.path("/columns/"+p.cols["Size"]), m{"name": "Staff"}).ok(nil)

	edits := []string{`cell "Acme" -> "Acme Inc" by Ann (Edit cells)`, `cell "20" -> "21" by Bob (Edit cells)`}
	got, _ := p.said(first + "&to=" + amid)
	require.Equal(t, edits, got)
	got, _ = p.said(first + "&to=" + amid + "&user_id=" + string(p.w.people["Bob"].User))
	require.Equal(t, edits[1:], got)
	got, _ = p.said(first + "&to=" + amid + "&columns=" + p.cols["Name"])
	require.Equal(t, edits[:1], got)
	got, next := p.said(first + "&to=" + amid + "&limit=1")
	require.Equal(t, edits[:1], got)
	got, next = p.said(first + "&to=" + amid + "&limit=1&cursor=" + next)
	require.Equal(t, edits[1:], got)
	require.Empty(t, next)

	now := []string{
		edits[0], `row_removed null -> null by Ann (Write rows)`, `row_added null -> null by Ann (Write rows)`,
	}
	got, _ = p.said(first)
	require.Equal(t, now, got)
	var count tableapi.DifferencesCount
	p.call(http.MethodGet, p.path("/diff:count?from="+first), nil).ok(&count)
	require.Equal(t, gridview.Differing{Cells: 1, Rows: 1, Added: 1, Removed: 1}, count.Differing)
	require.Len(t, count.Columns, 1)
	require.Equal(t, "renamed", count.Columns[0].Kind)
	require.Nil(t, count.To)

	var steps []string
	var list []tableapi.Difference
	p.call(http.MethodGet, p.path("/diff?from="+first+"&to="+amid), nil).ok(&list)
	for _, d := range list {
		steps = append(steps, d.Change.Step)
	}
	got, _ = p.said(first + "&to=" + amid + "&step=" + steps[0])
	require.Equal(t, edits[:1], got)

	p.call(http.MethodGet, p.path("/diff?from="+amid+"&to="+first), nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	p.call(http.MethodGet, p.path("/diff?from="+first+"&columns=col_x"), nil).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	p.call(http.MethodGet, p.path("/diff?from="+first+"&cursor=x"), nil).fails(http.StatusBadRequest, "INVALID_CURSOR")
}

// restore brings something back to a moment, call after call, as one gesture.
func (p *past) restore(body m) (sum tablecmd.RestoredTo) {
	p.w.t.Helper()
	for {
		var out tablecmd.RestoredTo
		p.call(http.MethodPost, p.path("/rows:restoreTo"), body, "Morket-Gesture", "restore-1").ok(&out)
		sum.Cells, sum.Restored, sum.Deleted = sum.Cells+out.Cells, sum.Restored+out.Restored, sum.Deleted+out.Deleted
		sum.Gone, sum.Refused, sum.Position = sum.Gone+out.Gone, sum.Refused+out.Refused, out.Position
		if out.Next == nil {
			return sum
		}
		body["after"] = out.Next
	}
}

func TestATableIsRestoredToAMoment(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	p.set(p.rows[0], "Name", "Acme Ltd")
	p.set(p.rows[1], "Size", "21")
	p.set(p.rows[1], "Name", "Bravo")
	p.insert(p.tbl, m{"Name": "Gamma"})
	p.call(http.MethodPost, p.path("/rows:batch"), m{"operations": []m{{"op": "delete", "row_id": p.rows[1]}}}).ok(nil)
	changed := p.last

	want := tablecmd.RestoredTo{Cells: 3, Restored: 1, Deleted: 1}
	counts := func(r tablecmd.RestoredTo) tablecmd.RestoredTo {
		require.Equal(t, first, strconv.FormatInt(r.Position, 10))
		r.Position = 0
		return r
	}
	require.Equal(t, want, counts(p.restore(m{"as_of": first, "dry_run": true})))
	require.Equal(t, []string{"Acme Ltd", "Gamma"}, p.names(p.last), "a dry run changes nothing")
	require.Equal(t, want, counts(p.restore(m{"as_of": first})))
	require.Equal(t, []string{"Acme", "Beta"}, p.names(p.last))
	got, _ := p.said(first)
	require.Empty(t, got)
	require.Equal(t, tablecmd.RestoredTo{}, counts(p.restore(m{"as_of": first})), "there is nothing left to restore")

	var undone tablecmd.Undone
	p.call(http.MethodPost, p.path("/undo"), nil).ok(&undone)
	require.Equal(t, "Restore to a moment", undone.Label)
	require.Empty(t, undone.Conflicts)
	require.Equal(t, []string{"Acme Ltd", "Gamma"}, p.names(p.last))
	got, _ = p.said(changed)
	require.Empty(t, got, "all of it was one step")
}

func TestASelectionIsRestoredToAMoment(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	first := p.last
	for i, name := range []string{"Alpha", "Bravo"} {
		p.set(p.rows[i], "Name", name)
		p.set(p.rows[i], "Size", "99")
	}
	p.insert(p.tbl, m{"Name": "Gamma"})
	require.Equal(t, 1, p.restore(m{"as_of": first, "row_ids": p.rows[:1], "columns": []string{"Name"}}).Cells, "a cell")
	require.Equal(t, []string{"Acme", "Bravo", "Gamma"}, p.names(p.last))
	require.Equal(t, 1, p.restore(m{"as_of": first, "row_ids": p.rows[:1]}).Cells, "what is left of the row")
	require.Equal(t, 1, p.restore(m{"as_of": first, "columns": []string{p.cols["Name"]}}).Cells, "a column; no row goes")
	require.Equal(t, []string{"Acme", "Beta", "Gamma"}, p.names(p.last))
	for column, value := range map[string]string{"Name": "Beta", "Size": "99"} {
		var r row
		p.call(http.MethodGet, p.path("/rows/"+string(p.rows[1])), nil).ok(&r)
		require.Equal(t, `"`+value+`"`, string(r.Cells[kernel.ColumnID(p.cols[column])]))
	}
	p.call(http.MethodPost, p.path("/rows:restoreTo"), m{"as_of": first, "columns": []string{"Nope"}}).
		fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	p.call(http.MethodPost, p.path("/rows:restoreTo"), m{"as_of": "soon"}).fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	viewer := p.w.joinIn("Vic", kernel.RoleViewer, p.ws)
	viewer.call(http.MethodPost, p.path("/rows:restoreTo"), m{"as_of": first}).fails(http.StatusForbidden, "FORBIDDEN")
}

func TestValuesComeBackAcrossAChangeOfType(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	p.set(p.rows[1], "Size", "many")
	first := p.last
	p.call(http.MethodPost, p.path("/columns/"+p.cols["Size"]+"/change-type"), m{"type": "number", "lossy": true}).ok(nil)
	p.call(http.MethodPatch, p.path("/cells"), m{"edits": []m{{"row_id": p.rows[0], "column_id": p.cols["Size"], "value": 11}}}).ok(nil)
	out := p.restore(m{"as_of": first})
	require.Equal(t, []int{1, 1}, []int{out.Cells, out.Refused}, "10 is a number, many is none")
	var r row
	p.call(http.MethodGet, p.path("/rows/"+string(p.rows[0])), nil).ok(&r)
	require.Equal(t, `10`, string(r.Cells[kernel.ColumnID(p.cols["Size"])]))
}
