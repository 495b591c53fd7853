// Package schemas makes and holds the JSON Schemas of the events that leave the product, one file per event type. Integrators get them at
// /schemas/events/…; CI makes them anew and fails on a difference, so a change of an event's shape can't go unseen.
package schemas

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
)

//go:embed all:events
var files embed.FS

// Files are the committed schemas, named <event type>.json.
func Files() (fs.FS, error) { return fs.Sub(files, "events") }

// Generate makes the schemas by file name: in events/ those of what leaves the product, without the members that stay inside; in
// internal/ the whole shapes of what stays inside, or of what lost a member, so that their changes are seen too.
func Generate(codec *eventstore.Codec, policy cloudevent.Policy) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, t := range codec.Types() {
		rule := policy[t.Type]
		var err error
		if policy.Published(t.Type) {
			if out["events/"+t.Type+".json"], err = schema(t, rule.Redact); err != nil {
				return nil, err
			}
		}
		if !policy.Published(t.Type) || len(rule.Redact) > 0 {
			if out["internal/"+t.Type+".json"], err = schema(t, nil); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// schema makes a type's schema without the given members.
func schema(t eventstore.EventInfo, without []string) ([]byte, error) {
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, Mapper: rawJSON}
	s := r.ReflectFromType(t.Go)
	s.Title = t.Type
	for _, name := range without {
		if _, ok := s.Properties.Delete(name); !ok {
			return nil, fmt.Errorf("%s has no member %s that could be left out", t.Type, name)
		}
		s.Required = slices.DeleteFunc(s.Required, func(r string) bool { return r == name })
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", t.Type, err)
	}
	return append(b, '\n'), nil
}

// rawJSON lets a raw JSON value be anything; by its Go type it would be an array of bytes.
func rawJSON(t reflect.Type) *jsonschema.Schema {
	if strings.HasSuffix(t.PkgPath()+"."+t.Name(), "encoding/json.RawMessage") || t.Name() == "RawMessage" {
		return &jsonschema.Schema{Description: "any JSON value"}
	}
	return nil
}
