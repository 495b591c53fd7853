package dataopscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Grid is the tables' read model, as far as imports need it. Rows in the trash don't count.
type Grid interface {
	// Count returns how many rows the table has.
	Count(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (int64, error)
	// Find returns, for each key, up to two of the rows whose key columns equal it, with their cells in the columns. A key has
	// one value for each key column, none of them empty.
	Find(
		ctx context.Context, schema table.Schema, keyColumns []kernel.ColumnID, keys [][]json.RawMessage, columns []kernel.ColumnID,
	) (rows [][]GridRow, seen int64, err error)
	// Get returns those of the rows that are there, with their cells in the columns. seen is a position up to which the read
	// model had applied the log.
	Get(ctx context.Context, schema table.Schema, ids []kernel.RowID, columns []kernel.ColumnID) (rows []GridRow, seen int64, err error)
	// After returns the ids of the rows that come after the given one, ascending.
	After(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, after kernel.RowID, limit int) ([]kernel.RowID, error)
}

// GridRow is a row as the read model has it. Cells that are empty may be absent.
type GridRow struct {
	ID       kernel.RowID
	Position int64 // of its last change
	Cells    map[kernel.ColumnID]json.RawMessage
}

// Progress waits for read models.
type Progress interface {
	// Wait returns when the projection has applied the position, or ctx ends; ok is false in the latter case.
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// GridProjection is the name of the projection that Grid reads.
const GridProjection = "grid"

// Limits are the importer's numbers. Zero takes the default.
type Limits struct {
	BatchCells int           // in one append; default 8,000
	BatchBytes int           // of fields in one append, about; default 256 KB: an edit waits until an append that goes before it is done
	Lag        int64         // events that the grid may be behind before the importer waits, some 50 KB each in memory; default 150
	Rows       int64         // a table may have; default table.MaxRows
	WaitStep   time.Duration // between two signs of life while waiting; default 5 s
	UndoEvents int           // of an import's stream taken back in one append; default 50
}

func (l Limits) withDefaults() Limits {
	set := func(p *int, d int) {
		if *p == 0 {
			*p = d
		}
	}
	set(&l.BatchCells, 8_000)
	set(&l.BatchBytes, 256<<10)
	set(&l.UndoEvents, 50)
	if l.Lag == 0 {
		l.Lag = 150
	}
	if l.Rows == 0 {
		l.Rows = table.MaxRows
	}
	if l.WaitStep == 0 {
		l.WaitStep = 5 * time.Second
	}
	return l
}

// ImporterConfig is what an Importer needs.
type ImporterConfig struct {
	Config
	Logger *slog.Logger
	Ward   *quarantine.Ward // the process's; NewWard by default
	Watch  watch.Watcher    // told of each import; may be nil
}

// Importer carries imports and their undoing out. Any number of them may be given the same import: the log lets only one
// of them go on at a time, and each can go on where another was killed.
type Importer struct {
	h      *Handlers
	logger *slog.Logger
	limits Limits
	ward   *quarantine.Ward
	watch  watch.Watcher
}

// NewImporter makes an importer.
func NewImporter(cfg ImporterConfig) (*Importer, error) {
	h, err := New(cfg.Config)
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		return nil, errors.New("the importer needs a logger")
	}
	if cfg.Ward == nil {
		cfg.Ward = quarantine.NewWard()
	}
	return &Importer{h: h, logger: cfg.Logger, limits: h.cfg.Limits, ward: cfg.Ward, watch: cfg.Watch}, nil
}

// errMoved says that the import's stream has grown by somebody else's hand: a cancellation, another importer, or this one
// before its answer got lost. What is to be done next is read from the log.
var errMoved = errors.New("the import has moved on")

// hopeless is an error that trying again would not help.
type hopeless struct{ reason string }

// Error returns the reason.
func (h hopeless) Error() string { return h.reason }

// Run brings the import to its end, from where it stands. It returns nil when there is nothing left to do, with any
// outcome; an error means that it should be called again. alive is called at least every few seconds.
func (im *Importer) Run(ctx context.Context, id kernel.ImportID, alive func(dataops.Summary)) error {
	var t told
	err := im.run(ctx, id, func(s dataops.Summary) {
		t.saw(im, s)
		alive(s)
	})
	t.end(ctx, err)
	return err
}

func (im *Importer) run(ctx context.Context, id kernel.ImportID, alive func(dataops.Summary)) error {
	for {
		imp, version, err := im.h.imports.Load(ctx, string(id))
		if err != nil {
			return err
		}
		if imp.ID == "" {
			return fmt.Errorf("there is no import %s", id)
		}
		alive(imp.Summary())
		work := &work{Importer: im, imp: imp, version: version, alive: alive, meta: im.meta(imp)}
		if imp.State != dataops.StateImporting && !imp.Undoing {
			im.h.drop(ctx, imp.Object)
			return nil
		}
		err = work.do(ctx)
		var lost hopeless
		switch {
		case err == nil || errors.Is(err, errMoved):
		case errors.As(err, &lost):
			if err := work.fail(ctx, lost.reason); err != nil && !errors.Is(err, errMoved) {
				return err
			}
		default:
			return fmt.Errorf("import %s: %w", id, err)
		}
	}
}

func (im *Importer) meta(imp *dataops.Import) kernel.Meta {
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorImport, ID: string(imp.ID), OnBehalfOf: imp.By},
		Workspace: imp.Workspace, Command: "import", CorrelationID: string(imp.ID),
	}
}

