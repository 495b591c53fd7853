package crm

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Dispute is a field that was changed on both sides since they were last the same. Both values are kept.
type Dispute struct {
	Field  string `json:"field"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	Winner Rule   `json:"winner,omitempty"` // ours or theirs; empty until a person decides
}

// Tie is what is known of a record.
type Tie struct {
	RowID kernel.RowID
	Gone  bool // it was deleted in the CRM
	Marks map[string]Mark
}

// Incoming is a record that was changed in the CRM, with the row that it belongs to.
type Incoming struct {
	Record Record
	Tie    Tie
	RowID  kernel.RowID                    // by the tie, or by a key; empty for none
	Cells  map[kernel.ColumnID]string      // of the row
	Set    func(kernel.ColumnID) time.Time // when the row's cell was last set
	// What stands in the way: the row is deleted, several rows have the record's key By, or the row belongs to another record.
	Lost    bool
	By      string
	Several bool
	Other   string
}

// Cell is a value as a column keeps it, and its text as it is read from there.
type Cell struct {
	Raw  json.RawMessage
	Text string
}

// ReadCell reads a text as a person's is read; an error says why the column can't hold it.
type ReadCell func(column kernel.ColumnID, several bool, text string) (Cell, error)

// Decision is what a pull does with a record. Cells are what is written into the row.
type Decision struct {
	Entry Entry
	Cells map[kernel.ColumnID]json.RawMessage
}

// Pull decides about a record that was changed in the CRM; false for one that is nothing to the table.
func (p Plan) Pull(in Incoming, read ReadCell) (Decision, bool) {
	r := in.Record
	d := Decision{Cells: map[kernel.ColumnID]json.RawMessage{}, Entry: Entry{
		RowID: in.RowID, ID: r.ID, Label: p.recordLabel(r), URL: r.URL, Action: ActionNone, Modified: r.Modified,
	}}
	stop := func(state Outcome, reason string) (Decision, bool) {
		d.Entry.State, d.Entry.Reason = state, reason
		return d, true
	}
	if r.Deleted || r.MergedInto != "" {
		if in.Tie.RowID == "" || in.Tie.Gone {
			return d, false
		}
		if r.MergedInto != "" {
			return stop(OutcomeGone, "the record was merged into another one in the CRM; the row stays")
		}
		return stop(OutcomeGone, "the record is deleted in the CRM; the row stays")
	}
	switch {
	case in.Several:
		d.Entry.RowID = ""
		return stop(OutcomeConflict, "several rows have this "+p.keyName(in.By)+"; merge them first")
	case in.Other != "":
		return stop(OutcomeConflict, "the row with this "+p.keyName(in.By)+" is synced with another record")
	case in.Lost:
		return stop(OutcomeSkipped, "the row that the record was synced with is deleted here")
	case in.RowID == "" && !p.Definition.CreateRows:
		return stop(OutcomeSkipped, "no row has this "+p.keyNames()+", and the sync makes none")
	case in.RowID == "":
		return p.newRow(d, in, read), true
	}
	return p.changed(d, in, read), true
}

// newRow fills a new row with what is pulled, and with the keys that it is found by.
func (p Plan) newRow(d Decision, in Incoming, read ReadCell) Decision {
	filled := map[kernel.ColumnID]bool{}
	fill := func(m Mapping) error {
		f, ok := FieldOf(p.Fields, m.Field)
		if !ok || filled[m.ColumnID] {
			return nil
		}
		theirs := in.Record.Values[m.Field]
		cell, err := p.cell(m.ColumnID, f, theirs, read)
		if err != nil {
			return err
		}
		d.Entry.mark(m, markOf(in.Record.ID, f, inField(f, cell.Text), theirs))
		if strings.TrimSpace(theirs) != "" {
			filled[m.ColumnID] = true
			d.take(m, "", theirs, cell)
		}
		return nil
	}
	mappings := p.Definition.pulling()
	for _, k := range p.Definition.Keys {
		mappings = append(mappings, Mapping{Field: k.Field, ColumnID: k.ColumnID})
	}
	for _, m := range mappings {
		if err := fill(m); err != nil {
			return d.failed(err)
		}
	}
	d.Entry.Action = ActionCreate
	return d
}

// changed decides about each field of a record that has a row.
func (p Plan) changed(d Decision, in Incoming, read ReadCell) Decision {
	for _, m := range p.Definition.pulling() {
		f, ok := FieldOf(p.Fields, m.Field)
		if !ok {
			continue
		}
		mark, known := in.Tie.Marks[m.key()]
		ours, theirs := inField(f, in.Cells[m.ColumnID]), strings.TrimSpace(in.Record.Values[m.Field])
		cell, err := p.cell(m.ColumnID, f, theirs, read)
		if Same(f.Type, ours, theirs) || err == nil && Same(f.Type, ours, inField(f, cell.Text)) {
			d.Entry.mark(m, markOf(in.Record.ID, f, ours, theirs))
			continue
		}
		moved := !known || mark.theirsMoved(in.Record.ID, f, theirs)
		if !moved || theirs == "" && (!m.Clear || !known && m.Direction == Both) || m.OnlyEmpty && ours != "" {
			continue
		}
		alone := !known && (ours == "" || m.Direction == Pull) || known && !mark.oursMoved(in.Record.ID, f, ours)
		if !alone {
			winner := p.winner(in, m)
			d.Entry.Disputes = append(d.Entry.Disputes, Dispute{m.Field, ours, theirs, winner})
			if winner == RuleOurs { // the cell stays changed since, so that a push writes it
				d.Entry.mark(m, Mark{Ours: mark.Ours, Theirs: digest(in.Record.ID, f, theirs)})
			}
			if winner != RuleTheirs {
				continue
			}
		}
		if err != nil {
			return d.failed(err)
		}
		d.take(m, ours, theirs, cell)
		d.Entry.mark(m, markOf(in.Record.ID, f, inField(f, cell.Text), theirs))
	}
	return d.concluded()
}

// winner is the side whose value holds where both were changed; empty if a person decides.
func (p Plan) winner(in Incoming, m Mapping) Rule {
	switch rule := p.Definition.Conflicts; rule {
	case RuleOurs, RuleTheirs:
		return rule
	case RuleAsk:
		return ""
	case RuleNewest:
	}
	if in.Record.Modified.After(in.Set(m.ColumnID)) {
		return RuleTheirs
	}
	return RuleOurs
}

// take notes that the CRM's value goes into the row.
func (d *Decision) take(m Mapping, ours, theirs string, cell Cell) {
	d.Entry.Changes = append(d.Entry.Changes, Change{m.Field, ours, theirs})
	d.Cells[m.ColumnID] = cell.Raw
}

func (d Decision) failed(err error) Decision {
	d.Entry.State, d.Entry.Reason, d.Entry.Changes, d.Entry.Disputes, d.Entry.Marks = OutcomeFailed, err.Error(), nil, nil, nil
	d.Cells = nil
	return d
}

// concluded says what becomes of a record whose fields were decided about.
func (d Decision) concluded() Decision {
	e := &d.Entry
	if len(e.Changes) > 0 {
		e.Action = ActionUpdate
	}
	switch {
	case e.open() != nil:
		e.State, e.Reason = OutcomeConflict, "changed on both sides; decide which value holds"
	case len(e.Changes) == 0 && len(e.Disputes) > 0:
		e.State, e.Reason = OutcomeUnchanged, "changed on both sides; the row's value holds"
	case len(e.Changes) == 0:
		e.State = OutcomeUnchanged
	}
	return d
}

// open are the fields that a person has to decide about.
func (e Entry) open() []string {
	var out []string
	for _, d := range e.Disputes {
		if d.Winner == "" {
			out = append(out, d.Field)
		}
	}
	return out
}

// Link ties the entry of a pull to its record; false where the record stays nobody's or what it was.
func (e Entry) Link() (Link, bool) {
	switch {
	case e.RowID == "" || e.ID == "" || e.State == OutcomeConflict && len(e.Disputes) == 0:
		return Link{}, false
	case e.State == OutcomeGone:
		return Link{RowID: e.RowID, ID: e.ID, Gone: true}, true
	case e.State == OutcomeFailed:
		return Link{}, false
	}
	return Link{RowID: e.RowID, ID: e.ID, Marks: e.Marks}, true
}

// Open is what of the entry, the batch's i-th, a person has to decide about; false for nothing.
func (e Entry) Open(i int) (Open, bool) {
	fields := e.open()
	return Open{RowID: e.RowID, ID: e.ID, Entry: i, Fields: fields}, len(fields) > 0
}

// pulling are the mappings whose values go into the table.
func (d Definition) pulling() []Mapping {
	var out []Mapping
	for _, m := range d.Mappings {
		if m.Pulls() {
			out = append(out, m)
		}
	}
	return out
}

// Filled are the columns that a pull reads and may write.
func (d Definition) Filled() []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, m := range d.pulling() {
		out = append(out, m.ColumnID)
	}
	return out
}

// cell is a field's value as the column would keep it. Choices go in by their labels, which is what people know them by.
func (p Plan) cell(column kernel.ColumnID, f Field, value string, read ReadCell) (Cell, error) {
	labels := map[string]string{}
	for _, o := range f.Options {
		labels[o.Value] = o.Label
	}
	shown := func(v string) string {
		if label := labels[v]; label != "" {
			return label
		}
		return v
	}
	text := shown(strings.TrimSpace(value))
	if f.Type == FieldOptions && value != "" {
		list := strings.Split(value, ";")
		for i, v := range list {
			list[i] = shown(strings.TrimSpace(v))
		}
		text = strings.Join(list, ";")
	}
	cell, err := read(column, f.Type == FieldOptions, text)
	if err != nil {
		return cell, fmt.Errorf("%s: %w", f.Label, err)
	}
	return cell, nil
}

// inField is a cell's text in the field's form; as it is if it has none there.
func inField(f Field, text string) string {
	if v, err := Fit(f, text); err == nil {
		return v
	}
	return strings.TrimSpace(text)
}

// recordLabel is what a person knows a record by: the first key that has a value.
func (p Plan) recordLabel(r Record) string {
	for _, k := range p.Definition.Keys {
		if v := strings.TrimSpace(r.Values[k.Field]); v != "" {
			return short(v)
		}
	}
	return r.ID
}
