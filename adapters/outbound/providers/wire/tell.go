package wire

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/morket/morket/domain/enrichment"
)

// hidden stands for what may be secret.
const hidden = "…"

// secretName matches names of parameters that may hold keys.
var secretName = regexp.MustCompile(`(?i)key|token|secret|passw|auth|sign|session|credential`)

// openHeaders are those whose values hold no secret. Of any other only the name is told.
func openHeaders() []string {
	return []string{"Accept", "Content-Type", "Anthropic-Version"}
}

// tell tells the request's witness, if there is one, of an exchange. Without an answer res is nil and err says why.
func (c *Client) tell(req *http.Request, res *http.Response, body []byte, began time.Time, err error) {
	w, ok := enrichment.WitnessOf(req.Context())
	if !ok {
		return
	}
	x := enrichment.Exchange{
		Method: req.Method, URL: openURL(req.URL), Headers: headersOf(req.Header), Latency: c.clock.Now().Sub(began).Milliseconds(),
	}
	x.Request, _ = enrichment.Printable(bodyOf(req, w.Limit), w.Limit)
	if err != nil {
		x.Error = err.Error()
	}
	if res != nil {
		x.Status, x.Type = res.StatusCode, res.Header.Get("Content-Type")
		x.Body, x.Cut = enrichment.Printable(body, w.Limit)
	}
	w.Tell(x)
}

// openURL is the address without user, fragment, and the values of parameters that are named like keys.
func openURL(u *url.URL) string {
	open := *u
	open.User, open.Fragment = nil, ""
	parts := strings.Split(open.RawQuery, "&")
	for i, part := range parts {
		if name, _, ok := strings.Cut(part, "="); ok && secretName.MatchString(name) {
			parts[i] = name + "=" + hidden
		}
	}
	open.RawQuery = strings.Join(parts, "&")
	return open.String()
}

func headersOf(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name := range h {
		if name == "User-Agent" {
			continue
		}
		out[http.CanonicalHeaderKey(name)] = hidden
	}
	for _, name := range openHeaders() {
		if v := h.Get(name); v != "" {
			out[name] = v
		}
	}
	return out
}

// bodyOf is the beginning of the request's body.
func bodyOf(req *http.Request, limit int) []byte {
	if req.GetBody == nil {
		return nil
	}
	r, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer func() { _ = r.Close() }()
	body, err := io.ReadAll(io.LimitReader(r, int64(limit)))
	if err != nil {
		return nil
	}
	return body
}
