package livestream

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

// Patch is a change of a table on its way to its screens.
type Patch struct {
	Table    kernel.TableID
	Position int64
	Data     []byte
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
}

type actor struct {
	Kind kernel.ActorKind `json:"kind"`
	ID   string           `json:"id,omitempty"`
	User kernel.UserID    `json:"user_id,omitempty"`
}

type stateOut struct {
	State   string       `json:"state"`
	Message string       `json:"message,omitempty"`
	Run     kernel.RunID `json:"run_id,omitempty"`
	Until   *time.Time   `json:"until,omitempty"` // when a cell that waits goes on
}

type job struct {
	Kind  string `json:"kind"` // import or run
	ID    string `json:"id"`
	Event string `json:"event"`
}

// patcher makes patches of events.
type patcher struct {
	codec *eventstore.Codec
	mu    sync.Mutex
	jobs  map[eventstore.StreamID]kernel.TableID // what imports and runs that are under way work on
}

// remember keeps which table a job works on while nobody looks.
func (p *patcher) remember(rec eventstore.Recorded) {
	switch rec.Type {
	case "import.started.v1", "run.started.v1":
		var e struct {
			TableID kernel.TableID `json:"table_id"`
		}
		if json.Unmarshal(rec.Data, &e) == nil && e.TableID != "" {
			p.setJob(rec.Stream, e.TableID)
		}
	}
}

const maxJobs = 10_000

func (p *patcher) setJob(s eventstore.StreamID, id kernel.TableID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.jobs) >= maxJobs {
		clear(p.jobs)
	}
	p.jobs[s] = id
}

func (p *patcher) jobTable(s eventstore.StreamID) kernel.TableID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.jobs[s]
}

// of makes the patch of an event; false for events that don't show on a table.
func (p *patcher) of(rec eventstore.Recorded) (Patch, bool, error) {
	switch rec.Stream.Category() {
	case table.StructureStream, table.CellStream, "import", "run":
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
	p.remember(rec)
	b := body{Position: rec.Position, Actor: &actor{Kind: meta.Actor.Kind, ID: meta.Actor.ID, User: meta.Actor.User()}}
	id := p.fill(&b, rec, e)
	if id == "" {
		return Patch{}, false, nil
	}
	data, err := json.Marshal(b)
	if err != nil {
		return Patch{}, false, fmt.Errorf("write patch: %w", err)
	}
	return Patch{Table: id, Position: rec.Position, Data: data}, true, nil
}

// fill writes what the event did and returns the table, "" for none.
func (p *patcher) fill(b *body, rec eventstore.Recorded, e kernel.Event) kernel.TableID {
	switch e := e.(type) {
	case table.RowsInserted:
		b.cells("rows_added", e.Chunk)
		return e.TableID
	case table.CellsEdited:
		b.cells("cells", e.Chunk)
		return e.TableID
	case table.RowsDeleted:
		b.Kind, b.Rows = "rows_deleted", e.Rows
		return e.TableID
	case table.RowsRestored:
		b.Kind, b.Rows = "rows_restored", e.Rows
		return e.TableID
	case table.RowsPurged:
		return "" // nobody sees them
	case dataops.RowsAdded:
		b.cells("rows_added", e.Chunk)
		return e.TableID
	case dataops.RowsUpdated:
		b.cells("cells", e.Chunk)
		return e.TableID
	case enrichment.RunPageStarted:
		b.Kind = "cells"
		for _, row := range e.Rows {
			for _, col := range e.Columns {
				b.state(row, col, stateOut{State: "running", Run: e.RunID})
			}
		}
		return e.TableID
	case enrichment.RunPageStopped:
		if e.Until == nil {
			break
		}
		b.Kind = "cells"
		until := e.Until.UTC()
		for _, row := range e.Rows {
			for _, col := range e.Columns {
				b.state(row, col, stateOut{State: gridview.RateLimited, Message: e.Reason, Run: e.RunID, Until: &until})
			}
		}
		return e.TableID
	case enrichment.RunAnswersRecorded:
		b.cells("cells", e.Chunk)
		for _, m := range e.Marks {
			if s := gridview.MarkState(m.State); s != "" {
				b.state(m.RowID, m.ColumnID, stateOut{State: s, Message: m.Message, Run: e.RunID})
			}
		}
		return e.TableID
	}
	if rec.Stream.Category() == table.StructureStream {
		b.Kind, b.SchemaVersion = "schema", rec.Version
		return kernel.TableID(rec.Stream.ID())
	}
	b.Kind, b.Job = "job", &job{Kind: rec.Stream.Category(), ID: rec.Stream.ID(), Event: rec.Type}
	return p.jobTable(rec.Stream)
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
