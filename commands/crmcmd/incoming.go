package crmcmd

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// incoming finds the rows of records that were changed in a CRM and decides what becomes of them.
type incoming struct {
	h     *Handlers
	ws    kernel.WorkspaceID
	plan  crm.Plan
	sheet Sheet
	cells map[kernel.RowID]table.RowCells
	times map[int64]time.Time // of positions of the log
	err   error               // of the log, while something was decided
}

// decide decides about records. A record's row is looked for by its tie, by those of the records it was merged from, then by the keys.
func (n *incoming) decide(ctx context.Context, records []crm.Record) ([]crm.Decision, error) {
	d := n.plan.Definition
	var ids []string
	for _, r := range records {
		ids = append(append(ids, r.ID), r.MergedFrom...)
	}
	known, err := n.h.cfg.Links.Known(ctx, n.ws, d.ConnectionID, d.Object, ids)
	if err != nil {
		return nil, err
	}
	list := tied(records, known)
	for _, k := range d.Keys {
		if err := n.byKey(ctx, list, k); err != nil {
			return nil, err
		}
	}
	if err := n.others(ctx, list); err != nil {
		return nil, err
	}
	if err := n.read(ctx, list); err != nil {
		return nil, err
	}
	var out []crm.Decision
	for _, in := range list {
		if one, ok := n.plan.Pull(*in, n.cell); ok {
			out = append(out, one)
		}
	}
	return out, n.err
}

// tied gives records the rows that they are tied to. A record that took others over gets the row of the first of them that has one.
func tied(records []crm.Record, known map[string]crm.Tie) []*crm.Incoming {
	into := map[string]string{} // by the record that took over: one that it took over
	for _, r := range records {
		if r.MergedInto != "" && known[r.ID].RowID != "" {
			into[r.MergedInto] = r.ID
		}
	}
	list := make([]*crm.Incoming, len(records))
	for i, r := range records {
		in := &crm.Incoming{Record: r, Tie: known[r.ID]}
		in.RowID = in.Tie.RowID
		for _, from := range append(slices.Clone(r.MergedFrom), into[r.ID]) {
			if in.RowID == "" && !r.Deleted {
				in.RowID = known[from].RowID
			}
		}
		list[i] = in
	}
	return list
}

// byKey looks for the rows of records that have none yet.
func (n *incoming) byKey(ctx context.Context, list []*crm.Incoming, k crm.Match) error {
	want := map[string][]*crm.Incoming{}
	var texts []string
	for _, in := range list {
		v := strings.TrimSpace(in.Record.Values[k.Field])
		if v == "" || in.RowID != "" || in.Several || in.Record.Deleted || in.Record.MergedInto != "" {
			continue
		}
		if len(want[v]) == 0 {
			texts = append(texts, v)
		}
		want[v] = append(want[v], in)
	}
	if len(texts) == 0 {
		return nil
	}
	found, err := n.sheet.Match(ctx, k.ColumnID, texts)
	if err != nil {
		return err
	}
	for i, text := range texts {
		for _, in := range want[text] {
			switch len(found[i]) {
			case 0:
			case 1:
				in.RowID, in.By = found[i][0], k.Field
			default:
				in.Several, in.By = true, k.Field
			}
		}
	}
	return nil
}

// others notes which rows that were found by keys belong to other records: by earlier runs, or to one before in this batch.
func (n *incoming) others(ctx context.Context, list []*crm.Incoming) error {
	d := n.plan.Definition
	here := map[kernel.RowID]string{}
	var rows []kernel.RowID
	for _, in := range list {
		if in.RowID != "" && in.By == "" {
			here[in.RowID] = in.Record.ID
		}
		if in.By != "" && in.RowID != "" {
			rows = append(rows, in.RowID)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	ofRows, err := n.h.cfg.Links.OfRows(ctx, n.ws, d.ConnectionID, d.Object, rows)
	if err != nil {
		return err
	}
	var ids []string
	for _, id := range ofRows {
		ids = append(ids, id)
	}
	known, err := n.h.cfg.Links.Known(ctx, n.ws, d.ConnectionID, d.Object, ids)
	if err != nil {
		return err
	}
	for _, in := range list {
		if in.By == "" || in.RowID == "" {
			continue
		}
		for _, other := range []string{ofRows[in.RowID], here[in.RowID]} {
			if other != "" && other != in.Record.ID && !known[other].Gone {
				in.Other = other
			}
		}
		if in.Other == "" {
			here[in.RowID] = in.Record.ID
		}
	}
	return nil
}

// read reads the rows.
func (n *incoming) read(ctx context.Context, list []*crm.Incoming) error {
	var rows []kernel.RowID
	for _, in := range list {
		if in.RowID != "" && !slices.Contains(rows, in.RowID) {
			rows = append(rows, in.RowID)
		}
	}
	var err error
	if n.cells, err = n.sheet.Cells(ctx, rows, n.plan.Definition.Filled()); err != nil {
		return err
	}
	for _, in := range list {
		if in.RowID == "" {
			continue
		}
		row, ok := n.cells[in.RowID]
		in.Lost = !ok || row.Trashed
		in.Cells = texts(row.Values)
		in.Set = func(c kernel.ColumnID) time.Time { return n.set(ctx, row.Positions[c]) }
	}
	return nil
}

// set is when the event at a position was recorded. It is asked only where both sides were changed.
func (n *incoming) set(ctx context.Context, position int64) time.Time {
	if at, ok := n.times[position]; ok || position == 0 {
		return at
	}
	events, err := n.h.cfg.Store.ReadAll(ctx, position-1, 1)
	if err != nil {
		n.err = err
	}
	if len(events) == 1 && events[0].Position == position {
		n.times[position] = events[0].RecordedAt
	}
	return n.times[position]
}

// cell implements crm.ReadCell.
func (n *incoming) cell(column kernel.ColumnID, several bool, text string) (crm.Cell, error) {
	raw, err := n.sheet.Read(column, several, text)
	if err != nil {
		return crm.Cell{}, err
	}
	return crm.Cell{Raw: raw, Text: texts(map[kernel.ColumnID]json.RawMessage{column: raw})[column]}, nil
}

// kept cuts values that are longer than any that is kept.
func kept(records []crm.Record) []crm.Record {
	for _, r := range records {
		for name, v := range r.Values {
			if len(v) > crm.MaxValue {
				r.Values[name] = strings.ToValidUTF8(v[:crm.MaxValue], "")
			}
		}
	}
	return records
}
