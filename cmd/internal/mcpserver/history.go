package mcpserver

import (
	"context"
	"net/url"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func (t *tools) addHistory(s *mcp.Server) {
	add(s, &mcp.Tool{
		Name: "row_history", Annotations: reads("History of a row or cell"),
		Description: "Gives each value that a row's cells ever had, newest first: when, by whom or which provider, from which run or import, " +
			"and what it cost." + isData,
	}, t.rowHistory)
}

type rowHistoryIn struct {
	Table  string `json:"table" jsonschema:"the table's name or id (tbl_…)"`
	Row    string `json:"row" jsonschema:"the row's id (row_…)"`
	Column string `json:"column,omitempty" jsonschema:"only this column: name or id"`
	Limit  int    `json:"limit,omitempty" jsonschema:"entries, 1 to 100; 25 if left out"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the answer before"`
}

type historyEntry struct {
	At         string   `json:"at"`
	Column     string   `json:"column,omitempty" jsonschema:"absent where the row as a whole was deleted or restored"`
	Value      any      `json:"value"`
	Previous   any      `json:"previous"`
	Source     string   `json:"source"`
	By         string   `json:"by,omitempty" jsonschema:"who or what wrote it"`
	Provider   string   `json:"provider,omitempty"`
	Run        string   `json:"run,omitempty" jsonschema:"id of the enrichment run"`
	Import     string   `json:"import,omitempty"`
	SourceURL  string   `json:"source_url,omitempty"`
	Confidence *float64 `json:"confidence,omitempty" jsonschema:"0 to 1"`
	Credits    float64  `json:"credits,omitempty" jsonschema:"what the answer cost"`
	State      string   `json:"state,omitempty"`
	Message    string   `json:"message,omitempty"`
}

type rowHistoryOut struct {
	Entries    []historyEntry `json:"entries"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

func (t *tools) rowHistory(ctx context.Context, in rowHistoryIn) (out rowHistoryOut, err error) {
	limit, err := within("limit", in.Limit, 25, 100)
	if err != nil {
		return out, err
	}
	table, err := t.client.Table(ctx, in.Table)
	if err != nil {
		return out, err
	}
	path, err := t.client.Path(ctx, table)
	if err != nil {
		return out, err
	}
	if in.Column == "" {
		path += "/rows/" + url.PathEscape(in.Row) + "/history"
	} else {
		c, err := table.Column(in.Column)
		if err != nil {
			return out, err
		}
		path += "/cells/" + url.PathEscape(in.Row) + "/" + url.PathEscape(c.ID) + "/history"
	}
	q := url.Values{}
	set(q, "limit", strconv.Itoa(limit), "cursor", in.Cursor)
	var entries []struct {
		historyEntry
		Actor struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"actor"`
		ColumnID  string `json:"column_id"`
		RunID     string `json:"run_id"`
		ImportID  string `json:"import_id"`
		CreditsMC int64  `json:"credits_mc"`
	}
	meta, err := t.client.Get(ctx, path, q, &entries)
	if err != nil {
		return out, err
	}
	out = rowHistoryOut{Entries: make([]historyEntry, 0, len(entries)), NextCursor: meta.NextCursor}
	for _, e := range entries {
		h := e.historyEntry
		h.Column, h.Run, h.Import, h.Credits, h.By = e.ColumnID, e.RunID, e.ImportID, credits(e.CreditsMC), e.Actor.Name
		if h.By == "" {
			h.By = e.Actor.Kind
		}
		if c, err := table.Column(e.ColumnID); err == nil {
			h.Column = c.Name
		}
		if text, ok := h.Value.(string); ok {
			h.Value = shorten(text)
		}
		if text, ok := h.Previous.(string); ok {
			h.Previous = shorten(text)
		}
		out.Entries = append(out.Entries, h)
	}
	return out, nil
}

// credits are thousandths of credits as credits.
func credits(mc int64) float64 { return float64(mc) / 1000 }
