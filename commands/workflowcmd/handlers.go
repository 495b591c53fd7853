// Package workflowcmd holds the commands on workflows: their versions, their runs, what begins runs, and the runner that carries them out
// node by node.
package workflowcmd

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// Query asks for rows of a table in the order of their ids.
type Query struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Columns   []kernel.ColumnID // whose cells are wanted
	Filter    json.RawMessage   // nothing takes all
	IDs       []kernel.RowID    // only these, if not nil
	After     kernel.RowID      // only greater ids
	Limit     int
	Position  int64 // that the rows must reflect; the grid waits for it
}

// Row is a row with the cells that were asked for.
type Row struct {
	ID    kernel.RowID
	Cells map[kernel.ColumnID]json.RawMessage
}

// Grid reads rows.
type Grid interface {
	Page(ctx context.Context, q Query) ([]Row, error)
	Count(ctx context.Context, q Query) (int64, error)
}

// Cells sets cells of rows: the same in each of them.
type Cells interface {
	Set(ctx context.Context, meta kernel.Meta, table kernel.TableID, rows []kernel.RowID, values map[kernel.ColumnID]json.RawMessage) error
}

// Ask is a run of an enrichment column over rows.
type Ask struct {
	Table      kernel.TableID
	Column     kernel.ColumnID
	Rows       []kernel.RowID
	OnlyEmpty  bool
	MaxCredits kernel.Credits // 0 is no limit of its own
}

// Enrichments runs enrichment columns.
type Enrichments interface {
	// Estimate says what the run would likely cost.
	Estimate(ctx context.Context, meta kernel.Meta, a Ask) (kernel.Credits, error)
	// Start starts the run; the same idempotency key is the same run.
	Start(ctx context.Context, meta kernel.Meta, a Ask) (kernel.RunID, error)
	Cancel(ctx context.Context, meta kernel.Meta, id kernel.RunID) error
}

// Sender posts to the address of a webhook, signed with its secret.
type Sender interface {
	// Send posts the body under the message's id, by which the receiver knows a repeat. Again says that it may help to send it again.
	Send(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, message string, body []byte) (again bool, err error)
}

// Key is a credential as calls carry it.
type Key struct {
	Secret map[string]string
	Hosts  []string // that it may be sent to
}

// String keeps the secret out of what is printed.
func (Key) String() string { return "••••" }

// GoString keeps the secret out of what is printed.
func (Key) GoString() string { return "••••" }

// Request is a call to another system.
type Request struct {
	workflow.Called
	Name     string // by which the receiver knows a repeat
	Auth     string // how the key is sent; empty: there is none
	AuthName string
	Key      Key
}

// Reply is what became of a call.
type Reply struct {
	Err   error         // nil when it was taken
	Again bool          // it may help to ask again
	After time.Duration // that the receiver asks to wait before; 0 for nothing
}

// Caller calls other systems.
type Caller interface {
	// Open takes a credential out of the vault.
	Open(ctx context.Context, meta kernel.Meta, id kernel.CredentialID) (Key, error)
	Call(ctx context.Context, r Request) Reply
}

// Rows makes rows and finds them by a value.
type Rows interface {
	// Upsert writes the cells of each row into the row that has the same value in the key column, or into a new one, and answers their ids.
	Upsert(
		ctx context.Context, meta kernel.Meta, table kernel.TableID, key kernel.ColumnID, cells []map[string]json.RawMessage,
	) ([]kernel.RowID, error)
}

// Cache keeps what may be gone at any time.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, life time.Duration)
}

// KeptOut knows whose addresses and numbers may not come into a workspace.
type KeptOut interface {
	// In returns what tells whether a text has one of them; nil where there are none.
	In(ctx context.Context, ws kernel.WorkspaceID) (func(text string) bool, error)
}

// Limiter counts what comes. Allow takes one from the key's budget of perMinute and says when to come back if it is used up.
type Limiter interface {
	Allow(ctx context.Context, key string, perMinute int) (ok bool, retryAfter time.Duration)
}

// Config is what the commands need.
type Config struct {
	Store       eventstore.Store
	Codec       *eventstore.Codec
	IDs         *kernel.IDs
	Clock       kernel.Clock
	Grid        Grid
	Cells       Cells
	Enrichments Enrichments
	Sender      Sender
	Caller      Caller
	Rows        Rows
	Cache       Cache
	Limiter     Limiter
	KeptOut     KeptOut // nil: nobody is kept out
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Grid == nil || c.Cells == nil || c.Enrichments == nil ||
		c.Sender == nil || c.Caller == nil || c.Rows == nil || c.Cache == nil || c.Limiter == nil {
		return errors.New("the workflow commands need a store, a codec, ids, a clock, a grid, cells, enrichments, a sender, a caller, rows, " +
			"a cache and a limiter")
	}
	return nil
}

