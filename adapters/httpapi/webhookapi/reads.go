package webhookapi

import (
	"context"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/webhookview"
)

// Webhooks reads the webhooks of a workspace.
type Webhooks interface {
	List(ctx context.Context, ws kernel.WorkspaceID) ([]webhookview.Webhook, error)
	Webhook(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID) (webhookview.Webhook, bool, error)
}

// Deliveries reads the log of deliveries, and how each webhook of a workspace fares.
type Deliveries interface {
	Deliveries(ctx context.Context, id kernel.WebhookID, state webhookflow.State, before int64, limit int) ([]webhookflow.Delivery, error)
	Attempts(ctx context.Context, id kernel.WebhookID, position int64) (webhookflow.Delivery, []webhookflow.Attempt, bool, error)
	Health(ctx context.Context, ws kernel.WorkspaceID) (map[kernel.WebhookID]webhookflow.Health, error)
}

// Queue is the log of deliveries, and the body of what was sent.
type Queue interface {
	Deliveries
	Body(ctx context.Context, position int64) (id string, body []byte, ok bool, err error)
}
