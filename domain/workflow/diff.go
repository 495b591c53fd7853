package workflow

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Diff tells in lines what the other graph has different, as people read it. Where nodes lie on the canvas is not told.
func (g Graph) Diff(to Graph) []string {
	out := []string{}
	for _, n := range g.Nodes {
		if _, ok := to.Node(n.ID); !ok {
			out = append(out, "− "+n.Label())
		}
	}
	for _, n := range to.Nodes {
		old, ok := g.Node(n.ID)
		if !ok {
			out = append(out, "+ "+n.Label())
			continue
		}
		out = append(out, old.diff(n)...)
	}
	for _, e := range g.Edges {
		if !slices.Contains(to.Edges, e) {
			out = append(out, "− "+g.line(e))
		}
	}
	for _, e := range to.Edges {
		if !slices.Contains(g.Edges, e) {
			out = append(out, "+ "+to.line(e))
		}
	}
	return out
}

func (g Graph) line(e Edge) string {
	from, _ := g.Node(e.From)
	to, _ := g.Node(e.To)
	port := ""
	if e.Port != Out && e.Port != "" {
		port = " (" + e.Port + ")"
	}
	return from.Label() + port + " → " + to.Label()
}

func (n Node) diff(to Node) []string {
	var out []string
	say := func(what string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			out = append(out, fmt.Sprintf("~ %s: %s %s → %s", to.Label(), what, written(a), written(b)))
		}
	}
	say("kind", n.Kind, to.Kind)
	say("name", n.Name, to.Name)
	say("on error", n.OnError, to.OnError)
	a, b := fieldsOf(n.clean()), fieldsOf(to.clean())
	for _, name := range fieldNames() {
		say(strings.ReplaceAll(name, "_", " "), a[name], b[name])
	}
	return out
}

func fieldsOf(c Config) map[string]any {
	out := map[string]any{}
	if b, err := json.Marshal(c); err == nil {
		_ = json.Unmarshal(b, &out) // what was just written can be read
	}
	return out
}

func fieldNames() []string {
	var out []string
	for i := range reflect.TypeFor[Config]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Config]().Field(i).Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

const mostWritten = 200

func written(v any) string {
	if v == nil || v == "" {
		return "none"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	if len(b) > mostWritten {
		return strings.ToValidUTF8(string(b[:mostWritten]), "") + "…"
	}
	return string(b)
}
