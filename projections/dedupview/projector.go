// Package dedupview keeps the jobs of looking for duplicates and merging rows, the groups that scans have found, what people have decided
// about them, and which rows are merged.
package dedupview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "dedup"

// Job is a scan, a merge or an un-merge.
type Job struct {
	ID         kernel.DedupID
	Workspace  kernel.WorkspaceID
	Table      kernel.TableID
	Kind       dedup.Kind
	State      dedup.State
	Of         kernel.DedupID // the scan of a merge, the merge of an un-merge
	Definition dedup.Definition
	By         kernel.UserID
	Rows       int // that were looked at, merged away or brought back
	Pairs      int
	Groups     int // that were found, merged or taken apart
	Left       []dedup.Left
	LeftCount  int
	Reason     string
	Told       *dedup.Told
	StartedAt  time.Time
	EndedAt    *time.Time
}

// Group is a group of a scan.
type Group struct {
	Scan     kernel.DedupID
	Number   int
	Rows     []kernel.RowID
	Score    float64
	Pairs    []dedup.Pair
	Decision dedup.Decision
	Merged   bool // its rows are merged
}

// Merged is a group of rows that are merged.
type Merged struct {
	Merge    kernel.DedupID
	Group    int
	Survivor kernel.RowID
	Rows     []kernel.RowID // that are hidden
	At       time.Time
	By       kernel.UserID
	Place    Place
}

// Place is a place in the list of merged rows.
type Place struct {
	Position int64
	Group    int
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	Begin(ctx context.Context, j Job) error
	// Restart forgets the groups of a scan.
	Restart(ctx context.Context, id kernel.DedupID) error
	Progress(ctx context.Context, e dedup.ScanProgressed) error
	Found(ctx context.Context, e dedup.GroupsFound) error
	Decide(ctx context.Context, e dedup.GroupDecided) error
	Join(ctx context.Context, e dedup.RowsMerged, position int64, at time.Time) error
	Part(ctx context.Context, e dedup.RowsParted) error
	End(ctx context.Context, e dedup.Ended) error
	// Hide notes that rows are hidden by their links, or not any more.
	Hide(ctx context.Context, rows []kernel.RowID, links []table.Link, hidden bool) error
	// Forget removes what there is of a table.
	Forget(ctx context.Context, id kernel.TableID) error
}

// Projector folds jobs and the rows that were merged.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec, open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return kernel.EventTypes(dedup.ScanStarted{}, dedup.ScanRestarted{}, dedup.ScanProgressed{}, dedup.GroupsFound{}, dedup.GroupDecided{},
		dedup.MergeStarted{}, dedup.RowsMerged{}, dedup.UnmergeStarted{}, dedup.RowsParted{}, dedup.Ended{},
		table.RowsDeleted{}, table.RowsRestored{}, table.Purged{})
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		if err := apply(ctx, w, rec, e); err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, rec eventstore.Recorded, e kernel.Event) error {
	switch e := e.(type) {
	case dedup.ScanStarted:
		return w.Begin(ctx, Job{
			ID: e.JobID, Workspace: e.Workspace, Table: e.TableID, Kind: dedup.Scan, State: dedup.Running, Definition: e.Definition, By: e.By,
			StartedAt: e.At,
		})
	case dedup.MergeStarted:
		return w.Begin(ctx, Job{
			ID: e.JobID, Workspace: e.Workspace, Table: e.TableID, Kind: dedup.Merging, State: dedup.Running, Of: e.ScanID, By: e.By,
			StartedAt: e.At,
		})
	case dedup.UnmergeStarted:
		return w.Begin(ctx, Job{
			ID: e.JobID, Workspace: e.Workspace, Table: e.TableID, Kind: dedup.Parting, State: dedup.Running, Of: e.MergeID, By: e.By,
			StartedAt: e.At,
		})
	case dedup.ScanRestarted:
		return w.Restart(ctx, e.JobID)
	case dedup.ScanProgressed:
		return w.Progress(ctx, e)
	case dedup.GroupsFound:
		return w.Found(ctx, e)
	case dedup.GroupDecided:
		return w.Decide(ctx, e)
	case dedup.RowsMerged:
		return w.Join(ctx, e, rec.Position, rec.RecordedAt)
	case dedup.RowsParted:
		return w.Part(ctx, e)
	case dedup.Ended:
		return w.End(ctx, e)
	case table.RowsDeleted:
		return hide(ctx, w, e.Rows, e.Links, true)
	case table.RowsRestored:
		return hide(ctx, w, e.Rows, e.Links, false)
	case table.Purged:
		return w.Forget(ctx, e.TableID)
	default:
		return kernel.UnknownEvent("dedup", e)
	}
}

func hide(ctx context.Context, w Writer, rows []kernel.RowID, links []table.Link, hidden bool) error {
	if len(links) == 0 {
		return nil
	}
	return w.Hide(ctx, rows, links, hidden)
}
