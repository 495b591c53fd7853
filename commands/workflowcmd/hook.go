package workflowcmd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

const (
	// sampleLife is how long the last delivery is shown to those who say what becomes of the next ones.
	sampleLife = 24 * time.Hour
	// mostWaiting is how many deliveries may wait for a run to begin; what comes after them is to be sent again later.
	mostWaiting = 500
	// waitingFor is how far back deliveries are counted that wait: those of a trigger that was off meanwhile wait for nothing.
	waitingFor = 10 * time.Minute
	comeBack   = 10 * time.Second
	// perMinute is how many deliveries one address takes.
	perMinute = 600
)

// HookAddress is a workflow's new address.
type HookAddress struct {
	Path string `json:"path" doc:"Below the server's own address. It is a secret, and is shown this once."`
}

// HookPath is what an address begins with.
const HookPath = "/workflow-hooks/"

// SetHook gives a workflow an address of its own. The one before ends at once.
func (h *Handlers) SetHook(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID) (commands.Result[HookAddress], error) {
	secret := rand.Text()
	meta.IdempotencyKey = "" // the answer is a secret, which is kept nowhere: a repeat makes another address
	done, err := h.change(ctx, meta.As("workflow.hook"), id, func(w *workflow.Workflow) error {
		return w.SetHook(workflow.HookHash(secret), meta.Actor.User(), h.cfg.Clock.Now())
	})
	out := commands.Result[HookAddress]{Value: HookAddress{HookPath + string(id) + "." + secret}, Position: done.Position}
	return out, err
}

// Hook is a workflow's address without its secret, and the last that came to it.
type Hook struct {
	Since    *time.Time             `json:"since,omitempty" doc:"When the address was made; absent if there is none."`
	SampleAt *time.Time             `json:"sample_at,omitempty" doc:"When the last delivery came, of the last day."`
	Sample   []workflow.SampleField `json:"sample" doc:"What stood in it."`
}

// Hook reads it.
func (h *Handlers) Hook(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID) (Hook, error) {
	out := Hook{Sample: []workflow.SampleField{}}
	w, err := h.load(ctx, ws, id)
	if err != nil {
		return out, err
	}
	if at, ok := w.HookAt(); ok {
		out.Since = &at
	}
	if s, ok := h.sampleOf(ctx, ws, id); ok {
		out.SampleAt, out.Sample = &s.At, s.Fields
	}
	return out, nil
}

// Receive takes what came to an address.
type Receive struct {
	Address string // the id and the secret
	Key     string // by which the sender names a repeat, if it does
	Body    []byte // JSON of bounded depth
}

// Accepted is what became of it.
type Accepted struct {
	Rows int `json:"rows" doc:"That were made or changed, and go through the workflow."`
}

// Receive makes rows of what came, which then go through the published version. A repeat with the same key makes and begins nothing.
func (h *Handlers) Receive(ctx context.Context, meta kernel.Meta, c Receive) (commands.Result[Accepted], error) {
	var none commands.Result[Accepted]
	w, id, err := h.addressed(ctx, c.Address)
	if err != nil {
		return none, err
	}
	if ok, retry := h.cfg.Limiter.Allow(ctx, "workflow-hook|"+string(id), perMinute); !ok {
		e := kernel.E(kernel.KindRateLimited, "RATE_LIMITED", "more than %d deliveries a minute; send this one again in a moment", perMinute)
		e.RetryAfter = retry
		return none, e
	}
	list, err := workflow.Deliveries(c.Body)
	if err != nil {
		return none, err
	}
	h.keepSample(ctx, w.Workspace(), id, list[0].Sample())
	t, err := h.receiving(ctx, w, id)
	if err != nil {
		return none, err
	}
	ctx = kernel.WithScope(ctx, kernel.Scope{Workspace: w.Workspace()}) // which the address stands for
	meta.Actor, meta.Workspace, meta.Command = kernel.System(), w.Workspace(), "workflow.receive"
	rows, whole := meta, meta
	rows.IdempotencyKey, rows.Fingerprint = keyOf(id, c, "rows")
	whole.IdempotencyKey, whole.Fingerprint = keyOf(id, c, "")
	if first, again, err := commands.Repeat[Accepted](ctx, h.cfg.Store, whole); err != nil || again {
		return first, err
	}
	if err := h.room(ctx, id); err != nil {
		return none, err
	}
	cells, err := cellsOf(t, list)
	if err != nil {
		return none, err
	}
	ids, err := h.cfg.Rows.Upsert(ctx, rows, t.Config.TableID, t.Config.ColumnID, cells)
	if err != nil {
		return none, err
	}
	return h.received(ctx, whole, workflow.Received{
		WorkflowID: id, TableID: t.Config.TableID, Rows: ids, Version: w.Published(), At: h.cfg.Clock.Now(),
	})
}

