package dataopsapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/dataopsview"
)

// answer is what every command of imports answers.
type answer = commands.Result[dataops.Summary]

type uploadIn struct {
	httpapi.InWorkspace
	Filename string         `query:"filename" required:"true" maxLength:"255"`
	TableID  kernel.TableID `query:"table_id" doc:"Suggest columns of this table."`
}

func (s service) upload(ctx context.Context, meta kernel.Meta, in *uploadIn) (answer, error) {
	r := httpapi.Echo(ctx).Request()
	if r.ContentLength > dataops.MaxFileBytes {
		return answer{}, &http.MaxBytesError{Limit: dataops.MaxFileBytes}
	}
	return s.Handlers.Upload(ctx, meta.As("upload-import"), dataopscmd.Upload{
		Filename: in.Filename, Body: r.Body, TableID: in.TableID,
		Fingerprint: func() string { return httpapi.Fingerprint(ctx, meta) },
	})
}

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
	TableID kernel.TableID `query:"table"`
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]dataops.Summary, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixImport, in.Cursor) != nil {
		return nil, meta, kernel.E(kernel.KindMalformed, "MALFORMED", "the cursor is not one of this list")
	}
	list, err := s.Reads.Imports(ctx, p.Workspace, in.TableID, kernel.ImportID(in.Cursor), in.Limit+1, dataopsview.Only{
		Tables:   p.KeyTables,
		Uploader: p.Actor.Ref(),
	})
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(i dataops.Summary) string { return string(i.ID) })
	out := []dataops.Summary{}
	for _, imp := range list {
		out = append(out, s.waiting(imp))
	}
	return out, meta, nil
}

// waiting says what an import that has not begun to work waits for.
func (s service) waiting(imp dataops.Summary) dataops.Summary {
	if s.Waiting != nil && (imp.Undoing || imp.State == dataops.StateImporting && imp.Counts.Lines == 0) {
		imp.WaitingFor = s.Waiting()
	}
	return imp
}

// InImport is embedded by the inputs of endpoints on one import.
type InImport struct {
	httpapi.InWorkspace
	ImportID kernel.ImportID `path:"importId"`
}

func (s service) get(ctx context.Context, p httpapi.Principal, in *InImport) (dataops.Summary, httpapi.Meta, error) {
	imp, err := s.Reads.Import(ctx, p.Workspace, in.ImportID)
	return s.waiting(imp), httpapi.Meta{}, err
}

type previewIn struct {
	InImport
	Body struct {
		Format     *dataops.Format   `json:"format,omitempty" enum:"csv,jsonl,json,xlsx"`
		Encoding   *dataops.Encoding `json:"encoding,omitempty" maxLength:"40" doc:"A name of the WHATWG Encoding Standard: utf-8, utf-16le, utf-16be, windows-1250 to windows-1258, iso-8859-2 to iso-8859-16, koi8-r, koi8-u, macintosh, shift_jis, euc-jp, gbk, gb18030, big5, euc-kr; also ibm437, ibm850, ibm852, ibm866. Naming it makes it certain, also the one that was detected."`
		Delimiter  *string           `json:"delimiter,omitempty" minLength:"1" maxLength:"1"`
		Header     *bool             `json:"header,omitempty"`
		HeaderLine *int64            `json:"header_line,omitempty" minimum:"0" maximum:"1000" doc:"The line of the header or, without one, of the first record, from 1; what is above is left out."`
		Sheet      *string           `json:"sheet,omitempty" maxLength:"255" doc:"Of a workbook: the sheet that is read. Its header is found anew unless header_line says where it is."`
		Escape     *string           `json:"escape,omitempty" enum:",\\" doc:"How a quote stands in quotes: doubled if empty, or after a backslash, as MySQL writes it."`
		TableID    kernel.TableID    `json:"table_id,omitempty" doc:"Suggest columns of this table."`
	}
}

func (s service) preview(ctx context.Context, meta kernel.Meta, in *previewIn) (answer, error) {
	b := in.Body
	return s.Handlers.Preview(ctx, meta.As("preview-import"), dataopscmd.Preview{
		ImportID: in.ImportID, TableID: b.TableID,
		Choice: dataops.Choice{
			Format:     b.Format,
			Encoding:   b.Encoding,
			Delimiter:  b.Delimiter,
			Header:     b.Header,
			HeaderLine: b.HeaderLine,
			Escape:     b.Escape,
			Sheet:      b.Sheet,
		},
	})
}

type commitIn struct {
	InImport
	Body CommitBody
}

// CommitBody says what of a file goes where.
type CommitBody struct {
	TableID          kernel.TableID       `json:"table_id,omitempty"`
	NewTable         *NewTable            `json:"new_table,omitempty"`
	Mapping          []dataopscmd.Mapping `json:"mapping,omitempty" maxItems:"1000" doc:"Absent: every column into a new table, or those of the same name into one that is there."`
	Mode             dataops.Mode         `json:"mode,omitempty" enum:"append,upsert,add_new" default:"append"`
	KeyColumns       []string             `json:"key_columns,omitempty" maxItems:"5" doc:"Ids or names of the columns by which an upsert finds rows."`
	Header           *bool                `json:"header,omitempty"`
	UnescapeFormulas *bool                `json:"unescape_formulas,omitempty" doc:"Take away the apostrophes that an export put before formulas. Absent: if the file has them as an export does (escaped_formulas)."`
	CreateOptions    bool                 `json:"create_options,omitempty" doc:"Add options that select columns don't have yet."`
	DropUnfilled     bool                 `json:"drop_unfilled,omitempty" doc:"Put the columns of an empty table that the file doesn't fill into the trash."`
	BadValues        string               `json:"bad_values,omitempty" enum:"skip_row,empty_cell" default:"skip_row" doc:"What becomes of a row with a value that its column can't take: it is left out, or taken with an empty cell. The errors file has it in both cases."`
}

// NewTable is a table to be made for the file.
type NewTable struct {
	Name string `json:"name"`
}

func (in *commitIn) command() dataopscmd.Commit {
	b := in.Body
	cmd := dataopscmd.Commit{
		ImportID: in.ImportID, TableID: b.TableID, Mapping: b.Mapping, Mode: b.Mode, KeyColumns: b.KeyColumns, Header: b.Header,
		UnescapeFormulas: b.UnescapeFormulas, CreateOptions: b.CreateOptions, KeepRows: b.BadValues == "empty_cell",
		DropUnfilled: b.DropUnfilled,
	}
	if b.NewTable != nil {
		cmd.NewTable = b.NewTable.Name
	}
	return cmd
}

func (s service) commit(ctx context.Context, meta kernel.Meta, in *commitIn) (answer, error) {
	return s.Handlers.Commit(ctx, meta.As("commit-import"), in.command())
}

func (s service) cancel(ctx context.Context, meta kernel.Meta, in *InImport) (answer, error) {
	return s.Handlers.Cancel(ctx, meta.As("cancel-import"), dataopscmd.Cancel{ImportID: in.ImportID})
}

type undoIn struct {
	InImport
	Body *struct {
		Force bool `json:"force,omitempty" doc:"Also take back what was changed after the import."`
	} `required:"false"`
}

func (s service) undo(ctx context.Context, meta kernel.Meta, in *undoIn) (answer, error) {
	cmd := dataopscmd.Undo{ImportID: in.ImportID}
	if in.Body != nil {
		cmd.Force = in.Body.Force
	}
	return s.Handlers.Undo(ctx, meta.As("undo-import"), cmd)
}
