package enrichmentflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// AutoRunsName names the reactor's checkpoint.
const AutoRunsName = "auto_runs"

// autoRows is how many rows are gathered into one append of runs, about.
const autoRows = 25_000

// AutoRuns starts runs for rows that were made or changed, in columns that ask by themselves. Edits are gathered by its reactor
// (projections.Limits.Gather); the rows of an import, and what a person's run has answered, are looked at when the import or the
// run has ended. The answers of an automatic run start nothing: the columns that depend on them are in the same run already.
//
// What has been looked at stands in the log (enrichment.AutoRunsStarted), so a crash, a repeat or a second process starts nothing twice.
// It belongs to one goroutine.
type AutoRuns struct {
	handlers *enrichmentcmd.Handlers
	tables   *eventstore.Repo[*table.Table]
	logger   *slog.Logger
	known    map[kernel.TableID]*autoTable
}

// NewAutoRuns makes the reactor's functions; its Types and Handle are for projections.ReactorConfig.
func NewAutoRuns(h *enrichmentcmd.Handlers, logger *slog.Logger) *AutoRuns {
	return &AutoRuns{
		handlers: h, logger: logger, known: map[kernel.TableID]*autoTable{},
		tables: eventstore.NewRepo(table.StructureStream, h.Store, h.Codec, table.Blank),
	}
}

// Types are the events that it acts on.
func (*AutoRuns) Types() []string {
	return []string{
		(table.RowsInserted{}).EventType(), (table.CellsEdited{}).EventType(), (dataops.Completed{}).EventType(), (dataops.Failed{}).EventType(),
		(enrichment.RunFinished{}).EventType(),
	}
}

// source is where changes of one table come from.
type source struct {
	id        string // of its mark
	workspace kernel.WorkspaceID
	table     kernel.TableID // empty: that of the first change
	but       []kernel.ColumnID
	read      func(yield func(eventstore.Recorded) error) error
}

