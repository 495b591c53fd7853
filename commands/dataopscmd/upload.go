package dataopscmd

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Upload begins an import with a file.
type Upload struct {
	Filename string
	Body     io.Reader
	TableID  kernel.TableID // to suggest columns of; may be empty
	// Fingerprint is asked for the request's fingerprint when Body was read: the same key with another file is another request. nil:
	// the meta has it.
	Fingerprint func() string
}

// Validate checks the command.
func (c Upload) Validate() error {
	const most = 255
	plain := utf8.ValidString(c.Filename) && !strings.ContainsFunc(c.Filename, func(r rune) bool { return r < ' ' })
	fits := utf8.RuneCountInString(c.Filename) <= most
	return kernel.Check(
		kernel.Field("filename", strings.TrimSpace(c.Filename), validation.Required.Error("is missing"),
			kernel.Holds(plain && fits, "is longer than %d characters or holds control characters", most)),
		kernel.Field("body", nil, kernel.Holds(c.Body != nil, "is missing")),
	)
}

func fileError(format string, args ...any) error { return kernel.Invalid("file", format, args...) }

// Upload stores the file as it streams in and tells what it seems to be. A file that cannot be imported is not kept.
func (h *Handlers) Upload(ctx context.Context, meta kernel.Meta, cmd Upload) (commands.Result[dataops.Summary], error) {
	var none commands.Result[dataops.Summary]
	if err := cmd.Validate(); err != nil {
		return none, err
	}
	schema, err := h.schemaFor(ctx, meta.Workspace, cmd.TableID)
	if err != nil {
		return none, err
	}
	id := kernel.ImportID(h.cfg.IDs.New(kernel.PrefixImport))
	inspector := h.cfg.Formats.Inspect()
	object, err := h.cfg.Files.Put(ctx, "uploads/"+string(meta.Workspace)+"/"+string(id), io.TeeReader(cmd.Body, inspector),
		dataops.MaxFileBytes)
	if err != nil {
		return none, err
	}
	res, err := h.uploaded(ctx, meta, cmd, dataops.Uploaded{
		ImportID:  id,
		Workspace: meta.Workspace,
		Filename:  cmd.Filename,
		Object:    object.Key,
		Size:      object.Size,
		SHA256:    object.SHA256,
		Uploader:  meta.Actor.Ref(),
	}, inspector, schema)
	if err != nil || res.Replayed {
		h.drop(ctx, object.Key)
	}
	return res, err
}

func (h *Handlers) uploaded(
	ctx context.Context, meta kernel.Meta, cmd Upload, e dataops.Uploaded, inspector dataops.Inspector, schema *table.Schema,
) (commands.Result[dataops.Summary], error) {
	var none commands.Result[dataops.Summary]
	found, err := inspector.Detect(cmd.Filename)
	if err != nil {
		return none, err
	}
	if found, err = h.survey(ctx, e.Object, found); err != nil {
		return none, err
	}
	seen, err := h.analyse(ctx, e.Object, found.Reading, schema)
	if err == nil {
		err = h.unsee(ctx, meta.Workspace, &seen)
	}
	if err != nil {
		return none, err
	}
	if len(seen.columns) == 0 {
		return none, fileError("holds no record that could be read")
	}
	e.Reading, e.Columns, e.Preview, e.Facts = seen.reading, seen.columns, seen.preview, seen.facts
	e.Facts.Notices = append(found.Notices, e.Facts.Notices...)
	e.Facts.Sheets, e.Guesses, e.Unsure = found.Sheets, found.Guesses, found.Unsure
	imp := dataops.NewImport()
	if err := imp.Upload(e); err != nil {
		return none, err
	}
	answer := imp.Summary()
	if cmd.Fingerprint != nil {
		meta.Fingerprint = cmd.Fingerprint()
	}
	req, err := h.cfg.Codec.Append(meta, answer, eventstore.At(h.imports.Stream(string(e.ImportID)), eventstore.NoStream, imp.Pending()...))
	if err != nil {
		return none, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return none, err
	}
	return commands.Reply(done, answer)
}

// drop removes an upload that is no longer needed. What can't be removed, since the store is away or a backup is taken, costs room until
// DropLeftover finds it.
func (h *Handlers) drop(ctx context.Context, object string) {
	if object == "" { // of a copy
		return
	}
	_ = h.cfg.Files.Delete(context.WithoutCancel(ctx), object)
}

// schemaFor loads a table of the workspace; nil without a table.
func (h *Handlers) schemaFor(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*table.Schema, error) {
	if id == "" {
		return nil, nil
	}
	tbl, _, err := h.tables.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if err := tbl.In(ws, id); err != nil {
		return nil, err
	}
	s := tbl.Schema()
	return &s, nil
}

// Preview looks at an uploaded file again.
type Preview struct {
	ImportID kernel.ImportID
	Choice   dataops.Choice
	TableID  kernel.TableID // to suggest columns of; may be empty
}

