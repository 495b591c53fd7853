// Package feedapi is the change feed: every event of a workspace that the caller may see, in order, from any position; by long
// polling or as Server-Sent Events. The events are those of RabbitMQ and of the webhooks.
package feedapi

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
)

const tag = "changes"

// Log is what the feed reads.
type Log interface {
	eventstore.WorkspaceReader
	cloudevent.StreamReader
	Head(ctx context.Context) (int64, error)
}

// Bells ring when a workspace has new events.
type Bells interface {
	Changed(ws kernel.WorkspaceID) <-chan struct{}
	Ended() <-chan struct{}
}

// Deps is what the endpoints need.
type Deps struct {
	Log     Log
	Bells   Bells
	Encoder *cloudevent.Encoder
	History History
	Limits  Limits
}

// History is the log's history. A cursor names the one that it was given in.
type History interface {
	ID() string
	// Common returns the last position that another history shares with it.
	Common(ctx context.Context, other string) (int64, error)
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := &service{Deps: d, limits: d.Limits.withDefaults()}
	if d.Log != nil {
		s.tables = cloudevent.NewTables(d.Log)
	}
	httpapi.ReadOrStream(a, httpapi.Op{
		ID:      "list-changes",
		Method:  http.MethodGet,
		Path:    "W/changes",
		Tag:     tag,
		Summary: "Every event of the workspace, in order, from any position",
		Description: "Long poll: answers at once when there are events after the position, else waits for some. Pass data.cursor as `after` " +
			"of the next call.\n\n" +
			"With `Accept: text/event-stream`: Server-Sent Events named `change`, whose id is the cursor, and `ping` when nothing happens; " +
			"resume with `Last-Event-ID`.\n\n" +
			"When the log was restored from a backup, a cursor that lies beyond what was restored is answered 409 `HISTORY_CHANGED`, with the " +
			"last position that still holds.\n\n" +
			"An event is shown to those who may see what it is about; a key that is limited to tables gets the events of these tables only. " +
			"Deduplicate by the event's id.",
		Action: workspace.ReadChanges,
		Rate:   httpapi.Grid,
		Scope:  httpapi.FilteredTablesOf(named),
	}, "text/event-stream", s.list, s.stream)
	httpapi.Read(a, httpapi.Op{
		ID:      "list-event-types",
		Method:  http.MethodGet,
		Path:    "/event-types",
		Tag:     tag,
		Summary: "The types of events that the feed, the webhooks and RabbitMQ carry",
		Scope:   httpapi.SignedIn,
		Action:  httpapi.NoAction,
		Rate:    httpapi.General,
	}, s.types)
}

// Limits bound a follower. Zero takes the default.
type Limits struct {
	Page      int           // events read at a time; default 500
	Bytes     int           // of events in one answer, about; default 4 MB
	Scan      time.Duration // how long one long poll may look through events that are not for the caller; default 5 s
	Poll      time.Duration // how often a waiting follower looks although no bell has rung; default 2 s
	Heartbeat time.Duration // default 15 s
}

func (l Limits) withDefaults() Limits {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if l.Page == 0 {
		l.Page = 500
	}
	if l.Bytes == 0 {
		l.Bytes = 4 << 20
	}
	set(&l.Scan, 5*time.Second)
	set(&l.Poll, 2*time.Second)
	set(&l.Heartbeat, 15*time.Second)
	return l
}

type service struct {
	Deps
	limits Limits
	tables *cloudevent.Tables
}

// Event is a CloudEvent, already written.
type Event json.RawMessage

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) { return e, nil }

// Schema describes the event for the API's document.
func (Event) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[cloudevent.Event](), true, "")
}

// Changes are a piece of the feed.
type Changes struct {
	Events []Event `json:"events"`
	Next   int64   `json:"next" doc:"Everything up to this position has been given; the next call's after."`
	Cursor string  `json:"cursor" doc:"The same with the history that the log is in: an after of it is refused when the log was restored to before it."`
	More   bool    `json:"more" doc:"There is more already: call again at once."`
}

