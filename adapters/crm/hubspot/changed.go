package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// overlap is how long a change may take to reach HubSpot's index. The last minutes of a reading are read again by the next one.
const overlap = 5 * time.Minute

// place is where a reading is. A cursor has it in its id: "", the id within a run of equal times, the time from which on deletions are
// looked for, and, once the changes were read, the place in the list of deletions.
type place struct {
	id      string
	since   int64
	deleted bool
	after   string
}

// placeOf reads a cursor. One without a time begins a reading.
func placeOf(cur crm.Cursor) (place, error) {
	parts := strings.Split(cur.ID, "~")
	p := place{id: parts[0], since: millis(cur.Modified)}
	ok := (p.id == "" || number(p.id)) && len(parts) <= 3
	if len(parts) > 1 {
		since, err := strconv.ParseInt(parts[1], 10, 64)
		p.since, ok = since, ok && err == nil
	}
	if len(parts) > 2 {
		p.deleted, p.after = true, parts[2]
	}
	if !ok {
		return place{}, crmwire.Fail(crm.CallInvalid, "the cursor is not one of HubSpot's")
	}
	return p, nil
}

func (p place) cursor(at time.Time) crm.Cursor {
	id := p.id + "~" + strconv.FormatInt(p.since, 10)
	if p.deleted {
		id += "~" + p.after
	}
	return crm.Cursor{Modified: at, ID: id}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Changed implements crm.Reader. Merges come with the records that were made of others. After the changes come the deletions, which
// HubSpot lists by id and not by time. The cursor of a last page is put back by the overlap, so that what reached the index late is read;
// what is read again is as it was.
func (c *Connector) Changed(ctx context.Context, g crm.Grant, object string, fields []string, after crm.Cursor) (crm.Page, error) {
	if err := c.checked(object, 0); err != nil {
		return crm.Page{}, err
	}
	p, err := placeOf(after)
	if err != nil {
		return crm.Page{}, err
	}
	if p.deleted {
		return c.deletions(ctx, g, object, p, after.Modified)
	}
	if p.id != "" {
		return c.run(ctx, g, object, fields, p, after.Modified)
	}
	got, err := c.search(ctx, g, object, query{
		filters: []filter{{Property: modified(object), Operator: "GTE", Value: strconv.FormatInt(millis(after.Modified), 10)}},
		sort:    modified(object), fields: fields,
	})
	if err != nil {
		return crm.Page{}, err
	}
	if len(got.hits) < searchPage {
		p.deleted = true
		return crm.Page{Records: got.records, Next: p.cursor(endOf(got, after.Modified)), More: true}, nil
	}
	// The page's last time may go on in the next page, in no known order: it is left for then. If there is no other it is read by ids.
	last := got.hits[len(got.hits)-1].at
	if got.hits[0].at.Equal(last) {
		p.id = "0"
		return c.run(ctx, g, object, fields, p, last)
	}
	left := map[string]bool{}
	for _, h := range got.hits {
		left[h.id] = h.at.Equal(last)
	}
	records := slices.DeleteFunc(got.records, func(r crm.Record) bool { return left[r.ID] })
	return crm.Page{Records: records, Next: p.cursor(last), More: true}, nil
}

// endOf is where the next reading begins: after the last change, but not within the overlap.
func endOf(got found, from time.Time) time.Time {
	end := from
	if n := len(got.hits); n > 0 {
		end = got.hits[n-1].at.Add(time.Millisecond) // HubSpot's times are of milliseconds
	}
	if late := got.now.Add(-overlap); end.After(late) {
		end = late
	}
	return end
}

// run reads what was changed at the very time, by ids. A month's end may have changed more records at once than a search gives.
func (c *Connector) run(ctx context.Context, g crm.Grant, object string, fields []string, p place, at time.Time) (crm.Page, error) {
	got, err := c.search(ctx, g, object, query{
		filters: []filter{
			{Property: modified(object), Operator: "EQ", Value: strconv.FormatInt(millis(at), 10)},
			{Property: objectID, Operator: "GT", Value: p.id},
		},
		sort: objectID, fields: fields,
	})
	if err != nil {
		return crm.Page{}, err
	}
	p.id = ""
	next := at.Add(time.Millisecond)
	if n := len(got.hits); n == searchPage {
		p.id, next = got.hits[n-1].id, at
	}
	return crm.Page{Records: got.records, Next: p.cursor(next), More: true}, nil
}

// deletions reads a page of what is in the recycle bin. No properties are asked for, so the address stays short.
func (c *Connector) deletions(ctx context.Context, g crm.Grant, object string, p place, end time.Time) (crm.Page, error) {
	q := url.Values{"archived": {"true"}, "limit": {strconv.Itoa(batch)}}
	if p.after != "" {
		q.Set("after", p.after)
	}
	a, err := c.ask(ctx, g, crmwire.Request{Method: http.MethodGet, URL: c.path("objects", object, "?"+q.Encode())})
	if err != nil {
		return crm.Page{}, err
	}
	var got results
	if err := a.Into(&got); err != nil {
		return crm.Page{}, err
	}
	since := time.UnixMilli(p.since).Add(-overlap)
	var page crm.Page
	for _, r := range got.Results {
		at := crmwire.Time(string(r.ArchivedAt))
		if at.IsZero() {
			at = crmwire.Time(string(r.Updated))
		}
		if r.ID != "" && !at.Before(since) {
			page.Records = append(page.Records, crm.Record{ID: string(r.ID), Values: map[string]string{}, Modified: at, Deleted: true})
		}
	}
	const longest = 200
	next := string(got.Paging.Next.After)
	if next != "" && (next == p.after || len(next) > longest || strings.Contains(next, "~")) {
		return crm.Page{}, crmwire.Fail(crm.CallFailed, "HubSpot's list of deleted records does not end")
	}
	if p.after = next; next != "" {
		page.Next, page.More = p.cursor(end), true
		return page, nil
	}
	page.Next = crm.Cursor{Modified: end}
	return page, nil
}
