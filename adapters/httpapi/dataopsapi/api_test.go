package dataopsapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

const leads = "Name,Employees,Note\nAcme,12,=1+1\nBolt,many,x\n\"Cog\nWorks\",7,-5\n"

func TestFromUploadToExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=leads.csv", io.Reader(strings.NewReader(leads)))
	require.Equal(t, http.StatusCreated, up.status)
	imp := up.imp(t)
	require.Equal(t, dataops.StateUploaded, imp.State)
	base := string(wsA) + "/imports/" + string(imp.ID)
	seen := w.call("anna", http.MethodPost, base+"/preview", `{"header":false}`).imp(t)
	require.Equal(t, dataops.StatePreviewed, seen.State)
	started := w.call("anna", http.MethodPost, base+"/commit", `{"new_table":{"name":"Leads"},"header":true,"mapping":[{"index":0,"new_column":{"name":"Name","type":"text"}},{"index":1,"new_column":{"name":"Employees","type":"number"}},{"index":2,"new_column":{"name":"Note","type":"text"}}]}`).imp(t)
	require.Equal(t, dataops.StateImporting, started.State)
	require.Equal(t, "temporal", w.get(imp.ID).WaitingFor)

	require.NoError(t, w.importer.Run(t.Context(), imp.ID, func(dataops.Summary) {}))
	done := w.get(imp.ID)
	require.Equal(t, dataops.StatePartial, done.State)
	require.Equal(t, dataops.Counts{Lines: 5, Rows: 3, Imported: 2, Failed: 1, Problems: 1}, done.Counts)
	require.NotNil(t, done.FinishedAt)
	require.Empty(t, done.WaitingFor)

	errs := w.call("anna", http.MethodGet, base+"/errors.csv", nil)
	require.Equal(t, "Name,Employees,Note,import_line,import_result,import_problem\r\nBolt,many,x,3,left out,\"Employees: \"\"many\"\" is not a number; write it like 1234.5\"\r\n", string(errs.body))
	require.Contains(t, errs.header.Get("Content-Disposition"), "leads-errors.csv")

	require.Equal(t, "Name,Employees,Note\r\nAcme,12,'=1+1\r\n\"Cog\nWorks\",7,-5\r\n", w.export(done.TableID, ""))
	require.Equal(t, "\xEF\xBB\xBFName,Note\r\nAcme,=1+1\r\n\"Cog\nWorks\",-5\r\n", w.export(done.TableID, "bom=true&escape_formulas=false&fields=Name,Note"))
	lines := strings.Split(w.export(done.TableID, "format=jsonl"), "\n")
	require.Equal(t, []string{`{"Name":"Acme","Employees":12,"Note":"=1+1"}`, `{"Name":"Cog\nWorks","Employees":7,"Note":"-5"}`, ""}, lines)
	require.Equal(t, "Name\r\n\"Cog\nWorks\"\r\n", w.export(done.TableID, "fields=Name&q=cog"))

	list := w.call("anna", http.MethodGet, string(wsA)+"/imports", nil)
	require.Contains(t, string(list.Data), string(imp.ID))

	w.call("anna", http.MethodPost, base+"/undo", nil).imp(t)
	require.NoError(t, w.importer.Run(t.Context(), imp.ID, func(dataops.Summary) {}))
	undone := w.get(imp.ID)
	require.Equal(t, dataops.StateUndone, undone.State)
	require.Equal(t, &dataops.UndoCounts{Removed: 2, Message: "2 rows taken out of the table"}, undone.Undo)
	require.Equal(t, "Name,Employees,Note\r\n", w.export(done.TableID, ""))
}

func TestExportedFormulasComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	texts := "Text\n=a\n'=a\n'\n''x\n+1\n@x\n-\n' y\n"
	const commit = `{"new_table":{"name":"T"},"header":true,"mapping":[{"index":0,"new_column":{"name":"Text","type":"text"}}]%s}`
	first := w.importFile("a.csv", texts, fmt.Sprintf(commit, `,"unescape_formulas":false`))
	again := w.importFile("b.csv", w.export(first.TableID, ""), fmt.Sprintf(commit, ""))
	require.Equal(t, w.export(first.TableID, "escape_formulas=false"), w.export(again.TableID, "escape_formulas=false"))
	require.Equal(t, strings.ReplaceAll(texts, "\n", "\r\n"), w.export(again.TableID, "escape_formulas=false"))
}

