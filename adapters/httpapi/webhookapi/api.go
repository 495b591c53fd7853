// Package webhookapi is the HTTP side of webhooks: the addresses, their secrets, and the log of what was sent to them.
package webhookapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/webhookview"
)

const tag = "webhooks"

// Deps is what the endpoints need.
type Deps struct {
	Handlers *webhookcmd.Handlers
	Reads    Webhooks
	Queue    Queue
	Clock    kernel.Clock
	Tables   httpapi.Tables
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerWebhooks(a, s)
	registerDeliveries(a, s)
}

const (
	one   = "W/webhooks/{webhookId}"
	admin = workspace.ManageWebhooks
)

func registerWebhooks(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-webhooks", Method: http.MethodGet, Path: "W/webhooks", Tag: tag,
		Summary: "The webhooks, and how they fare", Action: admin, Projection: webhookview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.list)
	httpapi.Write(a, httpapi.Op{
		ID: "create-webhook", Method: http.MethodPost, Path: "W/webhooks", Tag: tag,
		Summary: "Have events sent to an address; the answer shows the signing secret once",
		Description: "Each event is posted as a CloudEvent, signed as Standard Webhooks says (webhook-id, webhook-timestamp, " +
			"webhook-signature). An answer from 200 to 299 within 15 s takes it; " +
			"anything else is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, under the same webhook-id. A webhook that takes " +
			"nothing for five days is turned off.",
		Action: admin, Status: http.StatusCreated, OwnReplay: true, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.create)
	httpapi.Read(a, httpapi.Op{
		ID: "get-webhook", Method: http.MethodGet, Path: one, Tag: tag, Summary: "A webhook, and how it fares",
		Action: admin, Projection: webhookview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.get)
	httpapi.Write(a, httpapi.Op{
		ID: "change-webhook", Method: http.MethodPatch, Path: one, Tag: tag,
		Summary: "Change a webhook, or turn it on or off", Action: admin, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.change)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-webhook", Method: http.MethodDelete, Path: one, Tag: tag,
		Summary: "Delete a webhook; what waits for it is not sent any more", Action: admin, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.delete)
	httpapi.Write(a, httpapi.Op{
		ID: "rotate-webhook-secret", Method: http.MethodPost, Path: one + "/rotate-secret", Tag: tag,
		Summary: "Put a new signing secret in force; the one before signs too for a while", Action: admin, OwnReplay: true,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.rotate)
}

func registerDeliveries(a *httpapi.API, s service) {
	httpapi.Write(a, httpapi.Op{
		ID: "test-webhook", Method: http.MethodPost, Path: one + "/test", Tag: tag, Summary: "Have a test event sent",
		Description: "Its delivery is in the log under the position of the answer.", Action: admin,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.test)
	httpapi.Write(a, httpapi.Op{
		ID: "replay-webhook", Method: http.MethodPost, Path: one + "/replay", Tag: tag,
		Summary: "Have everything after a position sent once more, as far as the filter chooses it", Action: admin,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.replay)
	httpapi.Read(a, httpapi.Op{
		ID: "list-deliveries", Method: http.MethodGet, Path: one + "/deliveries", Tag: tag,
		Summary: "What was sent and what waits, the latest event first", Action: admin, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.deliveries)
	httpapi.Read(a, httpapi.Op{
		ID: "get-delivery", Method: http.MethodGet, Path: one + "/deliveries/{position}", Tag: tag,
		Summary: "A delivery with its attempts: request and answer", Action: admin, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.delivery)
	httpapi.Write(a, httpapi.Op{
		ID: "redeliver", Method: http.MethodPost, Path: one + "/deliveries/{position}/redeliver", Tag: tag,
		Summary: "Have an event sent once more, at once", Action: admin, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.redeliver)
}

type service struct{ Deps }

// InWebhook is embedded by the inputs of endpoints of a webhook.
type InWebhook struct {
	httpapi.InWorkspace
	ID kernel.WebhookID `path:"webhookId" doc:"whk_…"`
}

// Settings are what one chooses of a webhook.
type Settings struct {
	URL         string           `json:"url" doc:"https://…"`
	Description string           `json:"description,omitempty" maxLength:"200"`
	Types       []string         `json:"types,omitempty" maxItems:"50" doc:"Patterns of event types: table.*, run.finished. None: all."`
	Tables      []kernel.TableID `json:"tables,omitempty" maxItems:"50" doc:"Only events of these tables. None: all."`
	Ordered     bool             `json:"ordered,omitempty" doc:"Send an event only after the one before was taken."`
}

// Webhook is an address that events are sent to, and how it fares.
type Webhook struct {
	ID             kernel.WebhookID `json:"id"`
	URL            string           `json:"url"`
	Description    string           `json:"description"`
	Types          []string         `json:"types"`
	Tables         []kernel.TableID `json:"tables"`
	Ordered        bool             `json:"ordered"`
	Enabled        bool             `json:"enabled"`
	OffReason      webhook.Reason   `json:"off_reason,omitempty" enum:"user,failures,gone" doc:"Why it is off."`
	OffAt          *time.Time       `json:"off_at,omitempty"`
	OffPosition    int64            `json:"off_position,omitempty" doc:"When it was last turned off: a replay after this position sends what it missed."`
	SecretVersion  int              `json:"secret_version"`
	OldSecretUntil *time.Time       `json:"old_secret_until,omitempty" doc:"While the secret before the one in force signs, too: until when."`
	CreatedAt      time.Time        `json:"created_at"`
	UpdatedAt      time.Time        `json:"updated_at"`
	Waiting        int              `json:"waiting" doc:"Deliveries that wait, counted up to 10,000."`
	Replaying      bool             `json:"replaying"`
	FailingSince   *time.Time       `json:"failing_since,omitempty"`
	LastSuccessAt  *time.Time       `json:"last_success_at,omitempty"`
	LastFailureAt  *time.Time       `json:"last_failure_at,omitempty"`
	RestsUntil     *time.Time       `json:"rests_until,omitempty" doc:"After failures in a row nothing is tried until then."`
}

func (s service) view(w webhookview.Webhook, h webhookflow.Health) Webhook {
	if w.OldUntil != nil && !s.Clock.Now().Before(*w.OldUntil) {
		w.OldUntil = nil
	}
	return Webhook{
		ID: w.ID, URL: w.URL, Description: w.Description, Types: append([]string{}, w.Types...),
		Tables: append([]kernel.TableID{}, w.Tables...), Ordered: w.Ordered,
		Enabled: w.Enabled, OffReason: w.Reason,
		OffAt: kernel.UTC(w.OffAt), OffPosition: w.OffPosition, SecretVersion: w.SecretVersion, OldSecretUntil: kernel.UTC(w.OldUntil),
		CreatedAt: w.CreatedAt.UTC(), UpdatedAt: w.UpdatedAt.UTC(), Waiting: h.Waiting, Replaying: h.Replaying,
		FailingSince:  kernel.UTC(h.FailingSince),
		LastSuccessAt: kernel.UTC(h.LastSuccess), LastFailureAt: kernel.UTC(h.LastFailure),
		RestsUntil: kernel.UTC(h.NotBefore),
	}
}

func (s service) list(ctx context.Context, p httpapi.Principal, _ *httpapi.InWorkspace) ([]Webhook, httpapi.Meta, error) {
	list, err := s.Reads.List(ctx, p.Workspace)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	health, err := s.Queue.Health(ctx, p.Workspace)
	out := make([]Webhook, len(list))
	for i, w := range list {
		if err == nil {
			w.URL, err = s.Handlers.URL(ctx, w.Workspace, w.ID, w.URL, w.SealedURL)
		}
		out[i] = s.view(w, health[w.ID])
	}
	return out, httpapi.Meta{}, err
}

// find returns the webhook or a 404.
func (s service) find(ctx context.Context, p httpapi.Principal, id kernel.WebhookID) (webhookview.Webhook, error) {
	w, ok, err := s.Reads.Webhook(ctx, p.Workspace, id)
	if err == nil && !ok {
		err = kernel.NotFound("webhook", string(id))
	}
	if err == nil {
		w.URL, err = s.Handlers.URL(ctx, w.Workspace, w.ID, w.URL, w.SealedURL)
	}
	return w, err
}

func (s service) get(ctx context.Context, p httpapi.Principal, in *InWebhook) (Webhook, httpapi.Meta, error) {
	w, err := s.find(ctx, p, in.ID)
	if err != nil {
		return Webhook{}, httpapi.Meta{}, err
	}
	health, err := s.Queue.Health(ctx, p.Workspace)
	return s.view(w, health[w.ID]), httpapi.Meta{}, err
}

type createIn struct {
	httpapi.InWorkspace
	Body Settings
}

func (s service) create(ctx context.Context, meta kernel.Meta, in *createIn) (commands.Result[webhookcmd.Shown], error) {
	b := in.Body
	if err := httpapi.CheckTables(ctx, s.Tables, meta.Workspace, "tables", b.Tables); err != nil {
		return commands.Result[webhookcmd.Shown]{}, err
	}
	return s.Handlers.Create(ctx, meta, webhook.Settings{
		URL: b.URL, Description: b.Description, Types: b.Types, Tables: b.Tables, Ordered: b.Ordered,
	})
}

// Changes are what is changed of a webhook; what is absent stays.
type Changes struct {
	URL         *string           `json:"url,omitempty"`
	Description *string           `json:"description,omitempty" maxLength:"200"`
	Types       *[]string         `json:"types,omitempty" maxItems:"50"`
	Tables      *[]kernel.TableID `json:"tables,omitempty" maxItems:"50"`
	Ordered     *bool             `json:"ordered,omitempty"`
	Enabled     *bool             `json:"enabled,omitempty"`
}

type changeIn struct {
	InWebhook
	Body Changes
}

func (s service) change(ctx context.Context, meta kernel.Meta, in *changeIn) (commands.Result[webhookcmd.Nothing], error) {
	b := in.Body
	if b.Tables != nil {
		was, err := s.find(ctx, httpapi.PrincipalOf(ctx), in.ID)
		if err != nil && kernel.KindOf(err) != kernel.KindNotFound {
			return commands.Result[webhookcmd.Nothing]{}, err
		}
		added := slices.DeleteFunc(slices.Clone(*b.Tables), func(t kernel.TableID) bool { return slices.Contains(was.Tables, t) })
		if err := httpapi.CheckTables(ctx, s.Tables, meta.Workspace, "tables", added); err != nil {
			return commands.Result[webhookcmd.Nothing]{}, err
		}
	}
	return s.Handlers.Change(ctx, meta, webhookcmd.Change{
		ID: in.ID, URL: b.URL, Description: b.Description, Types: (*webhook.Filter)(b.Types), Tables: b.Tables,
		Ordered: b.Ordered, Enabled: b.Enabled,
	})
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InWebhook) (commands.Result[webhookcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.ID)
}

// RotateBody says how a secret is rotated.
type RotateBody struct {
	OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"168" doc:"How long the secret before signs, too. 24 by default."`
}

type rotateIn struct {
	InWebhook
	Body *RotateBody
}

const defaultOverlap = 24

func (s service) rotate(ctx context.Context, meta kernel.Meta, in *rotateIn) (commands.Result[webhookcmd.Shown], error) {
	hours := defaultOverlap
	if in.Body != nil && in.Body.OverlapHours != nil {
		hours = *in.Body.OverlapHours
	}
	return s.Handlers.Rotate(ctx, meta, webhookcmd.Rotate{ID: in.ID, Overlap: time.Duration(hours) * time.Hour})
}

func (s service) test(ctx context.Context, meta kernel.Meta, in *InWebhook) (commands.Result[webhookcmd.Nothing], error) {
	return s.Handlers.Test(ctx, meta, in.ID)
}

// ReplayBody says what is sent once more.
type ReplayBody struct {
	After int64 `json:"after" minimum:"0" doc:"Events after this position, up to the log's present end."`
}

type replayIn struct {
	InWebhook
	Body ReplayBody
}

func (s service) replay(ctx context.Context, meta kernel.Meta, in *replayIn) (commands.Result[webhookcmd.Nothing], error) {
	return s.Handlers.Replay(ctx, meta, in.ID, in.Body.After)
}
