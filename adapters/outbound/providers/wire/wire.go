// Package wire is how providers ask HTTP APIs: one request, no redirect, a bounded answer, and errors that say what kind of trouble it
// was without an address or a vendor's own words, which may repeat the key.
package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// MaxAnswer is how many bytes of an answer are read, after decompression.
const MaxAnswer = 1 << 20

// Fetch reads at most limit bytes of a response's body, after decompression, and closes it.
type Fetch func(res *http.Response, limit int64) (body []byte, cut bool, err error)

// Client asks APIs. Its errors are *enrichment.CallError.
type Client struct {
	client http.Client
	body   Fetch
	agent  string
	clock  kernel.Clock
}

// New makes a client over one that refuses addresses which are not public. Redirects are not followed: a key belongs to the address that
// was configured.
func New(client *http.Client, body Fetch, agent string, clock kernel.Clock) *Client {
	c := &Client{client: *client, body: body, agent: agent, clock: clock}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Answer is what an API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Cut    bool // the body was longer than MaxAnswer
}

// Do makes the request, once. Any status is an answer.
func (c *Client) Do(req *http.Request) (Answer, error) {
	req.Header.Set("User-Agent", c.agent)
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	began := c.clock.Now()
	res, err := once(&c.client, req) //nolint:bodyclose // c.body closes it
	if err != nil {
		err = Explain(err)
		c.tell(req, nil, nil, began, err)
		return Answer{}, err
	}
	body, cut, err := c.body(res, MaxAnswer)
	if err != nil {
		err = Explain(err)
		c.tell(req, res, nil, began, err)
		return Answer{}, err
	}
	c.tell(req, res, body, began, nil)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body, Cut: cut}, nil
}

// Wait reads a Retry-After: seconds or a date (RFC 9110, 10.2.3). The engine bounds it; here it only must not overflow.
func (c *Client) Wait(h http.Header) time.Duration {
	const most = 24 * time.Hour
	s := strings.TrimSpace(h.Get("Retry-After"))
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > int64(most/time.Second) {
			return most
		}
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(most, max(0, t.Sub(c.clock.Now())))
	}
	return 0
}

// Object reads the answer as a JSON object.
func (a Answer) Object() (map[string]any, error) {
	if a.Cut {
		return nil, enrichment.Fail(enrichment.CallBadReply, "the answer is longer than 1 MB")
	}
	v, err := answer.Decode(a.Body)
	if err != nil {
		return nil, enrichment.Fail(enrichment.CallBadReply, err.Error())
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, enrichment.Fail(enrichment.CallBadReply, "the answer is not a JSON object")
	}
	return o, nil
}

// Heard tells the listener of the context of the answer, for the shape of the vendor's replies.
func (a Answer) Heard(ctx context.Context) {
	var body any
	if !a.Cut {
		if v, err := answer.Decode(a.Body); err == nil {
			body = v
		}
	}
	enrichment.Hear(ctx, a.Status, body)
}

// Trouble makes an error of a status that no vendor gives a meaning of its own; nil for 200 to 299. The vendor's name is given as who.
func (c *Client) Trouble(who string, a Answer) *enrichment.CallError {
	code := strconv.Itoa(a.Status)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "":
		return &enrichment.CallError{
			Kind:       enrichment.CallRateLimited,
			Message:    who + " answers " + code + ": asked too often",
			RetryAfter: c.Wait(a.Header),
		}
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return enrichment.Fail(enrichment.CallUnauthorized, who+" refuses the key ("+code+")")
	case a.Status == http.StatusRequestTimeout || a.Status >= 500:
		return enrichment.Fail(enrichment.CallFailed, who+" answers "+code)
	case a.Status < 400:
		return enrichment.Fail(enrichment.CallBadReply, who+" answers "+code+" with another address; give the final one")
	default:
		return enrichment.Fail(enrichment.CallBadInput, who+" answers "+code)
	}
}

// Explain says what went wrong without the address, which may hold a key.
func Explain(err error) error {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &enrichment.CallError{Kind: enrichment.CallTimeout, Message: "the API did not answer in time", Lost: true}
	case errors.As(err, &dns) && dns.IsNotFound:
		return enrichment.Fail(enrichment.CallUnreachable, "there is no such host in DNS")
	case errors.As(err, &dns):
		return enrichment.Fail(enrichment.CallUnreachable, "DNS is not reachable")
	case strings.Contains(err.Error(), "not on the public internet"):
		return enrichment.Fail(enrichment.CallBadInput, "the address is not on the public internet")
	default:
		return &enrichment.CallError{Kind: enrichment.CallFailed, Message: "the connection to the API failed", Lost: true}
	}
}
