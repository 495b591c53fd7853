package crm

import (
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Action is what is to be done with a record.
type Action string

// The actions.
const (
	ActionNone    Action = "none"
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionArchive Action = "archive"
)

// Outcome is what became of a record.
type Outcome string

// The outcomes. In a dry run, OutcomePlanned stands for what a run would write.
const (
	OutcomePlanned   Outcome = "planned"
	OutcomeSynced    Outcome = "synced"
	OutcomeUnchanged Outcome = "unchanged" // both sides are the same already
	OutcomeSkipped   Outcome = "skipped"
	OutcomeFailed    Outcome = "failed"
	OutcomeConflict  Outcome = "conflict" // the CRM has something that is not to be written over
	OutcomeUnknown   Outcome = "unknown"  // the answer was lost, and doing it again could do it twice
	OutcomeGone      Outcome = "gone"     // the record is deleted in the CRM; the row stays
)

// Outcomes lists them.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomePlanned, OutcomeSynced, OutcomeUnchanged, OutcomeSkipped, OutcomeFailed, OutcomeConflict, OutcomeUnknown, OutcomeGone,
	}
}

// Change is a field's value before and after.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Entry is one record of a run: what it was when it was read, what is to be done, and why if that is nothing. It holds data of people and
// is sealed wherever it is kept.
type Entry struct {
	RowID    kernel.RowID `json:"row_id,omitempty"`
	ID       string       `json:"id,omitempty"` // the record's; empty for one that is to be made
	By       string       `json:"by,omitempty"` // the key of one that is to be made
	Value    string       `json:"value,omitempty"`
	Label    string       `json:"label,omitempty"` // what a person knows the row by
	URL      string       `json:"url,omitempty"`
	Action   Action       `json:"action"`
	Changes  []Change     `json:"changes,omitempty"`
	Modified time.Time    `json:"modified,omitzero"` // of the record when it was read
	State    Outcome      `json:"state,omitempty"`   // set where nothing is to be written
	Reason   string       `json:"reason,omitempty"`
	// Disputes are the fields that were changed on both sides.
	Disputes []Dispute       `json:"disputes,omitempty"`
	Marks    map[string]Mark `json:"marks,omitempty"` // of what is the same on both sides, by the mapping
}

// Result is what became of an entry.
type Result struct {
	State   Outcome `json:"state"`
	Reason  string  `json:"reason,omitempty"`
	ID      string  `json:"id,omitempty"`
	URL     string  `json:"url,omitempty"`
	Created bool    `json:"created,omitempty"`
	// Stored are the changed fields as the CRM has them after the write, which may be in another form than what was sent.
	Stored map[string]string `json:"stored,omitempty"`
}

// Writes reports whether something is to be written.
func (e Entry) Writes() bool { return e.State == "" && e.Action != ActionNone }

// Values are what is to be written.
func (e Entry) Values() map[string]string {
	out := make(map[string]string, len(e.Changes)+1)
	for _, c := range e.Changes {
		out[c.Field] = c.After
	}
	return out
}

// living are the records that are neither deleted nor merged away.
func living(list []Record) []Record {
	return slices.DeleteFunc(slices.Clone(list), func(r Record) bool { return r.Deleted || r.MergedInto != "" })
}

// Plan decides what becomes of rows.
type Plan struct {
	Definition Definition
	Object     Object
	Fields     []Field
}

// Candidate is a row with the records that were found for it.
type Candidate struct {
	RowID  kernel.RowID
	Cells  map[kernel.ColumnID]string
	Found  []Record
	By     string // the key that they were found by; empty for the row's own link
	Linked string // the record that the row was synced with before
	// TakenBy is another row that the only record found belongs to.
	TakenBy kernel.RowID
	Marks   map[string]Mark // of the only record found
}

// KeyOf is the value of the key in the row, in the form of the field.
func (p Plan) KeyOf(k Match, cells map[kernel.ColumnID]string) string {
	f, ok := FieldOf(p.Fields, k.Field)
	if !ok {
		f = Field{Name: k.Field, Label: k.Field, Type: FieldText}
	}
	v, err := Fit(f, cells[k.ColumnID])
	if err != nil {
		return ""
	}
	return v
}

