package gridview

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Name is the projection's name.
const Name = "grid"

// Writer carries out operations on the grid's tables, in order.
type Writer interface {
	Write(ctx context.Context, ops []Op) error
}

// Op is one operation on one table: *Structure, *Insert, *Set, *Mark, *Delete, *Restore, *Purge or *Work.
type Op interface{ TableID() kernel.TableID }

// Stamp names the event that did something, its time and its actor: the acting person's id, or the actor's kind and id.
type Stamp struct {
	Position int64
	At       time.Time
	By       string
}

// Structure applies an event of the table's own stream.
type Structure struct {
	Table kernel.TableID
	Event kernel.Event
	Stamp Stamp
}

// Batch is a block of cells with the stamp of its event.
type Batch struct {
	Chunk kernel.Chunk
	Stamp Stamp
}

// Insert adds rows.
type Insert struct {
	Table   kernel.TableID
	Batches []Batch
}

// Set changes the same columns of some rows, each row once. Values[c][r] is the value of Cols[c] in Rows[r].
type Set struct {
	Table  kernel.TableID
	Cols   []kernel.ColumnID
	Rows   []kernel.RowID
	Values [][]json.RawMessage
	Stamps []Stamp // of each row
	// Sure says of each row how sure the values are; nil where it is not known, as of what people write.
	Sure []*enrichment.Sureness

	at map[kernel.RowID]int
}

// CellMark is a state that a cell has got.
type CellMark struct {
	Row     kernel.RowID
	Column  kernel.ColumnID
	State   string // "" takes the mark away
	Message string
	Run     kernel.RunID
	Until   time.Time // when a cell that waits goes on; zero for others
}

// Mark changes the states of cells, not their values.
type Mark struct {
	Table kernel.TableID
	Marks []CellMark
	Stamp Stamp
}

// Delete puts rows into the trash, or hides them if they have links: one for each row.
type Delete struct {
	Table kernel.TableID
	Rows  []kernel.RowID
	Links []table.Link
	Stamp Stamp
}

// Restore takes rows out of the trash.
type Restore struct {
	Table kernel.TableID
	Rows  []kernel.RowID
	Stamp Stamp
}

// Purge removes rows from the trash for good.
type Purge struct {
	Table kernel.TableID
	Rows  []kernel.RowID
	Stamp Stamp
}

// Work says that an import or a run has begun or ceased to write to the table.
type Work struct {
	Table  kernel.TableID
	Stream string
	Done   bool
	Stamp  Stamp
}

// TableID implements Op.
func (o *Structure) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Insert) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Set) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Mark) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Delete) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Restore) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Purge) TableID() kernel.TableID { return o.Table }

// TableID implements Op.
func (o *Work) TableID() kernel.TableID { return o.Table }
