package dataopscmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// DuplicateTable makes a table like another one.
type DuplicateTable struct {
	Table kernel.TableID
	Name  string
	Rows  bool // with its rows, which an import copies in the background
}

// Duplicated is the answer.
type Duplicated struct {
	TableID  kernel.TableID  `json:"table_id"`
	ImportID kernel.ImportID `json:"import_id,omitempty" doc:"Of the import that copies the rows."`
}

// DuplicateTable carries out DuplicateTable. The table and the import that fills it begin in one append.
func (h *Handlers) DuplicateTable(ctx context.Context, meta kernel.Meta, cmd DuplicateTable) (commands.Result[Duplicated], error) {
	return eventstore.Retry(ctx, func(int) (commands.Result[Duplicated], error) {
		var none commands.Result[Duplicated]
		source, version, err := h.tables.Load(ctx, string(cmd.Table))
		if err != nil {
			return none, err
		}
		if err := source.In(meta.Workspace, cmd.Table); err != nil {
			return none, err
		}
		maker := h.maker()
		maker.By = meta.Actor.User()
		answer := Duplicated{TableID: kernel.TableID(h.cfg.IDs.New(kernel.PrefixTable))}
		made, err := source.Copy(maker, answer.TableID, cmd.Name, unattended)
		if err != nil {
			return none, err
		}
		changes := []eventstore.Change{
			eventstore.At(h.tables.Stream(string(answer.TableID)), eventstore.NoStream, made.Table.Pending()...),
			eventstore.At(h.tables.Stream(string(cmd.Table)), eventstore.Expected(version)), // the columns are still what they were
		}
		if cmd.Rows {
			imp, err := h.beginCopy(ctx, meta, source.Schema(), made)
			if err != nil {
				return none, err
			}
			answer.ImportID = imp.ID
			changes = append(changes, eventstore.At(h.imports.Stream(string(imp.ID)), eventstore.NoStream, imp.Pending()...))
		}
		req, err := h.cfg.Codec.Append(meta, answer, changes...)
		if err != nil {
			return none, err
		}
		done, err := h.cfg.Store.Append(ctx, req)
		if err != nil {
			return none, err
		}
		return commands.Reply(done, answer)
	})
}

// unattended is a column that asks for nothing by itself: the rows of a copy have their answers, or are to be asked deliberately.
func unattended(c table.Column) (table.Column, error) {
	if c.Kind != table.Enrichment || len(c.Enrichment) == 0 {
		return c, nil
	}
	var cfg enrichment.Config
	if err := json.Unmarshal(c.Enrichment, &cfg); err != nil {
		return c, fmt.Errorf("read the enrichment of %s: %w", c.ID, err)
	}
	if !cfg.AutoRun {
		return c, nil
	}
	cfg.AutoRun = false
	raw, err := json.Marshal(cfg)
	if err != nil {
		return c, fmt.Errorf("write the enrichment of %s: %w", c.ID, err)
	}
	c.Enrichment = raw
	return c, nil
}

// beginCopy makes the import that copies the rows.
func (h *Handlers) beginCopy(ctx context.Context, meta kernel.Meta, source table.Schema, made table.Copied) (*dataops.Import, error) {
	rows, err := h.cfg.Grid.Count(ctx, meta.Workspace, source.Table)
	if err != nil {
		return nil, fmt.Errorf("count the table's rows: %w", err)
	}
	plan := dataops.Plan{Mode: dataops.Append}
	for i, c := range source.Columns {
		if !c.Writable() {
			continue
		}
		plan.Targets = append(plan.Targets, dataops.Target{
			Index: i, Name: c.Name, ColumnID: made.Columns[c.ID], From: &dataops.From{ColumnID: c.ID, Type: string(c.Type)},
		})
	}
	imp := dataops.NewImport()
	return imp, imp.BeginCopy(dataops.CopyBegun{
		ImportID:  kernel.ImportID(h.cfg.IDs.New(kernel.PrefixImport)),
		Workspace: meta.Workspace,
		TableID:   made.Table.ID(),
		CopyOf:    source.Table,
		Name:      source.Name,
		Rows:      rows,
		Uploader:  meta.Actor.Ref(),
	}, plan, meta.Actor.User())
}

// A copy looks at firstPage rows before it knows how large they are. Pages grow by pageGrowth at most, since the next rows may be larger.
const firstPage, pageGrowth = 10, 4