func (h *Handlers) received(ctx context.Context, meta kernel.Meta, e workflow.Received) (commands.Result[Accepted], error) {
	out := Accepted{len(e.Rows)}
	at := eventstore.Stream(workflow.HookStream, string(e.WorkflowID))
	req, err := h.cfg.Codec.Append(meta, out, eventstore.At(at, eventstore.Any, e))
	if err != nil {
		return commands.Result[Accepted]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return commands.Result[Accepted]{}, err
	}
	return commands.Reply(done, out)
}

// addressed is the workflow that an address is of. One that is not good is not there, whatever is wrong with it.
func (h *Handlers) addressed(ctx context.Context, address string) (*workflow.Workflow, kernel.WorkflowID, error) {
	name, secret, _ := strings.Cut(address, ".")
	gone := kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is no such address; it may have been replaced by a new one")
	if kernel.ParseID(kernel.PrefixWorkflow, name) != nil {
		return nil, "", gone
	}
	w, _, err := h.workflows.Load(ctx, name)
	if err == nil && !w.Opens(secret) {
		err = gone
	}
	return w, kernel.WorkflowID(name), err
}

// receiving is the trigger of the version in force.
func (h *Handlers) receiving(ctx context.Context, w *workflow.Workflow, id kernel.WorkflowID) (workflow.Node, error) {
	off := kernel.E(kernel.KindConflict, "NOT_PUBLISHED",
		"no version of the workflow is published that takes deliveries; this one is kept as a sample, to say which value fills which column")
	if w.Published() == 0 {
		return workflow.Node{}, off
	}
	_, g, err := h.graph(ctx, w, id, w.Published())
	if err != nil {
		return workflow.Node{}, err
	}
	if t, _ := g.Trigger(); t.Kind == workflow.Webhook {
		return t, nil
	}
	return workflow.Node{}, off
}

// keyOf names a part of what a delivery does, the same for each repeat of it.
func keyOf(id kernel.WorkflowID, c Receive, part string) (key, fingerprint string) {
	if c.Key == "" {
		return "", ""
	}
	sum := sha256.Sum256(c.Body)
	return strings.Join([]string{workflow.HookStream, string(id), part, c.Key}, "/"), hex.EncodeToString(sum[:])
}

// room refuses a delivery when so many wait that runs don't begin as fast as they come.
func (h *Handlers) room(ctx context.Context, id kernel.WorkflowID) error {
	at := eventstore.Stream(workflow.HookStream, string(id))
	version, err := h.cfg.Store.StreamVersion(ctx, at)
	if err != nil || version < mostWaiting {
		return err
	}
	oldest, err := h.cfg.Store.ReadStream(ctx, at, version-mostWaiting, 1)
	if err != nil || len(oldest) == 0 {
		return err
	}
	m, err := h.mark(ctx, id)
	if err != nil || oldest[0].Position <= m.through || h.cfg.Clock.Now().Sub(oldest[0].RecordedAt) > waitingFor {
		return err
	}
	e := kernel.E(kernel.KindRateLimited, "TOO_MANY_WAITING", "%d deliveries wait for their run; send this one again in a moment", mostWaiting)
	e.RetryAfter = comeBack
	return e
}

// cellsOf are the cells that deliveries fill, row by row.
func cellsOf(t workflow.Node, list []workflow.Delivery) ([]map[string]json.RawMessage, error) {
	out := make([]map[string]json.RawMessage, len(list))
	for i, d := range list {
		out[i] = d.Cells(t.Config.Fields)
		if kernel.IsNull(out[i][string(t.Config.ColumnID)]) {
			at := t.Config.Fields[t.Config.ColumnID]
			return nil, kernel.Invalid(kernel.Shorten(at), "the delivery has no value here, by which its row is found")
		}
	}
	return out, nil
}

// came begins the runs of a workflow for what has come to its address: one for each version that has taken it. What was taken goes through
// that version, also where the workflow has changed since.
func (h *Handlers) came(ctx context.Context, id kernel.WorkflowID, changes []change) error {
	w, _, err := h.workflows.Load(ctx, string(id))
	if err != nil {
		return err
	}
	for len(changes) > 0 {
		n := slices.IndexFunc(changes, func(c change) bool { return c.version != changes[0].version })
		if n < 0 {
			n = len(changes)
		}
		a := Active{Workspace: w.Workspace(), Workflow: id, Version: changes[0].version}
		if a.Version == 0 { // taken before deliveries named their version
			_, err := h.receiving(ctx, w, id)
			if kernel.KindOf(err) == kernel.KindConflict { // begun in another way by now
				return nil
			}
			if err != nil {
				return err
			}
			a.Version = w.Published()
		}
		if err := h.fire(ctx, a, changes[:n]); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}
