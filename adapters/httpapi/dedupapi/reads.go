package dedupapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/dedupview"
)

// Reads reads jobs, groups and merged rows.
type Reads interface {
	Jobs(
		ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, kind dedup.Kind, before kernel.DedupID, limit int,
	) ([]dedupview.Job, error)
	Job(ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, id kernel.DedupID) (dedupview.Job, error)
	Counts(ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, scan kernel.DedupID) (map[string]int, error)
	Groups(
		ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, scan kernel.DedupID, state string, after, limit int,
	) ([]dedupview.Group, error)
	Merged(ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, before dedupview.Place, limit int) ([]dedupview.Merged, error)
}

// Rows reads rows by their ids, in the trash or not, with all columns.
type Rows func(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, rows []kernel.RowID) (map[kernel.RowID]table.RowCells, error)

// Deps is what the endpoints need.
type Deps struct {
	Handlers *dedupcmd.Handlers
	Reads    Reads
	Rows     Rows
}

// Job is a scan, a merge or an un-merge.
type Job struct {
	ID        kernel.DedupID `json:"id"`
	Kind      dedup.Kind     `json:"kind" enum:"scan,merge,unmerge"`
	State     dedup.State    `json:"state" enum:"running,completed,failed,cancelled"`
	OfID      kernel.DedupID `json:"of_id,omitempty" doc:"The scan of a merge, the merge of an un-merge."`
	Keys      []dedup.Key    `json:"keys,omitempty"`
	Threshold float64        `json:"threshold,omitempty"`
	Rows      int            `json:"rows" doc:"That were looked at, or hidden by a merge."`
	Pairs     int            `json:"pairs" doc:"That were compared so far."`
	Groups    int            `json:"groups" doc:"That were found, merged or taken apart."`
	States    map[string]int `json:"states,omitempty" doc:"Of one scan: its groups by state, open, skipped, distinct or merged."`
	LeftCount int            `json:"left_count" doc:"Groups that were left as they are."`
	Left      []dedup.Left   `json:"left" doc:"Some of them, with the reasons."`
	Told      *dedup.Told    `json:"told,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	StartedAt time.Time      `json:"started_at"`
	EndedAt   *time.Time     `json:"ended_at,omitempty"`
}

func jobOf(j dedupview.Job) Job {
	return Job{
		ID: j.ID, Kind: j.Kind, State: j.State, OfID: j.Of, Keys: j.Definition.Keys, Threshold: j.Definition.Threshold, Rows: j.Rows,
		Pairs: j.Pairs, Groups: j.Groups, LeftCount: j.LeftCount, Left: append([]dedup.Left{}, j.Left...), Told: j.Told, Reason: j.Reason,
		StartedAt: j.StartedAt, EndedAt: j.EndedAt,
	}
}

type listIn struct {
	InTable
	httpapi.Page
	Kind dedup.Kind `query:"kind" enum:"scan,merge,unmerge" doc:"Only jobs of this kind."`
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Job, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixDedup, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Jobs(ctx, p.Workspace, in.TableID, in.Kind, kernel.DedupID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(j dedupview.Job) string { return string(j.ID) })
	if len(list) == 0 { // a table that is not there is told from one without jobs
		if _, err := s.Rows(ctx, p.Workspace, in.TableID, nil); err != nil {
			return nil, meta, err
		}
	}
	out := make([]Job, len(list))
	for i, j := range list {
		out[i] = jobOf(j)
	}
	return out, meta, nil
}

func (s service) get(ctx context.Context, p httpapi.Principal, in *InJob) (Job, httpapi.Meta, error) {
	j, err := s.Reads.Job(ctx, p.Workspace, in.TableID, in.JobID)
	if err != nil {
		return Job{}, httpapi.Meta{}, err
	}
	out := jobOf(j)
	if j.Kind == dedup.Scan {
		out.States, err = s.Reads.Counts(ctx, p.Workspace, in.TableID, in.JobID)
	}
	return out, httpapi.Meta{}, err
}

// Row is a row with its cells.
type Row struct {
	ID      kernel.RowID                        `json:"id"`
	Present bool                                `json:"present" doc:"It is in the table, neither in the trash nor hidden by a merge."`
	Cells   map[kernel.ColumnID]json.RawMessage `json:"cells"`
}

// Reason says how two rows agree in one column.
type Reason struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Level    string          `json:"level" enum:"missing,different,near,close,short_name,initial,generation,alike,same,common,spelled"`
	Text     string          `json:"text"`
	For      bool            `json:"for" doc:"It speaks for the rows being the same."`
}

// Pair is two rows of a group, by their places in it.
type Pair struct {
	A       int      `json:"a"`
	B       int      `json:"b"`
	Score   float64  `json:"score"`
	Reasons []Reason `json:"reasons"`
}

// Group is rows that are probably the same.
type Group struct {
	Number int     `json:"number"`
	Score  float64 `json:"score" doc:"How sure it is, from 0 to 1: that of the row that agrees least with the first one."`
	State  string  `json:"state" enum:"open,skipped,distinct,merged"`
	Rows   []Row   `json:"rows"`
	Pairs  []Pair  `json:"pairs"`
}

type groupsIn struct {
	InJob
	httpapi.Page
	State string `query:"state" enum:"open,skipped,distinct,merged" doc:"Only groups in this state."`
}

func (s service) groups(ctx context.Context, p httpapi.Principal, in *groupsIn) ([]Group, httpapi.Meta, error) {
	var meta httpapi.Meta
	after := 0
	if in.Cursor != "" {
		n, err := strconv.Atoi(in.Cursor)
		if err != nil {
			return nil, meta, kernel.BadCursor()
		}
		after = n
	}
	scan, err := s.Reads.Job(ctx, p.Workspace, in.TableID, in.JobID)
	if err != nil {
		return nil, meta, err
	}
	list, err := s.Reads.Groups(ctx, p.Workspace, in.TableID, in.JobID, in.State, after, in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(g dedupview.Group) string { return strconv.Itoa(g.Number) })
	var ids []kernel.RowID
	for _, g := range list {
		ids = append(ids, g.Rows...)
	}
	found, err := s.Rows(ctx, p.Workspace, in.TableID, ids)
	if err != nil {
		return nil, meta, err
	}
	out := make([]Group, len(list))
	for i, g := range list {
		out[i] = groupOf(g, scan.Definition.Keys, found)
	}
	return out, meta, nil
}

func groupOf(g dedupview.Group, keys []dedup.Key, found map[kernel.RowID]table.RowCells) Group {
	out := Group{
		Number: g.Number, Score: g.Score, State: string(g.Decision),
		Rows: make([]Row, len(g.Rows)), Pairs: make([]Pair, len(g.Pairs)),
	}
	if g.Merged {
		out.State = "merged"
	}
	for i, id := range g.Rows {
		out.Rows[i] = rowOf(id, found)
	}
	for i, pair := range g.Pairs {
		out.Pairs[i] = Pair{A: pair.A, B: pair.B, Score: pair.Score, Reasons: reasonsOf(keys, pair.By)}
	}
	return out
}

func rowOf(id kernel.RowID, found map[kernel.RowID]table.RowCells) Row {
	r, ok := found[id]
	out := Row{ID: id, Present: ok && !r.Trashed, Cells: map[kernel.ColumnID]json.RawMessage{}}
	for c, v := range r.Values {
		if !kernel.IsNull(v) {
			out.Cells[c] = v
		}
	}
	return out
}

func reasonsOf(keys []dedup.Key, packed string) []Reason {
	out := []Reason{}
	for i, l := range dedup.Levels(packed) {
		if i < len(keys) {
			out = append(out, Reason{keys[i].ColumnID, l.Slug(), dedup.Reason(keys[i].Match, l), l.Speaks()})
		}
	}
	return out
}

// Merged is rows that are merged into one.
type Merged struct {
	MergeID kernel.DedupID `json:"merge_id"`
	Group   int            `json:"group"`
	Into    Row            `json:"into"`
	Hidden  []Row          `json:"hidden"`
	At      time.Time      `json:"at"`
	By      kernel.UserID  `json:"by,omitempty"`
}

type mergedIn struct {
	InTable
	httpapi.Page
}

func (s service) merged(ctx context.Context, p httpapi.Principal, in *mergedIn) ([]Merged, httpapi.Meta, error) {
	var meta httpapi.Meta
	before, err := placeOf(in.Cursor)
	if err != nil {
		return nil, meta, err
	}
	list, err := s.Reads.Merged(ctx, p.Workspace, in.TableID, before, in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(m dedupview.Merged) string {
		return fmt.Sprintf("%d.%d", m.Place.Position, m.Place.Group)
	})
	var ids []kernel.RowID
	for _, m := range list {
		ids = append(append(ids, m.Survivor), m.Rows...)
	}
	found, err := s.Rows(ctx, p.Workspace, in.TableID, ids)
	if err != nil {
		return nil, meta, err
	}
	out := make([]Merged, len(list))
	for i, m := range list {
		out[i] = Merged{MergeID: m.Merge, Group: m.Group, Into: rowOf(m.Survivor, found), Hidden: []Row{}, At: m.At, By: m.By}
		for _, id := range m.Rows {
			out[i].Hidden = append(out[i].Hidden, rowOf(id, found))
		}
	}
	return out, meta, nil
}

func placeOf(cursor string) (dedupview.Place, error) {
	if cursor == "" {
		return dedupview.Place{}, nil
	}
	position, group, ok := strings.Cut(cursor, ".")
	at, errAt := strconv.ParseInt(position, 10, 64)
	n, errN := strconv.Atoi(group)
	if !ok || errAt != nil || errN != nil {
		return dedupview.Place{}, kernel.BadCursor()
	}
	return dedupview.Place{Position: at, Group: n}, nil
}