// copy brings the rows of the copied table over, in their order, from the last one that is there. A row that changes meanwhile comes as it
// is when it is read; a page holds no more than one append takes.
func (w *work) copy(ctx context.Context) error {
	head, err := w.h.cfg.Store.Head(ctx)
	if err != nil {
		return err
	}
	if err := w.reach(ctx, head); err != nil {
		return err
	}
	most := max(1, w.limits.BatchCells/max(1, len(w.imp.Plan.Targets)))
	for size := min(firstPage, most); ; {
		n, bytes, err := w.copyPage(ctx, size)
		if err != nil {
			return err
		}
		lag := w.limits.Lag
		if n == 0 {
			lag = 0 // all rows are there once the import is seen to have ended
		}
		if err := w.reach(ctx, w.position-lag); err != nil {
			return err
		}
		if n == 0 {
			_, err := w.append(ctx, "completed", (*dataops.Import).Complete)
			return err
		}
		size = max(1, min(most, pageGrowth*n, w.limits.BatchBytes*n/max(1, bytes)))
	}
}

// copyPage copies up to size rows; n is 0 when there are no more. A change of the copy's columns meanwhile has the page begun again.
func (w *work) copyPage(ctx context.Context, size int) (n, bytes int, err error) {
	_, to, err := w.loadTable(ctx)
	if err != nil {
		return 0, 0, err
	}
	from, err := w.copied(ctx)
	if err != nil {
		return 0, 0, err
	}
	ids, err := w.h.cfg.Grid.After(ctx, w.imp.Workspace, w.imp.CopyOf, w.imp.After, size)
	if err != nil || len(ids) == 0 {
		return 0, 0, err
	}
	o, bytes, err := w.sameRows(ctx, from, to, ids)
	if err != nil {
		return 0, 0, err
	}
	counts, more := w.imp.Counts, int64(len(o.added))
	counts.Lines, counts.Rows, counts.Imported = counts.Lines+more, counts.Rows+more, counts.Imported+more
	events := o.events(w.imp, &batch{next: dataops.Mark{Line: counts.Rows, Offset: counts.Rows}})
	_, err = w.append(ctx, strconv.FormatInt(w.imp.Batch+1, 10), func(i *dataops.Import) error {
		return i.RecordCopied(counts, ids[len(ids)-1], events...)
	}, eventstore.At(w.h.tables.Stream(string(w.imp.TableID)), eventstore.Expected(to.Version)))
	if eventstore.IsConflict(err) {
		return 0, 0, errMoved
	}
	return len(ids), bytes, err
}

// copied is the table that is copied, while its columns are what they were.
func (w *work) copied(ctx context.Context) (table.Schema, error) {
	tbl, _, err := w.h.tables.Load(ctx, string(w.imp.CopyOf))
	if err != nil {
		return table.Schema{}, err
	}
	if tbl.In(w.imp.Workspace, w.imp.CopyOf) != nil {
		return table.Schema{}, hopeless{"the table that is copied was deleted"}
	}
	schema := tbl.Schema()
	for _, t := range w.imp.Plan.Targets {
		c, ok := schema.Column(t.From.ColumnID)
		switch {
		case !ok:
			return schema, hopeless{fmt.Sprintf("the column “%s” of the table that is copied was deleted", t.Name)}
		case string(c.Type) != t.From.Type:
			return schema, hopeless{fmt.Sprintf("the type of the column “%s” of the table that is copied was changed", t.Name)}
		}
	}
	return schema, nil
}

// sameRows makes new rows with the values of others, in the columns that the copy still has.
func (w *work) sameRows(ctx context.Context, from, to table.Schema, ids []kernel.RowID) (*outcome, int, error) {
	o := &outcome{}
	var columns []kernel.ColumnID
	for _, t := range w.imp.Plan.Targets {
		c, ok := to.Column(t.ColumnID)
		if ok && string(c.Type) != t.From.Type {
			return nil, 0, hopeless{fmt.Sprintf("the type of the column “%s” of the copy was changed", c.Name)}
		}
		if ok {
			o.columns, columns = append(o.columns, t.ColumnID), append(columns, t.From.ColumnID)
		}
	}
	rows, _, err := w.h.cfg.Grid.Get(ctx, from, ids, columns)
	if err != nil {
		return nil, 0, fmt.Errorf("read the rows that are copied: %w", err)
	}
	o.values = make([][]json.RawMessage, len(columns))
	o.nexts = make([]dataops.Mark, len(rows))
	bytes := 0
	for i, row := range rows {
		done := w.imp.Counts.Rows + int64(i) + 1
		o.nexts[i] = dataops.Mark{Line: done, Offset: done}
		for c, id := range columns {
			v := kernel.OrNull(row.Cells[id])
			o.values[c] = append(o.values[c], v)
			bytes += len(v)
		}
	}
	o.added = w.newRows(len(rows))
	return o, bytes, nil
}
