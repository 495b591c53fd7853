package client

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Table is what commands need of a table.
type Table struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	RowCount    int64    `json:"row_count"`
	Columns     []Column `json:"columns"`
	Views       []View   `json:"views"`
}

// Column is what commands need of a column.
type Column struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Kind        string `json:"kind"`
	Description string `json:"description"`
	Options     []struct {
		Name string `json:"name"`
	} `json:"options"`
}

// View is a saved filter, order and choice of columns.
type View struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Default bool   `json:"default"`
}

// Listed is a table in a list.
type Listed struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	RowCount    int64  `json:"row_count"`
	TrashedAt   string `json:"trashed_at"`
}

// shown is how many names an error lists.
const shown = 20

// Tables lists the live tables that the key may see, at most limit.
func (c *Client) Tables(ctx context.Context, limit int) ([]Listed, error) {
	ws, err := c.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	var out []Listed
	for t, err := range Pages[Listed](ctx, c, ws+"/tables", url.Values{"limit": {"100"}}) {
		if err != nil {
			return nil, err
		}
		if t.TrashedAt != "" {
			continue
		}
		if out = append(out, t); len(out) == limit {
			break
		}
	}
	return out, nil
}

// maxTables is how many tables are looked through for a name.
const maxTables = 10_000

// Table finds a table by its id or, without regard to case, by its name.
func (c *Client) Table(ctx context.Context, ref string) (Table, error) {
	ws, err := c.Workspace(ctx)
	if err != nil {
		return Table{}, err
	}
	id := ref
	if !strings.HasPrefix(ref, "tbl_") {
		list, err := c.Tables(ctx, maxTables)
		if err != nil {
			return Table{}, err
		}
		if id, err = named(list, ref); err != nil {
			return Table{}, err
		}
	}
	var t Table
	_, err = c.Get(ctx, ws+"/tables/"+url.PathEscape(id), nil, &t)
	return t, err
}

func named(list []Listed, name string) (string, error) {
	var found, names []string
	for _, t := range list {
		names = append(names, t.Name)
		if strings.EqualFold(t.Name, strings.TrimSpace(name)) {
			found = append(found, t.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if len(names) > shown {
			names = append(names[:shown], fmt.Sprintf("and %d more", len(list)-shown))
		}
		return "", fmt.Errorf("there is no table %q that the key may see; there are: %s", name, strings.Join(names, ", "))
	default:
		return "", fmt.Errorf("%d tables are called %q: name one by its id (%s)", len(found), name, strings.Join(found, ", "))
	}
}

// Path is the table's path under the API.
func (c *Client) Path(ctx context.Context, t Table) (string, error) {
	ws, err := c.Workspace(ctx)
	return ws + "/tables/" + url.PathEscape(t.ID), err
}

// Column finds a column by its id or its name; where no name is exactly that, without regard to case.
func (t Table) Column(ref string) (Column, error) {
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		if c.ID == ref || c.Name == ref {
			return c, nil
		}
		names = append(names, c.Name)
	}
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, strings.TrimSpace(ref)) {
			return c, nil
		}
	}
	return Column{}, fmt.Errorf("%s has no column %q; it has: %s", t.Name, ref, strings.Join(names, ", "))
}

// Sort makes the API's order of texts like "Revenue:desc" or "Name".
func (t Table) Sort(by []string) (string, error) {
	parts := make([]string, 0, len(by))
	for _, text := range by {
		direction := "asc"
		for _, d := range []string{"asc", "desc"} {
			if name, ok := strings.CutSuffix(text, ":"+d); ok {
				text, direction = name, d
			}
		}
		c, err := t.Column(text)
		if err != nil {
			return "", err
		}
		parts = append(parts, c.ID+":"+direction)
	}
	return strings.Join(parts, ","), nil
}

// Named is a row's cells by the columns' names. Cells of columns that the table no longer has are left out.
func (t Table) Named(cells map[string]any) map[string]any {
	out := make(map[string]any, len(cells))
	for _, c := range t.Columns {
		if v, ok := cells[c.ID]; ok {
			out[c.Name] = v
		}
	}
	return out
}
