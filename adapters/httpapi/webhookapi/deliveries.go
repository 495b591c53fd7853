package webhookapi

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
)

type deliveriesIn struct {
	InWebhook
	httpapi.Page
	State webhookflow.State `query:"state" enum:"waiting,delivered,failed"`
}

// Delivery is a line of the delivery log.
type Delivery struct {
	Position  int64             `json:"position" doc:"The event's; it names the delivery."`
	Type      string            `json:"type"`
	State     webhookflow.State `json:"state" enum:"waiting,delivered,failed"`
	Attempts  int               `json:"attempts"`
	NextAt    *time.Time        `json:"next_at,omitempty" doc:"When it is tried next."`
	CreatedAt time.Time         `json:"created_at"`
	EndedAt   *time.Time        `json:"ended_at,omitempty"`
	Status    int               `json:"status,omitempty" doc:"The latest answer's."`
	Error     string            `json:"error,omitempty" doc:"Why the latest attempt failed."`
}

func line(d webhookflow.Delivery) Delivery {
	return Delivery{
		Position:  d.Position,
		Type:      d.Type,
		State:     d.State,
		Attempts:  d.Attempts,
		NextAt:    kernel.UTC(d.DueAt),
		CreatedAt: d.CreatedAt.UTC(),
		EndedAt:   kernel.UTC(d.EndedAt),
		Status:    d.Status,
		Error:     d.Error,
	}
}

func (s service) deliveries(ctx context.Context, p httpapi.Principal, in *deliveriesIn) ([]Delivery, httpapi.Meta, error) {
	var meta httpapi.Meta
	if _, err := s.find(ctx, p, in.ID); err != nil {
		return nil, meta, err
	}
	before := int64(math.MaxInt64)
	if in.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before <= 0 {
			return nil, meta, kernel.BadCursor()
		}
	}
	list, err := s.Queue.Deliveries(ctx, in.ID, in.State, before, in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(d webhookflow.Delivery) string { return strconv.FormatInt(d.Position, 10) })
	out := make([]Delivery, len(list))
	for i, d := range list {
		out[i] = line(d)
	}
	return out, meta, nil
}

type inDelivery struct {
	InWebhook
	Position int64 `path:"position"`
}

// Attempt is one try: what was sent and what came back, without what is secret.
type Attempt struct {
	At      time.Time         `json:"at"`
	TookMS  float64           `json:"took_ms"`
	Status  int               `json:"status,omitempty"`
	Error   string            `json:"error,omitempty"`
	Request map[string]string `json:"request_headers"`
	Answer  map[string]string `json:"response_headers"`
	Body    string            `json:"response_body"`
	BodyCut bool              `json:"response_body_cut,omitempty"`
}

// Whole is a delivery with everything that is known of it.
type Whole struct {
	Delivery
	MessageID string    `json:"message_id" doc:"The webhook-id, the same at every attempt: what to deduplicate by."`
	Body      string    `json:"request_body" doc:"What is posted, up to 16 KB."`
	BodyCut   bool      `json:"request_body_cut,omitempty"`
	Tries     []Attempt `json:"tries" doc:"The latest first."`
}

const maxShown = 16 << 10

func (s service) delivery(ctx context.Context, p httpapi.Principal, in *inDelivery) (Whole, httpapi.Meta, error) {
	var meta httpapi.Meta
	if _, err := s.find(ctx, p, in.ID); err != nil {
		return Whole{}, meta, err
	}
	d, attempts, ok, err := s.Queue.Attempts(ctx, in.ID, in.Position)
	if err != nil {
		return Whole{}, meta, err
	}
	if !ok {
		return Whole{}, meta, kernel.NotFound("delivery", strconv.FormatInt(in.Position, 10))
	}
	out := Whole{Delivery: line(d), Tries: []Attempt{}}
	for _, a := range attempts {
		out.Tries = append(out.Tries, Attempt{
			At:      a.At.UTC(),
			TookMS:  float64(a.Took.Microseconds()) / 1000,
			Status:  a.Status,
			Error:   a.Error,
			Request: a.Request,
			Answer:  a.Response,
			Body:    a.Body,
			BodyCut: a.BodyCut,
		})
	}
	id, body, _, err := s.Queue.Body(ctx, in.Position)
	out.MessageID = id
	if out.BodyCut = len(body) > maxShown; out.BodyCut {
		body = []byte(strings.ToValidUTF8(string(body[:maxShown]), "")) // without the rune that was cut in two
	}
	out.Body = string(body)
	return out, meta, err
}

func (s service) redeliver(ctx context.Context, meta kernel.Meta, in *inDelivery) (commands.Result[webhookcmd.Nothing], error) {
	return s.Handlers.Redeliver(ctx, meta, in.ID, in.Position)
}