// Preview shows the file under another reading.
func (h *Handlers) Preview(ctx context.Context, meta kernel.Meta, cmd Preview) (commands.Result[dataops.Summary], error) {
	var none commands.Result[dataops.Summary]
	imp, _, err := h.load(ctx, meta.Workspace, cmd.ImportID)
	if err != nil {
		return none, err
	}
	reading, err := imp.Reading.Choose(cmd.Choice)
	if err != nil {
		return none, err
	}
	schema, err := h.schemaFor(ctx, meta.Workspace, cmd.TableID)
	if err != nil {
		return none, err
	}
	other, err := h.otherSheet(ctx, imp, cmd.Choice, reading)
	if err != nil {
		return none, err
	}
	seen, err := h.analyse(ctx, imp.Object, other.Reading, schema)
	if err == nil {
		err = h.unsee(ctx, meta.Workspace, &seen)
	}
	if err != nil {
		return none, err
	}
	return h.update(ctx, meta, cmd.ImportID, func(imp *dataops.Import) error {
		e := dataops.Previewed{
			Reading: seen.reading,
			Columns: seen.columns,
			Preview: seen.preview,
			Facts:   seen.facts,
			Unsure:  imp.Unsure && cmd.Choice.Encoding == nil,
		}
		e.Facts.Sheets = imp.Facts.Sheets
		e.Facts.Notices = append(append(kept(imp, e.Unsure, other.Reading), other.Notices...), e.Facts.Notices...)
		return imp.Reanalyse(e)
	})
}

// otherSheet finds out how another sheet of a workbook is to be read, when one is chosen; what else is chosen holds.
func (h *Handlers) otherSheet(
	ctx context.Context, imp *dataops.Import, choice dataops.Choice, reading dataops.Reading,
) (dataops.Detection, error) {
	if choice.Sheet == nil || reading.Sheet == imp.Reading.Sheet {
		return dataops.Detection{Reading: reading}, nil
	}
	found, err := h.survey(ctx, imp.Object, dataops.Detection{Reading: reading})
	if err != nil {
		return found, err
	}
	found.Notices = slices.DeleteFunc(found.Notices, func(n dataops.Notice) bool {
		return n.Code == dataops.NoticeTitleLines && choice.HeaderLine != nil
	})
	choice.Sheet = nil
	found.Reading, err = found.Reading.Choose(choice)
	return found, err
}

// kept are the notices about the encoding, and about what stands above the table, that still hold.
func kept(imp *dataops.Import, unsure bool, now dataops.Reading) []dataops.Notice {
	var out []dataops.Notice
	for _, n := range imp.Facts.Notices {
		switch n.Code {
		case dataops.NoticeEncodingUnsure, dataops.NoticeEncodingMark, dataops.NoticeEncodingMixed:
			if n.Ask = unsure; unsure || n.Code != dataops.NoticeEncodingUnsure {
				out = append(out, n)
			}
		case dataops.NoticeTitleLines:
			if now.HeaderLine == imp.Reading.HeaderLine && now.Sheet == imp.Reading.Sheet {
				out = append(out, n)
			}
		case dataops.NoticeSheets:
			if now.Sheet == imp.Reading.Sheet {
				out = append(out, n)
			}
		}
	}
	return out
}

// Cancel stops an import where it is.
type Cancel struct{ ImportID kernel.ImportID }

// Cancel stops the import. What it had brought in stays until it is undone.
func (h *Handlers) Cancel(ctx context.Context, meta kernel.Meta, cmd Cancel) (commands.Result[dataops.Summary], error) {
	var object string
	res, err := h.update(ctx, meta, cmd.ImportID, func(imp *dataops.Import) error {
		object = imp.Object
		return imp.Cancel()
	})
	if err == nil && object != "" {
		h.drop(ctx, object)
	}
	return res, err
}

// Expire removes an upload that nobody has committed, and its file. An import that is not waiting to be committed (any more)
// stays as it is. Which uploads have waited long enough is for the caller to know.
func (h *Handlers) Expire(ctx context.Context, meta kernel.Meta, id kernel.ImportID) (expired bool, err error) {
	object := ""
	_, err = h.update(ctx, meta.As("expire-upload"), id, func(imp *dataops.Import) error {
		object = ""
		if imp.Waits() == nil {
			object = imp.Object
			return imp.Cancel()
		}
		return nil
	})
	if err == nil && object != "" {
		h.drop(ctx, object)
	}
	return object != "", err
}

// Undo takes an import back.
type Undo struct {
	ImportID kernel.ImportID
	Force    bool // also what was changed after the import
}

// Undo begins to take the import's rows out of the table and to give the cells it changed their earlier values.
func (h *Handlers) Undo(ctx context.Context, meta kernel.Meta, cmd Undo) (commands.Result[dataops.Summary], error) {
	return h.update(ctx, meta, cmd.ImportID, func(imp *dataops.Import) error { return imp.StartUndo(cmd.Force) })
}
