package crmapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/crmview"
)

func (s service) disputes(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-sync-conflicts", Method: http.MethodGet, Path: "W/syncs/{syncId}/conflicts", Tag: tag,
		Summary:     "Records that were changed on both sides, with both values",
		Description: "Those that wait for a decision, as they were when a pull met them. A decision is by the values of then it is carried out.",
		Action:      workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.TablesOf(s.disputing), Rate: httpapi.General,
	}, s.conflicts)
	httpapi.Write(a, httpapi.Op{
		ID: "resolve-sync-conflicts", Method: http.MethodPost, Path: "W/syncs/{syncId}/conflicts/resolve", Tag: tag,
		Summary: "Let the table's or the CRM's values hold, for some records or all",
		Description: "By a run that reads both sides again. The CRM's values go into the table; the table's stay, and go into the CRM by the " +
			"next push if the field is pushed.",
		Action: workspace.RunSyncs, Rate: httpapi.Enrichment, Status: http.StatusCreated, Scope: httpapi.TablesOf(s.resolving),
	}, s.resolve)
}

func (s service) disputing(ctx context.Context, p httpapi.Principal, in *conflictsIn) (httpapi.Reach, error) {
	return s.ofSync(ctx, p, &in.InSync)
}

func (s service) resolving(ctx context.Context, p httpapi.Principal, in *resolveIn) (httpapi.Reach, error) {
	return s.ofSync(ctx, p, &in.InSync)
}

type conflictsIn struct {
	InSync
	httpapi.Page
}

// Conflict is a record that was changed on both sides and waits for a decision.
type Conflict struct {
	RecordID string           `json:"record_id"`
	RowID    kernel.RowID     `json:"row_id"`
	RunID    kernel.SyncRunID `json:"run_id" doc:"The pull that met it."`
	Label    string           `json:"label,omitempty" doc:"The value that the record is found by."`
	URL      string           `json:"url,omitempty"`
	Fields   []string         `json:"fields"`
	Disputes []Dispute        `json:"disputes" doc:"Both values; none once the run's records were erased."`
	At       time.Time        `json:"at"`
}

// cursorMark begins a cursor, since vendors name records as they like.
const cursorMark = "record."

// recordAfter is the vendor's id of the record that a page ended with.
func recordAfter(cursor string) (string, error) {
	record, ok := strings.CutPrefix(cursor, cursorMark)
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	if cursor != "" && (!ok || record == "" || strings.ContainsFunc(record, odd)) {
		return "", kernel.BadCursor()
	}
	return record, nil
}

func (s service) conflicts(ctx context.Context, p httpapi.Principal, in *conflictsIn) ([]Conflict, httpapi.Meta, error) {
	var meta httpapi.Meta
	after, err := recordAfter(in.Cursor)
	if err != nil {
		return nil, meta, err
	}
	list, err := s.Reads.Conflicts(ctx, p.Workspace, in.SyncID, after, in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(c crmview.Conflict) string { return cursorMark + c.Record })
	refs := make([]crmcmd.Ref, len(list))
	for i, c := range list {
		refs[i] = crmcmd.Ref{TableID: c.Table, RunID: c.Run, Version: c.Version, Entry: c.Entry}
	}
	entries, err := s.Handlers.Entries(ctx, refs)
	if err != nil {
		return nil, meta, err
	}
	out := make([]Conflict, len(list))
	for i, c := range list {
		out[i] = Conflict{
			RecordID: c.Record, RowID: c.Row, RunID: c.Run, Label: entries[i].Label, URL: entries[i].URL,
			Fields: c.Fields, Disputes: []Dispute{}, At: c.At,
		}
		for _, d := range entries[i].Disputes {
			if d.Winner == "" {
				out[i].Disputes = append(out[i].Disputes, Dispute(d))
			}
		}
	}
	return out, meta, nil
}

// ResolveBody says whose values hold.
type ResolveBody struct {
	Take    crm.Rule `json:"take" enum:"ours,theirs" doc:"Ours is the table's."`
	Records []string `json:"records,omitempty" maxItems:"500" doc:"Ids of records; all that wait if it is left out."`
}

type resolveIn struct {
	InSync
	Body ResolveBody
}

func (s service) resolve(ctx context.Context, meta kernel.Meta, in *resolveIn) (commands.Result[crmcmd.Started], error) {
	return s.Handlers.Resolve(ctx, meta, crmcmd.Resolve{SyncID: in.SyncID, Take: in.Body.Take, Records: in.Body.Records})
}
