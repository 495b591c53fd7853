package salesforce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// row is a record as Salesforce writes it.
type row map[string]crmwire.Text

func (r row) text(name string) string { return string(r[name]) }

// maxURL is how long a query may be, so that its address is one that each gateway takes.
const maxURL = 12_000

// stampField is the time of a record's last change, by persons and programs alike.
const stampField = "SystemModstamp"

// quoted writes a text for a query: what would end it, or is a sign of control, is escaped.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`).Replace(s) + "'"
}

// chosen are the fields to read: those that were asked for, and those by which changes are known. Names that no field has would be
// statements of the query, so they are refused.
func chosen(fields []string, own ...string) ([]string, error) {
	out := append([]string{"Id", stampField}, own...)
	for _, f := range fields {
		if !names.MatchString(f) {
			return nil, &crm.CallError{Kind: crm.CallInvalid, Message: "Salesforce has no field of such a name", Field: f}
		}
		if !slices.ContainsFunc(out, func(have string) bool { return strings.EqualFold(have, f) }) {
			out = append(out, f)
		}
	}
	return out, nil
}

// query asks a query, by "query" or, deleted records too, by "queryAll". What came is answered also when it makes no sense.
func (c *Connector) query(ctx context.Context, g crm.Grant, how, soql string) (rows []row, a *crmwire.Answer, err error) {
	if a, err = c.ask(ctx, g, call{method: http.MethodGet, path: "/" + how + "?q=" + url.QueryEscape(soql)}); err != nil {
		return nil, a, err
	}
	var got struct {
		Records []row `json:"records"`
	}
	err = a.Into(&got)
	return got.Records, a, err
}

// tooLong reports an answer that is longer than is read.
func tooLong(a *crmwire.Answer) bool { return a != nil && a.TooLong() }

// record makes the port's record of a row.
func (c *Connector) record(g crm.Grant, r row, fields []string) crm.Record {
	out := crm.Record{
		ID: r.text("Id"), Values: make(map[string]string, len(fields)), Modified: crmwire.Time(r.text(stampField)),
		Deleted: r.text("IsDeleted") == "true", MergedInto: r.text("MasterRecordId"), URL: g.Instance + "/" + r.text("Id"),
	}
	for _, f := range fields {
		out.Values[f] = crmwire.Moment(r.text(f))
	}
	return out
}

// Find implements crm.Reader. Ids are read at once; other fields are asked in queries that are short enough for an address.
func (c *Connector) Find(ctx context.Context, g crm.Grant, object, by string, values, fields []string) ([]crm.Record, error) {
	kind, err := c.sobject(object, len(values))
	if err != nil {
		return nil, err
	}
	byID := by == "" || by == "Id"
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !crmwire.Findable(v) || byID && !ids.MatchString(v) })
	slices.Sort(values)
	values = slices.Compact(values)
	if len(values) == 0 {
		return nil, nil
	}
	if byID {
		return c.read(ctx, g, kind, values, fields)
	}
	if _, err := chosen([]string{by}); err != nil {
		return nil, err
	}
	columns, err := chosen(fields)
	if err != nil {
		return nil, err
	}
	var out []crm.Record
	wide := len(strings.Join(columns, ", ")) > maxURL/2
	for _, part := range parts(values) {
		found, err := c.having(ctx, g, kind, by+" IN ("+part+")", columns, &wide)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			out = append(out, c.record(g, r, fields))
		}
	}
	if !wide {
		return out, nil
	}
	return c.fill(ctx, g, kind, out, fields)
}

