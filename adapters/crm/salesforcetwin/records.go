package salesforcetwin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const external = "morket_id__c"

// get finds a record by its id of 15 or 18 characters; nil for one that is not there or deleted.
func (k *kind) get(id string) *record {
	const length = 15
	if len(id) == length {
		id += "AAA"
	}
	r := k.records[id]
	if r == nil || r.deleted {
		return nil
	}
	return r
}

// make makes a record; nil when the twin is full.
func (t *Twin) make(k *kind, values map[string]string, at time.Time) *record {
	if len(k.records) >= maxRecords {
		return nil
	}
	t.lastID++
	r := &record{id: fmt.Sprintf("%s%012dAAA", k.prefix, t.lastID), values: maps.Clone(values), created: at, updated: at}
	k.records[r.id] = r
	if v := values[external]; v != "" {
		k.by[strings.ToLower(v)] = r.id
	}
	return r
}

func (k *kind) set(r *record, values map[string]string, at time.Time) {
	delete(k.by, strings.ToLower(r.values[external]))
	for name, v := range values {
		r.values[name] = v
	}
	if v := r.values[external]; v != "" {
		k.by[strings.ToLower(v)] = r.id
	}
	r.updated = at
}

func (k *kind) drop(r *record, at time.Time) {
	delete(k.by, strings.ToLower(r.values[external]))
	r.deleted, r.updated = true, at
}

// Seed adds a record that was changed at the time, and returns its id. Values that Salesforce would refuse make it panic.
func (t *Twin) Seed(object string, values map[string]string, at time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	kept, bad := k.kept(values, true)
	if bad != nil {
		panic(bad.Message)
	}
	return t.make(k, kept, at.UTC().Truncate(time.Second)).id
}

// Edit changes a record at the twin's time, as a person at Salesforce does.
func (t *Twin) Edit(object, record string, values map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	kept, bad := k.kept(values, false)
	if r := k.get(record); r != nil && bad == nil {
		k.set(r, kept, t.now())
	}
}

// Move sets the time at which a record was changed, without a change.
func (t *Twin) Move(object, record string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds[sobject(object)].get(record); r != nil {
		r.updated = at.UTC().Truncate(time.Second)
	}
}

// Remove moves a record to the recycle bin.
func (t *Twin) Remove(object, record string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds[sobject(object)].get(record); r != nil {
		t.kinds[sobject(object)].drop(r, t.now())
	}
}

// Merge merges a record into another, and returns the id of the one that stays.
func (t *Twin) Merge(object, winner, loser string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	w, l := k.get(winner), k.get(loser)
	for name, v := range l.values {
		if w.values[name] == "" {
			w.values[name] = v
		}
	}
	k.drop(l, t.now())
	l.into = w.id
	w.updated = t.now()
	return w.id
}

// Convert makes a lead one that was converted, which can't be changed any more.
func (t *Twin) Convert(record string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds["Lead"].get(record); r != nil {
		r.values["isconverted"] = "true"
		r.updated = t.now()
	}
}

// Lock makes the next writes of an account's children fail, as while another transaction has its row.
func (t *Twin) Lock(account string, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.locked[account] = times
}

// Values are a record's, nil for one that is not there.
func (t *Twin) Values(object, record string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[sobject(object)]
	r := k.get(record)
	if r == nil {
		return nil
	}
	out := map[string]string{}
	for name, f := range k.fields {
		if v := k.value(r, name); v != "" {
			out[f.Name] = v
		}
	}
	return out
}

// IDs are those of the records that are not deleted, in order.
func (t *Twin) IDs(object string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for id, r := range t.kinds[sobject(object)].records {
		if !r.deleted {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
