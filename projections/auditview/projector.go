// Package auditview keeps what was done in a workspace, by whom and from where: the list of activity and the audit log. Each event
// is a line; the many events of one bulk edit are one.
package auditview

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "audit"

// Entry is one line.
type Entry struct {
	Workspace kernel.WorkspaceID // empty for what belongs to none, such as a sign-in
	First     int64              // position of its first event
	Last      int64              // of its last
	Stream    eventstore.StreamID
	At        time.Time
	Actor     kernel.Actor
	Person    kernel.UserID // whom it is about
	Action    string        // the event type without its version
	Thing     string        // kind of thing
	ID        string        // of the thing
	Says      string        // see Rule.Says; {it}, {person} and {n} are still in it. Empty: as the rule of its type says
	N         int64
	Work      int64           // a hash of what events of one piece of work share; 0 of what comes alone
	Before    json.RawMessage // an object, or nil
	After     json.RawMessage
	Client    string // network address
	Agent     string
	Request   string
	Activity  bool // in the list of activity too
}

// Fact is what is remembered of a thing: its name, or what an action made of it.
type Fact struct {
	Thing, ID, Name string // Name is "name" or an action
	Value           json.RawMessage
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Before returns the last of the lines before e in its list, which is that of e.Workspace and e.Activity; false if there is none.
	// Of the line it tells First, Last, N, Work and what it shares with e.
	Before(ctx context.Context, e Entry) (Entry, bool, error)
	// Fact returns what is remembered, nil if nothing is.
	Fact(ctx context.Context, thing, id, name string) (json.RawMessage, error)
	// Save adds lines, or replaces those with the same first position, and remembers facts.
	Save(ctx context.Context, entries []Entry, facts []Fact) error
}

// Projector folds events into lines.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
	rules map[string]Rule
}

// New makes the projector; open turns the store's transaction into a Writer.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec: codec, open: open, rules: Rules()}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 7 }

// Types implements projections.Projector.
func (p *Projector) Types() []string {
	var out []string
	for typ, rule := range p.rules {
		if !rule.Quiet {
			out = append(out, typ)
		}
	}
	slices.Sort(out)
	return out
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	f := &fold{Projector: p, w: w, known: map[[3]string]json.RawMessage{}}
	for _, e := range events {
		if err := f.add(ctx, e); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
	}
	var facts []Fact
	for _, key := range f.changed {
		facts = append(facts, Fact{key[0], key[1], key[2], f.known[key]})
	}
	return w.Save(ctx, f.entries, facts)
}

// fold is one batch.
type fold struct {
	*Projector
	w       Writer
	entries []Entry
	known   map[[3]string]json.RawMessage
	changed [][3]string
}

func (f *fold) add(ctx context.Context, r eventstore.Recorded) error {
	rule := f.rules[r.Type]
	meta, err := r.Meta()
	if err != nil {
		return err
	}
	data, err := members(rule, r.Data)
	if err != nil {
		return err
	}
	if rule.Public != "" && string(at(data, rule.Public)) != "true" {
		rule.Says, rule.Audit, rule.After, rule.Before, rule.Name, rule.Part = rule.Privately, true, nil, nil, "", Part{}
	}
	e := entryOf(r, meta, rule, data)
	if e.N, err = f.count(rule, r); err != nil {
		return err
	}
	if rule.Counted {
		e.Work = hashOf(e)
		joined, err := f.join(ctx, e)
		if err != nil || joined {
			return err
		}
	}
	e.Says = fill(rule.Says, data)
	if err := f.part(ctx, &e, rule, data); err != nil {
		return err
	}
	if err := f.shown(ctx, &e, rule, data); err != nil {
		return err
	}
	if rule.Name != "" && len(data[rule.Name]) > 0 {
		f.remember([3]string{rule.Thing, e.ID, "name"}, data[rule.Name])
	}
	if e.Says == f.rules[r.Type].Says {
		e.Says = ""
	}
	f.entries = append(f.entries, e)
	return nil
}

// entryOf has what an event says of itself: where, when, by whom, and which thing it is about.
func entryOf(r eventstore.Recorded, meta kernel.Meta, rule Rule, data map[string]json.RawMessage) Entry {
	e := Entry{
		Workspace: r.Workspace,
		First:     r.Position,
		Last:      r.Position,
		Stream:    r.Stream,
		At:        r.RecordedAt,
		Actor:     meta.Actor,
		Action:    action(r.Type),
		Thing:     rule.Thing,
		ID:        r.Stream.ID(),
		N:         1,
		Client:    meta.Client,
		Agent:     meta.Agent,
		Request:   meta.CorrelationID,
		Activity:  !rule.Audit,
	}
	if rule.ID != "" {
		e.ID = member(data, rule.ID)
	}
	if rule.Person != "" {
		e.Person = kernel.UserID(member(data, rule.Person))
	}
	if e.Workspace == "" {
		e.Workspace = kernel.WorkspaceID(member(data, "workspace_id"))
	}
	if e.Workspace == "" && rule.Thing == "user" {
		e.Person = kernel.UserID(e.ID)
	}
	return e
}

// join adds the event to the line that ends right before it when both are of one request.
func (f *fold) join(ctx context.Context, e Entry) (bool, error) {
	if n := len(f.entries); n > 0 {
		if !continues(f.entries[n-1], e) {
			return false, nil
		}
		f.entries[n-1].Last, f.entries[n-1].N = e.Last, f.entries[n-1].N+e.N
		return true, nil
	}
	before, found, err := f.w.Before(ctx, e)
	if err != nil || !found || !continues(before, e) {
		return false, err
	}
	before.Last, before.N = e.Last, before.N+e.N
	f.entries = append(f.entries, before)
	return true, nil
}

