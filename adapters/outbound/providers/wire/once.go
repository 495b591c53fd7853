package wire

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
)

// idempotencyKey is the header in a form that net/http doesn't know: where it finds the canonical one it takes a request for repeatable.
const idempotencyKey = "idempotency-key"

// SetKey adds the idempotency key that a request carries to its server.
func SetKey(req *http.Request, key string) {
	if key != "" {
		req.Header[idempotencyKey] = []string{key}
	}
}

// once makes the request so that it reaches the server once at most. net/http repeats a GET, and a request with an idempotency key, by
// itself when a connection that was used before breaks without an answer, although the server may have done the work, and charged for it.
// It does not where the body can't be read again. What was never written is asked anew here: that is a connection which the server had
// closed.
func once(client *http.Client, req *http.Request) (*http.Response, error) {
	body, again := req.Body, req.GetBody
	for try := 0; ; try++ {
		reused, wrote := false, false
		trace := &httptrace.ClientTrace{
			GotConn:      func(info httptrace.GotConnInfo) { reused = info.Reused },
			WroteHeaders: func() { wrote = true },
		}
		r := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
		r.Body, r.GetBody = body, nil
		if body == nil || body == http.NoBody {
			r.Body = io.NopCloser(strings.NewReader(""))
		}
		res, err := client.Do(r) //nolint:gosec // G704: the client refuses addresses that are not public (New)
		if err == nil || try > 0 || !reused || wrote || req.Context().Err() != nil {
			return res, err
		}
		if again != nil {
			if body, err = again(); err != nil {
				return nil, err
			}
		}
	}
}
