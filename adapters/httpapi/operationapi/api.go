// Package operationapi is the operators' side of the API: the read models, their jobs and their dead letters.
package operationapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

const tag = "operation"

// Deps is what the endpoints need.
type Deps struct {
	Monitor  *projections.Monitor
	Handlers *operationcmd.Handlers
	Log      eventstore.Reader
	Backups  Backups
}

// Register adds the endpoints. Reads count as general requests, since the page looks every few seconds.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Read(a, httpapi.Op{
		ID:      "list-projections",
		Method:  http.MethodGet,
		Path:    "/admin/projections",
		Tag:     tag,
		Summary: "How far each read model and reactor is (operators)",
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
		Rate:    httpapi.General,
	}, s.list)
	httpapi.Read(a, httpapi.Op{
		ID:      "list-operation-jobs",
		Method:  http.MethodGet,
		Path:    "/admin/jobs",
		Tag:     tag,
		Summary: "Rebuilds, verifications, backups and restore drills, newest first (operators)",
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
		Rate:    httpapi.General,
	}, s.jobs)
	httpapi.Write(a, httpapi.Op{
		ID:          "rebuild-projection",
		Method:      http.MethodPost,
		Path:        "/admin/projections/{name}/rebuild",
		Tag:         tag,
		Summary:     "Make a read model anew beside the one that serves (operators)",
		Description: "As a job; one is carried out at a time.",
		Rate:        httpapi.Admin,
		Status:      http.StatusAccepted,
		Scope:       httpapi.Operator,
		Action:      httpapi.NoAction,
	}, s.start(operation.Rebuild))
	httpapi.Write(a, httpapi.Op{
		ID:          "verify-projection",
		Method:      http.MethodPost,
		Path:        "/admin/projections/{name}/verify",
		Tag:         tag,
		Summary:     "Compare a read model with one made anew from the log (operators)",
		Description: "As a job; one is carried out at a time.",
		Rate:        httpapi.Admin,
		Status:      http.StatusAccepted,
		Scope:       httpapi.Operator,
		Action:      httpapi.NoAction,
	}, s.start(operation.Verify))
	s.registerBackups(a)
	s.registerDeadLetters(a)
}

func (s service) registerDeadLetters(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID:      "list-dead-letters",
		Method:  http.MethodGet,
		Path:    "/admin/dead-letters",
		Tag:     tag,
		Summary: "Streams set aside because of an event that can't be applied (operators)",
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
		Rate:    httpapi.General,
	}, s.deadLetters)
	httpapi.Write(a, httpapi.Op{
		ID:      "retry-dead-letter",
		Method:  http.MethodPost,
		Path:    "/admin/dead-letters/{kind}/{unit}/{stream}/retry",
		Tag:     tag,
		Summary: "Try a parked stream again (operators)",
		Rate:    httpapi.Admin,
		Status:  http.StatusAccepted,
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
	}, s.retry)
	httpapi.Write(a, httpapi.Op{
		ID:      "skip-dead-letter",
		Method:  http.MethodPost,
		Path:    "/admin/dead-letters/{kind}/{unit}/{stream}/skip",
		Tag:     tag,
		Summary: "Leave a parked stream's first event out of the read model, with a reason (operators)",
		Rate:    httpapi.Admin,
		Status:  http.StatusAccepted,
		Scope:   httpapi.Operator,
		Action:  httpapi.NoAction,
	}, s.skip)
}

type service struct{ Deps }

// Projection is a read model, or a reactor, which has none.
type Projection struct {
	Name       string    `json:"name"`
	Kind       string    `json:"kind" enum:"projection,reactor"`
	Version    int       `json:"version" doc:"Of the program."`
	Serving    int       `json:"serving_version" doc:"Of the read model that is read; a difference means that one takes the other's place."`
	Copy       string    `json:"slot" doc:"live, or reactor."`
	Position   int64     `json:"position"`
	Lag        int64     `json:"lag" doc:"Positions behind the log's head."`
	LagSeconds float64   `json:"lag_seconds" doc:"Age of the first event not applied."`
	Rate       float64   `json:"rate" doc:"Positions a second."`
	Parked     int       `json:"parked" doc:"Streams set aside."`
	Waiting    string    `json:"waiting,omitempty" doc:"What a reactor waits for."`
	Building   *Building `json:"building,omitempty"`
}

