package salesforce

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// group are writes that go by one call, as their places among all.
type group struct {
	method string
	path   string
	at     []int
}

// outcome is what Salesforce says of one record.
type outcome struct {
	ID      crmwire.Text `json:"id"`
	Success bool         `json:"success"`
	Created bool         `json:"created"`
	Errors  []trouble    `json:"errors"`
}

// writing is one call of Write.
type writing struct {
	c       *Connector
	grant   crm.Grant
	kind    string
	writes  []crm.Write
	out     []crm.Written
	records []map[string]any  // as they are sent
	types   map[string]string // of the object's fields, once they are needed; names are in lower case
}

// Write implements crm.Writer. Creates whose key is the external id are upserts, which make no second record. Unchanged is compared just
// before the call: what is changed within that moment is overwritten.
func (c *Connector) Write(ctx context.Context, g crm.Grant, object string, writes []crm.Write) ([]crm.Written, error) {
	kind, err := c.sobject(object, len(writes))
	if err != nil {
		return nil, err
	}
	w := &writing{
		c: c, grant: g, kind: kind, writes: writes, out: make([]crm.Written, len(writes)), records: make([]map[string]any, len(writes)),
	}
	if err := c.unchanged(ctx, g, kind, writes, w.out); err != nil {
		return nil, err
	}
	for i := range writes {
		if w.out[i].Failure == nil {
			w.records[i], w.out[i].Failure = c.recordOf(kind, writes[i])
		}
	}
	if err := w.typed(ctx); err != nil {
		return nil, err
	}
	groups := w.grouped()
	for i, gr := range groups {
		e := w.send(ctx, gr, true)
		if e == nil {
			continue
		}
		if i == 0 {
			return nil, e
		}
		// What was done before must be told, so what failed since is told record by record; the rest isn't tried.
		for n, rest := range groups[i:] {
			for _, at := range rest.at {
				w.out[at].Failure = &crm.CallError{Kind: e.Kind, Message: e.Message, RetryAfter: e.RetryAfter, Lost: e.Lost && n == 0}
			}
		}
		break
	}
	return w.out, nil
}

// recordOf makes a record for Salesforce. An empty value empties the field.
func (c *Connector) recordOf(kind string, w crm.Write) (map[string]any, *crm.CallError) {
	if w.ID != "" && !ids.MatchString(w.ID) {
		return nil, crmwire.Fail(crm.CallInvalid, "the id is not one of Salesforce's")
	}
	out := map[string]any{}
	if w.ID == "" && w.By != "" {
		out[w.By] = w.Value
	}
	for name, v := range w.Values {
		if out[name] = v; v == "" {
			out[name] = nil
		}
	}
	for name := range out {
		if !names.MatchString(name) || strings.EqualFold(name, "id") || name == "attributes" {
			return nil, &crm.CallError{Kind: crm.CallInvalid, Message: "Salesforce has no field of such a name to write", Field: name}
		}
	}
	out["attributes"] = map[string]string{"type": kind}
	if w.ID != "" {
		out["id"] = w.ID
	}
	return out, nil
}

// grouped sorts the writes by the call that they go by. Within one they are in the order of their accounts, since two batches that
// touch the children of one account wait for its lock, or fail. A record that is named twice goes in a second call.
func (w *writing) grouped() []group {
	var groups []group
	taken := map[string]bool{}
	for i, wr := range w.writes {
		if w.out[i].Failure != nil {
			continue
		}
		gr, key := group{method: http.MethodPost, path: collections}, ""
		switch {
		case wr.ID != "":
			gr.method, key = http.MethodPatch, short(wr.ID)
		case wr.By == w.c.external && wr.Value != "":
			gr.method, key = http.MethodPatch, "by "+strings.ToLower(wr.Value)
			gr.path += "/" + w.kind + "/" + w.c.external
		}
		again := key != "" && taken[key]
		taken[key] = true
		n := slices.IndexFunc(groups, func(have group) bool { return !again && have.method == gr.method && have.path == gr.path })
		if n < 0 {
			groups, n = append(groups, gr), len(groups)
		}
		groups[n].at = append(groups[n].at, i)
	}
	for _, gr := range groups {
		slices.SortStableFunc(gr.at, func(a, b int) int {
			return cmp.Compare(w.writes[a].Values["AccountId"], w.writes[b].Values["AccountId"])
		})
	}
	return groups
}

