package tableapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
)

// BetweenMoments is how two moments and what is looked at between them are asked for in a URL.
type BetweenMoments struct {
	From    string        `query:"from" required:"true" doc:"The earlier moment: a log position or a time (RFC 3339)." maxLength:"64"`
	To      string        `query:"to" doc:"The later one; now if absent." maxLength:"64"`
	Columns string        `query:"columns" doc:"Only cells of these columns: ids separated by commas." maxLength:"10000"`
	User    kernel.UserID `query:"user_id" doc:"Only what this person did last to a cell or row." maxLength:"64"`
	Step    string        `query:"step" doc:"Only what this import (imp_…), run (run_…) or other step of undo did last." maxLength:"100"`
}

// between reads it.
func (s service) between(
	ctx context.Context, p httpapi.Principal, id kernel.TableID, in BetweenMoments,
) (Diff, gridview.Between, error) {
	q := gridview.Between{User: in.User, Step: in.Step}
	info, err := s.info(ctx, p, id)
	if err != nil {
		return nil, q, err
	}
	from, err := gridview.ReadAsOf("from", in.From)
	if err != nil {
		return nil, q, err
	}
	var to *gridview.AsOf
	if in.To != "" {
		asked, err := gridview.ReadAsOf("to", in.To)
		if err != nil {
			return nil, q, err
		}
		to = &asked
	}
	q.Columns = columnIDs(in.Columns)
	diff, err := s.Moments.Diff(ctx, info, from, to)
	return diff, q, err
}

type countDifferences struct {
	InTable
	BetweenMoments
}

// DifferencesCount is how much is otherwise.
type DifferencesCount struct {
	gridview.Differing
	Columns []gridview.ColumnDifference `json:"columns"`
	From    httpapi.AsOf                `json:"from"`
	To      *httpapi.AsOf               `json:"to,omitempty" doc:"Absent for now."`
}

func (s service) countDifferences(
	ctx context.Context, p httpapi.Principal, in *countDifferences,
) (DifferencesCount, httpapi.Meta, error) {
	diff, q, err := s.between(ctx, p, in.TableID, in.BetweenMoments)
	if err != nil {
		return DifferencesCount{}, httpapi.Meta{}, err
	}
	n, err := diff.Count(ctx, q)
	if err != nil {
		return DifferencesCount{}, httpapi.Meta{}, err
	}
	from, to := diff.Sides()
	out := DifferencesCount{Differing: n, Columns: diff.Columns(), From: httpapi.AsOf(*from.Moment), To: (*httpapi.AsOf)(to.Moment)}
	return out, httpapi.Meta{Position: to.Info.Position}, nil
}

type listDifferences struct {
	InTable
	BetweenMoments
	PlacePage
}

