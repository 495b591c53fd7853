package cloudevent

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Rule says how events of one type leave the product.
type Rule struct {
	// Action is what a member of the workspace must be allowed to do to see the event (a workspace.Action). Empty: the event
	// never leaves.
	Action string
	// Redact are the members of the event's data that stay inside: sealed secrets, hashes of tokens, names of internal things.
	Redact []string
}

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
	redact := p[eventType].Redact
	if len(redact) == 0 {
		return data, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("redact %s: %w", eventType, err)
	}
	for _, name := range redact {
		delete(members, name)
	}
	return json.Marshal(members)
}
