package hubspottwin

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

func id(n int64) string { return strconv.FormatInt(n, 10) }

// get finds a record by its id. That of a record that was merged away finds the one that took it over.
func (k *kind) get(text string) *record {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	r := k.records[n]
	for r != nil && r.into != 0 {
		r = k.records[r.into]
	}
	if r == nil || !r.archived.IsZero() {
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
	r := &record{id: t.lastID, props: maps.Clone(values), created: at, updated: at}
	k.records[r.id] = r
	k.index(r, "")
	return r
}

// index keeps the index of the unique property.
func (k *kind) index(r *record, old string) {
	if k.unique == "" {
		return
	}
	if old != "" {
		delete(k.by, old)
	}
	if v := r.props[k.unique]; v != "" {
		k.by[v] = r.id
	}
}

// set changes a record, and keeps what the search still shows.
func (t *Twin) set(k *kind, r *record, values map[string]string, at time.Time) {
	if t.cfg.Lag > 0 && at.Sub(r.updated) >= t.cfg.Lag {
		before := *r
		before.props, before.before = maps.Clone(r.props), nil
		r.before = &before
	}
	old := r.props[k.unique]
	for name, v := range values {
		r.props[name] = v
	}
	r.updated = at
	k.index(r, old)
}

// shown is a record as the search has it, nil if it has none.
func (t *Twin) shown(r *record, now time.Time) *record {
	switch {
	case !r.archived.IsZero() || r.into != 0:
		return nil
	case t.cfg.Lag == 0 || now.Sub(r.updated) >= t.cfg.Lag:
		return r
	default:
		return r.before
	}
}

const stampForm = "2006-01-02T15:04:05.000Z"

// value is a property's value, those that HubSpot keeps itself too.
func (k *kind) value(r *record, name string) string {
	switch name {
	case "hs_object_id":
		return id(r.id)
	case "createdate":
		return r.created.Format(stampForm)
	case k.modified:
		return r.updated.Format(stampForm)
	default:
		return r.props[name]
	}
}

// show is a record as it is answered.
func (k *kind) show(r *record, names []string) crmtwin.Object {
	props := make(map[string]any, len(names)+3)
	for _, name := range append([]string{"hs_object_id", "createdate", k.modified}, names...) {
		if _, ok := k.properties[name]; !ok {
			continue
		}
		props[name] = nil
		if v := k.value(r, name); v != "" {
			props[name] = v
		}
	}
	types := map[string]string{"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
	o := crmtwin.Object{
		"id": id(r.id), "properties": props, "createdAt": r.created.Format(stampForm), "updatedAt": r.updated.Format(stampForm),
		"archived": !r.archived.IsZero(), "url": "https://app.hubspot.com/contacts/" + id(hub) + "/record/" + types[k.name] + "/" + id(r.id),
	}
	if !r.archived.IsZero() {
		o["archivedAt"] = r.archived.Format(stampForm)
	}
	return o
}

// Seed adds a record that was changed at the time, and returns its id. Values that HubSpot would refuse make it panic.
func (t *Twin) Seed(object string, values map[string]string, at time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[object]
	kept, fault := k.kept(values)
	if fault != nil {
		panic(fault)
	}
	return id(t.make(k, kept, at.UTC().Truncate(time.Millisecond)).id)
}

// Edit changes a record at the twin's time, as a person at HubSpot does.
func (t *Twin) Edit(object, record string, values map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds[object].get(record); r != nil {
		t.set(t.kinds[object], r, values, t.now())
	}
}

// Move sets the time at which a record was changed, without a change.
func (t *Twin) Move(object, record string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds[object].get(record); r != nil {
		r.updated = at.UTC()
	}
}

// Remove moves a record to the recycle bin.
func (t *Twin) Remove(object, record string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.kinds[object].get(record); r != nil {
		t.archive(t.kinds[object], r)
	}
}

func (t *Twin) archive(k *kind, r *record) {
	r.archived = t.now()
	delete(k.by, r.props[k.unique])
}

// Merge merges two records into a new one, and returns its id. The loser's id finds it from then on.
func (t *Twin) Merge(object, winner, loser string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return id(t.join(t.kinds[object], t.kinds[object].get(winner), t.kinds[object].get(loser)).id)
}

func (t *Twin) join(k *kind, winner, loser *record) *record {
	values := maps.Clone(loser.props)
	for name, v := range winner.props {
		if v != "" {
			values[name] = v
		}
	}
	delete(k.by, loser.props[k.unique])
	var from []string
	for _, r := range []*record{winner, loser} {
		if earlier := r.props["hs_merged_object_ids"]; earlier != "" {
			from = append(from, strings.Split(earlier, ";")...)
		}
		from = append(from, id(r.id))
	}
	values["hs_merged_object_ids"] = strings.Join(from, ";")
	made := t.make(k, values, t.now())
	winner.into, loser.into = made.id, made.id
	return made
}

// Values are a record's, nil for one that is not there.
func (t *Twin) Values(object, record string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[object]
	r := k.get(record)
	if r == nil {
		return nil
	}
	out := map[string]string{}
	for name := range k.properties {
		if v := k.value(r, name); v != "" {
			out[name] = v
		}
	}
	return out
}

// IDs are those of the records that are not deleted, in order.
func (t *Twin) IDs(object string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var ids []int64
	for n, r := range t.kinds[object].records {
		if r.archived.IsZero() && r.into == 0 {
			ids = append(ids, n)
		}
	}
	slices.Sort(ids)
	out := make([]string, len(ids))
	for i, n := range ids {
		out[i] = id(n)
	}
	return out
}

// Expire ends all access tokens.
func (t *Twin) Expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.oauth.Expire()
}

// Disconnect ends all tokens, as a customer does who removes the app.
func (t *Twin) Disconnect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.oauth.Disconnect()
}
