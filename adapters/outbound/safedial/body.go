package safedial

import (
	"fmt"
	"io"
	"net/http"
)

// Body reads a response's body of at most limit bytes, after decompression; cut says that there was more. The body is closed.
func Body(res *http.Response, limit int64) (body []byte, cut bool, err error) {
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, false, fmt.Errorf("read the answer of %s: %w", res.Request.URL.Host, err)
	}
	if int64(len(body)) > limit {
		return body[:limit], true, nil
	}
	return body, false, nil
}
