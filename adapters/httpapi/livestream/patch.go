package livestream

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/projections/gridview"
)

// Patch is a change of a table on its way to its screens.
type Patch struct {
	Table    kernel.TableID
	Position int64
	Data     []byte
	Ends     bool // the table is gone: its streams end with this patch
	Aside    bool // it changes no data: nothing to those whose lookups look into the table
}

// body is a patch's JSON.
type body struct {
	Position      int64                                         `json:"position"`
	Kind          string                                        `json:"kind"`
	Actor         *actor                                        `json:"actor,omitempty"`
	Rows          []kernel.RowID                                `json:"rows,omitempty"`
	Cols          map[kernel.ColumnID][]json.RawMessage         `json:"cols,omitempty"`
	States        map[kernel.RowID]map[kernel.ColumnID]stateOut `json:"states,omitempty"`
	SchemaVersion int64                                         `json:"schema_version,omitempty"`
	Job           *job                                          `json:"job,omitempty"`
	Comment       *said                                         `json:"comment,omitempty"`
}

// The kinds of patches.
const (
	kindCells    = "cells"
	kindAdded    = "rows_added"
	kindDeleted  = "rows_deleted"
	kindRestored = "rows_restored"
	kindSchema   = "schema"
	kindJob      = "job"
	kindComputed = "computed" // lookups may show something else
	kindComment  = "comment"
)

// Kinds are the kinds of patches with the members that each may have beside its position, kind and actor. The client's types are
// generated from them.
func Kinds() map[string][]string {
	return map[string][]string{
		kindCells: {"rows", "cols", "states"}, kindAdded: {"rows", "cols"}, kindDeleted: {"rows"}, kindRestored: {"rows"},
		kindSchema: {"schema_version"}, kindJob: {"job"}, kindComputed: {}, kindComment: {"comment"},
	}
}

// computed says that a table that lookups look into has changed. It tells nothing of that table: its reader may not see it.
func computed(table kernel.TableID, position int64) Patch {
	return Patch{Table: table, Position: position, Data: fmt.Appendf(nil, `{"position":%d,"kind":%q}`, position, kindComputed)}
}

// Shape is the type of a patch's JSON.
func Shape() reflect.Type { return reflect.TypeFor[body]() }

type actor struct {
	Kind kernel.ActorKind `json:"kind"`
	ID   string           `json:"id,omitempty"`
	User kernel.UserID    `json:"user_id,omitempty"`
}

type stateOut struct {
	State   string `json:"state"`
	Message string `json:"message,omitempty"`
	// Confidence is that of an unverified value, 0 to 1.
	Confidence *float64     `json:"confidence,omitempty"`
	Run        kernel.RunID `json:"run_id,omitempty"`
	Until      *time.Time   `json:"until,omitempty"` // when a cell that waits goes on
}

type job struct {
	Kind  string `json:"kind"` // import or run
	ID    string `json:"id"`
	Event string `json:"event"`
}

// said tells that something was said, or done about what was said. It tells no text: that stays sealed until it is read.
type said struct {
	Thread   kernel.ThreadID `json:"thread_id"`
	Row      kernel.RowID    `json:"row_id"`
	Column   kernel.ColumnID `json:"column_id,omitempty"`
	Mentions []kernel.UserID `json:"mentions,omitempty"`
}

// patcher makes patches of events.
type patcher struct {
	codec  *eventstore.Codec
	tables *cloudevent.Tables // of imports and runs, also of those from before this process
}

// of makes the patch of an event; false for events that don't show on a table.
func (p *patcher) of(ctx context.Context, rec eventstore.Recorded) (Patch, bool, error) {
	switch rec.Stream.Category() {
	case table.StructureStream, table.CellStream, comment.ThreadStream, "import", "run":
	default:
		return Patch{}, false, nil
	}
	e, err := p.codec.Decode(rec)
	if err != nil {
		return Patch{}, false, err
	}
	meta, err := rec.Meta()
	if err != nil {
		return Patch{}, false, err
	}
	b := body{Position: rec.Position, Actor: &actor{Kind: meta.Actor.Kind, ID: meta.Actor.ID, User: meta.Actor.User()}}
	id := b.fill(rec, e)
	if b.Job != nil {
		if id, err = p.tables.Of(ctx, rec); err != nil {
			return Patch{}, false, err
		}
	}
	if id == "" {
		return Patch{}, false, nil
	}
	data, err := json.Marshal(b)
	if err != nil {
		return Patch{}, false, fmt.Errorf("write patch: %w", err)
	}
	ends := rec.Type == table.Trashed{}.EventType() || rec.Type == table.Purged{}.EventType()
	return Patch{Table: id, Position: rec.Position, Data: data, Ends: ends, Aside: b.Comment != nil}, true, nil
}

