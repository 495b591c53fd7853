package workflow

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of what comes to a workflow's address.
const (
	MaxDelivered  = 100 // rows of one delivery
	maxPath       = 200 // bytes
	maxSegments   = 10
	maxSample     = 60 // fields that are shown of a delivery
	maxSampleText = 80 // characters of a value
)

// SetHook gives the workflow an address whose secret has the hash. The one before ends at once.
func (w *Workflow) SetHook(hash string, by kernel.UserID, at time.Time) error {
	return w.Record(w, HookSet{WorkflowID: w.id, Hash: hash, By: by, At: at})
}

// HookAt is since when the workflow has its address; false if it has none.
func (w *Workflow) HookAt() (time.Time, bool) { return w.hook.At, w.hook.Hash != "" }

// Opens reports whether the secret is that of the workflow's address.
func (w *Workflow) Opens(secret string) bool {
	return !w.deleted && w.hook.Hash != "" && subtle.ConstantTimeCompare([]byte(HookHash(secret)), []byte(w.hook.Hash)) == 1
}

// HookHash is what is kept of a secret. It is random and long, so a plain hash can't be reversed.
func HookHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// pathForm checks where in a delivery a value stands: names and numbers of list entries, with dots between.
func pathForm(value any) error {
	path, _ := value.(string)
	if path == "" { // not said yet
		return nil
	}
	segments := strings.Split(path, ".")
	if len(path) > maxPath || len(segments) > maxSegments || slices.Contains(segments, "") ||
		!utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return fmt.Errorf("write where the value stands with dots between, such as contact.email; at most %d steps", maxSegments)
	}
	return nil
}

// Delivery is one row's worth of what came.
type Delivery struct{ body json.RawMessage }

// Deliveries parts a body into what each row is made of: an object is one row, a list of objects one for each. The body is JSON of bounded
// depth.
func Deliveries(body []byte) ([]Delivery, error) {
	if !json.Valid(body) {
		return nil, kernel.E(kernel.KindMalformed, "MALFORMED", "the body is not JSON")
	}
	body = bytes.TrimSpace(body)
	list := []json.RawMessage{body}
	if len(body) > 0 && body[0] == '[' {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, kernel.E(kernel.KindMalformed, "MALFORMED", "the body is not JSON")
		}
	}
	if len(list) == 0 || len(list) > MaxDelivered {
		return nil, kernel.Invalid("body", "send 1 to %d objects at once, not %d", MaxDelivered, len(list))
	}
	out := make([]Delivery, len(list))
	for i, raw := range list {
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || raw[0] != '{' {
			return nil, kernel.Invalid(fmt.Sprintf("body[%d]", i), "send a JSON object, or a list of them")
		}
		out[i] = Delivery{raw}
	}
	return out, nil
}

// At is the value at a path; false if there is none.
func (d Delivery) At(path string) (json.RawMessage, bool) {
	at := d.body
	for segment := range strings.SplitSeq(path, ".") {
		at = bytes.TrimSpace(at)
		switch {
		case len(at) > 0 && at[0] == '{':
			var fields map[string]json.RawMessage
			if json.Unmarshal(at, &fields) != nil {
				return nil, false
			}
			next, ok := fields[segment]
			if !ok {
				return nil, false
			}
			at = next
		case len(at) > 0 && at[0] == '[':
			var entries []json.RawMessage
			i, err := strconv.Atoi(segment)
			if err != nil || json.Unmarshal(at, &entries) != nil || i < 0 || i >= len(entries) {
				return nil, false
			}
			at = entries[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// Cells are the values of the columns that the fields name, by column; those that did not come are left as they are.
func (d Delivery) Cells(fields map[kernel.ColumnID]string) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(fields))
	for column, path := range fields {
		if v, ok := d.At(path); ok {
			out[string(column)] = v
		}
	}
	return out
}

// SampleField is a value of a delivery, for people who choose which one fills a column.
type SampleField struct {
	Path  string `json:"path"`
	Value string `json:"value" doc:"Shortened."`
}

// Sample lists what stands in a delivery, as far as a path can name it.
func (d Delivery) Sample() []SampleField {
	out := []SampleField{}
	walk(d.body, "", 0, func(path, value string) bool {
		if path != "" && pathForm(path) == nil {
			out = append(out, SampleField{path, value})
		}
		return len(out) < maxSample
	})
	return out
}

// walk calls fn for each value that is no object and no list, until fn answers false.
func walk(raw json.RawMessage, path string, depth int, fn func(path, value string) bool) bool {
	raw = bytes.TrimSpace(raw)
	var fields map[string]json.RawMessage
	var entries []json.RawMessage
	switch {
	case depth > maxSegments || len(raw) == 0:
		return true
	case raw[0] == '{' && json.Unmarshal(raw, &fields) == nil:
		for _, name := range sortedKeys(fields) {
			if !walk(fields[name], joined(path, name), depth+1, fn) {
				return false
			}
		}
		return true
	case raw[0] == '[' && json.Unmarshal(raw, &entries) == nil:
		for i, entry := range entries[:min(len(entries), 3)] { // the rest is built likewise
			if !walk(entry, joined(path, strconv.Itoa(i)), depth+1, fn) {
				return false
			}
		}
		return true
	default:
		text := string(raw)
		var s string
		if json.Unmarshal(raw, &s) == nil {
			text = s
		}
		if runes := []rune(text); len(runes) > maxSampleText {
			text = string(runes[:maxSampleText]) + "…"
		}
		return fn(path, text)
	}
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys(m map[string]json.RawMessage) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// delivered checks how deliveries become rows.
func (k *checker) delivered(n Node) {
	k.table(n)
	c := n.Config
	if c.TableID == "" || k.catalogue.Table(c.TableID) != nil {
		return
	}
	if c.ColumnID == "" {
		k.add(n.ID, "column_id", "%s: choose the column by whose value a row is found, so that a repeat makes no second one", n.Label())
	} else {
		k.told(n, "column_id", k.catalogue.Key(c.TableID, c.ColumnID))
		if c.Fields[c.ColumnID] == "" {
			k.add(n.ID, "fields", "%s: say where the value stands by which a row is found", n.Label())
		}
	}
	for _, column := range sortedColumns(c.Fields) {
		k.told(n, "fields", k.catalogue.Value(c.TableID, column, nil))
		if c.Fields[column] == "" && column != c.ColumnID {
			k.add(n.ID, "fields", "%s: say where the value of each column stands, or leave the column out", n.Label())
		}
	}
}
