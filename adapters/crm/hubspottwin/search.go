package hubspottwin

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

type filter struct {
	Property string   `json:"propertyName"`
	Operator string   `json:"operator"`
	Value    string   `json:"value"`
	Values   []string `json:"values"`

	id int64     // the value as one
	at time.Time // the value as one
}

type query struct {
	Groups []struct {
		Filters []filter `json:"filters"`
	} `json:"filterGroups"`
	Sorts []struct {
		Property  string `json:"propertyName"`
		Direction string `json:"direction"`
	} `json:"sorts"`
	Properties []string `json:"properties"`
	Limit      int      `json:"limit"`
	After      string   `json:"after"`
}

// fault says what HubSpot refuses of a search.
func (q query) fault(length int) string {
	after, err := strconv.Atoi("0" + q.After)
	filters := 0
	for _, g := range q.Groups {
		filters = max(filters, len(g.Filters))
	}
	switch {
	case length > maxBody:
		return "The request body is longer than 3000 characters"
	case len(q.Groups) > 5 || filters > 10:
		return "There are too many filters"
	case len(q.Sorts) > 1:
		return "Only one sort is supported"
	case q.Limit > maxPage || q.Limit < 0:
		return "limit must be at most 200"
	case err != nil || after+q.Limit > maxResult:
		return "There was a problem with the request: the total results are limited to 10000"
	}
	return ""
}

func (t *Twin) search(c call) {
	body, err := io.ReadAll(c.r.Body)
	var q query
	if err != nil || json.Unmarshal(body, &q) != nil {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
		return
	}
	if fault := q.fault(len(body)); fault != "" {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", fault)
		return
	}
	if q.Limit == 0 {
		q.Limit = 10
	}
	q.read()
	var hits []*record
	now := t.now()
	for _, r := range c.records {
		if shown := t.shown(r, now); shown != nil && c.matches(shown, q) {
			hits = append(hits, shown)
		}
	}
	by := c.modified
	if len(q.Sorts) > 0 {
		by = q.Sorts[0].Property
	}
	// What is equal comes in an order that has nothing to do with the ids.
	slices.SortFunc(hits, func(a, b *record) int {
		return cmp.Or(c.ranked(a, b, by), cmp.Compare(a.id*scatter%1_000_003, b.id*scatter%1_000_003))
	})
	if len(q.Sorts) > 0 && strings.HasPrefix(q.Sorts[0].Direction, "DESC") {
		slices.Reverse(hits)
	}
	after, _ := strconv.Atoi("0" + q.After) // looked at in fault
	page := hits[min(after, len(hits)):min(after+q.Limit, len(hits))]
	results := []crmtwin.Object{}
	for _, r := range page {
		results = append(results, c.show(r, q.Properties))
	}
	o := crmtwin.Object{"total": len(hits), "results": results}
	if next := after + q.Limit; next < len(hits) {
		o["paging"] = crmtwin.Object{"next": crmtwin.Object{"after": strconv.Itoa(next)}}
	}
	crmtwin.Answer(c.w, http.StatusOK, o)
}

// read reads the values of filters once, and not for each record.
func (q query) read() {
	for _, g := range q.Groups {
		for i := range g.Filters {
			f := &g.Filters[i]
			f.id, _ = strconv.ParseInt(f.Value, 10, 64) // 0 is below all ids
			f.at, _ = moment(f.Value)
		}
	}
}

// matches reports a record that fulfils all filters of one of the groups.
func (k *kind) matches(r *record, q query) bool {
	if len(q.Groups) == 0 {
		return true
	}
	for _, g := range q.Groups {
		if !slices.ContainsFunc(g.Filters, func(f filter) bool { return !k.fulfils(r, f) }) {
			return true
		}
	}
	return false
}

func (k *kind) fulfils(r *record, f filter) bool {
	switch f.Operator {
	case "EQ":
		return k.compare(r, f) == 0
	case "NEQ":
		return k.compare(r, f) != 0
	case "GT":
		return k.compare(r, f) > 0
	case "GTE":
		return k.compare(r, f) >= 0
	case "LT":
		return k.compare(r, f) < 0
	case "LTE":
		return k.compare(r, f) <= 0
	case "IN": // values must be in lower case, or nothing is found
		return slices.Contains(f.Values, strings.ToLower(k.value(r, f.Property)))
	case "HAS_PROPERTY":
		return k.value(r, f.Property) != ""
	default:
		return false
	}
}

// compare compares a record's value with a filter's, as numbers and times where they are.
func (k *kind) compare(r *record, f filter) int {
	switch f.Property {
	case "hs_object_id":
		return cmp.Compare(r.id, f.id)
	case k.modified:
		return r.updated.Compare(f.at)
	default:
		return cmp.Compare(strings.ToLower(k.value(r, f.Property)), strings.ToLower(f.Value))
	}
}

const scatter = 2_654_435_761

// ranked compares two records by a property.
func (k *kind) ranked(a, b *record, by string) int {
	switch by {
	case k.modified:
		return a.updated.Compare(b.updated)
	case "hs_object_id":
		return cmp.Compare(a.id, b.id)
	default:
		return cmp.Compare(k.value(a, by), k.value(b, by))
	}
}

// list lists records by id: those that are there, or those in the recycle bin.
func (t *Twin) list(c call) {
	q := c.r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	const longest = 15_000 // characters of an address
	if len(c.r.URL.RawQuery) > longest {
		c.w.WriteHeader(http.StatusRequestURITooLong)
		return
	}
	if q.Get("limit") == "" {
		limit, err = 10, nil
	}
	if err != nil || limit < 1 || limit > maxBatch {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "limit must be at most 100")
		return
	}
	after, _ := strconv.ParseInt("0"+q.Get("after"), 10, 64) // 0 is below all ids
	deleted := q.Get("archived") == "true"
	var hits []*record
	for _, r := range c.records {
		if r.archived.IsZero() != deleted && r.into == 0 && r.id > after {
			hits = append(hits, r)
		}
	}
	slices.SortFunc(hits, func(a, b *record) int { return cmp.Compare(a.id, b.id) })
	results := []crmtwin.Object{}
	for _, r := range hits[:min(limit, len(hits))] {
		results = append(results, c.show(r, strings.Split(q.Get("properties"), ",")))
	}
	o := crmtwin.Object{"results": results}
	if len(hits) > limit {
		o["paging"] = crmtwin.Object{"next": crmtwin.Object{"after": id(hits[limit-1].id)}}
	}
	crmtwin.Answer(c.w, http.StatusOK, o)
}

func (t *Twin) merge(c call) {
	var in struct {
		Winner string `json:"primaryObjectId"`
		Loser  string `json:"objectIdToMerge"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
		return
	}
	winner, loser := c.get(in.Winner), c.get(in.Loser)
	if winner == nil || loser == nil || winner == loser {
		failed(c.w, http.StatusBadRequest, "VALIDATION_ERROR", "The records can't be merged")
		return
	}
	crmtwin.Answer(c.w, http.StatusOK, c.show(t.join(c.kind, winner, loser), c.order))
}
