package erasurecmd

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// member is one of an object, in its place.
type member struct {
	key   string
	value json.RawMessage
}

// object is a JSON object with its members in their order, so that what isn't changed stays as it was.
type object []member

func parseObject(raw json.RawMessage) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	var out object
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read a member's name: %w", err)
		}
		name, _ := key.(string)
		m := member{key: name}
		if err := dec.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("read the member %s: %w", name, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func (o object) get(key string) json.RawMessage {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// text is a member that is a string; "" for any other.
func (o object) text(key string) string {
	s, _ := textOf(o.get(key))
	return s
}

func (o object) set(key string, value json.RawMessage) {
	for i := range o {
		if o[i].key == key {
			o[i].value = value
		}
	}
}

func (o object) json() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quote(m.key))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func textOf(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// quote is a text as JSON, with the signs as they are.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) //nolint:errchkjson // a string always encodes
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func list(raw json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("read a list: %w", err)
	}
	return out, nil
}

func listJSON(items []json.RawMessage) json.RawMessage {
	return append(append([]byte{'['}, bytes.Join(toBytes(items), []byte{','})...), ']')
}

func toBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i, v := range items {
		out[i] = v
	}
	return out
}

func first(raw json.RawMessage) byte {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}