// PlacePage is a page of what is compared, in a URL.
type PlacePage struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"200" doc:"meta.next_cursor of the page before"`
}

// after is the place that the page begins after.
func (p PlacePage) after() (gridview.Place, error) {
	if p.Cursor == "" {
		return gridview.Place{}, nil
	}
	return readPlace(p.Cursor)
}

// pageMeta is that of a page as of a position, with where the next one begins.
func pageMeta(position int64, next gridview.Place) httpapi.Meta {
	meta := httpapi.Meta{Position: position}
	if next.Row != "" {
		meta.NextCursor = writePlace(next)
	}
	return meta
}

// columnIDs reads ids separated by commas; none from an empty text.
func columnIDs(list string) []kernel.ColumnID {
	if list == "" {
		return nil
	}
	var out []kernel.ColumnID
	for c := range strings.SplitSeq(list, ",") {
		out = append(out, kernel.ColumnID(c))
	}
	return out
}

// Difference is one thing that is otherwise, and who made it so.
type Difference struct {
	gridview.Difference
	Change *historyview.StepAt `json:"change,omitempty" doc:"The step that made it so last."`
}

func (s service) differences(ctx context.Context, p httpapi.Principal, in *listDifferences) ([]Difference, httpapi.Meta, error) {
	diff, q, err := s.between(ctx, p, in.TableID, in.BetweenMoments)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	q.Limit = in.Limit
	if q.After, err = in.after(); err != nil {
		return nil, httpapi.Meta{}, err
	}
	page, next, err := diff.Page(ctx, q)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	_, to := diff.Sides()
	out, err := s.explained(ctx, diff, page)
	return out, pageMeta(to.Info.Position, next), err
}

// explained adds to differences who made them, and writes values as rows have them.
func (s service) explained(ctx context.Context, diff Diff, page []gridview.Difference) ([]Difference, error) {
	var positions []int64
	for _, d := range page {
		if d.Position > 0 {
			positions = append(positions, d.Position)
		}
	}
	slices.Sort(positions)
	steps, err := s.History.StepsAt(ctx, slices.Compact(positions))
	if err != nil {
		return nil, err
	}
	var users []kernel.UserID
	by := make(map[int64]*historyview.StepAt, len(steps))
	for i := range steps {
		users = append(users, steps[i].Actor.User)
		by[steps[i].Position] = &steps[i]
	}
	names, err := s.names(ctx, users)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		steps[i].Actor.Name = names[steps[i].Actor.User]
	}
	from, to := diff.Sides()
	out := make([]Difference, len(page))
	for i, d := range page {
		d.Old, d.New = written(from.Info.Schema, d.Column, d.Old), written(to.Info.Schema, d.Column, d.New)
		out[i] = Difference{d, by[d.Position]}
	}
	return out, nil
}

// written is a value as rows have it: a long number is a text there.
func written(s table.Schema, id kernel.ColumnID, v json.RawMessage) json.RawMessage {
	c, ok := s.Column(id)
	if !ok || !c.Type.Numeric() || kernel.IsNull(v) {
		return v
	}
	return table.AppendNumber(nil, string(v))
}

func writePlace(p gridview.Place) string {
	b, err := json.Marshal(p)
	if err != nil { // a text and a number
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readPlace(cursor string) (p gridview.Place, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &p) != nil || kernel.ParseID(kernel.PrefixRow, string(p.Row)) != nil {
		return p, kernel.BadCursor()
	}
	return p, nil
}

type restoreTo struct {
	InTable
	Body struct {
		AsOf    string              `json:"as_of" minLength:"1" maxLength:"64" doc:"The moment: a log position or a time (RFC 3339)."`
		RowIDs  []kernel.RowID      `json:"row_ids,omitempty" maxItems:"10000" doc:"Only these rows; all if empty."`
		Columns []string            `json:"columns,omitempty" maxItems:"1000" doc:"Only cells of these columns, by id or name; then no row comes or goes."`
		After   *tablecmd.PastPlace `json:"after,omitempty" doc:"The last answer's next."`
		DryRun  bool                `json:"dry_run,omitempty" doc:"Only count, up to 100,000 differences."`
	}
}

func (s service) restoreTo(ctx context.Context, meta kernel.Meta, in *restoreTo) (commands.Result[tablecmd.RestoredTo], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.RestoredTo]{}, err
	}
	b := in.Body
	asked, err := gridview.ReadAsOf("as_of", b.AsOf)
	if err != nil {
		return commands.Result[tablecmd.RestoredTo]{}, err
	}
	cmd := tablecmd.RestoreTo{Table: in.TableID, Moment: tablecmd.Moment(asked), Rows: b.RowIDs, Columns: b.Columns, DryRun: b.DryRun}
	if b.After != nil {
		if err := kernel.ParseID(kernel.PrefixRow, string(b.After.Row)); err != nil {
			return commands.Result[tablecmd.RestoredTo]{}, kernel.Invalid("after.row_id", "%s", err)
		}
		cmd.After = *b.After
	}
	return s.Handlers.RestoreTo(ctx, meta, cmd)
}
