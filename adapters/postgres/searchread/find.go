package searchread

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// args collects a statement's parameters.
type args struct{ list []any }

func (a *args) add(v any) string {
	a.list = append(a.list, v)
	return "$" + strconv.Itoa(len(a.list))
}

// findSQL makes the statement that answers a plan in one row: how many there are, the facets and the page.
func (q *Queries) findSQL(p searchview.Plan, near [][]string) (string, []any) {
	var a args
	var b strings.Builder
	score := "0::float8"
	where := []string{"workspace_id = " + a.add(p.Workspace), "NOT gone", "table_id = ANY(" + a.add(p.Tables) + ")"}
	if len(p.Clauses) > 0 {
		all := make([]string, len(p.Clauses))
		exact := make([]string, len(p.Clauses))
		for i, c := range p.Clauses {
			all[i], exact[i] = clauseQuery(c, near[i], c.Prefix), clauseQuery(c, nil, false)
		}
		found := strings.Join(all, " & ")
		where = append(where, "words @@ "+a.add(lexeme(string(p.Workspace))+" & "+found)+"::tsquery")
		// A word as it was asked for counts far more than one that begins so or is nearly so; then one in the name more than elsewhere.
		score = fmt.Sprintf("(20 * ts_rank(words, %s::tsquery) + ts_rank(words, %s::tsquery))::float8", a.add(strings.Join(exact, " | ")),
			a.add(strings.Join(all, " | ")))
	}
	for i, c := range p.Clauses {
		if c.Columns != nil {
			where = append(where, fmt.Sprintf(cellMatches, a.add(c.Columns), a.add(pattern(c, near[i]))))
		}
	}
	where = append(where, filters(p.Filter, &a)...)
	fmt.Fprintf(&b, "WITH hits AS MATERIALIZED (SELECT row_id, table_id, created_at, updated_at, name_key, tags, states, providers, %s AS "+
		"score FROM rm_search.own_rows WHERE %s),\n",
		score, strings.Join(where, " AND "))
	key, dir := sortKey(p)
	after := "true"
	if p.After != nil {
		sign := ">"
		if p.Descending {
			sign = "<"
		}
		after = fmt.Sprintf("(%s, row_id) %s (%s, %s::uuid)", key, sign, cursorKey(p, &a), a.add(rowUUID(p.After.Row)))
	}
	fmt.Fprintf(&b, "page AS (SELECT row_id, score FROM hits WHERE %s ORDER BY %s %s, row_id %s LIMIT %d OFFSET %d)\n", after, key, dir, dir,
		p.Limit, p.Offset)
	facets := "NULL::jsonb"
	if p.Facets {
		facets = facetsSQL
	}
	fmt.Fprintf(&b, `SELECT (SELECT count(*) FROM hits), %s, COALESCE((SELECT jsonb_agg(to_jsonb(f) ORDER BY f.ord) FROM (
SELECT r.row_id, r.table_id, p.score, (extract(epoch FROM r.created_at) * 1000000)::bigint AS created, (extract(epoch
FROM r.updated_at) * 1000000)::bigint AS updated,
r.position, r.name, r.name_key, r.tags, r.states, r.providers, r.doc, row_number() OVER (ORDER BY %s %s, r.row_id %s) AS ord
FROM page p JOIN rm_search.own_rows r USING (row_id)) f), '[]')`, facets, strings.ReplaceAll(key, "score", "p.score"), dir, dir)
	return b.String(), a.list
}

// cellMatches asks whether the words of a cell match. They are written beside it where they aren't those of its lower case.
const cellMatches = `EXISTS (SELECT 1 FROM jsonb_each_text(doc -> 'v') AS cell(col, val) WHERE cell.col = ANY(%s)
AND COALESCE(doc -> 'k' ->> cell.col, lower(cell.val COLLATE "C")) ~ %s)`

