package tablecli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/morket/morket/cmd/internal/client"
)

// Config says which rows, and how they are written.
type Config struct {
	Client *client.Client
	Table  string   // a name or an id
	Filter string   // as JSON, with names or ids of columns
	Text   string   // that a text column contains
	Sort   []string // like Revenue:desc
	Fields []string // names or ids; empty: all
	Limit  int      // rows or entries
	Format string   // text or jsonl
	Out    io.Writer
}

// Formats of Config.
const (
	FormatText  = "text"
	FormatJSONL = "jsonl"
)

const (
	maxPage = 1000 // rows of one request
	width   = 40   // characters of a cell in a text
)

// row is what is read of a row.
type row struct {
	ID    string         `json:"id"`
	Cells map[string]any `json:"cells"`
}

// check finds the table and returns its path.
func (c Config) check(ctx context.Context) (client.Table, string, error) {
	if c.Format != FormatText && c.Format != FormatJSONL {
		return client.Table{}, "", fmt.Errorf("--format is %s or %s, not %q", FormatText, FormatJSONL, c.Format)
	}
	if c.Limit < 1 {
		return client.Table{}, "", fmt.Errorf("--limit is 1 or more, not %d", c.Limit)
	}
	table, err := c.Client.Table(ctx, c.Table)
	if err != nil {
		return table, "", err
	}
	path, err := c.Client.Path(ctx, table)
	return table, path, err
}

// columns are those that are asked for, in that order.
func (c Config) columns(table client.Table) ([]client.Column, error) {
	if len(c.Fields) == 0 {
		return table.Columns, nil
	}
	out := make([]client.Column, 0, len(c.Fields))
	for _, ref := range c.Fields {
		found, err := table.Column(ref)
		if err != nil {
			return nil, err
		}
		out = append(out, found)
	}
	return out, nil
}

// query is the selection as the API takes it.
func (c Config) query(table client.Table, columns []client.Column) (url.Values, error) {
	q := url.Values{}
	if c.Filter != "" {
		if !json.Valid([]byte(c.Filter)) {
			return nil, fmt.Errorf(`--filter is JSON like {"column":"Company","op":"contains","value":"oil"}, not %q`, c.Filter)
		}
		q.Set("filter", c.Filter)
	}
	if c.Text != "" {
		q.Set("q", c.Text)
	}
	order, err := table.Sort(c.Sort)
	if err != nil {
		return nil, err
	}
	if order != "" {
		q.Set("sort", order)
	}
	if len(c.Fields) > 0 {
		ids := make([]string, 0, len(columns))
		for _, c := range columns {
			ids = append(ids, c.ID)
		}
		q.Set("fields", strings.Join(ids, ","))
	}
	return q, nil
}

// Rows writes rows: as aligned columns of shortened texts, or whole as one JSON object a line.
func Rows(ctx context.Context, c Config) error {
	table, path, err := c.check(ctx)
	if err != nil {
		return err
	}
	columns, err := c.columns(table)
	if err != nil {
		return err
	}
	q, err := c.query(table, columns)
	if err != nil {
		return err
	}
	q.Set("limit", strconv.Itoa(min(c.Limit, maxPage)))
	text := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	if c.Format == FormatText {
		line(text, "id", columns, func(col client.Column) any { return col.Name })
	}
	left := c.Limit
	for r, err := range client.Pages[row](ctx, c.Client, path+"/rows", q) {
		if err != nil {
			return err
		}
		if c.Format == FormatText {
			line(text, r.ID, columns, func(col client.Column) any { return r.Cells[col.ID] })
		} else if err := object(c.Out, row{r.ID, table.Named(r.Cells)}); err != nil {
			return err
		}
		if left--; left == 0 {
			break
		}
	}
	return text.Flush()
}

// line writes the id and the cells of one line; an error shows when the text is flushed.
func line(w io.Writer, id string, columns []client.Column, cell func(client.Column) any) {
	_, _ = io.WriteString(w, id)
	for _, c := range columns {
		_, _ = io.WriteString(w, "\t"+plain(cell(c), width))
	}
	_, _ = io.WriteString(w, "\n")
}

// object writes one JSON line.
func object(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// plain is a value as a text for a terminal: without control characters, which could command it, and at most so many characters.
func plain(v any, most int) string {
	text, ok := v.(string)
	if !ok && v != nil {
		raw, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		text = string(raw)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsGraphic(r) {
			return '·'
		}
		return r
	}, text)
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