// Entry decides about one row.
func (p Plan) Entry(c Candidate) Entry {
	e := Entry{RowID: c.RowID, Action: ActionNone, Label: p.label(c)}
	stop := func(state Outcome, reason string) Entry {
		e.State, e.Reason = state, reason
		return e
	}
	live := living(c.Found)
	switch {
	case c.Linked != "" && len(live) == 0:
		e.ID = c.Linked
		return stop(OutcomeSkipped, "the record that the row was synced with is deleted in the CRM")
	case len(live) > 1:
		return stop(OutcomeConflict, "several records have this "+p.keyName(c.By)+"; merge them in the CRM first")
	case len(live) == 1 && c.TakenBy != "":
		e.ID = live[0].ID
		return stop(OutcomeConflict, "another row is synced with the same record")
	case len(live) == 1:
		return p.update(e, c, live[0])
	}
	return p.create(e, c)
}

func (p Plan) update(e Entry, c Candidate, r Record) Entry {
	e.ID, e.URL, e.Modified = r.ID, r.URL, r.Modified
	var theirs, both []string
	for _, m := range p.Definition.Mappings {
		f, ok := FieldOf(p.Fields, m.Field)
		if !ok || !m.Pushes() {
			continue
		}
		before := r.Values[m.Field]
		after, err := Fit(f, c.Cells[m.ColumnID])
		switch {
		case err != nil:
			e.State, e.Reason, e.Changes = OutcomeFailed, err.Error(), nil
			return e
		case Same(f.Type, before, after):
			e.mark(m, markOf(r.ID, f, after, before))
			continue
		case after == "" && !m.Clear, m.OnlyEmpty && before != "":
			continue
		}
		if mark := c.Marks[m.key()]; m.Direction == Both && mark.theirsMoved(r.ID, f, before) && mark.Theirs != "" {
			if !mark.oursMoved(r.ID, f, after) {
				theirs = append(theirs, p.labelOf(m.Field))
				continue
			}
			if p.Definition.Conflicts != RuleOurs {
				both = append(both, p.labelOf(m.Field))
				continue
			}
		}
		e.Changes = append(e.Changes, Change{m.Field, before, after})
	}
	e.Reason = waiting(theirs, both)
	switch {
	case len(e.Changes) > 0:
		e.Action = ActionUpdate
	case len(both) > 0:
		e.State = OutcomeConflict
	default:
		e.State = OutcomeUnchanged
	}
	return e
}

// waiting says which fields a push leaves to the next pull: those that were changed in the CRM alone, and on both sides.
func waiting(theirs, both []string) string {
	var out []string
	if len(theirs) > 0 {
		out = append(out, "changed in the CRM, and left for a pull: "+strings.Join(theirs, ", "))
	}
	if len(both) > 0 {
		out = append(out, "changed on both sides; a pull decides: "+strings.Join(both, ", "))
	}
	return strings.Join(out, "; ")
}

func (p Plan) create(e Entry, c Candidate) Entry {
	stop := func(state Outcome, reason string) Entry {
		e.State, e.Reason, e.Changes = state, reason, nil
		return e
	}
	for _, k := range p.Definition.Keys {
		if v := p.KeyOf(k, c.Cells); v != "" {
			e.By, e.Value = k.Field, v
			break
		}
	}
	if e.Value == "" {
		return stop(OutcomeSkipped, "the row has no value to find its record by ("+p.keyNames()+")")
	}
	if !p.Definition.Create {
		return stop(OutcomeSkipped, "no record has this "+p.keyName(e.By)+", and the sync makes none")
	}
	keyed := false
	for _, m := range p.Definition.Mappings {
		f, ok := FieldOf(p.Fields, m.Field)
		if !ok || !m.Pushes() {
			continue
		}
		v, err := Fit(f, c.Cells[m.ColumnID])
		if err != nil {
			return stop(OutcomeFailed, err.Error())
		}
		if v == "" && f.Required {
			return stop(OutcomeSkipped, "a new record needs "+f.Label)
		}
		if v != "" {
			e.Changes = append(e.Changes, Change{Field: m.Field, After: v})
			keyed = keyed || m.Field == e.By
		}
	}
	if f, ok := FieldOf(p.Fields, e.By); !keyed && ok && !f.ReadOnly {
		e.Changes = append(e.Changes, Change{Field: e.By, After: e.Value})
	}
	e.Action = ActionCreate
	return e
}

// label is what a person knows the row by: the first key that has a value.
func (p Plan) label(c Candidate) string {
	for _, k := range p.Definition.Keys {
		if v := strings.TrimSpace(c.Cells[k.ColumnID]); v != "" {
			return short(v)
		}
	}
	return ""
}

func (p Plan) keyName(field string) string {
	if k, ok := p.Object.Key(field); ok {
		return k.Name
	}
	return field
}

