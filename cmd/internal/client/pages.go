package client

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/url"
)

// Pages yields the items of a list, page after page. It ends at the first error, which it yields.
func Pages[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := maps.Clone(query)
		if q == nil {
			q = url.Values{}
		}
		for {
			var page []T
			meta, err := c.Get(ctx, path, q, &page)
			if err == nil && meta.NextCursor != "" && meta.NextCursor == q.Get("cursor") {
				err = errors.New("the server gave the same cursor twice")
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
			}
			if meta.NextCursor == "" {
				return
			}
			q.Set("cursor", meta.NextCursor)
		}
	}
}
