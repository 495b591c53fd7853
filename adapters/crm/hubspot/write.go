package hubspot

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// change is one record of a batch.
type change struct {
	ID         string            `json:"id,omitempty"`
	By         string            `json:"idProperty,omitempty"`
	Properties map[string]string `json:"properties"`
	Trace      string            `json:"objectWriteTraceId"`
	// Associations must be named by a create, though there are none.
	Associations any `json:"associations,omitempty"`

	at int // of the write that it is
}

// group are changes that go by one of HubSpot's batch calls.
type group struct {
	verb    string
	changes []change
}

// Write implements crm.Writer. Creates with an e-mail address as their key are upserts, which make no second record; others are plain
// creates. Values go as they are: HubSpot takes the port's forms. It has no check of a record's version, so Unchanged is not looked at.
func (c *Connector) Write(ctx context.Context, g crm.Grant, object string, writes []crm.Write) ([]crm.Written, error) {
	if err := c.checked(object, len(writes)); err != nil {
		return nil, err
	}
	w := writing{c: c, grant: g, object: object, out: make([]crm.Written, len(writes)), splits: maxSplits}
	groups, err := w.grouped(writes)
	if err != nil {
		return nil, err
	}
	for i, gr := range groups {
		e := w.send(ctx, gr)
		if e == nil {
			continue
		}
		if i == 0 {
			return nil, e
		}
		// What was done before must be told, so what failed since is told record by record; the rest isn't tried.
		w.fail(gr.changes, e)
		for _, rest := range groups[i+1:] {
			w.fail(rest.changes, &crm.CallError{Kind: e.Kind, Message: e.Message, RetryAfter: e.RetryAfter})
		}
		break
	}
	return w.out, nil
}

// maxSplits bounds how often a batch that HubSpot refused as a whole is halved to find the records at fault.
const maxSplits = 24

// writing is one call of Write.
type writing struct {
	c      *Connector
	grant  crm.Grant
	object string
	out    []crm.Written
	splits int
}

// grouped sorts the writes by the call that they go by. HubSpot refuses a batch that names a record twice, so the second comes later.
func (w *writing) grouped(writes []crm.Write) ([]group, error) {
	var groups []group
	taken := map[string]bool{}
	traces := map[string]bool{}
	add := func(verb string, ch change) {
		round := 0
		key := func() string { return verb + strconv.Itoa(round) + " " + strings.ToLower(ch.ID) }
		for ch.ID != "" && taken[key()] {
			round++
		}
		taken[key()] = true
		name := verb + strconv.Itoa(round)
		for i := range groups {
			if groups[i].verb == name {
				groups[i].changes = append(groups[i].changes, ch)
				return
			}
		}
		groups = append(groups, group{name, []change{ch}})
	}
	for i, wr := range writes {
		ch := change{Trace: wr.Trace, at: i}
		if ch.Trace == "" {
			ch.Trace = "write-" + strconv.Itoa(i)
		}
		if traces[ch.Trace] {
			return nil, crmwire.Fail(crm.CallInvalid, "two writes of a call have the same trace")
		}
		traces[ch.Trace] = true
		if ch.Properties = maps.Clone(wr.Values); ch.Properties == nil {
			ch.Properties = map[string]string{}
		}
		if _, ok := ch.Properties[wr.By]; wr.ID == "" && wr.By != "" && !ok {
			ch.Properties[wr.By] = wr.Value
		}
		switch {
		case wr.ID != "" && !number(wr.ID):
			w.out[i].Failure = crmwire.Fail(crm.CallInvalid, "the id is not one of HubSpot's")
		case wr.ID != "":
			ch.ID = wr.ID
			add("update", ch)
		case wr.By == email && w.object == contacts && wr.Value != "":
			ch.ID, ch.By = wr.Value, email
			add("upsert", ch)
		default:
			ch.Associations = []string{}
			add("create", ch)
		}
	}
	for i := range groups {
		groups[i].verb = strings.TrimRight(groups[i].verb, "0123456789")
	}
	return groups, nil
}

func (w *writing) fail(changes []change, e *crm.CallError) {
	for _, ch := range changes {
		w.out[ch.at].Failure = e
	}
}

