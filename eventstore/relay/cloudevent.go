package relay

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

// EventsTopic is the bus topic for integrators: one CloudEvent a message.
const EventsTopic = "morket.events"

// contentType is that of a CloudEvent in JSON (CloudEvents 1.0, JSON event format, section 3).
const contentType = "application/cloudevents+json; charset=utf-8"

// cloudEvent is a CloudEvent 1.0 in structured JSON. The names after data are extensions.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"` // stream/version: the same event always has the same id, so it is what to deduplicate by
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"` // the stream
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`

	// Position is the event's place in the log as a string: it may outgrow CloudEvents' 32-bit Integer, and digits of a
	// string survive a JavaScript consumer.
	Position      string `json:"position"`
	Workspace     string `json:"workspace,omitempty"`
	CorrelationID string `json:"correlationid,omitempty"`
	// TraceParent is of the extension for distributed tracing.
	TraceParent string `json:"traceparent,omitempty"`
}

// CloudEvent makes an event's message for integrators. Its routing key is RoutingKey's.
func CloudEvent(source string, e eventstore.Recorded) (*message.Message, error) {
	meta, err := e.Meta()
	if err != nil {
		return nil, err
	}
	id := string(e.Stream) + "/" + strconv.FormatInt(e.Version, 10)
	body, err := json.Marshal(cloudEvent{
		SpecVersion: "1.0", ID: id, Source: source, Type: e.Type, Subject: string(e.Stream),
		Time: e.RecordedAt.UTC().Format(time.RFC3339Nano), DataContentType: "application/json", Data: e.Data,
		Position: strconv.FormatInt(e.Position, 10), Workspace: string(e.Workspace), CorrelationID: meta.CorrelationID, TraceParent: meta.Trace,
	})
	if err != nil {
		return nil, fmt.Errorf("event %d as a CloudEvent: %w", e.Position, err)
	}
	m := message.NewMessage(id, body)
	m.Metadata.Set(logmsg.ContentTypeKey, contentType)
	m.Metadata.Set(logmsg.RoutingKey, RoutingKey(e))
	return m, nil
}

var versionSuffix = regexp.MustCompile(`\.v[0-9]+$`)

// RoutingKey returns ws.{workspace}.{aggregate}.{event}, for example "ws.ws_01….table.cells_edited". An event of no workspace
// has "none" in its place, so that a binding to ws.# sees every event.
func RoutingKey(e eventstore.Recorded) string {
	aggregate, event, _ := strings.Cut(versionSuffix.ReplaceAllString(e.Type, ""), ".")
	workspace := string(e.Workspace)
	if workspace == "" {
		workspace = "none"
	}
	return strings.Join([]string{"ws", workspace, aggregate, event}, ".")
}
