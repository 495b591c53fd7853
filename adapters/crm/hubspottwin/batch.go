package hubspottwin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

const (
	maxBatch  = 100
	maxBody   = 3_000 // characters of a search
	maxPage   = 200
	maxResult = 10_000
)

// item is one record of a batch.
type item struct {
	ID         string             `json:"id"`
	By         string             `json:"idProperty"`
	Properties map[string]*string `json:"properties"`
	Trace      string             `json:"objectWriteTraceId"`
	Links      []crmtwin.Object   `json:"associations"`
}

func (i item) values() map[string]string {
	out := make(map[string]string, len(i.Properties))
	for name, v := range i.Properties {
		if v == nil {
			out[name] = ""
			continue
		}
		out[name] = *v
	}
	return out
}

func (t *Twin) batch(c call) {
	var in struct {
		Inputs     []item   `json:"inputs"`
		Properties []string `json:"properties"`
		By         string   `json:"idProperty"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
		return
	}
	if len(in.Inputs) == 0 || len(in.Inputs) > maxBatch {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "The maximum number of inputs supported in a batch request is 100")
		return
	}
	seen := map[string]bool{}
	for _, i := range in.Inputs {
		key := strings.ToLower(i.ID)
		if i.ID != "" && seen[key] {
			failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "Duplicate IDs found in batch input: ["+i.ID+"]. IDs must be unique")
			return
		}
		seen[key] = true
	}
	switch c.r.PathValue("verb") {
	case "read":
		t.read(c, in.Inputs, in.By, in.Properties)
	case "archive":
		for _, i := range in.Inputs {
			if r := c.get(i.ID); r != nil {
				t.archive(c.kind, r)
			}
		}
		c.w.WriteHeader(http.StatusNoContent)
	case "create":
		if slices.ContainsFunc(in.Inputs, func(i item) bool { return i.Links == nil }) {
			failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "Some required fields were not set: [associations]")
			return
		}
		t.write(c, in.Inputs, t.create)
	case "update":
		t.write(c, in.Inputs, t.update)
	case "upsert":
		t.write(c, in.Inputs, t.upsert)
	default:
		failed(c.w, http.StatusNotFound, "OBJECT_NOT_FOUND", "no such path")
	}
}

func (t *Twin) read(c call, inputs []item, by string, names []string) {
	if by != "" && by != c.unique && by != "hs_object_id" {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "idProperty "+by+" is not a unique property")
		return
	}
	results, missing := []crmtwin.Object{}, []string{}
	for _, i := range inputs {
		r := c.get(i.ID)
		if by == c.unique && by != "" {
			r = c.records[c.by[strings.ToLower(i.ID)]]
		}
		if r == nil {
			missing = append(missing, i.ID)
			continue
		}
		results = append(results, c.show(r, names))
	}
	if len(missing) == 0 {
		answered(c.w, http.StatusOK, results, nil)
		return
	}
	answered(c.w, http.StatusMultiStatus, results, []crmtwin.Object{{
		"status": "error", "category": "OBJECT_NOT_FOUND",
		"message": "Could not get some " + c.name + " objects, they may be deleted or not exist.",
		"context": crmtwin.Object{"ids": missing},
	}})
}

func answered(w http.ResponseWriter, status int, results, faults []crmtwin.Object) {
	slices.Reverse(results) // in no order that one could rely on
	o := crmtwin.Object{"status": "COMPLETE", "results": results, "startedAt": "2026-11-01T00:00:00Z", "completedAt": "2026-11-01T00:00:01Z"}
	if len(faults) > 0 {
		o["numErrors"], o["errors"] = len(faults), faults
	}
	crmtwin.Answer(w, status, o)
}

// write writes each record of a batch. With a trace for each, what is wrong with one is told of it alone, but for a conflict: that fails
// the whole batch, of which nothing is written then.
func (t *Twin) write(c call, inputs []item, one func(call, item) (crmtwin.Object, crmtwin.Object)) {
	traced := !slices.ContainsFunc(inputs, func(i item) bool { return i.Trace == "" }) && (!t.cfg.Whole || c.r.PathValue("verb") != "upsert")
	for _, i := range inputs {
		_, fault := c.kept(i.values())
		if fault != nil && !traced {
			fault["correlationId"] = "2f1f6a2e"
			crmtwin.Answer(c.w, http.StatusBadRequest, fault)
			return
		}
		if c.r.PathValue("verb") != "create" || c.unique == "" || fault != nil {
			continue
		}
		v := i.values()[c.unique]
		if there, ok := c.by[strings.ToLower(v)]; ok && v != "" {
			failed(c.w, http.StatusConflict, "CONFLICT", "Contact already exists. Existing ID: "+id(there))
			return
		}
	}
	var results, faults []crmtwin.Object
	for _, i := range inputs {
		made, fault := one(c, i)
		if fault != nil {
			context, _ := fault["context"].(crmtwin.Object)
			if context == nil {
				context = crmtwin.Object{}
			}
			context["objectWriteTraceId"] = []string{i.Trace}
			fault["context"] = context
			faults = append(faults, fault)
			continue
		}
		made["objectWriteTraceId"] = i.Trace
		results = append(results, made)
	}
	status := http.StatusOK
	if c.r.PathValue("verb") == "create" {
		status = http.StatusCreated
	}
	if len(faults) > 0 {
		status = http.StatusMultiStatus
	}
	answered(c.w, status, results, faults)
}

func full() crmtwin.Object {
	return crmtwin.Object{"status": "error", "category": "VALIDATION_ERROR", "message": "The stand-in keeps no more records"}
}

func (t *Twin) create(c call, i item) (made, fault crmtwin.Object) {
	values, fault := c.kept(i.values())
	if fault != nil {
		return nil, fault
	}
	r := t.make(c.kind, values, t.now())
	if r == nil {
		return nil, full()
	}
	return c.show(r, c.order), nil
}

func (t *Twin) update(c call, i item) (made, fault crmtwin.Object) {
	r := c.get(i.ID)
	if r == nil {
		return nil, crmtwin.Object{
			"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Object not found. objectId are usually numeric.",
			"context": crmtwin.Object{"ids": []string{i.ID}},
		}
	}
	return t.change(c, r, i)
}

func (t *Twin) change(c call, r *record, i item) (made, fault crmtwin.Object) {
	values, fault := c.kept(i.values())
	if fault != nil {
		return nil, fault
	}
	if v := values[c.unique]; v != "" && c.unique != "" {
		if there, ok := c.by[v]; ok && there != r.id {
			return nil, crmtwin.Object{
				"status": "error", "category": "CONFLICT", "message": "A contact with the email '" + v + "' already exists. Existing ID: " + id(there),
			}
		}
	}
	t.set(c.kind, r, values, t.now())
	return c.show(r, c.order), nil
}

func (t *Twin) upsert(c call, i item) (made, fault crmtwin.Object) {
	if i.By == "" || i.By != c.unique {
		return nil, crmtwin.Object{
			"status": "error", "category": "VALIDATION_ERROR",
			"message": "idProperty " + i.By + " is not a unique property",
		}
	}
	key, reason := c.properties[i.By].keep(i.ID)
	if reason != "" || key == "" {
		return nil, wrong(i.By, reason, "Email address "+i.ID+" is invalid")
	}
	r := c.records[c.by[key]]
	fresh := r == nil
	if fresh {
		value := i.ID
		if i.Properties == nil {
			i.Properties = map[string]*string{}
		}
		if i.Properties[i.By] == nil {
			i.Properties[i.By] = &value
		}
		made, fault = t.create(c, i)
	} else {
		made, fault = t.change(c, r, i)
	}
	if fault == nil {
		made["new"] = fresh
	}
	return made, fault
}