// send makes the call of a group. When HubSpot refuses the whole of it for some records, none was written: it is halved until those
// are alone. Only an error that is of the call, not of its records, is returned.
func (w *writing) send(ctx context.Context, gr group) *crm.CallError {
	a, err := w.c.wire.Do(ctx, crmwire.Request{
		Method: http.MethodPost, URL: w.c.path("objects", w.object, "/batch/"+gr.verb), Body: map[string]any{"inputs": gr.changes},
		Bearer: w.grant.Access, Secrets: []string{w.grant.Refresh, w.grant.ClientSecret}, Changes: true,
	})
	if err != nil {
		return asCall(err)
	}
	if e := failure(a); e != nil {
		switch e.Kind {
		case crm.CallInvalid, crm.CallDuplicate, crm.CallGone:
			return w.refused(ctx, gr, e)
		default:
			return e
		}
	}
	var got results
	if err := a.Into(&got); err != nil {
		return asCall(err)
	}
	w.take(a, gr, got)
	return nil
}

func (w *writing) refused(ctx context.Context, gr group, e *crm.CallError) *crm.CallError {
	n := len(gr.changes)
	if n == 1 || w.splits == 0 {
		w.fail(gr.changes, e)
		return nil
	}
	w.splits--
	for _, half := range [][]change{gr.changes[:n/2], gr.changes[n/2:]} {
		if e := w.send(ctx, group{gr.verb, half}); e != nil {
			w.fail(half, e)
		}
	}
	return nil
}

func asCall(err error) *crm.CallError {
	if e, ok := err.(*crm.CallError); ok { //nolint:errorlint // made by crmwire, never wrapped
		return e
	}
	return crmwire.Fail(crm.CallFailed, "HubSpot can't be asked")
}

// take reads the outcomes, which come in any order. What has none may have been written or not.
func (w *writing) take(a *crmwire.Answer, gr group, got results) {
	byTrace, byID := map[string]int{}, map[string]int{}
	for _, ch := range gr.changes {
		byTrace[ch.Trace] = ch.at
		byID[strings.ToLower(ch.ID)] = ch.at
		w.out[ch.at].Failure = &crm.CallError{Kind: crm.CallFailed, Message: "HubSpot said nothing of this record", Lost: true}
	}
	find := func(trace string, ids ...string) (int, bool) {
		if at, ok := byTrace[trace]; ok {
			return at, true
		}
		for _, id := range ids {
			if at, ok := byID[strings.ToLower(id)]; ok && id != "" {
				return at, true
			}
		}
		return 0, false
	}
	for _, r := range got.Results {
		if at, ok := find(string(r.Trace), string(r.ID), string(r.Properties[email])); ok && r.ID != "" {
			w.out[at] = crm.Written{ID: string(r.ID), Created: gr.verb == "create" || gr.verb == "upsert" && r.New}
		}
	}
	for _, t := range got.Errors {
		traces := append([]string{string(t.Trace)}, t.Context.Value["objectWriteTraceId"]...)
		ids := append(append([]string{string(t.ID)}, t.Context.Value["ids"]...), t.Context.Value["id"]...)
		for _, trace := range traces {
			if at, ok := find(trace, ids...); ok {
				w.out[at] = crm.Written{Failure: t.ofRecord(a)}
				break
			}
		}
	}
}

// Archive implements crm.Writer. HubSpot answers nothing, and takes ids that are gone.
func (c *Connector) Archive(ctx context.Context, g crm.Grant, object string, ids []string) ([]crm.Written, error) {
	if err := c.checked(object, len(ids)); err != nil {
		return nil, err
	}
	out := make([]crm.Written, len(ids))
	var inputs []input
	for i, id := range ids {
		out[i].ID = id
		if !number(id) {
			out[i].Failure = crmwire.Fail(crm.CallInvalid, "the id is not one of HubSpot's")
			continue
		}
		inputs = append(inputs, input{id})
	}
	if len(inputs) == 0 {
		return out, nil
	}
	a, err := c.ask(ctx, g, crmwire.Request{
		Method: http.MethodPost, URL: c.path("objects", object, "/batch/archive"), Body: map[string]any{"inputs": inputs}, Changes: true,
	})
	if err != nil {
		return nil, err
	}
	return out, a.Nothing()
}
