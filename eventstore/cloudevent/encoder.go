package cloudevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// ContentType is that of a CloudEvent in JSON (CloudEvents 1.0, JSON event format, section 3).
const ContentType = "application/cloudevents+json; charset=utf-8"

// Event is a CloudEvent 1.0 in structured JSON, for readers of one event and for documents; Encoder writes it without reflection. The
// names after data are extensions.
type Event struct {
	SpecVersion     string          `json:"specversion" doc:"1.0"`
	ID              string          `json:"id" doc:"The stream and the event's version in it, always the same for the same event: what to deduplicate by."`
	Source          string          `json:"source" doc:"The address of this installation."`
	Type            string          `json:"type" doc:"For example table.cells_edited.v1."`
	Subject         string          `json:"subject" doc:"The stream."`
	Time            string          `json:"time" doc:"When it was recorded (RFC 3339)."`
	DataContentType string          `json:"datacontenttype"`
	DataSchema      string          `json:"dataschema,omitempty" doc:"The address of the data's JSON Schema."`
	Data            json.RawMessage `json:"data"`

	// Position is the event's place in the log as a string: it may outgrow CloudEvents' 32-bit Integer, and digits of a
	// string survive a JavaScript consumer.
	Position      string `json:"position" doc:"Its place in the log: decimal digits."`
	Workspace     string `json:"workspace,omitempty"`
	CorrelationID string `json:"correlationid,omitempty" doc:"The id of the request that caused it."`
	History       string `json:"history,omitempty" doc:"The history of the log that it is of. Another one than before means that the log was restored: what came after the restored position has other positions and ids in it."`
	// AuthType and AuthID are CloudEvents' Auth Context extension.
	AuthType string `json:"authtype,omitempty" doc:"user, api_key or system."`
	AuthID   string `json:"authid,omitempty"`
}

// Encoder makes CloudEvents of events.
type Encoder struct {
	source  string
	schemas string
	history func() string
	policy  Policy
}

// NewEncoder makes an encoder. source is a URI that names the installation; when it is an address, events name their JSON Schemas
// below it.
func NewEncoder(source string, policy Policy) *Encoder {
	e := &Encoder{source: source, policy: policy, history: func() string { return "" }}
	if strings.Contains(source, "://") {
		e.schemas = strings.TrimRight(source, "/") + "/schemas/events/"
	}
	return e
}

// In returns an encoder of events of the log's history, which is asked for at each.
func (e *Encoder) In(history func() string) *Encoder {
	out := *e
	out.history = history
	return &out
}

// Policy returns the encoder's policy.
func (e *Encoder) Policy() Policy { return e.policy }

// ID returns the event's id: "stream/version".
func ID(r eventstore.Recorded) string {
	return string(r.Stream) + "/" + strconv.FormatInt(r.Version, 10)
}

// Encode returns the event as a CloudEvent on one line, or false if it doesn't leave the product.
func (e *Encoder) Encode(r eventstore.Recorded) ([]byte, bool, error) {
	if !e.policy.Leaves(r) {
		return nil, false, nil
	}
	meta, err := r.Meta()
	if err != nil {
		return nil, false, err
	}
	data, err := e.policy.data(r.Type, r.Data)
	if err != nil {
		return nil, false, fmt.Errorf("event %d as a CloudEvent: %w", r.Position, err)
	}
	const perEnvelope = 512
	t := text{b: make([]byte, 0, perEnvelope+len(data))}
	t.raw(`{"specversion":"1.0","id":`).quote(ID(r)).raw(`,"source":`).quote(e.source).raw(`,"type":`).quote(r.Type)
	t.raw(`,"subject":`).quote(string(r.Stream)).raw(`,"time":"`)
	t.b = r.RecordedAt.UTC().AppendFormat(t.b, time.RFC3339Nano)
	t.raw(`","datacontenttype":"application/json"`)
	if e.schemas != "" {
		t.member("dataschema", e.schemas+r.Type+".json")
	}
	t.raw(`,"data":`).line(data).raw(`,"position":"`)
	t.b = strconv.AppendInt(t.b, r.Position, 10)
	t.raw(`"`).member("workspace", string(r.Workspace)).member("correlationid", meta.CorrelationID)
	kind, id := auth(meta.Actor)
	t.member("history", e.history()).member("authtype", kind).member("authid", id).raw("}")
	return t.b, true, nil
}

// auth names the actor as the Auth Context extension does.
func auth(a kernel.Actor) (kind, id string) {
	switch a.Kind {
	case kernel.ActorUser, kernel.ActorAPIKey:
		return string(a.Kind), a.ID
	default:
		return string(kernel.ActorSystem), string(a.User())
	}
}

var versionSuffix = regexp.MustCompile(`\.v[0-9]+$`)

// RoutingKey returns ws.{workspace}.{aggregate}.{event}, for example "ws.ws_01….table.cells_edited". An event of no workspace
// has "none" in its place, so that a binding to ws.# sees every event.
func RoutingKey(r eventstore.Recorded) string {
	aggregate, event, _ := strings.Cut(versionSuffix.ReplaceAllString(r.Type, ""), ".")
	workspace := string(r.Workspace)
	if workspace == "" {
		workspace = "none"
	}
	return strings.Join([]string{"ws", workspace, aggregate, event}, ".")
}

// text writes JSON.
type text struct{ b []byte }

func (t *text) raw(s string) *text {
	t.b = append(t.b, s...)
	return t
}

// quote writes a string. What has to be escaped is rare, and left to encoding/json.
func (t *text) quote(s string) *text {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // strings always marshal
				quoted = []byte(`""`)
			}
			t.b = append(t.b, quoted...)
			return t
		}
	}
	t.b = append(append(append(t.b, '"'), s...), '"')
	return t
}

// member writes a further member, unless it is empty.
func (t *text) member(name, value string) *text {
	if value == "" {
		return t
	}
	return t.raw(`,"`).raw(name).raw(`":`).quote(value)
}

// line writes JSON that is valid already. A line break in it can only be white space between tokens, and becomes a space, so that
// the event fits where lines count: Server-Sent Events, JSON Lines.
func (t *text) line(data json.RawMessage) *text {
	from := len(t.b)
	t.b = append(t.b, data...)
	for i := from; ; i++ {
		k := bytes.IndexAny(t.b[i:], "\r\n")
		if k < 0 {
			return t
		}
		i += k
		t.b[i] = ' '
	}
}