func TestUpsertAgainstTheRealGrid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mapping := `"mapping":[{"index":0,"new_column":{"name":"Name","type":"text"}},{"index":1,"new_column":{"name":"N","type":"number"}},{"index":2,"new_column":{"name":"D","type":"date"}}]`
	first := w.importFile("a.csv", "Name,N,D\na,1.50,2026-01-02\nb,2,\nc,3,2026-03-04\nc,4,\n", `{"new_table":{"name":"T"},"header":true,`+mapping+`}`)
	body := "Name,N,D\nb,2.0,2026-05-06\nd,9,\na,1.5,2026-01-02\nc,5,\nd,,2026-07-08\n"
	again := w.importFile("b.csv", body, `{"table_id":"`+string(first.TableID)+`","mode":"upsert","key_columns":["Name"]}`)
	require.Equal(t, dataops.Counts{Lines: 6, Rows: 5, Imported: 1, Updated: 1, Skipped: 2, Failed: 1, Problems: 1}, again.Counts)
	require.Equal(t, "Name,N,D\r\na,1.5,2026-01-02\r\nb,2,2026-05-06\r\nc,3,2026-03-04\r\nc,4,\r\nd,9,2026-07-08\r\n", w.export(first.TableID, ""))
	w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(again.ID)+"/undo", `{"force":false}`).imp(t)
	require.NoError(t, w.importer.Run(t.Context(), again.ID, func(dataops.Summary) {}))
	require.Equal(t, "Name,N,D\r\na,1.5,2026-01-02\r\nb,2,\r\nc,3,2026-03-04\r\nc,4,\r\n", w.export(first.TableID, ""))
}

func TestExportFollowsTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("a.csv", "Name,N\na,3\nb,1\nc,2\n", `{"new_table":{"name":"T"}}`)
	col := w.column(imp.TableID, "N")
	require.Equal(t, "Name,N\r\nb,1\r\nc,2\r\na,3\r\n", w.export(imp.TableID, "sort="+col+":asc"))
	require.Equal(t, "Name,N\r\na,3\r\nc,2\r\n", w.export(imp.TableID, "sort="+col+":desc&filter="+url.QueryEscape(`{"column":"`+col+`","op":"gt","value":1}`)))
	for _, query := range []string{"format=xls", "sort=nope:asc", "fields=nope", "filter=%7B", "ids=row_1", "view=viw_1"} {
		r := w.call("anna", http.MethodGet, string(wsA)+"/tables/"+string(imp.TableID)+"/export?"+query, nil)
		require.GreaterOrEqual(t, r.status, 400, query)
		require.Less(t, r.status, 500, "%s: %s", query, r.body)
	}
}

// column returns a column's id.
func (w *world) column(id kernel.TableID, name string) string {
	w.t.Helper()
	var col string
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), `SELECT c->>'id' FROM rm_grid.tables, jsonb_array_elements(state::jsonb->'columns') c WHERE table_id = $1 AND c->>'name' = $2`, id, name).Scan(&col))
	return col
}

func TestOneTenantDoesNotSeeTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("a.csv", leads, `{"new_table":{"name":"T"}}`)
	for _, ask := range [][3]string{
		{http.MethodGet, "/imports/" + string(imp.ID), ""},
		{http.MethodGet, "/imports/" + string(imp.ID) + "/errors.csv", ""},
		{http.MethodPost, "/imports/" + string(imp.ID) + "/preview", `{}`},
		{http.MethodPost, "/imports/" + string(imp.ID) + "/commit", `{"new_table":{"name":"x"}}`},
		{http.MethodPost, "/imports/" + string(imp.ID) + "/cancel", ""},
		{http.MethodPost, "/imports/" + string(imp.ID) + "/undo", ""},
		{http.MethodGet, "/tables/" + string(imp.TableID) + "/export", ""},
		{http.MethodPost, "/imports?filename=a.csv&table_id=" + string(imp.TableID), "a,b\n1,2\n"},
	} {
		var body any
		if ask[2] != "" {
			body = ask[2]
		}
		require.Equal(t, http.StatusNotFound, w.call("bob", ask[0], string(wsB)+ask[1], body).status, ask)
		require.Equal(t, http.StatusNotFound, w.call("bob", ask[0], string(wsA)+ask[1], body).status, ask)
	}
	require.JSONEq(t, `[]`, string(w.call("bob", http.MethodGet, string(wsB)+"/imports", nil).Data))
	require.Equal(t, http.StatusForbidden, w.call("vera", http.MethodPost, string(wsA)+"/imports?filename=a.csv", io.Reader(strings.NewReader(leads))).status, "viewers do not import")

	w.people.tables = []kernel.TableID{kernel.TableID(w.ids.New(kernel.PrefixTable))}
	require.Equal(t, http.StatusNotFound, w.call("key", http.MethodGet, string(wsA)+"/imports/"+string(imp.ID), nil).status, "a key limited to another table")
	require.Equal(t, http.StatusNotFound, w.call("key", http.MethodGet, string(wsA)+"/tables/"+string(imp.TableID)+"/export", nil).status)
}