func (p Plan) keyNames() string {
	var names []string
	for _, k := range p.Definition.Keys {
		names = append(names, p.keyName(k.Field))
	}
	return strings.Join(names, ", ")
}

// Resume decides what becomes of an entry whose write was begun and whose answer is not known, from the record as it is now: nothing is
// written twice. found are the records with its id or key. done answers what became of it; without it the entry is to be written.
func (p Plan) Resume(e Entry, found []Record) (again Entry, done *Result) {
	live := living(found)
	switch {
	case e.Action == ActionArchive && len(live) == 0:
		return e, &Result{State: OutcomeSynced, ID: e.ID}
	case e.Action == ActionArchive:
		return e, nil
	case len(live) > 1:
		return e, &Result{State: OutcomeConflict, Reason: "several records have this " + p.keyName(e.By) + " now; merge them in the CRM first"}
	case e.Action == ActionCreate && len(live) == 0:
		if k, ok := p.Object.Key(e.By); ok && k.Upserts {
			return e, nil
		}
		return e, &Result{State: OutcomeUnknown, Reason: "the CRM's answer was lost, and the record can't be found yet; it is not made again. " +
			"Run the sync later: it looks for the record first"}
	case len(live) == 0:
		return e, &Result{State: OutcomeFailed, Reason: "the record is deleted in the CRM"}
	}
	ours, before, stored := p.compare(e, live[0])
	switch {
	case ours == len(e.Changes):
		return e, &Result{State: OutcomeSynced, ID: live[0].ID, Created: e.Action == ActionCreate, Stored: stored}
	case e.Action == ActionUpdate && ours+before == len(e.Changes):
		e.Modified = live[0].Modified
		return e, nil
	default:
		return e, &Result{State: OutcomeConflict, ID: live[0].ID, Reason: "the record has other values now; run the sync again to see them"}
	}
}

// compare counts the changes whose field has the new value, and those whose field still has the old one.
func (p Plan) compare(e Entry, r Record) (ours, before int, stored map[string]string) {
	stored = map[string]string{}
	for _, c := range e.Changes {
		now := r.Values[c.Field]
		stored[c.Field] = now
		switch t := p.typeOf(c.Field); {
		case Same(t, now, c.After):
			ours++
		case Same(t, now, c.Before):
			before++
		}
	}
	return ours, before, stored
}

func (p Plan) typeOf(field string) FieldType {
	f, ok := FieldOf(p.Fields, field)
	if !ok {
		return FieldText
	}
	return f.Type
}

// Reverse decides how a record that a push has written gets its earlier values back: field by field, where the CRM still has what was
// pushed. What the push made is archived if that is asked for.
func (p Plan) Reverse(e Entry, r Result, now []Record, archive bool) Entry {
	out := Entry{RowID: e.RowID, ID: r.ID, Label: e.Label, URL: e.URL, Action: ActionNone}
	stop := func(state Outcome, reason string) Entry {
		out.State, out.Reason = state, reason
		return out
	}
	live := living(now)
	if len(live) == 0 {
		return stop(OutcomeUnchanged, "the record is deleted in the CRM")
	}
	out.Modified, out.URL = live[0].Modified, live[0].URL
	var others []string
	for _, c := range e.Changes {
		ours, ok := r.Stored[c.Field]
		if !ok {
			ours = c.After
		}
		t := p.typeOf(c.Field)
		if is := live[0].Values[c.Field]; !Same(t, is, ours) {
			if !Same(t, is, c.Before) {
				others = append(others, p.labelOf(c.Field))
			}
			continue
		}
		if !Same(t, ours, c.Before) {
			out.Changes = append(out.Changes, Change{c.Field, live[0].Values[c.Field], c.Before})
		}
	}
	kept := ""
	if len(others) > 0 {
		kept = "changed in the CRM since, and left alone: " + strings.Join(others, ", ")
	}
	switch {
	case r.Created && !archive:
		out.Changes = nil
		return stop(OutcomeSkipped, "the push made this record; it is archived only if that is asked for")
	case r.Created && kept != "":
		out.Changes = nil
		return stop(OutcomeConflict, kept)
	case r.Created:
		out.Action, out.Changes = ActionArchive, nil
		return out
	case len(out.Changes) == 0 && kept != "":
		return stop(OutcomeConflict, kept)
	case len(out.Changes) == 0:
		return stop(OutcomeUnchanged, "")
	}
	out.Action, out.Reason = ActionUpdate, kept
	return out
}

func (p Plan) labelOf(field string) string {
	if f, ok := FieldOf(p.Fields, field); ok && f.Label != "" {
		return f.Label
	}
	return field
}
