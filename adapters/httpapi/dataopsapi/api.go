// Package dataopsapi is the HTTP side of imports and exports.
package dataopsapi

import (
	"net/http"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/dataopsview"
)

const tag = "data"

// Deps is what the endpoints need.
type Deps struct {
	Handlers *dataopscmd.Handlers
	Reads    Imports
	Grid     Grid
	Moments  tablefile.Moments
	// Waiting tells what imports that have been started wait for, for example "temporal"; "" when nothing is in their way. It may
	// be nil.
	Waiting func() string
	Exports *dataopscmd.Exports
	Links   Links
}

type service struct{ Deps }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Write(a, httpapi.Op{
		ID: "upload-import", Method: http.MethodPost, Path: "W/imports", Tag: tag, Summary: "Upload a file to import",
		Description: "The body is the file itself: CSV or TSV in any usual encoding, JSON Lines, a JSON array of objects, or an Excel workbook " +
			"(.xlsx), of which one sheet is read; at most 1 GB. The answer tells what the file seems to be, by all of it, and shows its first " +
			"records. While unsure is true, the encoding has to be chosen with preview before commit.",
		Action: workspace.ImportData, Status: http.StatusCreated, RawBody: true, Scope: httpapi.TablesOf(uploaded), Rate: httpapi.General,
	}, s.upload)
	httpapi.Write(a, httpapi.Op{
		ID: "duplicate-table", Method: http.MethodPost, Path: "W/tables/{tableId}/duplicate", Tag: "tables",
		Summary: "Make a table like another one, with its rows or without",
		Description: "Columns, the caller's and shared views, formulas, lookups and enrichments are copied and refer to the copy's own " +
			"columns. Enrichments don't ask by themselves in the copy. Rows are copied in the background by an import, with the values that " +
			"they have when they are read; states of cells and their history stay with the table.",
		Action: workspace.ManageTables, Status: http.StatusCreated, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.duplicate)
	httpapi.Read(a, httpapi.Op{
		ID: "list-imports", Method: http.MethodGet, Path: "W/imports", Tag: tag, Summary: "Imports, newest first",
		Action: workspace.ReadTables, Projection: dataopsview.Name, Scope: httpapi.FilteredTablesOf(listed),
		Rate: httpapi.General,
	}, s.list)
	httpapi.Read(a, httpapi.Op{
		ID: "get-import", Method: http.MethodGet, Path: "W/imports/{importId}", Tag: tag,
		Summary: "An import: what the file is, how far it has come", Action: workspace.ReadTables,
		Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.reach), Rate: httpapi.General,
	}, s.get)
	s.registerDecisions(a)
	s.registerEnds(a)
	s.registerExport(a)
	s.registerExports(a)
}

// registerDecisions are the calls that say how an uploaded file is to be taken.
func (s service) registerDecisions(a *httpapi.API) {
	httpapi.Write(a, httpapi.Op{
		ID: "preview-import", Method: http.MethodPost, Path: "W/imports/{importId}/preview", Tag: tag,
		Summary: "Look at the file again under another format, encoding, delimiter, sheet or header",
		Action:  workspace.ImportData, Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.previewed),
		Rate: httpapi.General,
	}, s.preview)
	httpapi.Write(a, httpapi.Op{
		ID: "commit-import", Method: http.MethodPost, Path: "W/imports/{importId}/commit", Tag: tag,
		Summary: "Start the import into a new table or one that is there",
		Description: "With mode upsert, a record whose key columns equal a row's changes that row; an empty field leaves its cell as it is, " +
			"and of several records with the same key the later wins. With add_new such a record is left out, and a record without a key is " +
			"added. Broken records are left out and listed in errors.csv. An import of which " +
			"nothing came in has failed.",
		Action: workspace.ImportData, Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.committed),
		Rate: httpapi.General,
	}, s.commit)
	httpapi.Stream(a, httpapi.Op{
		ID: "check-import", Method: http.MethodPost, Path: "W/imports/{importId}/check", Tag: tag,
		Summary: "Say what the import would lose, before it begins",
		Description: "Takes what commit takes, reads the whole file and changes nothing. Events named progress tell how far it is; the last " +
			"one, report, has the numbers of rows and columns that would lose values, with samples, and the columns that go nowhere.",
		Action: workspace.ImportData, Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.committed),
		Rate: httpapi.General,
	}, "text/event-stream", s.check)
}

// registerEnds are the calls about an import that runs or has ended.
func (s service) registerEnds(a *httpapi.API) {
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-import", Method: http.MethodPost, Path: "W/imports/{importId}/cancel", Tag: tag,
		Summary: "Stop an import where it is; its rows so far stay until it is undone", Action: workspace.ImportData,
		Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.reach), Rate: httpapi.General,
	}, s.cancel)
	httpapi.Write(a, httpapi.Op{
		ID: "undo-import", Method: http.MethodPost, Path: "W/imports/{importId}/undo", Tag: tag, Summary: "Take an import back",
		Description: "Rows go to the trash and changed cells get their earlier values, in the background. What was changed after the import " +
			"is left alone unless force is set.",
		Action: workspace.ImportData, Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.undone), Rate: httpapi.General,
	}, s.undo)
	httpapi.Stream(a, httpapi.Op{
		ID: "get-import-errors", Method: http.MethodGet, Path: "W/imports/{importId}/errors.csv", Tag: tag,
		Summary: "The rows that lost something, as they are in the file, with the reason; it can be imported again",
		Action:  workspace.ReadTables, Projection: dataopsview.Name, Scope: httpapi.TablesOf(s.reach),
		Rate: httpapi.General,
	}, "text/csv; charset=utf-8", s.problems)
}

func (s service) registerExport(a *httpapi.API) {
	httpapi.Stream(a, httpapi.Op{
		ID: "export-table", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/export", Tag: tag,
		Summary: "A table's rows as a file, without a limit",
		Description: "With escape_formulas (the default), a text that begins with = + - @ (also full-width), a tab or a line end gets an " +
			"apostrophe before it in CSV, so that no spreadsheet program runs it. Numbers and phone numbers are left as they are. An import " +
			"takes the apostrophes away again. With bom, the file begins with a byte order mark. Rows are read a few thousand at a time: a row " +
			"that changes meanwhile is in the file once, as it is when it is read, or not at all when it is deleted before; without a sort new " +
			"rows come last, with one they are left out. XLSX has numbers of up to 15 digits, days and times (in the workspace's zone) as such, " +
			"and everything else as text, which no program runs; days before March 1900 and longer numbers are text. A text of more than " +
			"32,767 characters is cut there and listed on a sheet of its own. Parquet has exact decimals, times in UTC and lists.",
		Action: workspace.ExportData, Projection: "grid", AlsoProduces: alsoProduced(),
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, "text/csv; charset=utf-8", s.export)
}

// alsoProduced are the media types of an export besides CSV's.
func alsoProduced() []string {
	var out []string
	for _, f := range tablefile.Formats()[1:] {
		out = append(out, f.ContentType())
	}
	return out
}
