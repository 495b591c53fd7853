package opensearch

import (
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// scopeOf limits a query to living rows of some tables of one workspace.
func scopeOf(ws kernel.WorkspaceID, tables []kernel.TableID) []m {
	return []m{{"term": m{"workspace": ws}}, {"term": m{"kind": kindRow}}, {"term": m{"gone": false}}, {"terms": m{"table": tables}}}
}

// findBody writes a plan in OpenSearch's language.
func findBody(p searchview.Plan) m {
	filter := append(scopeOf(p.Workspace, p.Tables), filters(p.Filter)...)
	var must []m
	for _, c := range p.Clauses {
		if c.Columns != nil {
			must = append(must, scopedClause(c))
		} else {
			must = append(must, clause(c))
		}
	}
	dir := "asc"
	if p.Descending {
		dir = "desc"
	}
	body := m{
		"size": p.Limit, "track_total_hits": true, "query": m{"bool": m{"filter": filter, "must": must}},
		"sort": []m{{sortField(p.Sort): dir}, {"row": dir}}, "track_scores": len(must) > 0,
	}
	if p.After != nil {
		body["search_after"] = []any{cursorKey(*p.After), p.After.Row}
	} else if p.Offset > 0 {
		body["from"] = p.Offset
	}
	if p.Facets {
		body["aggs"] = facets()
	}
	return body
}

func sortField(s searchview.Sort) string {
	switch s {
	case searchview.ByCreated:
		return "created"
	case searchview.ByUpdated:
		return "updated"
	case searchview.ByName:
		return "name_key"
	default:
		return "_score"
	}
}

func cursorKey(c searchview.Cursor) any {
	switch c.Sort {
	case searchview.ByCreated, searchview.ByUpdated:
		return c.At
	case searchview.ByName:
		return c.Name
	default:
		return c.Score
	}
}

func facets() m {
	terms := func(field string) m { return m{"terms": m{"field": field, "size": searchview.FacetBuckets}} }
	return m{
		searchview.FacetTable:    terms("table"),
		searchview.FacetProvider: terms("providers"),
		searchview.FacetState:    terms("states"),
		searchview.FacetTag:      terms("tags"),
		searchview.FacetUpdated:  m{"terms": m{"field": "month", "size": searchview.FacetBuckets, "order": m{"_key": "desc"}}},
	}
}

func filters(f searchview.Filter) []m {
	var out []m
	for field, values := range map[string][]string{"providers": f.Providers, "states": f.States, "tags": f.Tags} {
		if len(values) > 0 {
			out = append(out, m{"terms": m{field: values}})
		}
	}
	for field, r := range map[string]searchview.Range{"created": f.Created, "updated": f.Updated} {
		bounds := m{}
		if !r.From.IsZero() {
			bounds["gte"] = micros(r.From)
		}
		if !r.To.IsZero() {
			bounds["lt"] = micros(r.To)
		}
		if len(bounds) > 0 {
			out = append(out, m{"range": m{field: bounds}})
		}
	}
	return out
}

// micros rounds up to whole microseconds, in which rows' times are kept: what is not before a moment is not before that.
func micros(t time.Time) int64 {
	return t.Add(time.Microsecond - time.Nanosecond).UnixMicro()
}

// The weights of the ways to match: as asked for or nearly so, in the name or elsewhere.
const (
	nameExact, nameBegins, nameNear = 8, 4, 0.5
	textExact, textBegins, textNear = 2, 1, 0.25
)

// clause is a clause that any cell may match.
func clause(c searchview.Clause) m {
	if len(c.Words) > 1 {
		text := strings.Join(c.Words, " ")
		return either(phrase("name_words", text, c.Prefix, nameExact), phrase("text", text, c.Prefix, textExact))
	}
	w := c.Words[0]
	ways := []m{term("name_words", w, nameExact), term("text", w, textExact)}
	if c.Prefix {
		ways = append(ways, begins("name_words", w, nameBegins), begins("text", w, textBegins))
	}
	if c.Edits > 0 {
		ways = append(ways, near("name_words", w, c.Edits, 0, nameNear), near("text", w, c.Edits, 0, textNear))
	}
	return either(ways...)
}

// scopedClause is a clause that a cell of some columns must match.
func scopedClause(c searchview.Clause) m {
	var ways []m
	for _, col := range c.Columns {
		words := make([]string, len(c.Words))
		for i, w := range c.Words {
			words[i] = scope(col, w)
		}
		if len(words) > 1 {
			ways = append(ways, phrase("scoped", strings.Join(words, " "), c.Prefix, textExact))
			continue
		}
		ways = append(ways, term("scoped", words[0], textExact))
		if c.Prefix {
			ways = append(ways, begins("scoped", words[0], textBegins))
		}
		if c.Edits > 0 {
			ways = append(ways, near("scoped", words[0], c.Edits, len(scope(col, "")), textNear))
		}
	}
	return either(ways...)
}

func either(ways ...m) m { return m{"dis_max": m{"queries": ways}} }

func term(field, word string, weight float64) m {
	return m{"term": m{field: m{"value": word, "boost": weight}}}
}

func begins(field, word string, weight float64) m {
	return m{"prefix": m{field: m{"value": word, "boost": weight}}}
}

// near allows so many letters to differ, but for those of a column's id.
func near(field, word string, edits, untouched int, weight float64) m {
	return m{"fuzzy": m{field: m{"value": word, "fuzziness": edits, "prefix_length": untouched, "max_expansions": nearWords, "boost": weight}}}
}

const (
	nearWords   = 50  // words that one asked for may stand for
	phraseEnds  = 500 // words that the last of a phrase may stand for
	phraseSlope = 0
)

func phrase(field, text string, prefix bool, weight float64) m {
	if prefix {
		return m{"match_phrase_prefix": m{field: m{
			"query":          text,
			"analyzer":       "whitespace",
			"max_expansions": phraseEnds,
			"slop":           phraseSlope,
			"boost":          weight,
		}}}
	}
	return m{"match_phrase": m{field: m{"query": text, "analyzer": "whitespace", "slop": phraseSlope, "boost": weight}}}
}