// fill writes what the event did and returns the table, "" for none and for jobs, whose table their first events name.
func (b *body) fill(rec eventstore.Recorded, e kernel.Event) kernel.TableID {
	switch e := e.(type) {
	case table.RowsInserted:
		b.cells(kindAdded, e.Chunk)
		return e.TableID
	case table.CellsEdited:
		b.cells(kindCells, e.Chunk)
		return e.TableID
	case table.RowsDeleted:
		b.Kind, b.Rows = kindDeleted, e.Rows
		return e.TableID
	case table.RowsRestored:
		b.Kind, b.Rows = kindRestored, e.Rows
		return e.TableID
	case table.RowsPurged:
		return "" // nobody sees them
	case dataops.RowsAdded:
		b.cells(kindAdded, e.Chunk)
		return e.TableID
	case dataops.RowsUpdated:
		b.cells(kindCells, e.Chunk)
		return e.TableID
	case enrichment.RunPageStarted:
		b.states(e.Rows, e.Columns, stateOut{State: "running", Run: e.RunID})
		return e.TableID
	case enrichment.RunPageStopped:
		if e.Until == nil {
			break
		}
		until := e.Until.UTC()
		b.states(e.Rows, e.Columns, stateOut{State: gridview.RateLimited, Message: e.Reason, Run: e.RunID, Until: &until})
		return e.TableID
	case enrichment.RunAnswersRecorded:
		b.cells(kindCells, e.Chunk)
		b.unverified(e)
		for _, m := range e.Marks {
			if s := gridview.MarkState(m.State); s != "" {
				b.state(m.RowID, m.ColumnID, stateOut{State: s, Message: m.Message, Run: e.RunID})
			}
		}
		return e.TableID
	}
	if rec.Stream.Category() == comment.ThreadStream {
		return b.said(e)
	}
	if rec.Stream.Category() == table.StructureStream {
		b.Kind, b.SchemaVersion = kindSchema, rec.Version
		return kernel.TableID(rec.Stream.ID())
	}
	b.Kind, b.Job = kindJob, &job{Kind: rec.Stream.Category(), ID: rec.Stream.ID(), Event: rec.Type}
	return ""
}

// states gives all cells of the rows in the columns a state.
func (b *body) states(rows []kernel.RowID, cols []kernel.ColumnID, s stateOut) {
	b.Kind = kindCells
	for _, row := range rows {
		for _, col := range cols {
			b.state(row, col, s)
		}
	}
}

// said takes over what was done in a thread.
func (b *body) said(e kernel.Event) kernel.TableID {
	var at comment.Place
	b.Kind, b.Comment = kindComment, &said{}
	switch e := e.(type) {
	case comment.Added:
		at, b.Comment.Thread, b.Comment.Mentions = e.Place, e.Thread, e.Mentions
	case comment.Edited:
		at, b.Comment.Thread, b.Comment.Mentions = e.Place, e.Thread, e.Mentions
	case comment.Deleted:
		at, b.Comment.Thread = e.Place, e.Thread
	case comment.Resolved:
		at, b.Comment.Thread = e.Place, e.Thread
	case comment.Reopened:
		at, b.Comment.Thread = e.Place, e.Thread
	}
	b.Comment.Row, b.Comment.Column = at.Row, at.Column
	return at.Table
}

// unverified marks the values of answers for which nothing else speaks.
func (b *body) unverified(e enrichment.RunAnswersRecorded) {
	sure := gridview.Sure(e)
	for _, row := range e.Chunk.Rows {
		s := sure[row]
		if s == nil || s.Verified() {
			continue
		}
		for col := range e.Chunk.Cols {
			b.state(row, col, stateOut{State: gridview.Unverified, Confidence: s.Confidence})
		}
	}
}

// cells takes a chunk over. Numbers of many digits become strings, as everywhere in the API.
func (b *body) cells(kind string, c kernel.Chunk) {
	b.Kind, b.Rows, b.Cols = kind, c.Rows, c.Cols
	for _, vs := range c.Cols {
		for i, v := range vs {
			if len(v) > 15 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9') {
				vs[i] = table.AppendNumber(nil, string(v))
			}
		}
	}
}

func (b *body) state(row kernel.RowID, col kernel.ColumnID, s stateOut) {
	if b.States == nil {
		b.States = map[kernel.RowID]map[kernel.ColumnID]stateOut{}
	}
	if b.States[row] == nil {
		b.States[row] = map[kernel.ColumnID]stateOut{}
	}
	b.States[row][col] = s
}