// Handle acts on a batch of events, those of one table together.
func (a *AutoRuns) Handle(ctx context.Context, events []eventstore.Recorded) error {
	edits := map[kernel.TableID][]eventstore.Recorded{}
	var order []kernel.TableID
	for _, e := range events {
		switch e.Type {
		case (table.RowsInserted{}).EventType(), (table.CellsEdited{}).EventType():
			id := kernel.TableID(e.Stream.ID())
			if id.IsBranch() { // nothing runs on a branch
				continue
			}
			if edits[id] == nil {
				order = append(order, id)
			}
			edits[id] = append(edits[id], e)
		case (enrichment.RunFinished{}).EventType():
			if err := a.runEnded(ctx, e); err != nil {
				return err
			}
		default:
			if err := a.answer(ctx, source{id: e.Stream.ID(), workspace: e.Workspace, read: a.stream(ctx, e.Stream)}); err != nil {
				return err
			}
		}
	}
	for _, id := range order {
		list := edits[id]
		src := source{id: string(id), workspace: list[0].Workspace, table: id, read: func(yield func(eventstore.Recorded) error) error {
			for _, e := range list {
				if err := yield(e); err != nil {
					return err
				}
			}
			return nil
		}}
		if err := a.answer(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

// runEnded looks at a person's run that has ended. One that was cancelled shall have no consequences.
func (a *AutoRuns) runEnded(ctx context.Context, e eventstore.Recorded) error {
	ended, err := decodeAs[enrichment.RunFinished](a.handlers.Codec, e)
	if err != nil || ended.TableID == "" || ended.State == enrichment.RunCancelled {
		return err
	}
	first, err := a.handlers.Store.ReadStream(ctx, e.Stream, 0, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	started, err := decodeAs[enrichment.RunStarted](a.handlers.Codec, first[0])
	if err != nil || started.Auto {
		return err
	}
	src := source{id: e.Stream.ID(), workspace: e.Workspace, table: ended.TableID, read: a.stream(ctx, e.Stream)}
	for _, p := range started.Plans {
		src.but = append(src.but, p.ColumnID)
	}
	return a.answer(ctx, src)
}

// errEnough ends the reading of a source whose table asks nothing by itself.
var errEnough = errors.New("nothing here asks by itself")

// stream reads a whole stream, page by page.
func (a *AutoRuns) stream(ctx context.Context, id eventstore.StreamID) func(func(eventstore.Recorded) error) error {
	return func(yield func(eventstore.Recorded) error) error {
		limit := 20 // the first page mostly tells whether the others are needed
		for after := int64(0); ; limit = 1000 {
			page, err := a.handlers.Store.ReadStream(ctx, id, after, limit)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, e := range page {
				if err := yield(e); err != nil {
					return err
				}
			}
			after = page[len(page)-1].Version
		}
	}
}

// answer starts the runs that a source's changes call for. When others keep being faster, or the log takes nothing now, it answers
// KindUnavailable: the reactor comes back after a pause.
func (a *AutoRuns) answer(ctx context.Context, src source) error {
	_, err := eventstore.Retry(ctx, func(int) (struct{}, error) {
		err := a.scan(ctx, src)
		switch {
		case errors.Is(err, errEnough):
			err = nil
		// Credits went between the estimate and the append; or the append may have happened, which the source's mark tells.
		case errors.Is(err, credit.ErrInsufficient()), errors.Is(err, eventstore.ErrUnknownOutcome):
			err = fmt.Errorf("%w: %w", eventstore.ErrStale, err)
		}
		return struct{}{}, err
	})
	switch {
	case err == nil:
		return nil
	case eventstore.IsConflict(err), errors.Is(err, eventstore.ErrStale), errors.Is(err, eventstore.ErrBusy):
		return kernel.E(kernel.KindUnavailable, "BUSY", "automatic runs for %s could not be started yet", src.id).Because(err)
	default:
		return fmt.Errorf("automatic runs for %s: %w", src.id, err)
	}
}

// scan goes through a source's changes from its mark on.
func (a *AutoRuns) scan(ctx context.Context, src source) error {
	mark, err := a.handlers.AutoMark(ctx, src.id)
	if err != nil {
		return err
	}
	l := &looking{AutoRuns: a, source: src, mark: mark, rows: map[kernel.RowID]autoSet{}}
	if src.table != "" {
		if err := l.open(ctx, src.table); err != nil {
			return err
		}
	}
	if err := src.read(func(e eventstore.Recorded) error { return l.gather(ctx, e) }); err != nil {
		return err
	}
	return l.start(ctx)
}

// looking is one look at a source.
type looking struct {
	*AutoRuns
	source
	mark    enrichmentcmd.AutoMark
	auto    *autoTable
	but     autoSet
	rows    map[kernel.RowID]autoSet // gathered so far
	cause   *eventstore.Recorded     // the first change among them
	through int64
}

// open reads what the table asks by itself.
func (l *looking) open(ctx context.Context, id kernel.TableID) error {
	l.table = id
	version, err := l.handlers.Store.StreamVersion(ctx, l.tables.Stream(string(id)))
	if err != nil {
		return err
	}
	if l.auto = l.known[id]; l.auto == nil || l.auto.version != version {
		t, _, err := l.tables.Load(ctx, string(id))
		if err != nil {
			return err
		}
		if l.auto, err = autoTableOf(ctx, l.handlers.Store, l.handlers.Codec, t.Schema()); err != nil {
			return err
		}
		l.remember(id, l.auto)
	}
	if len(l.auto.columns) == 0 {
		return errEnough
	}
	for _, id := range l.source.but {
		if i, ok := l.auto.index[id]; ok {
			l.but.add(i)
		}
	}
	return nil
}

// maxKnown is how many tables are remembered; one that was forgotten is read again.
const maxKnown = 10_000

func (a *AutoRuns) remember(id kernel.TableID, t *autoTable) {
	if _, there := a.known[id]; !there && len(a.known) >= maxKnown {
		clear(a.known)
	}
	a.known[id] = t
}

// gather collects the rows of one event that are to be asked.
func (l *looking) gather(ctx context.Context, rec eventstore.Recorded) error {
	if rec.Position <= l.mark.Through {
		return nil
	}
	id, changes, err := l.changes(rec)
	if err != nil || id == "" {
		return err
	}
	if l.auto == nil {
		if err := l.open(ctx, id); err != nil {
			return err
		}
	}
	before := len(l.rows)
	err = l.auto.asked(changes, l.but, func(row kernel.RowID, set autoSet) { l.rows[row] = l.rows[row].or(set) })
	if err != nil {
		return err
	}
	if l.through = rec.Position; before == 0 && len(l.rows) > 0 {
		l.cause = &rec
	}
	if len(l.rows) >= autoRows {
		return l.start(ctx)
	}
	return nil
}

// changes are the cells that an event has set, and in which table; none if it is another event of the stream.
func (a *AutoRuns) changes(rec eventstore.Recorded) (kernel.TableID, cellChanges, error) {
	c := cellChanges{position: rec.Position}
	e, err := a.handlers.Codec.Decode(rec)
	if err != nil {
		return "", c, err
	}
	switch e := e.(type) {
	case table.RowsInserted:
		c.chunk, c.fresh = e.Chunk, true
		return e.TableID, c, nil
	case table.CellsEdited:
		c.chunk, c.old = e.Chunk, e.Old
		return e.TableID, c, nil
	case dataops.RowsAdded:
		c.chunk, c.fresh = e.Chunk, true
		return e.TableID, c, nil
	case dataops.RowsUpdated:
		c.chunk, c.old = e.Chunk, e.Old
		return e.TableID, c, nil
	case enrichment.RunAnswersRecorded:
		c.chunk = e.Chunk
		return e.TableID, c, nil
	default:
		return "", c, nil
	}
}

// start starts runs for the rows gathered so far.
func (l *looking) start(ctx context.Context) error {
	if len(l.rows) == 0 {
		return nil
	}
	meta, err := l.cause.Meta()
	if err != nil {
		return err
	}
	meta = kernel.Meta{
		Actor:         kernel.System(),
		CorrelationID: meta.CorrelationID,
		CausationID:   string(l.cause.Stream) + "/" + strconv.FormatInt(l.cause.Version, 10),
	}
	cmd := enrichmentcmd.AutoRun{
		Workspace: l.workspace,
		Table:     l.table,
		Source:    l.id,
		From:      l.mark,
		Through:   l.through,
		Groups:    l.auto.groups(l.rows),
	}
	left, err := l.handlers.AutoRun(ctx, meta, cmd)
	for id, why := range left {
		l.logger.WarnContext(ctx, "a column can't ask by itself", "table", string(l.table), "column", string(id), "reason", why)
	}
	if kernel.KindOf(err) == kernel.KindNotFound { // the table went to the trash meanwhile
		return errEnough
	}
	if err != nil {
		return err
	}
	if l.mark, err = l.handlers.AutoMark(ctx, l.id); err != nil {
		return err
	}
	clear(l.rows)
	return nil
}

func decodeAs[E kernel.Event](codec *eventstore.Codec, rec eventstore.Recorded) (E, error) {
	e, err := codec.Decode(rec)
	if err != nil {
		var none E
		return none, err
	}
	as, ok := e.(E)
	if !ok {
		return as, fmt.Errorf("event %d of %s is of the type %s", rec.Position, rec.Stream, rec.Type)
	}
	return as, nil
}