func TestUploadsAreRefusedClearly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tc := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"empty":       {"/imports?filename=a.csv", "", 422, "VALIDATION_FAILED"},
		"workbook":    {"/imports?filename=a.xlsx", "PK\x03\x04", 422, "VALIDATION_FAILED"},
		"no filename": {"/imports", "a,b\n", 422, "VALIDATION_FAILED"},
	} {
		r := w.call("anna", http.MethodPost, string(wsA)+tc.path, io.Reader(strings.NewReader(tc.body)))
		require.Equal(t, tc.status, r.status, "%s: %s", name, r.body)
		require.Equal(t, tc.code, r.Error.Code, name)
	}
	// The same key gives the first answer again.
	first := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=a.csv", io.Reader(strings.NewReader(leads)), "Idempotency-Key", "k1")
	again := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=a.csv", io.Reader(strings.NewReader(leads)), "Idempotency-Key", "k1")
	require.Equal(t, first.imp(t).ID, again.imp(t).ID)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	// With another file it is another request.
	other := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=a.csv", io.Reader(strings.NewReader(leads+"x,y\n")), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusUnprocessableEntity, other.status, "%s", other.body)
	require.Equal(t, "IDEMPOTENCY_KEY_REUSED", other.Error.Code)
}

// A key that is limited to tables sees the files that it uploaded itself, and no other file that is of no table yet.
func TestALimitedKeySeesItsOwnUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.importFile("mine.csv", leads, `{"new_table":{"name":"Mine"}}`)
	theirs := w.importFile("theirs.csv", "Canary,B\ncanary,2\n", `{"new_table":{"name":"Theirs"}}`)
	pending := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=canary.csv", io.Reader(strings.NewReader("Canary,B\ncanary,2\n"))).imp(t)
	w.people.tables = []kernel.TableID{mine.TableID}
	own := w.call("key", http.MethodPost, string(wsA)+"/imports?filename=own.csv", io.Reader(strings.NewReader(leads))).imp(t)
	for _, hidden := range []kernel.ImportID{theirs.ID, pending.ID} {
		for _, r := range []reply{
			w.call("key", http.MethodGet, string(wsA)+"/imports/"+string(hidden), nil, "Morket-Min-Position", w.head()),
			w.call("key", http.MethodGet, string(wsA)+"/imports/"+string(hidden)+"/errors.csv", nil),
			w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(hidden)+"/preview", `{"header":false}`),
			w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(hidden)+"/commit", `{"table_id":"`+string(mine.TableID)+`"}`),
			w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(hidden)+"/cancel", nil),
			w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(hidden)+"/undo", `{}`),
		} {
			require.Equal(t, http.StatusNotFound, r.status, "%s", r.body)
			require.NotContains(t, string(r.body), "anary")
		}
	}
	list := w.call("key", http.MethodGet, string(wsA)+"/imports", nil, "Morket-Min-Position", w.head())
	require.Contains(t, string(list.body), own.ID)
	require.Contains(t, string(list.body), mine.ID)
	require.NotContains(t, string(list.body), "anary")
	require.Equal(t, http.StatusForbidden, w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(own.ID)+"/commit", `{"new_table":{"name":"x"}}`).status)
	require.Equal(t, http.StatusNotFound, w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(own.ID)+"/commit", `{"table_id":"`+string(theirs.TableID)+`"}`).status)
	r := w.call("key", http.MethodPost, string(wsA)+"/imports/"+string(own.ID)+"/commit", `{"table_id":"`+string(mine.TableID)+`"}`)
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
}

func TestTheListIsPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []kernel.ImportID
	for range 3 {
		ids = append(ids, w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=a.csv", io.Reader(strings.NewReader(leads))).imp(t).ID)
	}
	page := w.call("anna", http.MethodGet, string(wsA)+"/imports?limit=2", nil, "Morket-Min-Position", w.head())
	require.Contains(t, string(page.Data), string(ids[2]))
	require.NotContains(t, string(page.Data), string(ids[0]))
	page = w.call("anna", http.MethodGet, string(wsA)+"/imports?limit=2&cursor="+page.Meta.NextCursor, nil)
	require.Contains(t, string(page.Data), string(ids[0]))
	require.Empty(t, page.Meta.NextCursor)
}

