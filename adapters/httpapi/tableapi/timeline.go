package tableapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
)

func registerMoments(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "get-timeline", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/timeline", Tag: tag,
		Summary: "What happened to a table between two moments, as ticks of a time line",
		Description: "One tick for each step, or where these are too many, one for each kind of change in a stretch of time. Each tick's " +
			"position can be given as as_of to other reads.",
		Action: workspace.ReadTables, Projection: history, Besides: grid, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.timeline)
	httpapi.Read(a, httpapi.Op{
		ID: "list-differences", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/diff", Tag: tag,
		Summary:     "What is otherwise in a table at two moments, cell by cell",
		Description: "In the order of the rows' ids. Cells of formulas and lookups are left out: they follow from others.",
		Action:      workspace.ReadTables, Projection: history, Besides: grid, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.differences)
	httpapi.Read(a, httpapi.Op{
		ID: "count-differences", Branches: true, Method: http.MethodGet, Path: "W/tables/{tableId}/diff:count", Tag: tag,
		Summary: "How much is otherwise in a table at two moments, and which columns",
		Action:  workspace.ReadTables, Projection: history, Besides: grid, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.countDifferences)
	httpapi.Write(a, httpapi.Op{
		ID: "restore-to-moment", Branches: true, Method: http.MethodPost, Path: "W/tables/{tableId}/rows:restoreTo", Tag: tag,
		Summary: "Bring cells, rows, columns or a whole table back to how they were at a moment",
		Description: "Up to 5,000 differences a call; while the answer has next, go on with after. Calls with one Morket-Gesture are one step " +
			"of undo. The table's columns and their types stay.", Action: workspace.EditRows, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.restoreTo)
}

// maxMarked is how many events a time line looks at one by one.
const maxMarked = 10_000

type getTimeline struct {
	InTable
	From  string `query:"from" doc:"A log position or a time (RFC 3339); the table's beginning if absent." maxLength:"64"`
	To    string `query:"to" doc:"The same; now if absent." maxLength:"64"`
	Limit int    `query:"limit" minimum:"20" maximum:"1000" default:"300" doc:"Of ticks."`
}

// Timeline is what happened to a table.
type Timeline struct {
	Begin  httpapi.AsOf       `json:"begin" doc:"When the table was made."`
	Events int64              `json:"events" doc:"That changed the table between the two moments."`
	Of     int64              `json:"of" doc:"Events that one event in the ticks stands for: more than 1 where there are too many to look at each."`
	Ticks  []historyview.Tick `json:"ticks" doc:"In the order in which they happened."`
}

func (s service) timeline(ctx context.Context, p httpapi.Principal, in *getTimeline) (Timeline, httpapi.Meta, error) {
	out := Timeline{Ticks: []historyview.Tick{}}
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	begin, err := s.Moments.Begin(ctx, info)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	out.Begin = httpapi.AsOf(begin)
	from, err := s.bound(ctx, info, "from", in.From, begin.Position)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	to, err := s.bound(ctx, info, "to", in.To, info.Position)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	if from > to {
		return out, httpapi.Meta{}, kernel.Invalid("from", "it comes after to")
	}
	positions, err := s.Moments.Changes(ctx, info, s.History.Types(), from, to)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	out.Events = int64(len(positions))
	positions, out.Of = thinned(positions, maxMarked)
	events, err := s.History.StepsAt(ctx, positions)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	out.Ticks = historyview.Ticks(events, in.Limit)
	return out, httpapi.Meta{Position: to}, s.nameTicks(ctx, out.Ticks)
}

// bound is the position of a moment that was sent under a name; otherwise if none is given. A moment before the table is its beginning.
func (s service) bound(ctx context.Context, info gridview.Info, name, sent string, otherwise int64) (int64, error) {
	if sent == "" {
		return otherwise, nil
	}
	asked, err := gridview.ReadAsOf(name, sent)
	if err != nil {
		return 0, err
	}
	moment, err := s.Moments.Resolve(ctx, info, asked)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return 0, nil
	}
	return moment.Position, err
}

// thinned keeps every n-th of the positions, so that at most limit are left, and the last one.
func thinned(positions []int64, limit int) (kept []int64, of int64) {
	n := (len(positions) + limit - 1) / limit
	if n <= 1 {
		return positions, 1
	}
	for i := len(positions) - 1; i >= 0; i -= n {
		kept = append(kept, positions[i])
	}
	slices.Reverse(kept)
	return kept, int64(n)
}

func (s service) nameTicks(ctx context.Context, ticks []historyview.Tick) error {
	var users []kernel.UserID
	for _, t := range ticks {
		users = append(users, t.User)
	}
	names, err := s.names(ctx, users)
	for i := range ticks {
		ticks[i].Name = names[ticks[i].User]
	}
	return err
}
