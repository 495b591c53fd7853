package mcpserver

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func (t *tools) addReads(s *mcp.Server) {
	add(s, &mcp.Tool{
		Name: "list_tables", Annotations: reads("List tables"),
		Description: "Lists the tables that the API key may see, with how many rows each has." + isData,
	}, t.listTables)
	add(s, &mcp.Tool{
		Name: "describe_table", Annotations: reads("Describe a table"),
		Description: "Gives a table's columns (name, type, kind, options of selects) and its saved views. Kinds: data is written by hand or " +
			"import; enrichment is filled by providers; formula and lookup are computed and can't be written." + isData,
	}, t.describeTable)
	add(s, &mcp.Tool{
		Name: "search", Annotations: reads("Search all tables"),
		Description: `Finds rows in all tables by words, "phrases" and column:value, all of which a row must have; ` +
			`words match what begins with them. ` +
			"To filter one table exactly, use read_rows." + isData,
	}, t.search)
}

type listTablesIn struct{}

type listedTable struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Rows        int64  `json:"rows"`
}

type listTablesOut struct {
	Tables []listedTable `json:"tables"`
	More   bool          `json:"more,omitempty" jsonschema:"there are more tables than are listed; find them with search or by name"`
}

func (t *tools) listTables(ctx context.Context, _ listTablesIn) (out listTablesOut, err error) {
	list, err := t.client.Tables(ctx, maxTables+1)
	if err != nil {
		return out, err
	}
	out.Tables = make([]listedTable, 0, len(list))
	for _, l := range list[:min(len(list), maxTables)] {
		out.Tables = append(out.Tables, listedTable{l.ID, l.Name, shorten(l.Description), l.RowCount})
	}
	out.More = len(list) > maxTables
	return out, nil
}

type describeTableIn struct {
	Table string `json:"table" jsonschema:"the table's name or id (tbl_…)"`
}

type describedColumn struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Kind        string   `json:"kind"`
	Description string   `json:"description,omitempty"`
	Options     []string `json:"options,omitempty" jsonschema:"the values that a select column takes"`
}

type describedView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Default bool   `json:"default,omitempty"`
}

type describeTableOut struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Rows        int64             `json:"rows"`
	Columns     []describedColumn `json:"columns"`
	Views       []describedView   `json:"views"`
}

func (t *tools) describeTable(ctx context.Context, in describeTableIn) (describeTableOut, error) {
	table, err := t.client.Table(ctx, in.Table)
	if err != nil {
		return describeTableOut{}, err
	}
	out := describeTableOut{ID: table.ID, Name: table.Name, Description: shorten(table.Description), Rows: table.RowCount}
	out.Columns, out.Views = make([]describedColumn, 0, len(table.Columns)), make([]describedView, 0, len(table.Views))
	for _, c := range table.Columns {
		d := describedColumn{ID: c.ID, Name: c.Name, Type: c.Type, Kind: c.Kind, Description: shorten(c.Description)}
		for _, o := range c.Options {
			d.Options = append(d.Options, o.Name)
		}
		out.Columns = append(out.Columns, d)
	}
	for _, v := range table.Views {
		out.Views = append(out.Views, describedView(v))
	}
	return out, nil
}

type searchIn struct {
	Text   string   `json:"text" jsonschema:"words, \"phrases\" and column:value"`
	Tables []string `json:"tables,omitempty" jsonschema:"only in these tables: names or ids"`
	Limit  int      `json:"limit,omitempty" jsonschema:"rows, 1 to 50; 20 if left out"`
	Cursor string   `json:"cursor,omitempty" jsonschema:"next_cursor of the answer before"`
}

type match struct {
	Column string `json:"column"`
	Text   string `json:"text"`
}

type foundRow struct {
	Row     string  `json:"row" jsonschema:"the row's id"`
	Name    string  `json:"name"`
	Table   string  `json:"table"`
	TableID string  `json:"table_id"`
	Matches []match `json:"matches"`
}

type searchOut struct {
	Found      []foundRow `json:"found"`
	Total      int64      `json:"total"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

func (t *tools) search(ctx context.Context, in searchIn) (out searchOut, err error) {
	limit, err := within("limit", in.Limit, 20, 50)
	if err != nil {
		return out, err
	}
	ws, err := t.client.Workspace(ctx)
	if err != nil {
		return out, err
	}
	body := map[string]any{"q": in.Text, "limit": limit}
	if in.Cursor != "" {
		body["search_after"] = in.Cursor
	}
	ids := make([]string, 0, len(in.Tables))
	for _, ref := range in.Tables {
		table, err := t.client.Table(ctx, ref)
		if err != nil {
			return out, err
		}
		ids = append(ids, table.ID)
	}
	if len(ids) > 0 {
		body["filters"] = map[string]any{"tables": ids}
	}
	var found []struct {
		RowID     string `json:"row_id"`
		Name      string `json:"name"`
		TableID   string `json:"table_id"`
		TableName string `json:"table_name"`
		Matches   []struct {
			Column string `json:"column"`
			HTML   string `json:"html"`
		} `json:"matches"`
	}
	meta, err := t.client.Ask(ctx, ws+"/search", nil, body, &found)
	if err != nil {
		return out, err
	}
	out = searchOut{Found: make([]foundRow, 0, len(found)), Total: meta.Total, NextCursor: meta.NextCursor}
	marks := strings.NewReplacer("<mark>", "", "</mark>", "")
	for _, f := range found {
		r := foundRow{Row: f.RowID, Name: shorten(f.Name), Table: f.TableName, TableID: f.TableID, Matches: make([]match, 0, len(f.Matches))}
		for _, m := range f.Matches {
			r.Matches = append(r.Matches, match{m.Column, shorten(html.UnescapeString(marks.Replace(m.HTML)))})
		}
		out.Found = append(out.Found, r)
	}
	return out, nil
}

// within is the number, or the usual one where it was left out.
func within(name string, n, usual, most int) (int, error) {
	switch {
	case n == 0:
		return usual, nil
	case n < 0 || n > most:
		return 0, fmt.Errorf("%s is between 1 and %d", name, most)
	default:
		return n, nil
	}
}

// shorten cuts a text that is longer than maxCell characters.
func shorten(s string) string {
	if len(s) <= maxCell {
		return s
	}
	if r := []rune(s); len(r) > maxCell {
		return string(r[:maxCell]) + "…"
	}
	return s
}

// set adds what isn't empty to a query.
func set(q url.Values, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
}
