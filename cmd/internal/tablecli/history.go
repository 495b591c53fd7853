package tablecli

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/morket/morket/cmd/internal/client"
)

const maxEntries = 100 // of one request

// History writes what a row's cells were, newest first: all of them, or one column's.
func History(ctx context.Context, c Config, rowID, column string) error {
	table, path, err := c.check(ctx)
	if err != nil {
		return err
	}
	if column == "" {
		path += "/rows/" + url.PathEscape(rowID) + "/history"
	} else {
		found, err := table.Column(column)
		if err != nil {
			return err
		}
		path += "/cells/" + url.PathEscape(rowID) + "/" + url.PathEscape(found.ID) + "/history"
	}
	q := url.Values{"limit": {strconv.Itoa(min(c.Limit, maxEntries))}}
	text := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	if c.Format == FormatText {
		tabbed(text, "at", "column", "before", "after", "by", "source")
	}
	left := c.Limit
	for raw, err := range client.Pages[json.RawMessage](ctx, c.Client, path, q) {
		if err == nil {
			err = c.entry(text, table, raw)
		}
		if err != nil {
			return err
		}
		if left--; left == 0 {
			break
		}
	}
	return text.Flush()
}

// entry writes one entry; in JSON it is the API's, whole.
func (c Config) entry(text *tabwriter.Writer, table client.Table, raw json.RawMessage) error {
	if c.Format == FormatJSONL {
		return object(c.Out, raw)
	}
	var e struct {
		At, Source, Provider string
		ColumnID             string `json:"column_id"`
		Previous, Value      any
		Actor                struct{ Kind, Name string }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	by, name := e.Actor.Name, e.ColumnID
	if by == "" {
		by = e.Actor.Kind
	}
	if e.Provider != "" {
		by += " (" + e.Provider + ")"
	}
	if col, err := table.Column(e.ColumnID); err == nil {
		name = col.Name
	}
	tabbed(text, e.At, name, e.Previous, e.Value, by, e.Source)
	return nil
}

// tabbed writes values as one line; an error shows when the text is flushed.
func tabbed(w *tabwriter.Writer, values ...any) {
	for i, v := range values {
		if i > 0 {
			_, _ = w.Write([]byte{'\t'})
		}
		_, _ = w.Write([]byte(plain(v, width)))
	}
	_, _ = w.Write([]byte{'\n'})
}
