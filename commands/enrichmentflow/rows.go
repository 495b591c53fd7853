package enrichmentflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// task is a row and the columns to ask for.
type task struct {
	row     enrichmentcmd.Row
	columns []kernel.ColumnID
	gone    bool // the row is not there any more
}

// pageRows is how many rows a page has. What a crash in a page of providers that must not be asked twice leaves unknown is all that had no
// answer, so such a page has no more rows than are asked at the same time.
func (s *slice) pageRows() int {
	if s.atOnce == 0 || s.replay != nil {
		return s.r.limits.PageRows
	}
	return min(s.r.limits.CarefulRows, s.r.limits.Workers, s.atOnce)
}

// nextRows gives the next page of the run's rows and where the page after it begins. A row without columns need not be asked.
func (s *slice) nextRows() ([]task, kernel.RowID, error) {
	run, after, limit := s.w.run, s.w.after(), s.pageRows()
	sel := run.Selection()
	if run.Round() > 0 {
		return s.failedRows(after, limit)
	}
	if sel.First > 0 {
		limit = int(min(int64(limit), sel.First-run.Rows()))
	}
	if limit <= 0 {
		return nil, "", nil
	}
	var rows []enrichmentcmd.Row
	var err error
	if run.Table() == "" {
		rows, err = s.inline(func(id kernel.RowID) bool { return id > after }, limit)
	} else {
		q := enrichmentcmd.Query(s.in.Workspace, run.Table(), run.Plans(), sel)
		q.After, q.Limit, q.Position = after, limit, max(q.Position, s.in.Position)
		if q.IDs != nil {
			i, _ := slices.BinarySearch(q.IDs, after+"\x00")
			q.IDs = q.IDs[i:min(len(q.IDs), i+limit)]
			return s.namedRows(q)
		}
		rows, err = s.r.cfg.Rows.Page(s.hard, q)
	}
	if err != nil || len(rows) == 0 {
		return nil, "", lost(err)
	}
	tasks := make([]task, len(rows))
	for i, row := range rows {
		tasks[i] = task{row: row, columns: s.wanted(sel.Scope, row)}
	}
	return tasks, rows[len(rows)-1].ID, nil
}

// lost makes an error of a selection that can't be read any more, because a column of its filter or the table is gone, the run's end.
func lost(err error) error {
	switch kernel.KindOf(err) {
	case kernel.KindInvalid, kernel.KindNotFound:
		return &goneError{"the run's rows can't be selected any more: " + told(err)}
	default:
		return err
	}
}

// namedRows gives the rows that a request named; those that don't exist any more are passed over.
func (s *slice) namedRows(q enrichmentcmd.RowQuery) ([]task, kernel.RowID, error) {
	if len(q.IDs) == 0 {
		return nil, "", nil
	}
	rows, err := s.r.cfg.Rows.Page(s.hard, q)
	if err != nil {
		return nil, "", lost(err)
	}
	tasks := make([]task, 0, len(rows)+1)
	for _, row := range rows {
		tasks = append(tasks, task{row: row, columns: s.wanted(s.w.run.Selection().Scope, row)})
	}
	if len(tasks) == 0 { // the page is not the last one, so it must not be empty
		tasks = append(tasks, task{})
	}
	return tasks, q.IDs[len(q.IDs)-1], nil
}

// wanted are the columns of the row that the scope asks for.
func (s *slice) wanted(scope enrichment.Scope, row enrichmentcmd.Row) []kernel.ColumnID {
	if scope != enrichment.ScopeEmpty && scope != enrichment.ScopeFailed {
		return s.w.run.Columns()
	}
	var out []kernel.ColumnID
	for _, c := range s.w.run.Columns() {
		if scope == enrichment.ScopeEmpty && kernel.IsNull(row.Cells[c]) || scope == enrichment.ScopeFailed && row.Failed[c] {
			out = append(out, c)
		}
	}
	return out
}

// failedRows gives the next rows of a retry.
func (s *slice) failedRows(after kernel.RowID, limit int) ([]task, kernel.RowID, error) {
	cells, err := s.r.cfg.Failures.Failed(s.hard, s.in.Workspace, s.in.Run, s.w.run.Reason(), after, limit, s.in.Position)
	if err != nil || len(cells) == 0 {
		return nil, "", err
	}
	tasks, err := s.openRows(cells)
	return tasks, cells[len(cells)-1].Row, err
}

// openRows gives the rows of cells, with the cells' columns to ask for.
func (s *slice) openRows(cells []enrichment.Cell) ([]task, error) {
	var ids []kernel.RowID
	columns := map[kernel.RowID][]kernel.ColumnID{}
	for _, c := range cells {
		if columns[c.Row] == nil {
			ids = append(ids, c.Row)
		}
		columns[c.Row] = append(columns[c.Row], c.Column)
	}
	rows, err := s.rowsByID(ids, columns)
	if err != nil {
		return nil, err
	}
	found := make(map[kernel.RowID]enrichmentcmd.Row, len(rows))
	for _, r := range rows {
		found[r.ID] = r
	}
	tasks := make([]task, len(ids))
	for i, id := range ids {
		row, ok := found[id]
		row.ID = id
		tasks[i] = task{row: row, columns: columns[id], gone: !ok}
	}
	return tasks, nil
}

func (s *slice) rowsByID(ids []kernel.RowID, columns map[kernel.RowID][]kernel.ColumnID) ([]enrichmentcmd.Row, error) {
	run := s.w.run
	if run.Table() == "" {
		return s.inline(func(id kernel.RowID) bool { return columns[id] != nil }, len(ids))
	}
	sel := run.Selection()
	q := enrichmentcmd.Query(s.in.Workspace, run.Table(), run.Plans(), enrichment.Selection{
		Scope:    enrichment.ScopeRows,
		Rows:     ids,
		Position: max(sel.Position, s.in.Position),
	})
	q.Limit = len(ids)
	rows, err := s.r.cfg.Rows.Page(s.hard, q)
	return rows, lost(err)
}

// inline reads records that came with the request. They are the stream's first events.
func (s *slice) inline(take func(kernel.RowID) bool, limit int) ([]enrichmentcmd.Row, error) {
	var out []enrichmentcmd.Row
	const page = 20
	for after := int64(1); ; after += page {
		events, err := s.r.cfg.Store.ReadStream(s.hard, s.r.runs.Stream(string(s.in.Run)), after, page)
		if err != nil {
			return nil, fmt.Errorf("read the run's records: %w", err)
		}
		for _, rec := range events {
			if rec.Type != (enrichment.RunRecordsAdded{}).EventType() {
				return out, nil
			}
			var e enrichment.RunRecordsAdded
			if err := json.Unmarshal(rec.Data, &e); err != nil {
				return nil, fmt.Errorf("read the run's records: %w", err)
			}
			for _, r := range e.Records {
				if !take(r.RowID) {
					continue
				}
				out = append(out, inlineRow(r))
				if len(out) == limit {
					return out, nil
				}
			}
		}
		if len(events) < page {
			return out, nil
		}
	}
}

func inlineRow(r enrichment.Record) enrichmentcmd.Row {
	row := enrichmentcmd.Row{ID: r.RowID, Cells: make(map[kernel.ColumnID]json.RawMessage, len(r.Fields))}
	for k, v := range r.Fields {
		row.Cells[kernel.ColumnID(k)] = v
	}
	return row
}