// Building is a copy that is being made beside the read model that serves.
type Building struct {
	Kind     string `json:"kind" enum:"rebuild,verify"`
	Position int64  `json:"position"`
	Target   int64  `json:"target"`
}

type nothing struct{}

func (s service) list(ctx context.Context, _ httpapi.Principal, _ *nothing) ([]Projection, httpapi.Meta, error) {
	all, err := s.Monitor.Status(ctx)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Projection, len(all))
	for i, st := range all {
		p := Projection{
			Name:       st.Consumer.Name,
			Kind:       string(st.Consumer.Kind),
			Version:    st.Consumer.Version,
			Serving:    st.Found,
			Copy:       "live",
			Position:   st.Position,
			Lag:        st.Lag,
			LagSeconds: st.LagTime.Seconds(),
			Rate:       st.Rate,
			Parked:     st.Parked,
		}
		if st.Consumer.Kind == projections.KindReactor {
			p.Copy = string(projections.Reacted)
		}
		if st.Consumer.Waiting != nil {
			p.Waiting = st.Consumer.Waiting()
		}
		if b := st.Building; b != nil {
			p.Building = &Building{Kind: string(operation.Rebuild), Position: b.Position, Target: b.Target}
			if b.Copy == projections.VerifyCopy {
				p.Building.Kind = string(operation.Verify)
			}
		}
		out[i] = p
	}
	return out, httpapi.Meta{}, nil
}

// Job is a rebuild, a verification, a backup or a restore drill.
type Job struct {
	ID          string                 `json:"id"`
	Kind        string                 `json:"kind" enum:"rebuild,verify,backup,drill"`
	Projection  string                 `json:"projection" doc:"Of a rebuild or verification."`
	Backup      string                 `json:"backup,omitempty" doc:"That a drill was of, or a backup has made."`
	State       string                 `json:"state" enum:"running,done,failed"`
	RequestedAt time.Time              `json:"requested_at"`
	FinishedAt  *time.Time             `json:"finished_at,omitempty"`
	Position    int64                  `json:"position,omitempty"`
	Differs     []operation.Difference `json:"differs" doc:"Tables that were not the same."`
	Parked      int                    `json:"parked"`
	Bytes       int64                  `json:"bytes,omitempty" doc:"Of the backup."`
	Seconds     float64                `json:"seconds,omitempty" doc:"That a backup took, or a drill until everything was ready to serve."`
	Error       string                 `json:"error,omitempty"`
}

func (s service) jobs(ctx context.Context, _ httpapi.Principal, _ *nothing) ([]Job, httpapi.Meta, error) {
	list, err := s.Handlers.Jobs(ctx)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Job, len(list))
	for i, j := range list {
		out[i] = Job{
			ID: j.ID, Kind: string(j.Kind), Projection: j.Projection, State: "running", RequestedAt: j.RequestedAt, Position: j.Outcome.Position,
			Differs: append([]operation.Difference{}, j.Outcome.Differs...), Parked: j.Outcome.Parked, Error: j.Outcome.Error,
			Backup: j.Backup, Seconds: j.Outcome.Seconds,
		}
		if taken := j.Outcome.Taken; taken != nil {
			out[i].Backup, out[i].Bytes, out[i].Seconds = taken.Name, taken.Bytes, taken.Seconds
		}
		if !j.Open() {
			out[i].State, out[i].FinishedAt = "done", &list[i].FinishedAt
		}
		if j.Outcome.Error != "" {
			out[i].State = "failed"
		}
	}
	return out, httpapi.Meta{}, nil
}