// send makes the call of a group. Salesforce answers 200 even if all of its records failed, with the outcomes in order. A value or a field
// that it can't read at all fails the whole call, of which nothing is written then: those are sorted out, and the others sent again.
func (w *writing) send(ctx context.Context, gr group, sort bool) *crm.CallError {
	list := make([]map[string]any, len(gr.at))
	for i, at := range gr.at {
		list[i] = w.records[at]
	}
	a, err := w.c.ask(ctx, w.grant, call{
		method: gr.method, path: gr.path, body: map[string]any{"allOrNone": false, "records": list}, changes: true,
	})
	if err != nil {
		if !sort || !unreadable(a) {
			return w.c.absent(asCall(err), w.kind, gr)
		}
		rest, e := w.readable(ctx, gr)
		if e != nil || len(rest.at) == 0 {
			return e
		}
		return w.send(ctx, rest, false)
	}
	var got []outcome
	if err := a.Into(&got); err != nil {
		return asCall(err)
	}
	if len(got) != len(gr.at) {
		return &crm.CallError{Kind: crm.CallFailed, Message: "Salesforce gave another number of outcomes than records of " + w.kind, Lost: true}
	}
	for i, at := range gr.at {
		w.out[at] = got[i].written(a)
		if creates := gr.method == http.MethodPost; creates && w.out[at].Failure == nil {
			w.out[at].Created = true
		}
	}
	return nil
}

// absent makes clear what is not there when Salesforce doesn't find what a call of several records is for: it is none of the records.
func (c *Connector) absent(e *crm.CallError, kind string, gr group) *crm.CallError {
	if e.Kind != crm.CallGone {
		return e
	}
	e.Kind = crm.CallInvalid
	if strings.HasSuffix(gr.path, "/"+c.external) {
		e.Field = c.external
		e.Message = kind + " has no external id field " + c.external + " in Salesforce; an administrator adds it, as a text field with " +
			"External ID and Unique"
	}
	return e
}

func (o outcome) written(a *crmwire.Answer) crm.Written {
	switch {
	case !o.Success:
		return crm.Written{Failure: ofRecord(a, o.Errors)}
	case !ids.MatchString(string(o.ID)):
		return crm.Written{Failure: &crm.CallError{Kind: crm.CallFailed, Message: "Salesforce gave no id of the record", Lost: true}}
	default:
		return crm.Written{ID: string(o.ID), Created: o.Created}
	}
}

func asCall(err error) *crm.CallError {
	if e, ok := err.(*crm.CallError); ok { //nolint:errorlint // made by crmwire, never wrapped
		return e
	}
	return crmwire.Fail(crm.CallFailed, "Salesforce can't be asked")
}

// unchanged fails the writes whose records were changed since. Salesforce's own check is of single records, a call for each.
func (c *Connector) unchanged(ctx context.Context, g crm.Grant, kind string, writes []crm.Write, out []crm.Written) error {
	var wanted []string
	for _, w := range writes {
		if w.ID != "" && !w.Unchanged.IsZero() && ids.MatchString(w.ID) && !slices.Contains(wanted, w.ID) {
			wanted = append(wanted, w.ID)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	records, err := c.read(ctx, g, kind, wanted, nil)
	if err != nil {
		return err
	}
	now := map[string]time.Time{}
	for _, r := range records {
		now[short(r.ID)] = r.Modified
	}
	for i, w := range writes {
		at, ok := now[short(w.ID)]
		switch {
		case w.ID == "" || w.Unchanged.IsZero() || !ids.MatchString(w.ID):
		case !ok:
			out[i].Failure = crmwire.Fail(crm.CallGone, "the record is not in Salesforce any more")
		case !at.Equal(w.Unchanged):
			out[i].Failure = crmwire.Fail(crm.CallConflicting, "the record was changed in Salesforce since it was read")
		}
	}
	return nil
}

// short is the form of an id that is the same for its form of 15 and of 18 characters.
func short(id string) string {
	const length = 15
	return id[:min(length, len(id))]
}

// Archive implements crm.Writer.
func (c *Connector) Archive(ctx context.Context, g crm.Grant, object string, gone []string) ([]crm.Written, error) {
	if _, err := c.sobject(object, len(gone)); err != nil {
		return nil, err
	}
	out := make([]crm.Written, len(gone))
	places := map[string][]int{}
	var list []string
	for i, id := range gone {
		out[i].ID = id
		if !ids.MatchString(id) {
			out[i].Failure = crmwire.Fail(crm.CallInvalid, "the id is not one of Salesforce's")
			continue
		}
		if places[id] = append(places[id], i); len(places[id]) == 1 {
			list = append(list, id)
		}
	}
	if len(list) == 0 {
		return out, nil
	}
	q := url.Values{"ids": {strings.Join(list, ",")}, "allOrNone": {"false"}}
	a, err := c.ask(ctx, g, call{method: http.MethodDelete, path: collections + "?" + q.Encode(), changes: true})
	if err != nil {
		return nil, err
	}
	var got []outcome
	if err := a.Into(&got); err != nil {
		return nil, err
	}
	if len(got) != len(list) {
		return nil, &crm.CallError{Kind: crm.CallFailed, Message: "Salesforce gave another number of outcomes than records", Lost: true}
	}
	for i, id := range list {
		if got[i].Success {
			continue
		}
		if e := ofRecord(a, got[i].Errors); e.Kind != crm.CallGone {
			for _, at := range places[id] {
				out[at].Failure = e
			}
		}
	}
	return out, nil
}