// work is one stretch of work on an import at a known version of its stream.
type work struct {
	*Importer
	imp      *dataops.Import
	version  int64
	meta     kernel.Meta
	alive    func(dataops.Summary)
	position int64  // of the last append
	unsaved  int    // appends since the last snapshot
	leave    func() // out of the ward; nil when it is not in it
}

// append adds what fn records on the import, together with changes of other streams. It answers errMoved when somebody
// else has added to the import's stream, and an eventstore.ConflictError when another stream is not as expected. It returns
// the versions of the other streams.
func (w *work) append(ctx context.Context, key string, fn func(*dataops.Import) error, others ...eventstore.Change) ([]int64, error) {
	next := w.imp.Fork()
	if err := fn(next); err != nil {
		return nil, err
	}
	stream := w.h.imports.Stream(string(w.imp.ID))
	changes := append([]eventstore.Change{eventstore.At(stream, eventstore.Expected(w.version), next.Pending()...)}, others...)
	meta := w.meta
	meta.IdempotencyKey = "import/" + string(w.imp.ID) + "/" + key
	req, err := w.h.cfg.Codec.Append(meta, nil, changes...)
	if err != nil {
		return nil, err
	}
	done, err := w.h.cfg.Store.Append(ctx, req)
	var conflict *eventstore.ConflictError
	switch {
	case errors.As(err, &conflict) && conflict.Stream == stream, errors.Is(err, eventstore.ErrUnknownOutcome):
		return nil, errMoved
	case err != nil:
		return nil, err
	case done.Replayed:
		return nil, errMoved
	}
	w.version += int64(len(next.Pending()))
	w.position = done.Last
	w.imp = next.Fork()
	w.discharge()
	w.snapshot(ctx, stream)
	w.alive(w.imp.Summary())
	return done.Versions[1:], nil
}

// snapshotEvery is how many appends may have to be read again after a crash.
const snapshotEvery = 20

// snapshot keeps the import's state now and then, since its stream gets long. A failure costs the next load time only.
func (w *work) snapshot(ctx context.Context, stream eventstore.StreamID) {
	if w.unsaved++; w.unsaved < snapshotEvery {
		return
	}
	w.unsaved = 0
	state, err := w.imp.MarshalState()
	if err == nil {
		err = w.h.cfg.Store.SaveSnapshot(ctx, stream, eventstore.Snapshot{Version: w.version, Schema: w.imp.SnapshotSchema(), State: state})
	}
	if err != nil {
		w.logger.WarnContext(ctx, "snapshot of an import", "import", w.imp.ID, "error", err)
	}
}

func (w *work) fail(ctx context.Context, reason string) error {
	_, err := w.append(ctx, "failed", func(i *dataops.Import) error { return i.Fail(reason) })
	return err
}

// reach waits until the grid has applied the position, giving signs of life.
func (w *work) reach(ctx context.Context, position int64) error {
	for {
		step, cancel := context.WithTimeout(ctx, w.limits.WaitStep)
		_, ok := w.h.cfg.Wait.Wait(step, GridProjection, position)
		cancel()
		if ok {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		w.alive(w.imp.Summary())
	}
}

// loadTable loads the import's table; one that is gone makes the rest of the import hopeless.
func (w *work) loadTable(ctx context.Context) (*table.Table, table.Schema, error) {
	tbl, version, err := w.h.tables.Load(ctx, string(w.imp.TableID))
	if err != nil {
		return nil, table.Schema{}, err
	}
	if tbl.In(w.imp.Workspace, w.imp.TableID) != nil {
		return nil, table.Schema{}, hopeless{"the table was deleted"}
	}
	schema := tbl.Schema()
	schema.Version = version
	return tbl, schema, nil
}