type startIn struct {
	Name string `path:"name" doc:"A projection's name."`
}

func (s service) start(kind operation.Kind) func(context.Context, kernel.Meta, *startIn) (commands.Result[operationcmd.Started], error) {
	return func(ctx context.Context, meta kernel.Meta, in *startIn) (commands.Result[operationcmd.Started], error) {
		return s.Handlers.Start(ctx, meta, operationcmd.Start{Kind: kind, Projection: in.Name})
	}
}

// DeadLetterView is a stream that a projection or reactor has set aside.
type DeadLetterView struct {
	Consumer   string             `json:"unit" doc:"Name of the projection or reactor."`
	Kind       string             `json:"kind" enum:"projection,reactor"`
	Stream     string             `json:"stream"`
	Position   int64              `json:"position" doc:"Of the first event not applied."`
	EventType  string             `json:"event_type"`
	Error      string             `json:"error"`
	Attempts   int                `json:"attempts"`
	RetryAt    *time.Time         `json:"retry_at,omitempty" doc:"When it is tried again by itself; absent when that was given up."`
	SkipReason string             `json:"skip_reason,omitempty" doc:"Of an operator who has the event left out; it is about to be."`
	Workspace  kernel.WorkspaceID `json:"workspace_id,omitempty"`
	RecordedAt time.Time          `json:"recorded_at"`
	Event      json.RawMessage    `json:"event,omitempty" doc:"The event's data, unless it is larger than 16 KB."`
}

// maxEvent is how much of an event is shown.
const maxEvent = 16 << 10

func (s service) deadLetters(ctx context.Context, _ httpapi.Principal, _ *nothing) ([]DeadLetterView, httpapi.Meta, error) {
	parked, err := s.Monitor.Parked(ctx)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]DeadLetterView, len(parked))
	for i, p := range parked {
		l := DeadLetterView{
			Consumer:   p.Location.Projection,
			Kind:       string(projections.KindProjection),
			Stream:     string(p.Stream),
			Position:   p.Position,
			EventType:  p.EventType,
			Error:      p.Error,
			Attempts:   p.Attempts,
			SkipReason: p.SkipReason,
		}
		if p.Location.Copy == projections.Reacted {
			l.Kind = string(projections.KindReactor)
		}
		if !p.RetryAt.IsZero() {
			l.RetryAt = &parked[i].RetryAt
		}
		events, err := s.Log.ReadPositions(ctx, []int64{p.Position})
		if err != nil {
			return nil, httpapi.Meta{}, err
		}
		if len(events) == 1 {
			l.Workspace, l.RecordedAt = events[0].Workspace, events[0].RecordedAt
			if len(events[0].Data) <= maxEvent {
				l.Event = events[0].Data
			}
		}
		out[i] = l
	}
	return out, httpapi.Meta{}, nil
}

// Which names a dead letter; inputs embed it.
type Which struct {
	Kind     string `path:"kind" enum:"projection,reactor"`
	Consumer string `path:"unit"`
	Stream   string `path:"stream"`
}

type retryIn struct{ Which }

func (s service) retry(ctx context.Context, meta kernel.Meta, in *retryIn) (commands.Result[operation.DeadLetter], error) {
	return s.Handlers.ResolveDeadLetter(ctx, meta, operationcmd.ResolveDeadLetter{Consumer: in.Consumer, Kind: in.Kind, Stream: in.Stream})
}

type skipIn struct {
	Which
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

func (s service) skip(ctx context.Context, meta kernel.Meta, in *skipIn) (commands.Result[operation.DeadLetter], error) {
	return s.Handlers.ResolveDeadLetter(ctx, meta, operationcmd.ResolveDeadLetter{
		Consumer: in.Consumer,
		Kind:     in.Kind,
		Stream:   in.Stream,
		Skip:     true,
		Reason:   in.Body.Reason,
	})
}
