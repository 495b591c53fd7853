// Package schemas makes and holds the JSON Schemas of the events, one file per event type. Integrators get them at
// /schemas/events/…; CI makes them anew and fails on a difference, so a change of an event's shape can't go unseen.
package schemas

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/morket/morket/eventstore"
)

//go:embed all:events
var files embed.FS

// Files are the committed schemas, named <event type>.json.
func Files() (fs.FS, error) { return fs.Sub(files, "events") }

// Generate makes the schema of every event type, by file name.
func Generate(codec *eventstore.Codec) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, t := range codec.Types() {
		r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, Mapper: rawJSON}
		s := r.ReflectFromType(t.Go)
		s.Title = t.Type
		b, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", t.Type, err)
		}
		out[t.Type+".json"] = append(b, '\n')
	}
	return out, nil
}

// rawJSON lets a raw JSON value be anything; by its Go type it would be an array of bytes.
func rawJSON(t reflect.Type) *jsonschema.Schema {
	if strings.HasSuffix(t.PkgPath()+"."+t.Name(), "encoding/json.RawMessage") || t.Name() == "RawMessage" {
		return &jsonschema.Schema{Description: "any JSON value"}
	}
	return nil
}
