// Package crmwire is how connectors ask CRMs: one request, no redirect, a bounded answer, and errors without an address or a secret.
package crmwire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

const agent = "Morket"

// Client asks one vendor. net/http repeats a GET by itself when a connection that was used before breaks, which costs a call and changes
// nothing; a request that changes something is a POST, PATCH or DELETE, and of those it repeats what was never written only.
type Client struct {
	client http.Client
	who    string
	clock  kernel.Clock
}

// New makes a client over one that refuses addresses which are not public. The vendor's name is given as who, for messages. Redirects are
// not followed: a token belongs to the address that it was made for.
func New(client *http.Client, who string, clock kernel.Clock) *Client {
	c := &Client{client: *client, who: who, clock: clock}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Request is what a vendor is asked.
type Request struct {
	Method string
	URL    string
	Bearer string
	Header map[string]string
	Body   any // url.Values go as a form, else it goes as JSON; nil is no body
	// Secrets are taken out of what the vendor says.
	Secrets []string
	// Changes says that the request changes something, so that a lost answer is told.
	Changes bool
	// Searches says that the vendor counts the request by crm.Vendor.Changes too.
	Searches bool
}

// Answer is what a vendor answered. Body is JSON within the limits; where it is empty the answer was none.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Broken says what was wrong with a body that is no JSON within the limits.
	Broken error
	// At is the vendor's time or ours, whichever is earlier.
	At time.Time

	client  *Client
	secrets []string
	changes bool
}

// Do makes the request when its turn has come. Any status is an answer.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := crm.Turn(ctx, r.Searches); err != nil {
		return nil, err
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, c.away(err, r.Changes)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil {
		return nil, c.away(err, r.Changes)
	}
	a := &Answer{
		Status: res.StatusCode, Header: res.Header, At: c.clock.Now().UTC(),
		client: c, secrets: append(secretsOf(r.Body), append(r.Secrets, r.Bearer)...), changes: r.Changes,
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		a.At = earlier(a.At, at.UTC())
	}
	if a.Broken = Check(body); a.Broken == nil {
		a.Body = body
	}
	return a, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	kind := ""
	switch b := r.Body.(type) {
	case nil:
	case url.Values:
		body, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(b); err != nil {
			return nil, Fail(crm.CallInvalid, "the values can't be written as JSON")
		}
		body, kind = &buf, "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, Fail(crm.CallInvalid, c.who+" can't be asked: the values make no address")
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if r.Bearer != "" {
		if strings.ContainsFunc(r.Bearer, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return nil, Fail(crm.CallExpired, "the access token holds characters that no token has")
		}
		req.Header.Set("Authorization", "Bearer "+r.Bearer)
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	return req, nil
}

// secretsOf are the values of a form that are secret.
func secretsOf(body any) (out []string) {
	form, ok := body.(url.Values)
	if !ok {
		return nil
	}
	for _, name := range []string{"client_secret", "refresh_token", "token", "code", "code_verifier"} {
		out = append(out, form.Get(name))
	}
	return out
}

// away says why no answer came, without the address, which may hold a token. Where no connection was made nothing was carried out.
func (c *Client) away(err error, changes bool) error {
	var op *net.OpError
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	dialled := !errors.As(err, &dns) && (!errors.As(err, &op) || op.Op != "dial")
	e := &crm.CallError{Kind: crm.CallFailed, Message: "the connection to " + c.who + " failed", Lost: changes && dialled}
	switch {
	case errors.Is(err, context.Canceled):
		e.Message = "the call of " + c.who + " was broken off"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Message = c.who + " did not answer in time"
	case strings.Contains(err.Error(), "not on the public internet"):
		e.Message, e.Lost = "the address of "+c.who+" is not on the public internet", false
	}
	return e
}

// earlier is the vendor's time if it is before ours, so that a clock that is ahead makes nothing late seem settled. One that is off by more
// than a day is no clock.
func earlier(ours, theirs time.Time) time.Time {
	const most = 24 * time.Hour
	if theirs.Before(ours) && ours.Sub(theirs) <= most {
		return theirs
	}
	return ours
}

// Fail makes an error of a call.
func Fail(kind crm.CallKind, message string) *crm.CallError {
	return &crm.CallError{Kind: kind, Message: message}
}

// TooLong reports an answer that is longer than is read. Fewer records at once may be asked for.
func (a *Answer) TooLong() bool { return errors.Is(a.Broken, errTooLong) }

// OK reports an answer of the statuses 200 to 299.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Into decodes the answer. What makes no sense after a change is a lost answer: the change may have been made.
func (a *Answer) Into(v any) error {
	err := a.Broken
	if err == nil {
		if len(bytes.TrimSpace(a.Body)) == 0 {
			err = errEmpty
		} else if json.Unmarshal(a.Body, v) != nil {
			err = errShape
		}
	}
	if err != nil {
		return &crm.CallError{
			Kind: crm.CallFailed, Message: a.client.who + " gave an answer that makes no sense: " + err.Error(), Lost: a.changes,
		}
	}
	return nil
}

// Nothing requires an answer without a body: a page of a proxy with a 200 has done nothing.
func (a *Answer) Nothing() error {
	if a.Broken == nil && len(bytes.TrimSpace(a.Body)) == 0 {
		return nil
	}
	return &crm.CallError{Kind: crm.CallFailed, Message: a.client.who + " gave an answer where it gives none", Lost: a.changes}
}

// Say makes a message of the vendor's words: one line, bounded, without what is secret.
func (a *Answer) Say(words string) string {
	for _, s := range a.secrets {
		if s == "" {
			continue
		}
		words = strings.ReplaceAll(words, s, "…")
		words = strings.ReplaceAll(words, url.QueryEscape(s), "…")
	}
	words = strings.Join(strings.Fields(strings.Map(printable, words)), " ")
	const most = 300
	if cut := []rune(words); len(cut) > most {
		words = string(cut[:most]) + "…"
	}
	return words
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return ' '
	}
	return r
}

// Loopback refuses an address in a vendor's stead that is not one of this machine: tokens and secrets are sent to it.
func Loopback(address string) error {
	u, err := url.Parse(address)
	if err == nil && u.Scheme == "http" && u.User == nil && u.RawQuery == "" {
		if ip, err := netip.ParseAddrPort(u.Host); err == nil && ip.Addr().Unmap().IsLoopback() {
			return nil
		}
	}
	return fmt.Errorf("the address %q stands in for a vendor's, so it must be http:// on a loopback address with a port", address)
}