// A view that names a column which is in the trash now is exported as it is listed: without what it says of that column.
func TestExportByAViewOfATrashedColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("a.csv", "Name,N\na,3\nb,1\n", `{"new_table":{"name":"T"}}`)
	n := kernel.ColumnID(w.column(imp.TableID, "N"))
	view := kernel.ViewID(w.ids.New(kernel.PrefixView))
	_, err := eventstore.NewRepo(table.StructureStream, w.log, w.codec, table.Blank).Update(t.Context(), kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}, string(imp.TableID), func(tbl *table.Table) (any, error) {
		v := table.View{ID: view, Name: "Large", Shared: true, Filter: json.RawMessage(`{"column":"` + string(n) + `","op":"gt","value":2}`), Sort: []table.Sort{{Column: n, Dir: table.Descending}}}
		if _, err := tbl.SaveView(v, "anna"); err != nil {
			return nil, err
		}
		return nil, tbl.DeleteColumn(n, table.Step{})
	})
	require.NoError(t, err)
	require.Equal(t, "Name\r\na\r\nb\r\n", w.export(imp.TableID, "view="+string(view)))
	require.Equal(t, "Name\r\nb\r\na\r\n", w.export(imp.TableID, "view="+string(view)+"&sort=Name:desc"), "an order by a column's name, as in a listing")
}

// The errors file, mended, is imported again: what it says of itself is left out.
func TestTheErrorsFileIsImportedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mapping := `"mapping":[{"index":0,"new_column":{"name":"Name","type":"text"}},{"index":1,"new_column":{"name":"N","type":"number"}}]`
	first := w.importFile("a.csv", "Name,N\n=a,1\n=b,many\n\"c\nd\",few\ne,5,,more\n", `{"new_table":{"name":"T"},"header":true,`+mapping+`}`)
	require.Equal(t, dataops.Counts{Lines: 6, Rows: 4, Imported: 1, Failed: 3, Problems: 3}, first.Counts)
	errs := string(w.call("anna", http.MethodGet, string(wsA)+"/imports/"+string(first.ID)+"/errors.csv", nil).body)
	require.Contains(t, errs, "'=b,many,3,left out,")
	require.Contains(t, errs, "e,5,6,left out,\"has 4 fields, expected 2\",,more\r\n")
	mended := strings.NewReplacer("many", "2", "few", "3", ",,more", "").Replace(errs)
	again := w.importFile("a-errors.csv", mended, `{"table_id":"`+string(first.TableID)+`"}`)
	require.Equal(t, dataops.StateCompleted, again.State)
	require.Equal(t, []string{"import_line", "import_result", "import_problem"}, again.LeftOut)
	require.Equal(t, "Name,N\r\n=a,1\r\n=b,2\r\n\"c\nd\",3\r\ne,5\r\n", w.export(first.TableID, "escape_formulas=false"))
}

func TestCheckTellsWhatWouldBeLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := w.upload("a.csv", strings.NewReader("Name,N,Left\na,1,x\nb,many,y\n"))
	mapping := `"mapping":[{"index":0,"new_column":{"name":"Name","type":"text"}},{"index":1,"new_column":{"name":"N","type":"number"}}]`
	base := string(wsA) + "/imports/" + string(up.ID)
	r := w.call("anna", http.MethodPost, base+"/check", `{"new_table":{"name":"T"},`+mapping+`}`)
	report := r.report(t)
	require.EqualValues(t, 1, report.Lossy)
	require.Equal(t, []string{"Left"}, report.LeftOut)
	require.Equal(t, "N", report.Columns[0].Column)
	require.Equal(t, http.StatusUnprocessableEntity, w.call("anna", http.MethodPost, base+"/check", `{}`).status)
	done := w.call("anna", http.MethodPost, base+"/commit", `{"new_table":{"name":"T"},"bad_values":"empty_cell",`+mapping+`}`).imp(t)
	require.NoError(t, w.importer.Run(t.Context(), up.ID, func(dataops.Summary) {}))
	require.Equal(t, "Name,N\r\na,1\r\nb,\r\n", w.export(done.TableID, ""))
	errs := string(w.call("anna", http.MethodGet, base+"/errors.csv", nil, "Morket-Min-Position", w.head()).body)
	require.Contains(t, errs, "b,many,y,3,imported without this,")
}

