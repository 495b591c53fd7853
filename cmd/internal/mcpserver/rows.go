package mcpserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/morket/morket/cmd/internal/client"
)

func (t *tools) addRows(s *mcp.Server) {
	add(s, &mcp.Tool{
		Name: "read_rows", Annotations: reads("Read rows"),
		Description: "Reads rows of a table, filtered and sorted, page by page. Cells are keyed by column name; empty ones are left out. " +
			"Values longer than 2,000 characters are cut and the column is named in cut: never write a cut value back. Name only the columns " +
			"that you need." + isData,
	}, t.readRows)
	add(s, &mcp.Tool{
		Name: "count_rows", Annotations: reads("Count rows"),
		Description: "Counts the rows of a table that match a filter, without reading them.",
	}, t.countRows)
}

// condition is one comparison.
type condition struct {
	Column string `json:"column" jsonschema:"the column's name or id"`
	Op     string `json:"op" jsonschema:"is, is_not, contains, contains_any, not_contains, starts_with, ends_with, empty, not_empty, lt, lte, gt, gte, between, in, relative or state"`
	Value  any    `json:"value,omitempty" jsonschema:"what to compare with: a list for in, between and contains_any; nothing for empty and not_empty; for state: queued, running, error, not_found or another state"`
}

// choice says which rows of a table are meant.
type choice struct {
	Where []condition `json:"where,omitempty" jsonschema:"conditions that the rows must meet"`
	Any   bool        `json:"any,omitempty" jsonschema:"one of the conditions is enough; without it all must hold"`
	Text  string      `json:"text,omitempty" jsonschema:"text that one of the text columns contains"`
	View  string      `json:"view,omitempty" jsonschema:"a view's name or id: its filter, too"`
}

type countRowsIn struct {
	Table string `json:"table" jsonschema:"the table's name or id (tbl_…)"`
	choice
}

type readRowsIn struct {
	Table string `json:"table" jsonschema:"the table's name or id (tbl_…)"`
	choice
	Columns []string `json:"columns,omitempty" jsonschema:"names or ids of the columns to read; all if left out"`
	Sort    []string `json:"sort,omitempty" jsonschema:"columns to sort by, like \"Revenue:desc\" or \"Name\""`
	Limit   int      `json:"limit,omitempty" jsonschema:"rows, 1 to 200; 25 if left out"`
	Cursor  string   `json:"cursor,omitempty" jsonschema:"next_cursor of the answer before, with the same other arguments"`
	AsOf    string   `json:"as_of,omitempty" jsonschema:"read the table as it was at this time (RFC 3339) or log position"`
}

type readRow struct {
	ID        string         `json:"id"`
	Cells     map[string]any `json:"cells" jsonschema:"by column name"`
	States    map[string]any `json:"states,omitempty" jsonschema:"by column name: of cells that have no plain value, such as running or error"`
	Cut       []string       `json:"cut,omitempty" jsonschema:"columns whose values are longer than they are given here"`
	UpdatedAt string         `json:"updated_at"`
}

type readRowsOut struct {
	Rows       []readRow `json:"rows"`
	NextCursor string    `json:"next_cursor,omitempty" jsonschema:"there are more rows: pass it as cursor"`
	Stale      bool      `json:"stale,omitempty" jsonschema:"the rows don't reflect what was just written yet"`
}

// filter is the choice as the API's JSON.
func (c choice) filter(table client.Table) (string, error) {
	if len(c.Where) == 0 {
		return "", nil
	}
	nodes := make([]map[string]any, 0, len(c.Where))
	for _, w := range c.Where {
		column, err := table.Column(w.Column)
		if err != nil {
			return "", err
		}
		node := map[string]any{"column": column.ID, "op": w.Op}
		if w.Value != nil {
			node["value"] = w.Value
		}
		nodes = append(nodes, node)
	}
	join := "and"
	if c.Any {
		join = "or"
	}
	text, err := json.Marshal(map[string]any{join: nodes})
	return string(text), err
}

// query is the choice as a query of the API.
func (c choice) query(table client.Table) (url.Values, error) {
	filter, err := c.filter(table)
	if err != nil {
		return nil, err
	}
	view, err := c.view(table)
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	set(q, "filter", filter, "q", c.Text, "view", view)
	return q, nil
}

func (c choice) view(table client.Table) (string, error) {
	if c.View == "" {
		return "", nil
	}
	var names []string
	for _, v := range table.Views {
		if v.ID == c.View || strings.EqualFold(v.Name, c.View) {
			return v.ID, nil
		}
		names = append(names, v.Name)
	}
	return "", errors.New("the table has no such view; it has: " + strings.Join(names, ", "))
}

func (t *tools) countRows(ctx context.Context, in countRowsIn) (out struct {
	Count int64 `json:"count"`
}, err error,
) {
	table, q, err := t.chosen(ctx, in.Table, in.choice)
	if err != nil {
		return out, err
	}
	path, err := t.client.Path(ctx, table)
	if err != nil {
		return out, err
	}
	_, err = t.client.Get(ctx, path+"/rows:count", q, &out)
	return out, err
}

// chosen finds the table and makes a query of the choice.
func (t *tools) chosen(ctx context.Context, ref string, c choice) (client.Table, url.Values, error) {
	table, err := t.client.Table(ctx, ref)
	if err != nil {
		return table, nil, err
	}
	q, err := c.query(table)
	return table, q, err
}

func (t *tools) readRows(ctx context.Context, in readRowsIn) (out readRowsOut, err error) {
	limit, err := within("limit", in.Limit, 25, 200)
	if err != nil {
		return out, err
	}
	table, q, err := t.chosen(ctx, in.Table, in.choice)
	if err != nil {
		return out, err
	}
	order, err := table.Sort(in.Sort)
	if err != nil {
		return out, err
	}
	fields := make([]string, 0, len(in.Columns))
	for _, ref := range in.Columns {
		c, err := table.Column(ref)
		if err != nil {
			return out, err
		}
		fields = append(fields, c.ID)
	}
	set(q, "sort", order, "fields", strings.Join(fields, ","), "cursor", in.Cursor, "as_of", in.AsOf, "limit", strconv.Itoa(limit))
	path, err := t.client.Path(ctx, table)
	if err != nil {
		return out, err
	}
	var rows []struct {
		ID        string         `json:"id"`
		Cells     map[string]any `json:"cells"`
		States    map[string]any `json:"states"`
		UpdatedAt string         `json:"updated_at"`
	}
	meta, err := t.client.Get(ctx, path+"/rows", q, &rows)
	if err != nil {
		return out, err
	}
	out = readRowsOut{Rows: make([]readRow, 0, len(rows)), NextCursor: meta.NextCursor, Stale: meta.Stale}
	for _, r := range rows {
		row := readRow{ID: r.ID, Cells: table.Named(r.Cells), States: table.Named(r.States), UpdatedAt: r.UpdatedAt}
		row.Cut = cut(row.Cells)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// cut shortens long texts in place and returns their columns.
func cut(cells map[string]any) (columns []string) {
	for name, v := range cells {
		if text, ok := v.(string); ok {
			if short := shorten(text); short != text {
				cells[name] = short
				columns = append(columns, name)
			}
		}
	}
	return columns
}
