package cloudevent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Rule says how events of one type leave the product.
type Rule struct {
	// Action is what a member of the workspace must be allowed to do to see the event (a workspace.Action). Empty: the event
	// never leaves.
	Action string
	// Scope says how the event belongs to tables. What leaves has no default.
	Scope Scope
	// Redact are the members of the event's data that stay inside: sealed secrets, hashes of tokens, names of internal things.
	Redact []string
	// Mask are the members in which addresses are cut to their scheme and host: what follows may be a secret.
	Mask []string
	// Public is a member, nested ones after a dot, that is true of what everybody may see; without it an event is about something of one
	// person's own and never leaves.
	Public string
}

// Scope says to which table an event belongs, for callers that are limited to some.
type Scope string

// The scopes.
const (
	OfTable     Scope = "table"     // to the one that its data names
	OfJob       Scope = "job"       // to the one that its import or run works on: to none until that has started
	OfWorkspace Scope = "workspace" // to more than tables, also where its data names one: not for callers that are limited to some
)

// Policy is the rule of each event type.
type Policy map[string]Rule

// Published reports whether events of the type leave the product.
func (p Policy) Published(eventType string) bool { return p[eventType].Action != "" }

// Types returns the published types in alphabetical order.
func (p Policy) Types() []string {
	var out []string
	for t := range p {
		if p.Published(t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// data returns the event's data as outsiders see it.
func (p Policy) data(eventType string, data json.RawMessage) (json.RawMessage, error) {
	rule := p[eventType]
	if len(rule.Redact)+len(rule.Mask) == 0 {
		return data, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("redact %s: %w", eventType, err)
	}
	for _, name := range rule.Redact {
		delete(members, name)
	}
	for _, name := range rule.Mask {
		if value, there := members[name]; there {
			masked, err := kernel.MaskJSON(value)
			if err != nil {
				return nil, fmt.Errorf("mask %s: %w", eventType, err)
			}
			members[name] = masked
		}
	}
	return json.Marshal(members)
}

// Leaves reports whether the event leaves the product. What happens on a branch does not: it has not happened to the table.
func (p Policy) Leaves(r eventstore.Recorded) bool {
	return p.Published(r.Type) && !p.private(r.Type, r.Data) && !kernel.TableID(r.Stream.ID()).IsBranch()
}

// private reports whether the event is about something of one person's own.
func (p Policy) private(eventType string, data json.RawMessage) bool {
	public := p[eventType].Public
	if public == "" {
		return false
	}
	for part := range strings.SplitSeq(public, ".") {
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return true
		}
		data = members[part]
	}
	return string(data) != "true"
}
