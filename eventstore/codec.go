package eventstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"

	"github.com/morket/morket/domain/kernel"
)

// Codec turns events into JSON and back. It knows every event type of the product; one it does not know is an error,
// never skipped.
type Codec struct {
	types   map[string]reflect.Type
	upcasts map[string]upcast
}

type upcast struct {
	to string
	fn func(json.RawMessage) (json.RawMessage, error)
}

// NewCodec knows the event types of the given lists; each module exports its list.
func NewCodec(lists ...[]kernel.Event) (*Codec, error) {
	c := &Codec{types: map[string]reflect.Type{}, upcasts: map[string]upcast{}}
	for _, list := range lists {
		for _, e := range list {
			t := reflect.TypeOf(e)
			if t.Kind() != reflect.Struct {
				return nil, fmt.Errorf("event %T must be a struct", e)
			}
			if old, ok := c.types[e.EventType()]; ok {
				return nil, fmt.Errorf("event type %s is both %s and %s", e.EventType(), old, t)
			}
			c.types[e.EventType()] = t
		}
	}
	return c, nil
}

// Upcast makes events of the type from readable as the type to: fn rewrites the old JSON. Chains are followed.
func (c *Codec) Upcast(from, to string, fn func(json.RawMessage) (json.RawMessage, error)) error {
	if _, ok := c.types[from]; ok {
		return fmt.Errorf("upcast %s: the type is still current", from)
	}
	if _, ok := c.upcasts[from]; ok {
		return fmt.Errorf("upcast %s: registered twice", from)
	}
	c.upcasts[from] = upcast{to, fn}
	return nil
}

// Types returns the current event types in alphabetical order, with the Go type of each.
func (c *Codec) Types() []EventInfo {
	out := make([]EventInfo, 0, len(c.types))
	for name, t := range c.types {
		out = append(out, EventInfo{Type: name, Go: t})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Type < out[j].Type })
	return out
}

// EventInfo is an event type and its Go struct.
type EventInfo struct {
	Type string
	Go   reflect.Type
}

// Encode makes the events ready to append.
func (c *Codec) Encode(events ...kernel.Event) ([]EventData, error) {
	out := make([]EventData, len(events))
	for i, e := range events {
		if _, ok := c.types[e.EventType()]; !ok {
			return nil, fmt.Errorf("event type %s is not registered", e.EventType())
		}
		b, err := encode(e)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", e.EventType(), err)
		}
		out[i] = EventData{Type: e.EventType(), Data: b}
	}
	return out, nil
}

// encode writes an event's JSON.
func encode(e kernel.Event) (json.RawMessage, error) {
	if f, ok := e.(fastEncoder); ok {
		if b, ok := f.EncodeFast(); ok {
			return b, nil
		}
	}
	return marshal(e)
}

// marshal keeps <, > and & as they are: a cell's text is stored as it came.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Decode reads an event from the log, upcasting an old version.
func (c *Codec) Decode(r Recorded) (kernel.Event, error) {
	typ, data := r.Type, r.Data
	for {
		u, ok := c.upcasts[typ]
		if !ok {
			break
		}
		next, err := u.fn(data)
		if err != nil {
			return nil, fmt.Errorf("upcast event %d from %s: %w", r.Position, typ, err)
		}
		typ, data = u.to, next
	}
	t, ok := c.types[typ]
	if !ok {
		return nil, fmt.Errorf("event %d in %s has the unknown type %s", r.Position, r.Stream, r.Type)
	}
	p := reflect.New(t)
	if f, ok := p.Interface().(fastDecoder); !ok || !f.DecodeFast(data) {
		if err := json.Unmarshal(data, p.Interface()); err != nil {
			return nil, fmt.Errorf("decode event %d (%s): %w", r.Position, typ, err)
		}
	}
	e, ok := p.Elem().Interface().(kernel.Event)
	if !ok {
		return nil, fmt.Errorf("event type %s: %s is not an event", typ, t)
	}
	return e, nil
}

// fastDecoder is an event of which there are so many that it reads itself from the log's JSON, which is known to be valid. False
// leaves the event as it was, to be read by encoding/json.
type fastDecoder interface{ DecodeFast(data []byte) bool }

// fastEncoder is its counterpart: an event that writes itself, as encoding/json would. False says that it can't. What it
// writes is checked like any other JSON before it is appended.
type fastEncoder interface{ EncodeFast() ([]byte, bool) }
