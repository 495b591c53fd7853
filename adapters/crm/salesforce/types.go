package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

const yes, no = "true", "false"

// typed makes booleans of the values that are to be some: Salesforce takes texts for all other types. What the types are is asked only
// where a value may be a boolean, since the description of an object is half a megabyte.
func (w *writing) typed(ctx context.Context) error {
	if !w.booleans() {
		return nil
	}
	if err := w.describe(ctx); err != nil {
		return err
	}
	for _, r := range w.records {
		for name, v := range r {
			if w.types[strings.ToLower(name)] == "boolean" && (v == yes || v == no || v == nil) {
				r[name] = v == yes // one that is empty is false
			}
		}
	}
	return nil
}

func (w *writing) booleans() bool {
	for _, r := range w.records {
		for _, v := range r {
			if v == yes || v == no {
				return true
			}
		}
	}
	return false
}

func (w *writing) describe(ctx context.Context) error {
	if w.types != nil {
		return nil
	}
	fields, err := w.c.described(ctx, w.grant, w.kind)
	if err != nil {
		return err
	}
	w.types = map[string]string{}
	for _, f := range fields {
		w.types[strings.ToLower(string(f.Name))] = string(f.Type)
	}
	return nil
}

// unreadable reports that Salesforce refused a whole call for a value or a field of some of its records.
func unreadable(a *crmwire.Answer) bool {
	var list []trouble
	if a == nil || a.Status != http.StatusBadRequest || json.Unmarshal(a.Body, &list) != nil || len(list) == 0 {
		return false
	}
	return list[0].Code == "JSON_PARSER_ERROR" || list[0].Code == "INVALID_FIELD"
}

// readable is the group without the records that Salesforce can't read.
func (w *writing) readable(ctx context.Context, gr group) (group, *crm.CallError) {
	if err := w.describe(ctx); err != nil {
		return group{}, asCall(err)
	}
	rest := group{method: gr.method, path: gr.path}
	for _, at := range gr.at {
		if e := w.fault(w.records[at]); e != nil {
			w.out[at].Failure = e
			continue
		}
		rest.at = append(rest.at, at)
	}
	return rest, nil
}

func (w *writing) fault(r map[string]any) *crm.CallError {
	for name, v := range r {
		if name == "attributes" || name == "id" {
			continue
		}
		kind, ok := w.types[strings.ToLower(name)]
		if !ok {
			return &crm.CallError{Kind: crm.CallInvalid, Message: w.kind + " has no field " + name + " in Salesforce", Field: name}
		}
		if text, is := v.(string); is && !reads(kind, text) {
			return &crm.CallError{Kind: crm.CallInvalid, Message: "the value is not one of the type " + kind, Field: name}
		}
	}
	return nil
}

// reads reports whether Salesforce reads a text as a value of the type.
func reads(kind, v string) bool {
	var err error
	switch kind {
	case "double", "currency", "percent", "int", "long":
		_, err = strconv.ParseFloat(v, 64)
	case "date":
		_, err = time.Parse(time.DateOnly, v)
	case "datetime":
		_, err = time.Parse(time.RFC3339Nano, v)
	case "boolean":
		return false // those that are some were made booleans
	}
	return err == nil
}
