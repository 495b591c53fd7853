// Package crmview keeps connections to CRMs, syncs, how far each of their runs has come, and which row belongs to which record.
package crmview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "crm"

// Connection is a workspace's access to an account of a CRM.
type Connection struct {
	ID          kernel.ConnectionID
	Workspace   kernel.WorkspaceID
	Vendor      string
	State       crm.ConnectionState
	Account     crm.Account
	By          kernel.UserID
	Error       string // the last of its refreshes
	ConnectedAt time.Time
}

// Sync is a saved way of bringing rows into a CRM.
type Sync struct {
	ID         kernel.SyncID
	Workspace  kernel.WorkspaceID
	Definition crm.Definition
	UpdatedAt  time.Time
	NextPull   *time.Time // when it pulls by itself; nil for never
}

// Run is one going through of a sync.
type Run struct {
	ID        kernel.SyncRunID
	Sync      kernel.SyncID
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Name      string
	Vendor    string
	Object    string
	Kind      crm.RunKind
	Dry       bool
	Of        kernel.SyncRunID
	Archive   bool
	State     crm.RunState
	Total     int
	Counts    crm.Counts
	Waits     string // what it waits for
	Reason    string // why there are not more records
	StartedAt time.Time
	EndedAt   *time.Time
}

// Links are rows with their records, of one object of a connection.
type Links struct {
	Connection kernel.ConnectionID
	Workspace  kernel.WorkspaceID
	Object     string
	Table      kernel.TableID
	Links      []crm.Link
}

// Conflict is a record of a sync with fields that a person has to decide about. Their values are in the run's batch, sealed.
type Conflict struct {
	Sync      kernel.SyncID
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Record    string
	Row       kernel.RowID
	Fields    []string
	Run       kernel.SyncRunID
	Version   int64 // of the run's stream, after the batch
	Entry     int   // its number in the batch
	At        time.Time
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Connect adds a connection or replaces one.
	Connect(ctx context.Context, c Connection) error
	// Trouble notes the last error of a connection, "" for none, and that it needs to be connected again.
	Trouble(ctx context.Context, id kernel.ConnectionID, reason string, denied bool) error
	// Disconnect removes a connection with its links.
	Disconnect(ctx context.Context, id kernel.ConnectionID) error
	Save(ctx context.Context, s Sync) error
	// Pulled notes which time's pull a sync has begun by itself.
	Pulled(ctx context.Context, id kernel.SyncID, due time.Time) error
	Delete(ctx context.Context, id kernel.SyncID) error
	Begin(ctx context.Context, r Run) error
	// Settle adds a batch to its run, which waits no longer.
	Settle(ctx context.Context, id kernel.SyncRunID, c crm.Counts) error
	Wait(ctx context.Context, id kernel.SyncRunID, reason string) error
	End(ctx context.Context, id kernel.SyncRunID, state crm.RunState, reason string, at time.Time) error
	// Link ties rows to records. A record is one row's, the last one that it was tied to.
	Link(ctx context.Context, l Links) error
	// Decide replaces the conflicts of a sync's records by those that are open.
	Decide(ctx context.Context, id kernel.SyncID, records []string, open []Conflict) error
	// Forget removes what is of a table.
	Forget(ctx context.Context, id kernel.TableID) error
}

// Projector folds connections, syncs and runs.
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
func (*Projector) Version() int { return 3 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return kernel.EventTypes(crm.Connected{}, crm.Refreshed{}, crm.RefreshFailed{}, crm.Disconnected{}, crm.SyncSaved{}, crm.SyncDeleted{},
		crm.SyncClaimed{}, crm.RunStarted{}, crm.BatchSettled{}, crm.RunWaiting{}, crm.RunEnded{}, table.Purged{})
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
	case crm.Connected:
		return w.Connect(ctx, Connection{
			ID: e.ConnectionID, Workspace: e.Workspace, Vendor: e.Vendor, State: crm.ConnectionActive,
			Account: e.Account, By: e.By, ConnectedAt: e.At,
		})
	case crm.Refreshed:
		return w.Trouble(ctx, e.ConnectionID, "", false)
	case crm.RefreshFailed:
		return w.Trouble(ctx, e.ConnectionID, e.Reason, e.Denied)
	case crm.Disconnected:
		return w.Disconnect(ctx, e.ConnectionID)
	case crm.SyncSaved:
		return w.Save(ctx, Sync{ID: e.SyncID, Workspace: e.Workspace, Definition: e.Definition, UpdatedAt: e.At})
	case crm.SyncClaimed:
		if e.Due == nil {
			return nil
		}
		return w.Pulled(ctx, e.SyncID, *e.Due)
	case crm.SyncDeleted:
		return w.Delete(ctx, e.SyncID)
	case crm.RunStarted:
		return w.Begin(ctx, Run{
			ID: e.RunID, Sync: e.SyncID, Workspace: e.Workspace, Table: e.Definition.TableID, Name: e.Definition.Name, Vendor: e.Vendor,
			Object: e.Definition.Object, Kind: e.Kind, Dry: e.Dry, Of: e.Of, Archive: e.Archive,
			State: crm.RunRunning, Total: e.Total, StartedAt: e.At,
		})
	case crm.BatchSettled:
		return settle(ctx, w, rec, e)
	case crm.RunWaiting:
		return w.Wait(ctx, e.RunID, e.Reason)
	case crm.RunEnded:
		return w.End(ctx, e.RunID, e.State, e.Reason, e.At)
	case table.Purged:
		return w.Forget(ctx, e.TableID)
	default:
		return kernel.UnknownEvent("crm", e)
	}
}

func settle(ctx context.Context, w Writer, rec eventstore.Recorded, e crm.BatchSettled) error {
	if err := w.Settle(ctx, e.RunID, e.Counts); err != nil || len(e.Links) == 0 {
		return err
	}
	if err := w.Link(ctx, Links{e.ConnectionID, e.Workspace, e.Object, e.TableID, e.Links}); err != nil || e.SyncID == "" {
		return err
	}
	records := make([]string, len(e.Links))
	for i, l := range e.Links {
		records[i] = l.ID
	}
	open := make([]Conflict, len(e.Open))
	for i, o := range e.Open {
		open[i] = Conflict{
			Sync: e.SyncID, Workspace: e.Workspace, Table: e.TableID, Record: o.ID, Row: o.RowID, Fields: o.Fields, Run: e.RunID,
			Version: rec.Version, Entry: o.Entry, At: rec.RecordedAt,
		}
	}
	return w.Decide(ctx, e.SyncID, records, open)
}