func sortKey(p searchview.Plan) (key, dir string) {
	dir = "ASC"
	if p.Descending {
		dir = "DESC"
	}
	switch p.Sort {
	case searchview.ByCreated:
		return "created_at", dir
	case searchview.ByUpdated:
		return "updated_at", dir
	case searchview.ByName:
		return "name_key", dir
	default:
		return "score", dir
	}
}

func cursorKey(p searchview.Plan, a *args) string {
	switch p.Sort {
	case searchview.ByCreated, searchview.ByUpdated:
		return "to_timestamp(0) + " + a.add(p.After.At) + "::bigint * interval '1 microsecond'"
	case searchview.ByName:
		return a.add(p.After.Name) + `::text COLLATE "C"`
	default:
		return a.add(p.After.Score) + "::float8"
	}
}

// facetsSQL counts the values of what was found.
const facetsSQL = `jsonb_build_object(
'table', (SELECT COALESCE(jsonb_agg(jsonb_build_object('value', v, 'count', n) ORDER BY n DESC, v), '[]')
FROM (SELECT table_id AS v, count(*) AS n FROM hits GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) t),
'provider', (SELECT COALESCE(jsonb_agg(jsonb_build_object('value', v, 'count', n) ORDER BY n DESC, v), '[]')
FROM (SELECT v COLLATE "C" AS v, count(*) AS n FROM hits, unnest(providers) AS v GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) t),
'state', (SELECT COALESCE(jsonb_agg(jsonb_build_object('value', v, 'count', n) ORDER BY n DESC, v), '[]')
FROM (SELECT v COLLATE "C" AS v, count(*) AS n FROM hits, unnest(states) AS v GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) t),
'tag', (SELECT COALESCE(jsonb_agg(jsonb_build_object('value', v, 'count', n) ORDER BY n DESC, v), '[]')
FROM (SELECT v COLLATE "C" AS v, count(*) AS n FROM hits, unnest(tags) AS v GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) t),
'updated', (SELECT COALESCE(jsonb_agg(jsonb_build_object('value', v, 'count', n) ORDER BY v DESC), '[]')
FROM (SELECT to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM') AS v, count(*) AS n FROM hits GROUP BY 1 ORDER BY 1 DESC LIMIT 20) t))`

func filters(f searchview.Filter, a *args) []string {
	var out []string
	for _, list := range []struct {
		column string
		values []string
	}{{"providers", f.Providers}, {"states", f.States}, {"tags", f.Tags}} {
		if len(list.values) > 0 {
			out = append(out, list.column+" && "+a.add(list.values)+"::text[]")
		}
	}
	for _, span := range []struct {
		column string
		searchview.Range
	}{{"created_at", f.Created}, {"updated_at", f.Updated}} {
		if !span.From.IsZero() {
			out = append(out, span.column+" >= "+a.add(span.From))
		}
		if !span.To.IsZero() {
			out = append(out, span.column+" < "+a.add(span.To))
		}
	}
	return out
}

// clauseQuery writes a clause as a tsquery.
func clauseQuery(c searchview.Clause, near []string, prefix bool) string {
	parts := make([]string, len(c.Words))
	for i, w := range c.Words {
		parts[i] = lexeme(w)
	}
	last := len(parts) - 1
	if prefix {
		parts[last] += ":*"
	}
	if len(near) > 0 {
		words := []string{parts[last]}
		for _, w := range near {
			words = append(words, lexeme(w))
		}
		parts[last] = "(" + strings.Join(words, " | ") + ")"
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " <-> ") + ")"
}

func rowUUID(id kernel.RowID) string {
	key, err := id.Key()
	if err != nil { // a cursor's was checked
		return "00000000-0000-0000-0000-000000000000"
	}
	h := hex.EncodeToString(key[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

func rowID(uuid string) (kernel.RowID, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(uuid, "-", ""))
	if err != nil || len(b) != len(kernel.RowKey{}) {
		return "", fmt.Errorf("%q is no row", uuid)
	}
	return kernel.RowKey(b).RowID(), nil
}