type changesIn struct {
	httpapi.InWorkspace
	After       string         `query:"after" doc:"The cursor or position after which to begin: 0, the default, is the beginning of everything; now is the present end."`
	Types       string         `query:"types" doc:"Patterns of event types, separated by commas: table.*,run.finished"`
	Table       kernel.TableID `query:"table" doc:"Only events of this table."`
	Limit       int            `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Wait        int            `query:"wait" minimum:"0" maximum:"60" default:"20" doc:"How many seconds a long poll waits for an event."`
	LastEventID string         `header:"Last-Event-ID" doc:"Of a stream: the id of the last event seen. It wins over after."`
}

// reader makes the caller's view of the feed.
func (s *service) reader(ctx context.Context, p httpapi.Principal, in *changesIn) (*reader, error) {
	r := &reader{service: s, ws: p.Workspace, tables: p.KeyTables, visible: map[string]bool{}}
	if in.Types != "" {
		r.filter = webhook.Filter(strings.Split(in.Types, ","))
	}
	if err := r.filter.Validate(); err != nil {
		return nil, err
	}
	if in.Table != "" {
		if kernel.ParseID(kernel.PrefixTable, string(in.Table)) != nil {
			return nil, kernel.NotFound("table", string(in.Table))
		}
		r.tables = []kernel.TableID{in.Table}
	}
	for t, rule := range s.Encoder.Policy() {
		inReach := !p.Limited() || rule.Scope == cloudevent.OfTable || rule.Scope == cloudevent.OfJob
		r.visible[t] = rule.Action != "" && inReach && workspace.Allowed(p.Role, workspace.Action(rule.Action)) && r.filter.Chooses(t)
	}
	var err error
	r.at, err = s.start(ctx, in)
	return r, err
}

// named is the table that a follower asks for.
func named(_ context.Context, _ httpapi.Principal, in *changesIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Table), nil
}

// start finds the position at which to begin.
func (s *service) start(ctx context.Context, in *changesIn) (int64, error) {
	asked := in.After
	if in.LastEventID != "" {
		asked = in.LastEventID
	}
	if asked == "" || asked == "0" {
		return 0, nil
	}
	head, err := s.Log.Head(ctx)
	if err != nil || asked == "now" {
		return head, err
	}
	digits, history, _ := strings.Cut(asked, "@")
	at, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || at < 0 || len(history) > maxHistory {
		return 0, kernel.E(kernel.KindMalformed, "MALFORMED", "the place to begin after is a cursor, a whole number or now, not %.40q", asked)
	}
	if history != "" && history != s.History.ID() {
		common, err := s.History.Common(ctx, history)
		if err != nil {
			return 0, err
		}
		if at > common {
			return 0, kernel.E(kernel.KindConflict, "HISTORY_CHANGED",
				"the log was restored from a backup: up to position %d it is what you have read, what came after is gone or other; take that back "+
					"and begin after %d", common, common).
				With(kernel.Detail{Field: "common_position", Message: strconv.FormatInt(common, 10)})
		}
		return at, nil
	}
	if at > head {
		return 0, kernel.E(kernel.KindConflict, "POSITION_AHEAD",
			"the log ends at position %d, before %d: the position is of another installation, or the log was restored from a backup; begin at "+
				"an earlier position", head, at)
	}
	return at, nil
}

// maxHistory is more than the name of a history has.
const maxHistory = 64

// cursor is the position in the present history.
func (s *service) cursor(at int64) string { return strconv.FormatInt(at, 10) + "@" + s.History.ID() }

func (s *service) types(context.Context, httpapi.Principal, *struct{}) ([]string, httpapi.Meta, error) {
	return s.Encoder.Policy().Types(), httpapi.Meta{}, nil
}
