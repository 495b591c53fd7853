package crmcmd

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Sealer seals secrets and records under keys that can be destroyed.
type Sealer interface {
	Seal(ctx context.Context, subject string, plain []byte) ([]byte, error)
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
	Destroy(ctx context.Context, subject string) error
}

// Quotas counts the calls of a connection for all processes.
type Quotas interface {
	// Take takes one call of the key and says how long to wait until it may be made. When that is longer than most, nothing is taken, and
	// ok is false.
	Take(ctx context.Context, key string, limits []crm.Limit, most time.Duration) (wait time.Duration, ok bool, err error)
}

// RowQuery asks for rows in the order of their ids.
type RowQuery struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Columns   []kernel.ColumnID
	Filter    json.RawMessage
	After     kernel.RowID
	Limit     int
	Position  int64 // of the log, that the rows must reflect
}

// Row is a row with its cells as canonical JSON; empty ones are absent.
type Row struct {
	ID    kernel.RowID
	Cells map[kernel.ColumnID]json.RawMessage
}

// Rows reads tables.
type Rows interface {
	// Page returns the next rows, fewer than Limit only at the end.
	Page(ctx context.Context, q RowQuery) ([]Row, error)
	Count(ctx context.Context, q RowQuery) (int64, error)
}

// Links knows which accounts are connected, and which rows were synced with which records.
type Links interface {
	// OfAccount is the workspace's connection with an account, also one that needs to be reconnected; "" for none.
	OfAccount(ctx context.Context, ws kernel.WorkspaceID, vendor, account string) (kernel.ConnectionID, error)
	// OfRows are the records' ids by row.
	OfRows(
		ctx context.Context, ws kernel.WorkspaceID, c kernel.ConnectionID, object string, rows []kernel.RowID,
	) (map[kernel.RowID]string, error)
	// Known is what is known of records, by their ids.
	Known(ctx context.Context, ws kernel.WorkspaceID, c kernel.ConnectionID, object string, ids []string) (map[string]crm.Tie, error)
	// Disputed are records of a sync that a person has to decide about, by their ids from after the given one on: of those that are named
	// only, if any are.
	Disputed(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncID, only []string, after string, limit int) ([]string, error)
}

// Sheets opens tables for runs that write into them.
type Sheets interface {
	Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (Sheet, error)
}

// Sheet is a table as it was when it was opened.
type Sheet interface {
	// Match finds up to two rows for each of the texts in a column.
	Match(ctx context.Context, column kernel.ColumnID, texts []string) ([][]kernel.RowID, error)
	Cells(ctx context.Context, rows []kernel.RowID, columns []kernel.ColumnID) (map[kernel.RowID]table.RowCells, error)
	// Read reads a text as a person's is read; several says that it holds choices with semicolons between them.
	Read(column kernel.ColumnID, several bool, text string) (json.RawMessage, error)
	// Write appends rows and cells with what is noted beside them, all or nothing. It meets a conflict when the table has changed since.
	Write(ctx context.Context, meta kernel.Meta, w SheetWrite, beside ...eventstore.Change) error
}

// SheetWrite is what a run writes into a table: as one step of undo with all that the run writes.
type SheetWrite struct {
	Inserts []table.NewRow
	Edits   []table.CellChange
	Step    table.Step
}

// Waiter waits until a read model has reached a position; ok is false when it has not when ctx ends.
type Waiter interface {
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// App is Morket's registration at a vendor.
type App struct{ ClientID, ClientSecret string }

// CRM is a kind of CRM with the registration for it; without one it can't be connected.
type CRM struct {
	Connector crm.Connector
	App       App
	Setup     string // what the operator has to set to connect it
}

// Config is what the commands need.
type Config struct {
	Store    eventstore.Store
	Codec    *eventstore.Codec
	IDs      *kernel.IDs
	Clock    kernel.Clock
	Sealer   Sealer
	Quotas   Quotas
	Rows     Rows
	Links    Links
	Sheets   Sheets
	Waiter   Waiter
	CRMs     []CRM
	Redirect func(vendor string) string // the address that the vendor sends people back to
	// Sleep waits; nil waits by the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Sealer == nil || c.Quotas == nil || c.Rows == nil ||
		c.Links == nil || c.Sheets == nil || c.Waiter == nil || c.Redirect == nil {
		return errors.New("the CRM commands need a store, a codec, ids, a clock, a sealer, quotas, rows, links, sheets, a waiter " +
			"and a redirect address")
	}
	return nil
}

// Handlers carries out the commands.
type Handlers struct {
	cfg         Config
	connections *eventstore.Repo[*crm.Connection]
	syncs       *eventstore.Repo[*crm.Sync]
	runs        *eventstore.Repo[*crm.Run]
	tables      *eventstore.Repo[*table.Table]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Sleep == nil {
		cfg.Sleep = kernel.Pause
	}
	return &Handlers{
		cfg:         cfg,
		connections: eventstore.NewRepo(crm.ConnectionStream, cfg.Store, cfg.Codec, crm.NewConnection),
		syncs:       eventstore.NewRepo(crm.SyncStream, cfg.Store, cfg.Codec, crm.NewSync),
		runs:        eventstore.NewRepo(crm.RunStream, cfg.Store, cfg.Codec, crm.NewRun),
		tables:      eventstore.NewRepo(table.StructureStream, cfg.Store, cfg.Codec, table.Blank),
	}, nil
}

// CRMs are the kinds of CRM that can be connected, configured or not.
func (h *Handlers) CRMs() []CRM { return slices.Clone(h.cfg.CRMs) }

// Redirect is the address that a vendor sends people back to.
func (h *Handlers) Redirect(vendor string) string { return h.cfg.Redirect(vendor) }

func (h *Handlers) crm(vendor string) (CRM, bool) {
	for _, c := range h.cfg.CRMs {
		if c.Connector.Describe().Slug == vendor {
			return c, true
		}
	}
	return CRM{}, false
}

// configured is the kind of CRM if it can be connected.
func (h *Handlers) configured(vendor string) (CRM, error) {
	c, ok := h.crm(vendor)
	if !ok {
		return CRM{}, kernel.NotFound("integration", vendor)
	}
	if c.App.ClientID == "" {
		return c, kernel.E(kernel.KindConflict, "NOT_CONFIGURED", "%s can't be connected on this installation yet: %s",
			c.Connector.Describe().Name, c.Setup)
	}
	return c, nil
}

// Nothing is the answer of a command that has none.
type Nothing struct{}
