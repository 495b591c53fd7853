package dataopsapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// Links signs links to exported files, and reads them.
type Links interface {
	Download(ws kernel.WorkspaceID, export kernel.ExportID, until time.Time) string
	Downloaded(link string) (ws kernel.WorkspaceID, export kernel.ExportID, ok bool)
}

// Export is what the outside sees of a file that is made in the background.
type Export struct {
	ID        kernel.ExportID     `json:"id"`
	TableID   kernel.TableID      `json:"table_id"`
	Filename  string              `json:"filename"`
	Format    tablefile.Format    `json:"format" enum:"csv,jsonl,json,xlsx,parquet"`
	State     dataops.ExportState `json:"state" enum:"running,ready,failed,cancelled,expired"`
	Rows      int64               `json:"rows" doc:"Written so far."`
	TableRows int64               `json:"table_rows" doc:"That the table had when the file was asked for; a filter takes fewer."`
	Size      int64               `json:"size,omitempty" doc:"Bytes."`
	URL       string              `json:"url,omitempty" doc:"Below this server's address. Whoever has it gets the file, until expires_at or until who asked for it may no longer export."`
	CreatedAt time.Time           `json:"created_at"`
	ExpiresAt *time.Time          `json:"expires_at,omitempty"`
	Error     string              `json:"error,omitempty"`
}

func (s service) shown(e dataops.Export) Export {
	out := Export{
		ID: e.ID, TableID: e.TableID, Filename: e.Name, Format: tablefile.Format(e.Ask.Format), State: e.State, Rows: e.Rows,
		TableRows: e.Total, Size: e.Size, Error: e.Reason,
	}
	if at, err := kernel.IDTime(string(e.ID)); err == nil {
		out.CreatedAt = at.UTC()
	}
	if e.State == dataops.ExportReady {
		out.ExpiresAt = &e.ExpiresAt
		out.URL = httpapi.Base + exportedPath + s.Links.Download(e.Workspace, e.ID, e.ExpiresAt)
	}
	return out
}

const exportedPath = "/exported-files/"

func (s service) registerExports(a *httpapi.API) {
	httpapi.Write(a, httpapi.Op{
		ID: "start-export", Method: http.MethodPost, Path: "W/tables/{tableId}/exports", Tag: tag,
		Summary: "Make a file of a table in the background",
		Description: "Takes what the export of a table takes. The file is kept for 24 hours, during which get-export has a signed link to it. " +
			"A workspace has 3 exports under way and 20 files at most.",
		Action: workspace.ExportData, Projection: "grid", Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.startExport)
	httpapi.Read(a, httpapi.Op{
		ID: "list-exports", Method: http.MethodGet, Path: "W/exports", Tag: tag,
		Summary: "Files that were made in the background, the newest 50", Action: workspace.ExportData, Scope: httpapi.FilteredByTable,
		Rate: httpapi.General,
	}, s.exports)
	httpapi.Read(a, httpapi.Op{
		ID: "get-export", Method: http.MethodGet, Path: "W/exports/{exportId}", Tag: tag,
		Summary: "How far a file is and, when it is ready, a signed link to it", Action: workspace.ExportData,
		Scope: httpapi.TablesOf(s.exportReach), Rate: httpapi.General,
	}, s.getExport)
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-export", Method: http.MethodPost, Path: "W/exports/{exportId}/cancel", Tag: tag,
		Summary: "Stop making a file, or throw it away; links to it end at once", Action: workspace.ExportData,
		Scope: httpapi.TablesOf(s.exportReach), Rate: httpapi.General,
	}, s.cancelExport)
	types := make([]string, 0, len(tablefile.Formats()))
	for _, f := range tablefile.Formats() {
		types = append(types, f.ContentType())
	}
	httpapi.Stream(a, httpapi.Op{
		ID: "download-export", Method: http.MethodGet, Path: exportedPath + "{link}", Tag: tag, Summary: "The file of a signed link",
		Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General, AlsoProduces: types[1:],
	}, types[0], s.download)
}

