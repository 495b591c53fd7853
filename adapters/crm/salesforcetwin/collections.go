package salesforcetwin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

// outcome is that of a record.
type outcome struct {
	ID      string   `json:"id,omitempty"`
	Success bool     `json:"success"`
	Created *bool    `json:"created,omitempty"`
	Errors  []*fault `json:"errors"`
}

func refusal(bad *fault) outcome { return outcome{Errors: []*fault{bad}} }

// collection creates, updates or upserts records. It answers 200 even if all of them fail.
func (t *Twin) collection(c call) {
	var in struct {
		Records []map[string]json.RawMessage `json:"records"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil {
		failed(c.w, http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character")
		return
	}
	if len(in.Records) > maxBatch {
		failed(c.w, http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
		return
	}
	by := strings.ToLower(c.r.PathValue("field"))
	if by != "" && !c.fields[by].External {
		failed(c.w, http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+by)
		return
	}
	if bad := t.unreadable(in.Records); bad != nil {
		failed(c.w, http.StatusBadRequest, bad.Code, bad.Message)
		return
	}
	times := map[string]int{}
	for _, rec := range in.Records {
		times[key(rec, by)]++
	}
	out := make([]outcome, 0, len(in.Records))
	for _, rec := range in.Records {
		if by != "" && times[key(rec, by)] > 1 {
			out = append(out, refusal(wrong("DUPLICATE_VALUE", "Duplicate external id specified: "+key(rec, by), by)))
			continue
		}
		out = append(out, t.one(c, rec, by))
	}
	crmtwin.Answer(c.w, http.StatusOK, out)
}

// textOf is a value of a record that was sent: texts, numbers, booleans and null.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return strings.Trim(string(raw), `"`)
}

func key(rec map[string]json.RawMessage, by string) string {
	for name, raw := range rec {
		if strings.EqualFold(name, by) {
			return strings.ToLower(textOf(raw))
		}
	}
	return ""
}

// typeOf is the object that a record is of, nil for none.
func (t *Twin) typeOf(rec map[string]json.RawMessage) *kind {
	var attributes struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(rec["attributes"], &attributes) != nil {
		return nil
	}
	return t.kinds[attributes.Type]
}

// unreadable is what can't be read at all, as by a strict reader of JSON: a field that there isn't, or a value of another type. It fails
// the whole call.
func (t *Twin) unreadable(records []map[string]json.RawMessage) *fault {
	for _, rec := range records {
		k := t.typeOf(rec)
		for name, raw := range rec {
			if k == nil || name == "attributes" || strings.EqualFold(name, "id") || string(raw) == "null" {
				continue
			}
			f, ok := k.fields[strings.ToLower(name)]
			if !ok {
				return wrong("INVALID_FIELD", "No such column '"+name+"' on sobject of type "+k.name)
			}
			bare := raw[0] == 't' || raw[0] == 'f'
			if bare != (f.Type == "boolean") || raw[0] == '{' || raw[0] == '[' {
				return wrong("JSON_PARSER_ERROR", "Cannot deserialize instance of "+f.Type+" from VALUE "+string(raw))
			}
			if _, bad := f.keep(textOf(raw)); bad != nil && bad.Code == "JSON_PARSER_ERROR" {
				return bad
			}
		}
	}
	return nil
}

// one writes one record.
func (t *Twin) one(c call, rec map[string]json.RawMessage, by string) outcome {
	k := t.typeOf(rec)
	if k == nil {
		return refusal(wrong("INVALID_TYPE", "sObject type is not supported"))
	}
	values := map[string]string{}
	for name, raw := range rec {
		if name != "attributes" && !strings.EqualFold(name, "id") {
			values[name] = textOf(raw)
			if string(raw) == "null" {
				values[name] = ""
			}
		}
	}
	var there *record
	switch {
	case by != "":
		there = k.records[k.by[key(rec, by)]]
	case c.r.Method == http.MethodPatch:
		id := textOf(rec["id"])
		if there = k.get(id); there == nil {
			if k.records[id] != nil {
				return refusal(wrong("ENTITY_IS_DELETED", "entity is deleted"))
			}
			return refusal(wrong("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
		}
	}
	kept, bad := k.kept(values, there == nil)
	if bad == nil {
		bad = t.stopped(k, there, kept, c.r)
	}
	if bad != nil {
		return refusal(bad)
	}
	return t.save(k, there, kept, by != "")
}

func (t *Twin) save(k *kind, there *record, kept map[string]string, upsert bool) outcome {
	out := outcome{Success: true, Errors: []*fault{}}
	fresh := there == nil
	if fresh {
		if there = t.make(k, kept, t.now()); there == nil {
			return refusal(wrong("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"))
		}
	} else {
		k.set(there, kept, t.now())
	}
	if out.ID = there.id; upsert {
		out.Created = &fresh
	}
	return out
}

// stopped is what keeps good values from being written.
func (t *Twin) stopped(k *kind, there *record, kept map[string]string, r *http.Request) *fault {
	account := kept["accountid"]
	if account == "" && there != nil {
		account = there.values["accountid"]
	}
	if t.locked[account] > 0 {
		t.locked[account]--
		return wrong("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: "+account)
	}
	if there != nil && there.values["isconverted"] == "true" {
		return wrong("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
	}
	if v := strings.ToLower(kept[external]); v != "" {
		if id, ok := k.by[v]; ok && (there == nil || id != there.id) {
			return wrong("DUPLICATE_VALUE", "duplicate value found: Morket_Id__c duplicates value on record with id: "+id)
		}
	}
	allowed := t.cfg.Duplicates == Alerts && strings.Contains(r.Header.Get("Sforce-Duplicate-Rule-Header"), "allowSave=true")
	if t.cfg.Duplicates == "" || allowed || there != nil || kept["email"] == "" {
		return nil
	}
	for _, other := range k.records {
		if !other.deleted && strings.EqualFold(other.values["email"], kept["email"]) {
			bad := wrong("DUPLICATES_DETECTED", "Use one of these records?")
			if strings.Contains(r.Header.Get("Sforce-Duplicate-Rule-Header"), "includeRecordDetails=true") {
				match := crmtwin.Object{"record": crmtwin.Object{"Id": other.id}}
				bad.Match = crmtwin.Object{"matchResults": []crmtwin.Object{{"matchRecords": []crmtwin.Object{match}}}}
			}
			return bad
		}
	}
	return nil
}

// remove deletes records.
func (t *Twin) remove(c call) {
	list := strings.Split(c.r.URL.Query().Get("ids"), ",")
	if len(list) > maxBatch {
		failed(c.w, http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "cannot submit more than 200 records into this call")
		return
	}
	out := make([]outcome, 0, len(list))
	for _, id := range list {
		done := refusal(wrong("ENTITY_IS_DELETED", "entity is deleted"))
		for _, k := range t.kinds {
			if r := k.get(id); r != nil {
				k.drop(r, t.now())
				done = outcome{ID: r.id, Success: true, Errors: []*fault{}}
			}
		}
		out = append(out, done)
	}
	crmtwin.Answer(c.w, http.StatusOK, out)
}

// read answers records by id, null for those that are not there.
func (t *Twin) read(c call) {
	var in struct {
		IDs    []string `json:"ids"`
		Fields []string `json:"fields"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil || len(in.IDs) > maxRead {
		failed(c.w, http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character, or more than 2000 ids")
		return
	}
	if c.unknown(in.Fields) {
		return
	}
	out := make([]any, 0, len(in.IDs))
	for _, id := range in.IDs {
		if r := c.get(id); r != nil {
			out = append(out, c.show(r, in.Fields))
			continue
		}
		out = append(out, nil)
	}
	crmtwin.Answer(c.w, http.StatusOK, out)
}

// unknown refuses fields that the object doesn't have.
func (c call) unknown(names []string) bool {
	i := slices.IndexFunc(names, func(name string) bool { return c.fields[strings.ToLower(name)].Name == "" })
	if i < 0 {
		return false
	}
	failed(c.w, http.StatusBadRequest, "INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'.", names[i], c.name))
	return true
}
