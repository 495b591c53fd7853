package dedupcmd

import (
	"context"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Grid reads rows.
type Grid interface {
	// Scan hands each live row of a table to fn with the texts of some columns, in flat memory.
	Scan(
		ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, columns []kernel.ColumnID,
		fn func(row kernel.RowID, texts []string) error,
	) error
	// Cells returns the cells of rows, in the trash or not.
	Cells(ctx context.Context, s table.Schema, rows []kernel.RowID, columns []kernel.ColumnID) (map[kernel.RowID]table.RowCells, int64, error)
}

// Seen is what is decided by: the table's writable columns, and rows, in the trash or not.
type Seen struct {
	Columns []kernel.ColumnID
	Rows    map[kernel.RowID]table.RowCells
}

// Decided is what becomes of rows.
type Decided struct {
	Changes []table.CellChange
	Away    []kernel.RowID // that are hidden by their links
	Back    []kernel.RowID
	Links   map[kernel.RowID]table.Link
	// Beside makes what is appended right before the table's events, given how many these are.
	Beside func(events int) ([]eventstore.Change, error)
}

// Rework names the rows that are to be changed.
type Rework struct {
	Table  kernel.TableID
	Rows   []kernel.RowID
	Source table.Source
	Step   table.Step
}

// Tables changes rows.
type Tables interface {
	// Schema is a table's schema; an error of kernel.KindNotFound for one that is not there or in the trash.
	Schema(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (table.Schema, error)
	// Settle waits until the grid shows what is in the log now.
	Settle(ctx context.Context, id kernel.TableID) error
	// Rework appends what decide makes of the rows, right after what it has seen; a conflict means that it should be called again.
	Rework(ctx context.Context, meta kernel.Meta, r Rework, decide func(Seen) (Decided, error)) error
}

// Found is a group of a scan.
type Found struct {
	Number int
	dedup.Group
	Decision dedup.Decision
}

// Later is a merge that has taken rows since.
type Later struct {
	Merge kernel.DedupID
	Group int
	Into  kernel.RowID
}

// Known tells what the read model knows.
type Known interface {
	// Group is a group of a scan; false if there is none of the number.
	Group(ctx context.Context, scan kernel.DedupID, number int) (Found, bool, error)
	// Apart tells of the rows of a table of which a person has said that they are not the same.
	Apart(ctx context.Context, id kernel.TableID, fn func(a, b kernel.RowID)) error
	// InEffect tells which groups of a merge are still merged, of those that are named.
	InEffect(ctx context.Context, merge kernel.DedupID, groups []int) (map[int]bool, error)
	// Superseded tells for each group of a merge the first later merge that has any of its rows and is in effect.
	Superseded(ctx context.Context, merge kernel.DedupID, groups []int) (map[int]Later, error)
}
