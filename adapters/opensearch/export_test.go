package opensearch

import (
	"context"

	"github.com/morket/morket/projections/sidestore"
)

// Set writes a row for the suite of engines.
func Set(ctx context.Context, b sidestore.Batch, key, row string, position int64) error {
	return b.(*Batch).put(ctx, key, position, m{"kind": kindRow, "row": key, "name": row}, []byte(row))
}

// SetSuggest writes a row that a value of it suggests.
func SetSuggest(ctx context.Context, b sidestore.Batch, key, workspace, table, value string) error {
	return b.(*Batch).put(ctx, key, 1, m{"kind": kindRow, "row": key, "gone": false, "workspace": workspace, "table": table, "completions": completion(value)}, []byte(value))
}

// Sample is how many rows' values are counted.
func (q *Queries) Sample(rows int64) { q.sample = rows }

// Alias names a copy in the client's OpenSearch.
func (c *Client) Alias(of sidestore.Copy) string { return c.alias(of) }

// Do sends a request as an operator would.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	return c.do(ctx, method, path, body, into)
}
