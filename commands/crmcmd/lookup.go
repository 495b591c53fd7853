package crmcmd

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// ask is one call of a CRM.
type ask = func(ctx context.Context, c crm.Connector, g crm.Grant) error

// lookup finds the records of rows and decides what becomes of them.
type lookup struct {
	h     *Handlers
	ws    kernel.WorkspaceID
	plan  crm.Plan
	taken func(id string) kernel.RowID // the row that a record belongs to by this run
	made  map[string]bool              // keys of records that this run has made, of keyOf
	ask   func(ctx context.Context, fn ask) error
}

// entries decides about rows, at most as many as a call of the vendor takes. A record is looked for by the row's link, then by the keys.
func (l *lookup) entries(ctx context.Context, rows []Row) ([]crm.Entry, error) {
	d := l.plan.Definition
	list := make([]*crm.Candidate, len(rows))
	ids := make([]kernel.RowID, len(rows))
	for i, r := range rows {
		list[i], ids[i] = &crm.Candidate{RowID: r.ID, Cells: texts(r.Cells)}, r.ID
	}
	linked, err := l.h.cfg.Links.OfRows(ctx, l.ws, d.ConnectionID, d.Object, ids)
	if err != nil {
		return nil, err
	}
	if err := l.byLink(ctx, list, linked); err != nil {
		return nil, err
	}
	for _, k := range d.Keys {
		if err := l.byKey(ctx, list, k); err != nil {
			return nil, err
		}
	}
	if err := l.takenBy(ctx, list); err != nil {
		return nil, err
	}
	out := make([]crm.Entry, len(list))
	here := map[string]bool{}
	for i, c := range list {
		e := l.plan.Entry(*c)
		if key := keyOf(e); e.Action == crm.ActionCreate {
			if here[key] || l.made[key] {
				e = crm.Entry{
					RowID: e.RowID, Label: e.Label, Action: crm.ActionNone, State: crm.OutcomeConflict,
					Reason: "another row has the same value to be found by",
				}
			}
			here[key] = true
		}
		out[i] = e
	}
	return out, nil
}

// keyOf is the key of a record that an entry makes.
func keyOf(e crm.Entry) string { return e.By + "\x00" + strings.ToLower(e.Value) }

func (l *lookup) byLink(ctx context.Context, list []*crm.Candidate, linked map[kernel.RowID]string) error {
	var ids []string
	for _, c := range list {
		if id := linked[c.RowID]; id != "" {
			c.Linked = id
			ids = append(ids, id)
		}
	}
	found, err := l.find(ctx, "", ids)
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, r := range found {
			if c.Linked != "" && (r.ID == c.Linked || slices.Contains(r.MergedFrom, c.Linked)) && !r.Deleted && r.MergedInto == "" {
				c.Found = append(c.Found, r)
				break
			}
		}
	}
	return nil
}

// byKey looks for the records of rows that none was found for yet.
func (l *lookup) byKey(ctx context.Context, list []*crm.Candidate, k crm.Match) error {
	want := map[string][]*crm.Candidate{}
	var values []string
	for _, c := range list {
		if len(c.Found) > 0 {
			continue
		}
		v := l.plan.KeyOf(k, c.Cells)
		if v == "" {
			continue
		}
		low := strings.ToLower(v)
		if len(want[low]) == 0 {
			values = append(values, v)
		}
		want[low] = append(want[low], c)
	}
	found, err := l.find(ctx, k.Field, values)
	if err != nil {
		return err
	}
	for _, r := range found {
		for _, c := range want[strings.ToLower(strings.TrimSpace(r.Values[k.Field]))] {
			c.Found, c.By = append(c.Found, r), k.Field
		}
	}
	return nil
}

// takenBy notes which of the records belong to other rows: by earlier runs, by this one, or by a row before in this batch.
func (l *lookup) takenBy(ctx context.Context, list []*crm.Candidate) error {
	var ids []string
	for _, c := range list {
		if len(c.Found) == 1 {
			ids = append(ids, c.Found[0].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	d := l.plan.Definition
	known, err := l.h.cfg.Links.Known(ctx, l.ws, d.ConnectionID, d.Object, ids)
	if err != nil {
		return err
	}
	here := map[string]kernel.RowID{}
	for _, c := range list {
		if len(c.Found) != 1 {
			continue
		}
		id := c.Found[0].ID
		c.Marks = known[id].Marks
		for _, row := range []kernel.RowID{known[id].RowID, l.taken(id), here[id]} {
			if row != "" && row != c.RowID {
				c.TakenBy = row
			}
		}
		if c.TakenBy == "" {
			here[id] = c.RowID
		}
	}
	return nil
}

// find reads records; none without values.
func (l *lookup) find(ctx context.Context, by string, values []string) ([]crm.Record, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var out []crm.Record
	err := l.ask(ctx, func(ctx context.Context, c crm.Connector, g crm.Grant) error {
		var err error
		out, err = c.Find(ctx, g, l.plan.Definition.Object, by, values, l.plan.Definition.Fields())
		return err
	})
	return kept(out), err
}

// texts are cells in the form that crm.Fit reads: the choices of one that has several are separated by semicolons.
func texts(cells map[kernel.ColumnID]json.RawMessage) map[kernel.ColumnID]string {
	out := make(map[kernel.ColumnID]string, len(cells))
	for id, raw := range cells {
		var text string
		var several []string
		switch {
		case json.Unmarshal(raw, &text) == nil:
			out[id] = text
		case json.Unmarshal(raw, &several) == nil:
			out[id] = strings.Join(several, ";")
		case !kernel.IsNull(raw):
			out[id] = string(raw)
		}
	}
	return out
}