// Handlers carries out the commands.
type Handlers struct {
	cfg         Config
	workflows   *eventstore.Repo[*workflow.Workflow]
	runs        *eventstore.Repo[*workflow.Run]
	tables      *eventstore.Repo[*table.Table]
	webhooks    *eventstore.Repo[*webhook.Webhook]
	enrichments *eventstore.Repo[*enrichment.Run]
	credentials *eventstore.Repo[*credential.Credential]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		cfg:         cfg,
		workflows:   eventstore.NewRepo(workflow.Stream, cfg.Store, cfg.Codec, workflow.New),
		runs:        eventstore.NewRepo(workflow.RunStream, cfg.Store, cfg.Codec, workflow.NewRun),
		tables:      eventstore.NewRepo(table.StructureStream, cfg.Store, cfg.Codec, table.Blank),
		webhooks:    eventstore.NewRepo("webhook", cfg.Store, cfg.Codec, webhook.New),
		enrichments: eventstore.NewRepo("run", cfg.Store, cfg.Codec, enrichment.NewRun),
		credentials: eventstore.NewRepo("credential", cfg.Store, cfg.Codec, credential.New),
	}, nil
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// load loads a workflow of the workspace.
func (h *Handlers) load(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID) (*workflow.Workflow, error) {
	if kernel.ParseID(kernel.PrefixWorkflow, string(id)) != nil {
		return nil, kernel.NotFound("workflow", string(id))
	}
	w, _, err := h.workflows.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if !w.In(ws) {
		return nil, kernel.NotFound("workflow", string(id))
	}
	return w, nil
}

// loadRun loads a run of the workspace.
func (h *Handlers) loadRun(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowRunID) (*workflow.Run, error) {
	if kernel.ParseID(kernel.PrefixWorkflowRun, string(id)) != nil {
		return nil, kernel.NotFound("run", string(id))
	}
	r, _, err := h.runs.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if !r.In(ws) {
		return nil, kernel.NotFound("run", string(id))
	}
	return r, nil
}

// Version is a version with its graph and what keeps it from running.
type Version struct {
	workflow.Version
	Graph    workflow.Graph     `json:"graph"`
	Problems []workflow.Problem `json:"problems" doc:"What keeps the version from running; a version with none can be published and run."`
}

// Version reads a version; 0 is the newest one.
func (h *Handlers) Version(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, number int) (Version, error) {
	w, err := h.load(ctx, ws, id)
	if err != nil {
		return Version{}, err
	}
	v, g, err := h.graph(ctx, w, id, number)
	if err != nil {
		return Version{}, err
	}
	problems, err := h.Check(ctx, ws, g)
	return Version{v, g, problems}, err
}

// graph reads the graph of a version; 0 is the newest one.
func (h *Handlers) graph(
	ctx context.Context, w *workflow.Workflow, id kernel.WorkflowID, number int,
) (workflow.Version, workflow.Graph, error) {
	if number == 0 || number == w.Latest().Number {
		return w.Latest(), w.Graph(), nil
	}
	v, ok := w.Version(number)
	if !ok {
		return v, workflow.Graph{}, kernel.NotFound("version", "of the workflow")
	}
	events, err := h.cfg.Store.ReadStream(ctx, h.workflows.Stream(string(id)), v.Event-1, 1)
	if err != nil {
		return v, workflow.Graph{}, err
	}
	if len(events) == 0 {
		return v, workflow.Graph{}, errors.New("the version's event is not there")
	}
	e, err := decodeAs[workflow.Saved](h.cfg.Codec, events[0])
	return v, e.Graph, err
}

// Versions lists a workflow's versions, the newest first, and which one is published.
func (h *Handlers) Versions(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID) ([]workflow.Version, int, error) {
	w, err := h.load(ctx, ws, id)
	if err != nil {
		return nil, 0, err
	}
	list := w.Versions()
	out := make([]workflow.Version, len(list))
	for i, v := range list {
		out[len(list)-1-i] = v
	}
	return out, w.Published(), nil
}

// Diff tells what one version has different from another, in lines.
func (h *Handlers) Diff(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, from, to int) ([]string, error) {
	w, err := h.load(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	_, a, err := h.graph(ctx, w, id, from)
	if err != nil {
		return nil, err
	}
	_, b, err := h.graph(ctx, w, id, to)
	return a.Diff(b), err
}

// reply answers nothing.
func reply(done eventstore.Appended, err error) (commands.Result[Nothing], error) {
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}
