package opensearch

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// Reader hands out the live copy of a read model; sidestore.Store does.
type Reader interface {
	Read(ctx context.Context, projection string, fn func(context.Context, sidestore.Copy) error) error
}

// Queries finds documents.
type Queries struct {
	client *Client
	reader Reader
	sample int64 // suggestSample, but for tests

	aliases *lru.Cache[string, struct{}] // workspaces' aliases that are there
}

var _ searchview.Searcher = (*Queries)(nil)

// NewQueries reads what the reader says is live.
func NewQueries(c *Client, r Reader) *Queries {
	return &Queries{client: c, reader: r, sample: suggestSample, aliases: cached.New[string, struct{}](maxAliases)}
}

// hits is the answer to a search.
type hits struct {
	Hits struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
		Hits []struct {
			Score  float64 `json:"_score"`
			Source source  `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
	Aggregations map[string]struct {
		Buckets []struct {
			Key   string `json:"key"`
			Count int64  `json:"doc_count"`
		} `json:"buckets"`
	} `json:"aggregations"`
}

func (h hits) sources() []source {
	out := make([]source, len(h.Hits.Hits))
	for i, hit := range h.Hits.Hits {
		out[i] = hit.Source
	}
	return out
}

// search asks the live copy, through the workspace's alias.
func (q *Queries) search(ctx context.Context, ws kernel.WorkspaceID, body m) (hits, error) {
	var out hits
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	err := q.reader.Read(ctx, searchview.NameOpenSearch, func(ctx context.Context, c sidestore.Copy) error {
		alias := q.client.alias(c) + "-" + strings.ToLower(string(ws))
		if err := q.ensure(ctx, c, ws, alias); err != nil {
			return err
		}
		out = hits{}
		err := q.client.do(ctx, http.MethodPost, "/"+alias+"/_search", body, &out)
		if isMissing(err) { // the index is gone, or was made anew under its name
			q.forget(alias)
			return gone(err)
		}
		return err
	})
	return out, err
}

// gone is the error of an index that is not there although it should be; it is noticed and made anew.
func gone(err error) error {
	return kernel.E(kernel.KindUnavailable, "OPENSEARCH_UNAVAILABLE",
		"OpenSearch has lost the index that searches need; it is being filled again from the log").Because(err)
}

// maxAliases is how many aliases are remembered.
const maxAliases = 100_000

// ensure makes the workspace's alias unless it is there.
func (q *Queries) ensure(ctx context.Context, c sidestore.Copy, ws kernel.WorkspaceID, alias string) error {
	if q.aliases.Contains(alias) {
		return nil
	}
	body := m{"actions": []m{{"add": m{"index": q.client.index(c), "alias": alias, "filter": m{"term": m{"workspace": ws}}}}}}
	if err := q.client.do(ctx, http.MethodPost, "/_aliases", body, nil); err != nil {
		if isMissing(err) {
			return gone(err)
		}
		return err
	}
	q.aliases.Add(alias, struct{}{})
	return nil
}

func (q *Queries) forget(alias string) { q.aliases.Remove(alias) }

// maxTables is how many tables of a workspace are searched.
const maxTables = 10_000

// Tables implements searchview.Searcher.
func (q *Queries) Tables(ctx context.Context, ws kernel.WorkspaceID) ([]*searchview.Structure, error) {
	found, err := q.search(ctx, ws, m{
		"size":  maxTables,
		"sort":  []m{{"table": "asc"}},
		"query": m{"bool": m{"filter": []m{{"term": m{"kind": kindTable}}, {"term": m{"workspace": ws}}}}},
	})
	if err != nil {
		return nil, err
	}
	return structures(found.sources())
}

// Find implements searchview.Searcher.
func (q *Queries) Find(ctx context.Context, p searchview.Plan) (searchview.Found, error) {
	found, err := q.search(ctx, p.Workspace, findBody(p))
	if err != nil {
		return searchview.Found{}, err
	}
	out := searchview.Found{Total: found.Hits.Total.Value}
	for _, h := range found.Hits.Hits {
		d, err := h.Source.document()
		if err != nil {
			return out, err
		}
		e := searchview.Entry{
			Name:      h.Source.Name,
			NameKey:   h.Source.NameKey,
			Tags:      h.Source.Tags,
			States:    h.Source.States,
			Providers: h.Source.Providers,
		}
		out.Rows = append(out.Rows, searchview.FoundRow{Document: d, Entry: e, Score: h.Score})
	}
	if p.Facets {
		out.Facets = map[string][]searchview.Bucket{}
		for name, a := range found.Aggregations {
			list := []searchview.Bucket{}
			for _, b := range a.Buckets {
				list = append(list, searchview.Bucket{Value: b.Key, Count: b.Count})
			}
			out.Facets[name] = list
		}
	}
	return out, nil
}

const (
	suggestCandidates = 200    // values, before those that differ in case or accents only are put together
	suggestSample     = 10_000 // rows whose values are counted; of more rows, so many are taken by chance, and the counts are estimates
)

// completion is how a value is kept that completes what people type: folded, to be found by its beginning, then as it is.
func completion(value string) string { return searchview.Fold(value) + completionEnd + value }

const completionEnd = "\x1f"

// maxPattern is how many letters OpenSearch takes in a pattern by default, 1,000, when each may need a backslash.
const maxPattern = 490

// reserved are the characters that mean something in OpenSearch's regular expressions.
var reserved = regexp.MustCompile(`[.?+*|{}\[\]()"\\#@&<>~^$-]`)

// Suggest implements searchview.Searcher.
func (q *Queries) Suggest(
	ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID, prefix string, limit int,
) ([]searchview.Suggestion, error) {
	letters := []rune(prefix)
	if len(letters) > maxPattern {
		return []searchview.Suggestion{}, nil // no value is as long
	}
	var filter []m
	if len(letters) >= minGram {
		filter = append(filter, m{"term": m{"completions.beginnings": string(letters[:min(len(letters), maxGram)])}})
	}
	filter = append(filter, scopeOf(ws, tables)...)
	counted, err := q.search(ctx, ws, m{"size": 0, "track_total_hits": true, "query": m{"bool": m{"filter": filter}}})
	if err != nil {
		return nil, err
	}
	share := min(1, float64(q.sample)/float64(max(1, counted.Hits.Total.Value)))
	if share < 1 {
		filter = append(filter, m{"range": m{"low": m{"lt": int64(share * (1 << lowBits))}}})
	}
	found, err := q.search(ctx, ws, m{
		"size": 0, "track_total_hits": false, "query": m{"bool": m{"filter": filter}},
		// A map of what the found rows have: the ordinals of all values would be made anew after each change.
		"aggs": m{"values": m{"terms": m{
			"field": "completions", "include": reserved.ReplaceAllString(prefix, `\$0`) + ".*", "size": suggestCandidates, "execution_hint": "map",
		}}},
	})
	if err != nil {
		return nil, err
	}
	together := map[string]searchview.Suggestion{} // by what they fold to
	for _, b := range found.Aggregations["values"].Buckets {
		folded, value, _ := strings.Cut(b.Key, completionEnd)
		if s, seen := together[folded]; seen {
			value = min(s.Value, value)
		}
		together[folded] = searchview.Suggestion{Value: value, Count: together[folded].Count + int64(float64(b.Count)/share)}
	}
	order := slices.SortedFunc(maps.Keys(together), func(a, b string) int {
		return cmp.Or(cmp.Compare(together[b].Count, together[a].Count), strings.Compare(a, b))
	})
	out := []searchview.Suggestion{}
	for _, folded := range order[:min(limit, len(order))] {
		out = append(out, together[folded])
	}
	return out, nil
}