func continues(before, e Entry) bool {
	return before.Last == e.First-1 && before.Work == e.Work
}

// hashOf tells events that are one line from others: what was done to the same stream in the same request by the same actor.
func hashOf(e Entry) int64 {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		e.Action, string(e.Stream), e.Request, string(e.Actor.Kind), e.Actor.ID, string(e.Actor.OnBehalfOf),
	}, "\x00")))
	return int64(binary.BigEndian.Uint64(sum[:8]) | 1) // never 0
}

// shown fills in what was before and is after.
func (f *fold) shown(ctx context.Context, e *Entry, rule Rule, data map[string]json.RawMessage) error {
	after, err := f.named(ctx, pick(data, rule.After))
	if err != nil {
		return err
	}
	e.After, e.Before = after, pick(data, rule.Before)
	if e.After == nil || rule.Before != nil {
		return nil
	}
	key := [3]string{rule.Thing, e.ID, family(e.Action)}
	was, err := f.fact(ctx, key)
	if err != nil {
		return err
	}
	e.Before = was
	f.remember(key, e.After)
	return nil
}

// fact is what this batch or an earlier one has remembered.
func (f *fold) fact(ctx context.Context, key [3]string) (json.RawMessage, error) {
	if value, ok := f.known[key]; ok {
		return value, nil
	}
	return f.w.Fact(ctx, key[0], key[1], key[2])
}

// nameOf is the name of a thing or a part, empty if none was told.
func (f *fold) nameOf(ctx context.Context, kind, id string) (string, error) {
	value, err := f.fact(ctx, [3]string{kind, id, "name"})
	var name string
	if err != nil || value == nil || json.Unmarshal(value, &name) != nil {
		return "", err
	}
	return name, nil
}

// part names the column or view that the event is about, and remembers the names that it tells.
func (f *fold) part(ctx context.Context, e *Entry, rule Rule, data map[string]json.RawMessage) error {
	if rule.Parts != "" {
		var list []map[string]json.RawMessage
		if err := json.Unmarshal(data[rule.Parts], &list); err != nil && len(data[rule.Parts]) > 0 {
			return err
		}
		for _, p := range list {
			f.remember([3]string{rule.Part.Kind, member(p, rule.Part.ID), "name"}, at(p, rule.Part.Name))
		}
		return nil
	}
	id := member(data, rule.Part.ID)
	if rule.Part.Name != "" {
		f.remember([3]string{rule.Part.Kind, id, "name"}, at(data, rule.Part.Name))
	}
	if !strings.Contains(e.Says, "{part}") {
		return nil
	}
	name, err := f.nameOf(ctx, rule.Part.Kind, id)
	if err != nil {
		return err
	}
	if name == "" {
		e.Says = without(e.Says, "{part}", rule.Part.Kind)
		return nil
	}
	e.Says = strings.ReplaceAll(e.Says, "{part}", word(name))
	return nil
}

// named puts the names of tables in the place of their ids in what is shown.
func (f *fold) named(ctx context.Context, shown json.RawMessage) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if shown == nil {
		return nil, nil
	}
	if err := json.Unmarshal(shown, &all); err != nil {
		return nil, err
	}
	var id kernel.TableID
	if v, ok := all["table_id"]; ok && json.Unmarshal(v, &id) == nil {
		if name, err := f.nameOf(ctx, "table", string(id)); err != nil {
			return nil, err
		} else if name != "" {
			delete(all, "table_id")
			all["table"] = table.Quote(name)
		}
	}
	var ids []kernel.TableID
	if v, ok := all["tables"]; ok && json.Unmarshal(v, &ids) == nil {
		names := make([]string, len(ids))
		for i, id := range ids {
			name, err := f.nameOf(ctx, "table", string(id))
			if err != nil {
				return nil, err
			}
			names[i] = cmp.Or(name, string(id))
		}
		b, err := json.Marshal(names)
		if err != nil {
			return nil, err
		}
		all["tables"] = b
	}
	return json.Marshal(all)
}

// family puts the beginning of a thing and its changes together, so that the first change has a before.
func family(action string) string {
	switch action {
	case "webhook.created", "webhook.changed":
		return "webhook"
	case "workspace.created", "workspace.renamed":
		return "workspace.name"
	default:
		return action
	}
}

func (f *fold) remember(key [3]string, value json.RawMessage) {
	if _, ok := f.known[key]; !ok || !slices.Contains(f.changed, key) {
		f.changed = append(f.changed, key)
	}
	f.known[key] = value
}

// count returns how many rows, cells or times the event is about.
func (f *fold) count(rule Rule, r eventstore.Recorded) (int64, error) {
	if !rule.Counted && !strings.HasPrefix(r.Type, "access.") {
		return 1, nil
	}
	decoded, err := f.codec.Decode(r)
	if err != nil {
		return 0, err
	}
	switch e := decoded.(type) {
	case table.CellsEdited:
		return int64(e.Chunk.Cells()), nil
	case table.RowsInserted:
		return int64(len(e.Chunk.Rows)), nil
	case table.RowsDeleted:
		return int64(len(e.Rows)), nil
	case table.RowsRestored:
		return int64(len(e.Rows)), nil
	case table.RowsPurged:
		return int64(len(e.Rows)), nil
	case access.Denied:
		return e.Count, nil
	case access.Exported:
		return e.Count, nil
	case access.SignInFailed:
		return e.Count, nil
	default:
		return 1, nil
	}
}
