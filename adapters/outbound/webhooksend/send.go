// Package webhooksend posts events to the addresses of webhooks.
package webhooksend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
)

// Timeout is how long a receiver may take to answer.
const Timeout = 15 * time.Second

// Limits of what is kept of an answer.
const (
	maxBody    = 4 << 10 // bytes
	maxHeaders = 30
	maxHeader  = 500 // bytes of one value
)

// Sender is a webhookflow.Sender.
type Sender struct {
	client *http.Client
	body   func(res *http.Response, limit int64) (body []byte, cut bool, err error)
}

var _ webhookflow.Sender = (*Sender)(nil)

// New makes a sender. The client must reach public addresses only and follow no redirects; body reads and closes an answer's body.
func New(client *http.Client, body func(*http.Response, int64) ([]byte, bool, error)) *Sender {
	return &Sender{client: client, body: body}
}

// Send implements webhookflow.Sender. Anything but a status from 200 to 299 is a failure.
func (s *Sender) Send(ctx context.Context, to string, headers map[string]string, body []byte) webhookflow.Attempt {
	a := webhookflow.Attempt{Request: redacted(headers), Response: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		a.Error = "the address can't be used"
		return a
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := s.client.Do(req) //nolint:bodyclose // s.body closes it
	if err != nil {
		a.Error = reason(err)
		return a
	}
	a.Status = res.StatusCode
	for name := range res.Header {
		if len(a.Response) < maxHeaders {
			a.Response[text(name, maxHeader)] = text(kept(name, res.Header.Get(name)), maxHeader)
		}
	}
	answer, cut, err := s.body(res, maxBody)
	a.Body, a.BodyCut = text(string(answer), maxBody), cut
	switch {
	case a.Status < 200 || a.Status > 299:
		a.Error = fmt.Sprintf("the receiver answered %d %s", a.Status, http.StatusText(a.Status))
		if a.Status >= 300 && a.Status < 400 {
			a.Error += "; redirects are not followed"
		}
		a.RetryAfter = retryAfter(res.Header.Get("Retry-After"), kernel.SystemClock{}.Now())
	case err != nil:
		a.Body, a.Error = "", reason(err)
	}
	return a
}

// reason says in words what went wrong, without the address, which may hold a secret.
func reason(err error) string {
	var dns *net.DNSError
	var wrapped *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", Timeout)
	case errors.As(err, &dns):
		return "the host's name can't be resolved: " + dns.Err
	case errors.As(err, &wrapped):
		return text(kernel.MaskAddresses(wrapped.Err.Error()), maxHeader)
	default:
		return text(kernel.MaskAddresses(err.Error()), maxHeader)
	}
}

// redacted are the request's headers as they are kept: the signature, by which one could forge the request, only by its kind.
func redacted(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		if name == webhookflow.HeaderSignature {
			parts := strings.Fields(value)
			for i := range parts {
				parts[i] = "v1,••••"
			}
			value = strings.Join(parts, " ")
		}
		out[name] = value
	}
	return out
}

// kept is an answer's header as it is kept.
func kept(name, value string) string {
	switch name {
	case "Set-Cookie", "Set-Cookie2", "Authorization", "Proxy-Authenticate", "Www-Authenticate":
		return "••••"
	default:
		return value
	}
}

// text makes what a stranger sent fit for the database: UTF-8 without NUL, cut to so many bytes.
func text(s string, limit int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") // without the rune that was cut in two
	}
	return s
}

// mostAsked is the longest pause that a receiver can ask for.
const mostAsked = 24 * time.Hour

// retryAfter reads Retry-After in both its forms, a number of seconds and a date (RFC 9110, section 10.2.3); 0 when it is neither.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(mostAsked/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		return mostAsked
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), mostAsked)
}
