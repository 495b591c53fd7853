package tableapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
)

func registerFind(a *httpapi.API, s service) {
	const rows = "W/tables/{tableId}/rows"
	httpapi.Read(a, httpapi.Op{
		ID:          "find-text",
		Branches:    true,
		Method:      http.MethodGet,
		Path:        rows + ":find",
		Tag:         tag,
		Summary:     "Where a text stands in the rows",
		Description: "Counts the cells that match in all rows that the query selects, and lists those next to a place in its order.",
		Action:      workspace.ReadTables,
		Projection:  grid,
		Rate:        httpapi.Grid,
		Scope:       httpapi.TableInPath,
	}, s.find)
	httpapi.Write(a, httpapi.Op{
		ID:       "replace-text",
		Branches: true,
		Method:   http.MethodPost,
		Path:     rows + ":replaceText",
		Tag:      tag,
		Summary:  "Put a text in the place of another",
		Description: "In up to 5,000 rows a call; while the answer has next, go on with after. " +
			"Calls with one Morket-Gesture are one step of undo.",
		Action: workspace.EditRows,
		Rate:   httpapi.Grid,
		Scope:  httpapi.TableInPath,
	}, s.replaceText)
}

type findText struct {
	InTable
	AsOf
	Selection
	Group     string `query:"group" doc:"col_…:asc,col_…:desc:month; rows of a group lie together. Instead of the view's groups." maxLength:"2000"`
	Sort      string `query:"sort" doc:"col_…:asc,col_…:desc; instead of the view's order." maxLength:"2000"`
	Find      string `query:"find" required:"true" minLength:"1" maxLength:"2000" doc:"The text, as cells are exported."`
	Columns   string `query:"columns" doc:"Column ids separated by commas; all columns if empty." maxLength:"10000"`
	MatchCase bool   `query:"match_case"`
	WholeCell bool   `query:"whole_cell" doc:"The text is all that the cell holds."`
	From      int64  `query:"from" minimum:"0" doc:"The offset in the order to begin at."`
	Backwards bool   `query:"backwards" doc:"From there towards the first row."`
	Limit     int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Of rows."`
}

func (s service) find(ctx context.Context, p httpapi.Principal, in *findText) (gridview.Found, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return gridview.Found{}, httpapi.Meta{}, err
	}
	q, err := s.query(ctx, v.info, p, in.Selection, Ordering{Group: in.Group, Sort: in.Sort})
	if err != nil {
		return gridview.Found{}, httpapi.Meta{}, err
	}
	var names []string
	if in.Columns != "" {
		names = strings.Split(in.Columns, ",")
	}
	cols, err := table.Searched(v.info.Schema, names)
	if err != nil {
		return gridview.Found{}, httpapi.Meta{}, err
	}
	pattern, err := table.TextSearch{Text: in.Find, MatchCase: in.MatchCase, WholeCell: in.WholeCell}.Pattern()
	if err != nil {
		return gridview.Found{}, httpapi.Meta{}, err
	}
	out, err := v.grid.Find(ctx, v.info, q, cols, pattern, gridview.TextSearch{From: in.From, Backwards: in.Backwards, Limit: in.Limit})
	return out, v.meta, err
}

type replaceText struct {
	InTable
	Body struct {
		Filter    rawJSON      `json:"filter,omitempty"`
		Search    string       `json:"q,omitempty" maxLength:"500"`
		Columns   []string     `json:"columns,omitempty" maxItems:"1000" doc:"Ids or names; all columns if empty."`
		Find      string       `json:"find" minLength:"1" maxLength:"2000"`
		Replace   string       `json:"replace" maxLength:"2000"`
		MatchCase bool         `json:"match_case,omitempty"`
		WholeCell bool         `json:"whole_cell,omitempty"`
		After     kernel.RowID `json:"after,omitempty" doc:"The last answer's next."`
		DryRun    bool         `json:"dry_run,omitempty"`
	}
}

func (s service) replaceText(ctx context.Context, meta kernel.Meta, in *replaceText) (commands.Result[tablecmd.ReplacedText], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.ReplacedText]{}, err
	}
	b := in.Body
	return s.Handlers.ReplaceText(ctx, meta, tablecmd.ReplaceText{
		Table: in.TableID, Filter: b.Filter, Search: b.Search, Columns: b.Columns, With: b.Replace, After: b.After, DryRun: b.DryRun,
		Find: table.TextSearch{Text: b.Find, MatchCase: b.MatchCase, WholeCell: b.WholeCell},
	})
}
