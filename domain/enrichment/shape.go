package enrichment

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Bounds of what is learnt of the replies of one provider in one workspace.
const (
	maxShapePaths = 200
	maxShapeDepth = 5
	maxPathBytes  = 120
	maxElements   = 5 // of a list that are looked at
	maxShapeCodes = 40
)

// absent is the kind of a field that a reply does not have.
const absent = "absent"

// ReplyShapes is what the replies of a provider in one event look like, without their values.
type ReplyShapes struct {
	Provider string `json:"provider"`
	// Of tells apart what a dynamic provider is asked for: each config has answers of its own shape. Empty for others.
	Of      string `json:"of,omitempty"`
	Replies int64  `json:"replies"` // that hold something
	// Fields are how often a path had a value of a type.
	Fields map[string]map[string]int64 `json:"fields,omitempty"`
	// Codes are how often a status of HTTP came to mean what: found, nothing, or a CallKind.
	Codes map[string]map[string]int64 `json:"codes,omitempty"`
}

// Sight is one reply as it is seen for its shape.
type Sight struct {
	Provider, Of string
	Code         string // empty where the provider is not asked by HTTP
	Meaning      string
	Body         any // JSON as it was decoded; nil where nothing was found
}

// The meanings of a reply; others are of CallKind.
const (
	MeansFound   = "found"
	MeansNothing = "nothing"
)

// AddSight adds a sight to those of its provider.
func AddSight(list []ReplyShapes, s Sight) []ReplyShapes {
	i := slices.IndexFunc(list, func(r ReplyShapes) bool { return r.Provider == s.Provider && r.Of == s.Of })
	if i < 0 {
		i = len(list)
		list = append(list, ReplyShapes{
			Provider: s.Provider,
			Of:       s.Of,
			Fields:   map[string]map[string]int64{},
			Codes:    map[string]map[string]int64{},
		})
	}
	r := &list[i]
	if s.Code != "" {
		count(r.Codes, s.Code, s.Meaning, maxShapeCodes)
	}
	if s.Body != nil && s.Meaning == MeansFound {
		r.Replies++
		for _, path := range fieldsOf(s.Body) {
			count(r.Fields, path[0], path[1], maxShapePaths)
		}
	}
	return list
}

func count(m map[string]map[string]int64, key, kind string, most int) {
	if m[key] == nil {
		if len(m) >= most {
			return
		}
		m[key] = map[string]int64{}
	}
	m[key][kind]++
}

// fieldsOf lists the paths of a value with their types, each once: "person.emails[].value", "text". Null is no value.
func fieldsOf(v any) [][2]string {
	found := map[string]string{}
	walkShape(v, "", 0, found)
	out := make([][2]string, 0, len(found))
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if found[path] != "" {
			out = append(out, [2]string{path, found[path]})
		}
	}
	return out
}

func walkShape(v any, path string, depth int, found map[string]string) {
	if depth > maxShapeDepth || len(path) > maxPathBytes || len(found) >= maxShapePaths {
		return
	}
	kind := ""
	switch v := v.(type) {
	case nil:
		return
	case map[string]any:
		kind = "object"
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := fieldName(name)
			if path != "" {
				at = path + "." + at
			}
			walkShape(v[name], at, depth+1, found)
		}
	case []any:
		kind = "list"
		for _, e := range v[:min(len(v), maxElements)] {
			walkShape(e, path+"[]", depth+1, found)
		}
	case []string:
		kind = "list"
	case string:
		kind = "text"
	case bool:
		kind = "boolean"
	case json.Number, float64, int, int64:
		kind = "number"
	}
	if _, twice := found[path]; path != "" && !twice {
		found[path] = kind
	}
}

// fieldName is a member's name, or * for one that is no name but data, as an address by which an answer is ordered: that must not be in the
// clear.
func fieldName(name string) string {
	if len(name) > 40 {
		return "*"
	}
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return "*"
		}
	}
	return name
}

// Shape is what has been learnt of the replies of a provider.
type Shape struct {
	Replies int64            `json:"replies"`
	Fields  map[string]Habit `json:"fields,omitempty"`
	Codes   map[string]Habit `json:"codes,omitempty"`
	Alerts  []Drift          `json:"alerts,omitempty"` // the newest last
}

// maxAlerts is how many alerts are kept of a shape.
const maxAlerts = 20

// Drift is something of a provider's replies that is not as it was.
type Drift struct {
	Field string    `json:"field,omitempty" doc:"The path of a field that is gone or has another type."`
	Code  string    `json:"code,omitempty" doc:"A status of HTTP that means something else."`
	Was   string    `json:"was"`
	Now   string    `json:"now" doc:"A type, absent, or a meaning: found, nothing, or the kind of trouble."`
	At    time.Time `json:"at"`
}

// Learn takes the replies of an event, and answers what they changed.
func (s *Shape) Learn(r ReplyShapes, at time.Time) []Drift {
	var out []Drift
	if r.Replies > 0 {
		out = s.learnFields(r, at)
	}
	if s.Codes == nil {
		s.Codes = map[string]Habit{}
	}
	for _, code := range slices.Sorted(maps.Keys(r.Codes)) {
		h, known := s.Codes[code]
		if !known && len(s.Codes) >= maxShapeCodes {
			continue
		}
		if c, broken := h.See(r.Codes[code]); broken {
			out = append(out, Drift{Code: code, Was: c.Was, Now: c.Now, At: at})
		}
		s.Codes[code] = h
	}
	s.Alerts = append(s.Alerts, out...)
	s.Alerts = s.Alerts[max(0, len(s.Alerts)-maxAlerts):]
	return out
}

// learnFields looks at every field that is known or in the replies: one that a reply does not have is absent there.
func (s *Shape) learnFields(r ReplyShapes, at time.Time) (out []Drift) {
	if s.Fields == nil {
		s.Fields = map[string]Habit{}
	}
	paths := map[string]bool{}
	for p := range s.Fields {
		paths[p] = true
	}
	for p := range r.Fields {
		paths[p] = true
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		h, known := s.Fields[path]
		if !known {
			if len(s.Fields) >= maxShapePaths {
				continue
			}
			h = Habit{Seen: map[string]int64{}}
			if s.Replies > 0 {
				h.Seen[absent] = s.Replies
			}
		}
		sights := maps.Clone(r.Fields[path])
		if sights == nil {
			sights = map[string]int64{}
		}
		if missing := r.Replies - sum(sights); missing > 0 {
			sights[absent] = missing
		}
		if c, broken := h.See(sights); broken && c.Was != absent {
			out = append(out, Drift{Field: path, Was: c.Was, Now: c.Now, At: at})
		}
		s.Fields[path] = h
	}
	s.Replies += r.Replies
	return out
}