// having asks for all rows of a condition, by pages of ids. Where the columns make an answer too long it becomes wide: from then on only
// the first two are asked for.
func (c *Connector) having(ctx context.Context, g crm.Grant, kind, condition string, columns []string, wide *bool) ([]row, error) {
	const most = 20 // pages
	var out []row
	more := ""
	for range most {
		names := columns
		if *wide {
			names = columns[:2]
		}
		soql := fmt.Sprintf("SELECT %s FROM %s WHERE %s%s ORDER BY Id LIMIT %d", strings.Join(names, ", "), kind, condition, more, page)
		rows, a, err := c.query(ctx, g, "query", soql)
		if tooLong(a) && !*wide {
			*wide = true
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		if len(rows) < page {
			return out, nil
		}
		last := rows[len(rows)-1].text("Id")
		if !ids.MatchString(last) {
			return nil, crmwire.Fail(crm.CallFailed, "Salesforce gave a record without an id")
		}
		more = " AND Id > " + quoted(last)
	}
	return nil, crmwire.Fail(crm.CallInvalid, "too many records of Salesforce have one of these values")
}

// parts are lists of quoted values, each short enough for an address in which signs take three characters.
func parts(values []string) []string {
	var out []string
	size := maxURL
	for _, v := range values {
		q := quoted(v)
		n := len(url.QueryEscape(q)) + 3
		if size += n; size > maxURL/2 {
			out, size = append(out, q), n
			continue
		}
		out[len(out)-1] += "," + q
	}
	return out
}

// read reads records by id. It is a POST, which hundreds of fields don't make too long.
func (c *Connector) read(ctx context.Context, g crm.Grant, kind string, values, fields []string) ([]crm.Record, error) {
	columns, err := chosen(fields)
	if err != nil {
		return nil, err
	}
	a, err := c.ask(ctx, g, call{
		method: http.MethodPost, path: collections + "/" + kind, body: map[string]any{"ids": values, "fields": columns},
	})
	if err != nil {
		return nil, err
	}
	if half := len(values) / 2; a.TooLong() && half > 0 {
		first, err := c.read(ctx, g, kind, values[:half], fields)
		if err != nil {
			return nil, err
		}
		second, err := c.read(ctx, g, kind, values[half:], fields)
		return append(first, second...), err
	}
	var got []row // null for those that are gone
	if err := a.Into(&got); err != nil {
		return nil, err
	}
	var out []crm.Record
	for _, r := range got {
		if r.text("Id") != "" {
			out = append(out, c.record(g, r, fields))
		}
	}
	return out, nil
}

// fill reads the fields of records that only their ids were read of. What is deleted stays as it is.
func (c *Connector) fill(ctx context.Context, g crm.Grant, kind string, records []crm.Record, fields []string) ([]crm.Record, error) {
	at := map[string]int{}
	var wanted []string
	for i, r := range records {
		if !r.Deleted {
			at[r.ID] = i
			wanted = append(wanted, r.ID)
		}
	}
	for part := range slices.Chunk(wanted, batch) {
		full, err := c.read(ctx, g, kind, part, fields)
		if err != nil {
			return nil, err
		}
		for _, r := range full {
			if i, ok := at[r.ID]; ok {
				records[i].Values = r.Values
			}
		}
	}
	return records, nil
}

const (
	// page is how many changes are read at once.
	page = 500
	// overlap is how late a change may be seen: a transaction's rows have the time at which it began to write them, and are there when it
	// ends. The last minutes of a reading are read again by the next one.
	overlap = 10 * time.Minute
	// stampForm is the form of times in queries.
	stampForm = "2006-01-02T15:04:05.000Z"
)

// Changed implements crm.Reader. Deleted and merged records come with the others, in order. The cursor of a last page is put back by the
// overlap; what is read again is as it was.
func (c *Connector) Changed(ctx context.Context, g crm.Grant, object string, fields []string, after crm.Cursor) (crm.Page, error) {
	kind, err := c.sobject(object, 0)
	if err != nil {
		return crm.Page{}, err
	}
	columns, err := chosen(fields, "IsDeleted", "MasterRecordId")
	if err != nil {
		return crm.Page{}, err
	}
	since, err := condition(after)
	if err != nil {
		return crm.Page{}, err
	}
	wide := len(strings.Join(columns, ", ")) > maxURL/2
	ask := func() ([]row, *crmwire.Answer, error) {
		names := columns
		if wide {
			names = columns[:4]
		}
		return c.query(ctx, g, "queryAll",
			fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s, Id LIMIT %d", strings.Join(names, ", "), kind, since, stampField, page))
	}
	rows, a, err := ask()
	if tooLong(a) && !wide {
		wide = true
		rows, a, err = ask()
	}
	if err != nil {
		return crm.Page{}, err
	}
	out := crm.Page{Next: after, More: len(rows) == page}
	for _, r := range rows {
		rec := c.record(g, r, fields)
		if !ids.MatchString(rec.ID) || rec.Modified.IsZero() {
			return crm.Page{}, crmwire.Fail(crm.CallFailed, "Salesforce gave a record without an id or a time")
		}
		out.Records = append(out.Records, rec)
		out.Next = crm.Cursor{Modified: rec.Modified, ID: rec.ID}
	}
	if late := a.At.Add(-overlap); !out.More && out.Next.Modified.After(late) {
		out.Next = crm.Cursor{Modified: late}
	}
	if wide {
		out.Records, err = c.fill(ctx, g, kind, out.Records, fields)
	}
	return out, err
}

// condition is the query's for what comes after the cursor.
func condition(after crm.Cursor) (string, error) {
	if after.Modified.IsZero() && after.ID == "" {
		return "", nil
	}
	at := after.Modified.UTC().Format(stampForm)
	switch {
	case after.ID == "":
		return fmt.Sprintf(" WHERE %s >= %s", stampField, at), nil
	case !ids.MatchString(after.ID):
		return "", crmwire.Fail(crm.CallInvalid, "the cursor is not one of Salesforce's")
	default:
		return fmt.Sprintf(" WHERE (%s > %s OR (%s = %s AND Id > %s))", stampField, at, stampField, at, quoted(after.ID)), nil
	}
}
