package tablefile

import (
	"context"
	"io"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Grid is the read model of tables, as far as files of them need it.
type Grid interface {
	Rows
	Table(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error)
	Reader(ctx context.Context, ws kernel.WorkspaceID) (table.Reader, error)
	Columns(info gridview.Info, q gridview.Query) ([]table.Column, error)
}

// Moments reads tables as they were.
type Moments interface {
	// At returns the reader of a table as of a moment, what the table was, and the moment of its last event up to there.
	At(ctx context.Context, live gridview.Info, asked gridview.AsOf) (Grid, gridview.Info, gridview.Moment, error)
}

// Tables writes tables as files.
type Tables struct {
	grid    Grid
	moments Moments
}

// NewTables makes them.
func NewTables(grid Grid, moments Moments) Tables { return Tables{grid, moments} }

// File is a file that can be written.
type File struct {
	Source
	Options
	rows Rows
}

// Name is what the file is called.
func (f File) Name() string { return f.Info.Schema.Name + "." + string(f.Format) }

// Write writes the file as the rows come. What it has written when it fails is no whole file.
func (f File) Write(ctx context.Context, w io.Writer) error {
	return Write(ctx, w, f.rows, f.Source, f.Options)
}

// Open checks what is asked of a table, for a person whose views it may name.
func (t Tables) Open(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, by kernel.UserID, ask dataops.ExportAsk,
) (File, error) {
	info, err := t.grid.Table(ctx, ws, id)
	if err != nil {
		return File{}, err
	}
	grid, info, err := t.asOf(ctx, info, ask.AsOf)
	if err != nil {
		return File{}, err
	}
	reader, err := t.grid.Reader(ctx, ws)
	if err != nil {
		return File{}, err
	}
	asked := gridview.Asked{View: ask.View, Filter: ask.Filter, Search: ask.Search, Group: ask.Group, Sort: ask.Sort, Fields: ask.Fields}
	query, err := asked.Query(reader, info, by)
	if err != nil {
		return File{}, err
	}
	columns, err := grid.Columns(info, query)
	if err != nil {
		return File{}, err
	}
	if len(columns) == 0 {
		return File{}, kernel.Invalid("fields", "there is no column to export")
	}
	query.Sure = ask.Sureness
	return File{
		Source:  Source{Info: info, Query: query, Only: ask.Rows, Layout: NewLayout(info.Schema, columns, ask.Sureness)},
		Options: Options{Format: Format(ask.Format), EscapeFormulas: ask.EscapeFormulas, BOM: ask.BOM, Zone: reader.Zone},
		rows:    grid,
	}, nil
}

// asOf returns the reader of a table as of the moment that is asked for, and what the table was.
func (t Tables) asOf(ctx context.Context, live gridview.Info, moment string) (Grid, gridview.Info, error) {
	if moment == "" {
		return t.grid, live, nil
	}
	asked, err := gridview.ReadAsOf("as_of", moment)
	if err != nil {
		return nil, live, err
	}
	grid, was, _, err := t.moments.At(ctx, live, asked)
	return grid, was, err
}

// Check says what is wrong with what is asked of a table, and answers the file's name and the table's rows.
func (t Tables) Check(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, by kernel.UserID, ask dataops.ExportAsk,
) (name string, rows int64, err error) {
	f, err := t.Open(ctx, ws, id, by, ask)
	if err != nil {
		return "", 0, err
	}
	return f.Name(), f.Info.RowCount, nil
}

// tellEvery is after how many rows it is told how far a file is.
const tellEvery = 1000

// Write writes the file of an export, and tells how many rows it has written.
func (t Tables) Write(ctx context.Context, e dataops.Export, w io.Writer, wrote func(rows int64) error) (rows int64, err error) {
	f, err := t.Open(ctx, e.Workspace, e.TableID, e.By, e.Ask)
	if err != nil {
		return 0, err
	}
	counted := &countedRows{Rows: f.rows, tell: wrote}
	f.rows = counted
	err = f.Write(ctx, w)
	return counted.n, err
}

// countedRows counts the rows of the last reading: a file may look its rows through before it writes them.
type countedRows struct {
	Rows
	tell func(int64) error
	n    int64
}

// Export implements Rows.
func (c *countedRows) Export(
	ctx context.Context, info gridview.Info, q gridview.Query, rows []kernel.RowID, fn func(gridview.ExportRow) error,
) error {
	c.n = 0
	return c.Rows.Export(ctx, info, q, rows, func(row gridview.ExportRow) error {
		if err := fn(row); err != nil {
			return err
		}
		if c.n++; c.n%tellEvery == 0 {
			return c.tell(c.n)
		}
		return nil
	})
}