// report is what a check has told at the end of its stream.
func (r reply) report(t *testing.T) (report dataopscmd.Report) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	events := strings.Split(strings.TrimSpace(string(r.body)), "\n\n")
	require.True(t, strings.HasPrefix(events[0], "event: progress\n"), events[0])
	_, data, ok := strings.Cut(events[len(events)-1], "event: report\ndata: ")
	require.True(t, ok, events)
	require.NoError(t, json.Unmarshal([]byte(data), &report))
	return report
}

func TestCheckLooksAtTheRowsThatAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there := w.importFile("a.csv", "Name,N\na,1\nb,2\nb,3\n", `{"new_table":{"name":"T"}}`)
	up := w.upload("b.csv", strings.NewReader("Name,N,New\na,5,x\nb,6,y\n,7,z\nc,many,\nd,8,\n"))
	base := string(wsA) + "/imports/" + string(up.ID)
	commit := `{"table_id":"` + string(there.TableID) + `","mode":"upsert","key_columns":["Name"],"mapping":[{"index":0,"column_id":"` + w.column(there.TableID, "Name") + `"},` +
		`{"index":1,"column_id":"` + w.column(there.TableID, "N") + `"},{"index":2,"new_column":{"name":"New","type":"text"}}]}`
	report := w.call("anna", http.MethodPost, base+"/check", commit).report(t)
	require.EqualValues(t, 3, report.Lossy)
	require.EqualValues(t, 3, report.Failed)
	w.call("anna", http.MethodPost, base+"/commit", commit).imp(t)
	require.NoError(t, w.importer.Run(t.Context(), up.ID, func(dataops.Summary) {}))
	require.Equal(t, report.Failed, w.get(up.ID).Counts.Failed)
}

// What is exported comes back the same, for all that cells may hold.
func TestExportAndImportAreInverse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anyText := rapid.OneOf(
		rapid.SampledFrom([]string{"=1+1", "+49 30 123456", "-5.00", "'=x", "''", "'", "@a", "\tx", " x ", "a\"b", "\"", "a,b;c", "1.10", "007", "N/A", "\r\n", "＝1", "[\"a\"]", "\\\"", "line\nline", "2024-01-02", "TRUE", "\u00a0", "\uFEFFx"}),
		rapid.StringOfN(rapid.SampledFrom([]rune("a'=+-@,;\"\t\r\n \\é😀[{")), 1, 8, -1),
	)
	option := rapid.SampledFrom([]string{"a", "b, c", "d;e", "[f", "\"g\"", "=h", "'i"})
	var lines, tags [][]byte
	rapid.Check(t, func(rt *rapid.T) {
		text, err := json.Marshal(anyText.Draw(rt, "text"))
		require.NoError(rt, err)
		list, err := json.Marshal(rapid.SliceOfNDistinct(option, 1, 3, rapid.ID).Draw(rt, "options"))
		require.NoError(rt, err)
		lines, tags = append(lines, text), append(tags, list)
	})
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "{\"K\":\"k%d\",\"Text\":%s,\"Tags\":%s,\"Any\":{\"x\":[%s]}}\n", i, lines[i], tags[i], lines[i])
	}
	const commit = `{%s,"create_options":true,"mapping":[{"index":0,%[2]s},{"index":1,%[3]s},{"index":2,%[4]s},{"index":3,%[5]s}]}`
	col := func(name, typ string) string { return fmt.Sprintf(`"new_column":{"name":%q,"type":%q}`, name, typ) }
	columns := []any{col("K", "text"), col("Text", "text"), col("Tags", "multi_select"), col("Any", "json")}
	first := w.importFile("a.jsonl", b.String(), fmt.Sprintf(commit, append([]any{`"new_table":{"name":"T"}`}, columns...)...))
	require.Equal(t, dataops.StateCompleted, first.State)
	for _, query := range []string{"", "bom=true", "escape_formulas=false"} {
		body := fmt.Sprintf(commit, append([]any{`"new_table":{"name":"U"},"header":true`}, columns...)...)
		if query == "escape_formulas=false" {
			body = strings.Replace(body, `"create_options"`, `"unescape_formulas":false,"create_options"`, 1)
		}
		again := w.importFile("b.csv", w.export(first.TableID, query), body)
		require.Equal(t, dataops.StateCompleted, again.State, query)
		require.Equal(t, w.export(first.TableID, "format=jsonl"), w.export(again.TableID, "format=jsonl"), query)
	}
}
