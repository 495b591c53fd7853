package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// result is a record as HubSpot writes it.
type result struct {
	ID         crmwire.Text            `json:"id"`
	Properties map[string]crmwire.Text `json:"properties"`
	Updated    crmwire.Text            `json:"updatedAt"`
	Archived   bool                    `json:"archived"`
	ArchivedAt crmwire.Text            `json:"archivedAt"`
	URL        crmwire.Text            `json:"url"`
	New        bool                    `json:"new"`
	Trace      crmwire.Text            `json:"objectWriteTraceId"`
}

// results are those of a call over several records; each that failed is in Errors.
type results struct {
	Results []result  `json:"results"`
	Errors  []trouble `json:"errors"`
	Paging  struct {
		Next struct {
			After crmwire.Text `json:"after"`
		} `json:"next"`
	} `json:"paging"`
}

// record makes the port's record of a result.
func (r result) record(object string, fields []string) crm.Record {
	out := crm.Record{ID: string(r.ID), Values: make(map[string]string, len(fields)), Modified: r.stamp(object), Deleted: r.Archived}
	for _, f := range fields {
		out.Values[f] = crmwire.Moment(string(r.Properties[f]))
	}
	if from := string(r.Properties[merged]); from != "" {
		out.MergedFrom = strings.Split(from, ";")
	}
	if strings.HasPrefix(string(r.URL), "https://") || strings.HasPrefix(string(r.URL), "http://127.0.0.1") {
		out.URL = string(r.URL)
	}
	return out
}

func (r result) stamp(object string) time.Time {
	if at := crmwire.Time(string(r.Properties[modified(object)])); !at.IsZero() {
		return at
	}
	return crmwire.Time(string(r.Updated))
}

// wanted are the properties to ask for: the fields, and those by which changes and merges are known.
func wanted(object string, fields []string) []string {
	out := append(slices.Clone(fields), modified(object), merged)
	slices.Sort(out)
	return slices.Compact(out)
}

// Find implements crm.Reader. Ids and e-mail addresses are unique and read at once; by any other field HubSpot must be searched, whose
// index is some seconds behind.
func (c *Connector) Find(ctx context.Context, g crm.Grant, object, by string, values, fields []string) ([]crm.Record, error) {
	if err := c.checked(object, len(values)); err != nil {
		return nil, err
	}
	byID := by == "" || by == objectID
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !crmwire.Findable(v) || byID && !number(v) })
	slices.Sort(values)
	values = slices.Compact(values)
	switch {
	case len(values) == 0:
		return nil, nil
	case byID:
		return c.read(ctx, g, object, "", values, fields)
	case by == email && object == contacts:
		return c.read(ctx, g, object, email, values, fields)
	default:
		return c.among(ctx, g, object, by, values, fields)
	}
}

// number reports an id of HubSpot's. One id that is none would fail a whole call.
func number(id string) bool {
	const most = 19
	return id != "" && len(id) <= most && strings.Trim(id, "0123456789") == ""
}

type input struct {
	ID string `json:"id"`
}

// read reads records by a unique property. It is a POST, so that hundreds of properties make no address that is too long.
func (c *Connector) read(ctx context.Context, g crm.Grant, object, by string, values, fields []string) ([]crm.Record, error) {
	body := map[string]any{"properties": wanted(object, fields), "propertiesWithHistory": []string{}}
	inputs := make([]input, len(values))
	for i, v := range values {
		inputs[i].ID = v
	}
	body["inputs"] = inputs
	if by != "" {
		body["idProperty"] = by
	}
	a, err := c.wire.Do(ctx, crmwire.Request{
		Method: http.MethodPost, URL: c.path("objects", object, "/batch/read"), Body: body,
		Bearer: g.Access, Secrets: []string{g.Refresh, g.ClientSecret},
	})
	if err != nil {
		return nil, err
	}
	if e := failure(a); e != nil {
		if e.Kind == crm.CallGone && heard(a).is("OBJECT_NOT_FOUND") {
			return nil, nil // none of them is there
		}
		return nil, e
	}
	if a.TooLong() && len(values) > 1 {
		return c.halves(ctx, g, object, by, values, fields)
	}
	var got results
	if err := a.Into(&got); err != nil {
		return nil, err
	}
	for _, t := range got.Errors {
		if !t.is("OBJECT_NOT_FOUND") {
			return nil, t.ofRecord(a)
		}
	}
	seen := map[crmwire.Text]bool{}
	var out []crm.Record
	for _, r := range got.Results {
		if r.ID != "" && !seen[r.ID] { // a person found by two addresses comes twice
			seen[r.ID] = true
			out = append(out, r.record(object, fields))
		}
	}
	return out, nil
}

// halves reads records that make too long an answer together.
func (c *Connector) halves(ctx context.Context, g crm.Grant, object, by string, values, fields []string) ([]crm.Record, error) {
	half := len(values) / 2
	first, err := c.read(ctx, g, object, by, values[:half], fields)
	if err != nil {
		return nil, err
	}
	second, err := c.read(ctx, g, object, by, values[half:], fields)
	return unique(append(first, second...)), err
}

// among searches the records whose property has one of the values, by pages of ids.
func (c *Connector) among(ctx context.Context, g crm.Grant, object, by string, values, fields []string) ([]crm.Record, error) {
	const most = 50 // pages of one call
	var out []crm.Record
	for _, part := range chunks(values) {
		last := "0"
		for page := 0; ; page++ {
			if page == most {
				return nil, crmwire.Fail(crm.CallInvalid, "more than 10,000 records of HubSpot have one of these values of "+by)
			}
			found, err := c.search(ctx, g, object, query{
				filters: []filter{{Property: by, Operator: "IN", Values: part}, {Property: objectID, Operator: "GT", Value: last}},
				sort:    objectID, fields: fields,
			})
			if err != nil {
				return nil, err
			}
			out = append(out, found.records...)
			if len(found.hits) < searchPage {
				break
			}
			last = found.hits[len(found.hits)-1].id
		}
	}
	return unique(out), nil
}

func unique(records []crm.Record) []crm.Record {
	seen := map[string]bool{}
	return slices.DeleteFunc(records, func(r crm.Record) bool {
		again := seen[r.ID]
		seen[r.ID] = true
		return again
	})
}

// chunks splits values so that a search stays below the length that HubSpot takes. Texts are compared in lower case there.
func chunks(values []string) [][]string {
	const most = maxQuery / 2
	var out [][]string
	size := most
	for _, v := range values {
		v = strings.ToLower(v)
		quoted, _ := json.Marshal(v) //nolint:errchkjson // a text
		if size += len(quoted) + 1; size > most {
			out, size = append(out, nil), len(quoted)
		}
		out[len(out)-1] = append(out[len(out)-1], v)
	}
	return out
}
