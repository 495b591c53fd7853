package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

const (
	searchPage = 200   // results that a search gives at once
	maxQuery   = 3_000 // characters of a search's body
)

type filter struct {
	Property string   `json:"propertyName"`
	Operator string   `json:"operator"`
	Value    string   `json:"value,omitempty"`
	Values   []string `json:"values,omitempty"`
}

// query is a search. HubSpot sorts by one property only, and refuses what is beyond the 10,000th result; so it is asked for first pages
// only, each from a condition on.
type query struct {
	filters []filter
	sort    string
	fields  []string
}

// hit is a result's place in the index. The record may have been changed since.
type hit struct {
	id string
	at time.Time
}

// found is a page of a search. Records that were deleted since are hits only.
type found struct {
	hits    []hit
	records []crm.Record
	now     time.Time
}

func (q query) body(properties []string) map[string]any {
	return map[string]any{
		"filterGroups": []any{map[string]any{"filters": q.filters}},
		"sorts":        []any{map[string]string{"propertyName": q.sort, "direction": "ASCENDING"}},
		"properties":   properties, "limit": searchPage,
	}
}

// search asks for a page. Where the fields' names make the body too long, or their values the answer, they are read in calls of their own.
func (c *Connector) search(ctx context.Context, g crm.Grant, object string, q query) (found, error) {
	ask := func(properties []string) (*crmwire.Answer, error) {
		return c.ask(ctx, g, crmwire.Request{
			Method: http.MethodPost, URL: c.path("objects", object, "/search"), Body: q.body(properties), Searches: true,
		})
	}
	all, few := wanted(object, q.fields), []string{modified(object)}
	raw, err := json.Marshal(q.body(all))
	apart := err != nil || len(raw) > maxQuery
	if apart {
		all = few
	}
	a, err := ask(all)
	if err == nil && a.TooLong() && !apart {
		apart = true
		a, err = ask(few)
	}
	if err != nil {
		return found{}, err
	}
	var got results
	if err := a.Into(&got); err != nil {
		return found{}, err
	}
	out := found{now: a.At}
	for _, r := range got.Results {
		if !number(string(r.ID)) || r.stamp(object).IsZero() {
			return found{}, crmwire.Fail(crm.CallFailed, "HubSpot gave a record without an id or a time")
		}
		out.hits = append(out.hits, hit{string(r.ID), r.stamp(object)})
		if !apart {
			out.records = append(out.records, r.record(object, q.fields))
		}
	}
	if apart {
		out.records, err = c.fill(ctx, g, object, out.hits, q.fields)
	}
	return out, err
}

// fill reads the records of hits, in their order.
func (c *Connector) fill(ctx context.Context, g crm.Grant, object string, hits []hit, fields []string) ([]crm.Record, error) {
	byID := map[string]crm.Record{}
	for from := 0; from < len(hits); from += batch {
		var ids []string
		for _, h := range hits[from:min(from+batch, len(hits))] {
			ids = append(ids, h.id)
		}
		records, err := c.read(ctx, g, object, "", ids, fields)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			byID[r.ID] = r
		}
	}
	var out []crm.Record
	for _, h := range hits {
		if r, ok := byID[h.id]; ok {
			out = append(out, r)
		}
	}
	return out, nil
}
