// Package opensearch keeps the documents of searches in OpenSearch and finds them.
//
// A copy of the read model (sidestore.Copy) is one index, made from a versioned index template and reached by an alias of the
// copy's name. Everything is written through that alias and with require_alias: were the index deleted, a write fails instead of
// making it anew by itself, half empty and without its mapping. Documents carry the position of their last change as external
// version, so that an older one never takes the place of a newer one.
//
// A workspace is searched through an alias of its own, which filters by the workspace; each query names the workspace again.
package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/opensearch-project/opensearch-go/v4"

	"github.com/morket/morket/domain/kernel"
)

// Client speaks to one OpenSearch, under names that begin with a prefix of this installation's.
type Client struct {
	os     *opensearch.Client
	prefix string
}

var prefixForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// NewClient takes http(s)://user:password@host:port/prefix; without a prefix it is "morket".
func NewClient(address string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the address of OpenSearch can't be read") // the cause would repeat the password
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix == "" {
		prefix = "morket"
	}
	if !prefixForm.MatchString(prefix) {
		return nil, fmt.Errorf("the address of OpenSearch ends in %q, which can't begin the names of indexes: lower-case letters, digits and "+
			"underscores", prefix)
	}
	password, _ := u.User.Password()
	c, err := opensearch.NewClient(opensearch.Config{
		Addresses: []string{u.Scheme + "://" + u.Host}, Username: u.User.Username(), Password: password, DisableRetry: true,
		Transport: &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: requestWithin},
	})
	if err != nil {
		return nil, fmt.Errorf("OpenSearch: %w", err)
	}
	return &Client{os: c, prefix: prefix + "_"}, nil
}

const (
	requestWithin = 30 * time.Second
	answerWithin  = 5 * time.Second // to a waiting person
	maxAnswer     = 256 << 20
)

// statusError is an answer of OpenSearch that is no success.
type statusError struct {
	status       int
	kind, reason string
}

// Error tells what OpenSearch said.
func (e *statusError) Error() string {
	return fmt.Sprintf("OpenSearch answers %d %s: %.500s", e.status, e.kind, e.reason)
}

// temporary reports whether the same request may succeed later: OpenSearch is at fault and not the request. That includes what an operator
// mends (credentials, a disk that is full and makes indexes read only), and any failure of the server, a node that is stopping among them:
// taken for a fault of the document it would set the document's stream aside for good.
func (e *statusError) temporary() bool {
	switch e.status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return e.status >= http.StatusInternalServerError
}

// down is the error of a store that does not answer. It names the store.
func down(err error) error {
	e := kernel.E(kernel.KindUnavailable, "OPENSEARCH_UNAVAILABLE",
		"OpenSearch, which searches need, does not answer now; repeat the request in a moment")
	e.RetryAfter = 5 * time.Second
	return e.Because(err)
}

// do sends a request and reads the answer into a value, unless that is nil. Bodies are JSON values, or bytes as they are.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	raw, err := encode(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if len(raw) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.os.Stream(req)
	if err != nil {
		return down(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return down(err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return refused(res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read OpenSearch's answer: %w", err)
	}
	return nil
}

func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	default:
		return json.Marshal(b)
	}
}

func refused(status int, answer []byte) error {
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	e := &statusError{status: status, reason: string(answer)}
	if json.Unmarshal(answer, &said) == nil {
		var detail cause
		if json.Unmarshal(said.Error, &detail) == nil {
			e.kind, e.reason = detail.Type, detail.Reason
		}
	}
	if e.temporary() {
		return down(e)
	}
	return e
}

// cause is how OpenSearch describes an error.
type cause struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// unread is why a document could not be read by its id: the index is missing, or the server can't read it now. It says no status.
func (c *cause) unread() error {
	if strings.HasPrefix(c.Type, "index_not_found") {
		return &statusError{status: http.StatusNotFound, kind: c.Type, reason: c.Reason}
	}
	return down(errors.New("read documents: " + c.Type + ": " + c.Reason))
}

func isMissing(err error) bool {
	var e *statusError
	return errors.As(err, &e) && e.status == http.StatusNotFound
}

// Check answers nil when OpenSearch can be used. A node answers before it has loaded its indexes, and one whose disk is broken has
// lost some: until each of ours has its primary shards, searches fail.
func (c *Client) Check(ctx context.Context) error {
	var health struct {
		Status     string `json:"status"`
		Unassigned int    `json:"unassigned_shards"`
	}
	if err := c.do(ctx, http.MethodGet, "/_cluster/health/"+c.prefix+"*", nil, &health); err != nil {
		return err
	}
	if health.Status == "red" {
		return down(fmt.Errorf("%d shards of its indexes are not loaded", health.Unassigned))
	}
	return nil
}
