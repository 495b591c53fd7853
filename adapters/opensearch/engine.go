package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/sidestore"
)

// Engine keeps copies of the search's read model, an index each.
type Engine struct{ client *Client }

var _ sidestore.Engine = (*Engine)(nil)

// NewEngine keeps them in the client's OpenSearch.
func NewEngine(c *Client) *Engine { return &Engine{c} }

// alias is how a copy is reached, index what is behind it.
func (c *Client) alias(of sidestore.Copy) string { return c.prefix + of.String() }
func (c *Client) index(of sidestore.Copy) string { return c.alias(of) + "-index" }

const reachedID = "reached"

// Make implements sidestore.Engine.
func (e *Engine) Make(ctx context.Context, c sidestore.Copy) error {
	if err := e.Drop(ctx, c); err != nil {
		return err
	}
	name := e.client.prefix + c.Projection
	if err := e.client.do(ctx, http.MethodPut, "/_index_template/"+name, template(name+"_*-index"), nil); err != nil {
		return fmt.Errorf("put the index template: %w", err)
	}
	body := m{"aliases": m{e.client.alias(c): m{"is_write_index": true}}}
	if err := e.client.do(ctx, http.MethodPut, "/"+e.client.index(c), body, nil); err != nil {
		return fmt.Errorf("make an index: %w", err)
	}
	b := &Batch{client: e.client, copy: c}
	return b.Flush(ctx, 0)
}

// Begin implements sidestore.Engine.
func (e *Engine) Begin(_ context.Context, c sidestore.Copy) (sidestore.Batch, error) {
	return &Batch{client: e.client, copy: c}, nil
}

// Reached implements sidestore.Engine.
func (e *Engine) Reached(ctx context.Context, c sidestore.Copy) (int64, bool, error) {
	var doc struct {
		Source struct {
			Position int64 `json:"position"`
		} `json:"_source"`
	}
	err := e.client.do(ctx, http.MethodGet, "/"+e.client.alias(c)+"/_doc/"+reachedID, nil, &doc)
	if isMissing(err) {
		return 0, false, nil
	}
	return doc.Source.Position, err == nil, err
}

// Finish implements sidestore.Engine.
func (e *Engine) Finish(ctx context.Context, c sidestore.Copy) error {
	return e.client.do(ctx, http.MethodPost, "/"+e.client.alias(c)+"/_refresh", nil, nil)
}

// Serve implements sidestore.Engine: in one step the projection's own alias, which people may look at, points to the copy's rows.
func (e *Engine) Serve(ctx context.Context, c sidestore.Copy) error {
	name := e.client.prefix + c.Projection
	return e.client.do(ctx, http.MethodPost, "/_aliases", m{"actions": []m{
		{"remove": m{"index": name + "_*-index", "alias": name, "must_exist": false}},
		{"add": m{"index": e.client.index(c), "alias": name, "filter": m{"term": m{"kind": kindRow}}}},
	}}, nil)
}

// Drop implements sidestore.Engine.
func (e *Engine) Drop(ctx context.Context, c sidestore.Copy) error {
	err := e.client.do(ctx, http.MethodDelete, "/"+e.client.index(c), nil, nil)
	if isMissing(err) {
		return nil
	}
	return err
}

var generationForm = regexp.MustCompile(`^[a-z0-9]+$`)

// Copies implements sidestore.Engine.
func (e *Engine) Copies(ctx context.Context, projection string) ([]string, error) {
	before := e.client.prefix + projection + "_"
	var found map[string]json.RawMessage
	err := e.client.do(ctx, http.MethodGet, "/_alias?expand_wildcards=all", nil, &found)
	if err != nil {
		return nil, err
	}
	var out []string
	for index := range found {
		rest, ours := strings.CutPrefix(index, before)
		generation, whole := strings.CutSuffix(rest, "-index")
		if ours && whole && generationForm.MatchString(generation) {
			out = append(out, generation)
		}
	}
	return out, nil
}

// Checksums implements sidestore.Engine: per kind of document how many there are and the sum of what Batch.put sums up in
// pieces of 24 bits, which the floating-point sums of OpenSearch hold exactly for half a billion documents.
func (e *Engine) Checksums(ctx context.Context, c sidestore.Copy) (sidestore.Sums, error) {
	var found struct {
		Aggregations struct {
			Kinds struct {
				Buckets []struct {
					Key   string                  `json:"key"`
					Count int64                   `json:"doc_count"`
					Low   struct{ Value float64 } `json:"low"`
					High  struct{ Value float64 } `json:"high"`
				} `json:"buckets"`
			} `json:"kinds"`
			Latest struct{ Value float64 } `json:"latest"` // no number without documents
		} `json:"aggregations"`
	}
	sums := m{"low": m{"sum": m{"field": "low"}}, "high": m{"sum": m{"field": "high"}}}
	err := e.client.do(ctx, http.MethodPost, "/"+e.client.alias(c)+"/_search", m{
		"size": 0, "query": m{"bool": m{"must_not": m{"term": m{"kind": kindReached}}}},
		"aggs": m{"kinds": m{"terms": m{"field": "kind"}, "aggs": sums}, "latest": m{"max": m{"field": "position"}}},
	}, &found)
	if err != nil {
		return sidestore.Sums{}, err
	}
	names := map[string]string{kindRow: "rows", kindTable: "tables"}
	out := map[string]projections.Checksum{names[kindRow]: {Sum: "0.0"}, names[kindTable]: {Sum: "0.0"}}
	for _, b := range found.Aggregations.Kinds.Buckets {
		out[names[b.Key]] = projections.Checksum{Rows: b.Count, Sum: fmt.Sprintf("%.0f.%.0f", b.High.Value, b.Low.Value)}
	}
	return sidestore.Sums{Tables: out, Latest: int64(found.Aggregations.Latest.Value)}, nil
}

// Transient implements sidestore.Engine.
func (e *Engine) Transient(err error) bool {
	return kernel.KindOf(err) == kernel.KindUnavailable || errors.Is(err, context.DeadlineExceeded)
}