type startExportIn struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId"`
	Body    struct {
		Format         tablefile.Format `json:"format,omitempty" enum:"csv,jsonl,json,xlsx,parquet" default:"csv"`
		AsOf           string           `json:"as_of,omitempty" maxLength:"64" doc:"Export the table as it was at a log position or a time (RFC 3339)."`
		View           kernel.ViewID    `json:"view,omitempty" doc:"Its filter, order and visible columns."`
		Filter         string           `json:"filter,omitempty" maxLength:"100000" doc:"JSON in a string; narrows the view's filter."`
		Group          string           `json:"group,omitempty" maxLength:"1000" doc:"Instead of the view's groups."`
		Sort           string           `json:"sort,omitempty" maxLength:"1000" doc:"Instead of the view's order."`
		Fields         string           `json:"fields,omitempty" maxLength:"20000" doc:"Column ids or names, separated by commas; instead of the view's columns."`
		Search         string           `json:"q,omitempty" maxLength:"1000"`
		IDs            []kernel.RowID   `json:"ids,omitempty" maxItems:"10000" doc:"Only these rows."`
		EscapeFormulas bool             `json:"escape_formulas,omitempty" default:"true"`
		BOM            bool             `json:"bom,omitempty" default:"false"`
		Sureness       bool             `json:"sureness,omitempty" default:"false"`
	}
}

type exportAnswer = commands.Result[Export]

func (s service) startExport(ctx context.Context, meta kernel.Meta, in *startExportIn) (exportAnswer, error) {
	b := in.Body
	if len(b.IDs) == 0 {
		b.IDs = nil // all rows
	}
	for _, id := range b.IDs {
		if err := kernel.ParseID(kernel.PrefixRow, string(id)); err != nil {
			return exportAnswer{}, kernel.Invalid("ids", "%s", err)
		}
	}
	return s.answered(s.Exports.Request(ctx, meta.As("start-export"), dataopscmd.RequestExport{
		TableID: in.TableID, By: meta.Actor.User(),
		Ask: dataops.ExportAsk{
			Format: string(b.Format), AsOf: b.AsOf, View: b.View, Filter: b.Filter, Group: b.Group, Sort: b.Sort, Fields: b.Fields,
			Search: b.Search, Rows: b.IDs, EscapeFormulas: b.EscapeFormulas, BOM: b.BOM, Sureness: b.Sureness,
		},
	}))
}

func (s service) answered(res commands.Result[dataops.Export], err error) (exportAnswer, error) {
	if err != nil {
		return exportAnswer{}, err
	}
	return exportAnswer{Value: s.shown(res.Value), Position: res.Position, Replayed: res.Replayed}, nil
}

func (s service) exports(ctx context.Context, p httpapi.Principal, _ *httpapi.InWorkspace) ([]Export, httpapi.Meta, error) {
	list, err := s.Exports.List(ctx, p.Workspace)
	out := []Export{}
	for _, e := range list {
		if p.CanSeeTable(e.TableID) {
			out = append(out, s.shown(e))
		}
	}
	return out, httpapi.Meta{}, err
}

// InExport is embedded by the inputs of endpoints on one export.
type InExport struct {
	httpapi.InWorkspace
	ExportID kernel.ExportID `path:"exportId"`
}

// exportReach is the table of the export.
func (s service) exportReach(ctx context.Context, p httpapi.Principal, in *InExport) (httpapi.Reach, error) {
	e, err := s.Exports.Find(ctx, p.Workspace, in.ExportID)
	if err != nil {
		return httpapi.Reach{}, err
	}
	if !p.CanSeeTable(e.TableID) {
		return httpapi.Reach{}, kernel.NotFound("export", string(in.ExportID))
	}
	return httpapi.ReachOf(e.TableID), nil
}

func (s service) getExport(ctx context.Context, p httpapi.Principal, in *InExport) (Export, httpapi.Meta, error) {
	e, err := s.Exports.Find(ctx, p.Workspace, in.ExportID)
	if err != nil {
		return Export{}, httpapi.Meta{}, err
	}
	return s.shown(e), httpapi.Meta{}, nil
}

func (s service) cancelExport(ctx context.Context, meta kernel.Meta, in *InExport) (exportAnswer, error) {
	return s.answered(s.Exports.Cancel(ctx, meta.As("cancel-export"), in.ExportID))
}

type downloadIn struct {
	Link string `path:"link" maxLength:"200"`
}

// download sends the file of a signed link. A link that is forged, too old or of a file that is gone finds nothing.
func (s service) download(ctx context.Context, _ httpapi.Principal, in *downloadIn) (func(http.ResponseWriter) error, error) {
	ws, id, ok := s.Links.Downloaded(in.Link)
	if !ok {
		return nil, kernel.E(kernel.KindNotFound, "NOT_FOUND", "this link to a file is no good, or its time is over; export the table again")
	}
	e, file, err := s.Exports.Open(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	return func(rw http.ResponseWriter) error {
		defer func() { _ = file.Close() }() // it was only read
		attach(rw, e.Name, tablefile.Format(e.Ask.Format).ContentType())
		rw.Header().Set("Content-Length", strconv.FormatInt(e.Size, 10))
		_, err := io.Copy(rw, file)
		return err
	}, nil
}
