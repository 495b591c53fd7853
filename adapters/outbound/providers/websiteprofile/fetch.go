package websiteprofile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

type page struct {
	url     *url.URL
	html    string
	check   bool // a browser check was sent instead
	header  http.Header
	cookies []*http.Cookie
}

// fault is why a site could not be read; plain says that it may be there by http without TLS.
type fault struct {
	*enrichment.CallError
	plain bool
}

// Unwrap returns the error without what is known of http.
func (f fault) Unwrap() error { return f.CallError }

func unreachable(plain bool, format string, args ...any) error {
	return fault{enrichment.Fail(enrichment.CallUnreachable, fmt.Sprintf(format, args...)), plain}
}

// retryPlain reports whether a site that was asked for by its name alone may answer by http.
func retryPlain(err error) bool {
	var f fault
	return errors.As(err, &f) && f.plain
}

func (p *Provider) get(ctx context.Context, u *url.URL) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return page{}, enrichment.Fail(enrichment.CallBadInput, "this is not a website")
	}
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1")
	req.Header.Set("Accept-Language", "en;q=0.8,*;q=0.5")
	res, err := p.client.Do(req) //nolint:bodyclose // p.body closes it
	if err != nil {
		return page{}, explain(ctx, err)
	}
	body, _, err := p.body(res, maxPage)
	if err != nil {
		return page{}, explain(ctx, err)
	}
	contentType := res.Header.Get("Content-Type")
	text := decode(body, contentType)
	switch {
	case checkStatus(res, text):
		return page{url: res.Request.URL, check: true, header: res.Header, cookies: res.Cookies()}, nil
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return page{}, enrichment.Fail(enrichment.CallBadInput, "the site has no such page")
	case res.StatusCode >= 400: //nolint:mnd // RFC 9110, 15: an error of the client or the server
		return page{}, unreachable(true, "the site answers %s", res.Status)
	case res.Header.Get("Content-Encoding") != "":
		return page{}, enrichment.Fail(enrichment.CallBadReply, "the site answers in a compression that was not asked for")
	}
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && kind != "text/html" && kind != "application/xhtml+xml" &&
		kind != "text/plain" {
		return page{}, enrichment.Fail(enrichment.CallBadInput, "the address is no web page but "+kind)
	}
	return page{url: res.Request.URL, html: text, header: res.Header, cookies: res.Cookies()}, nil
}

// explain says in words why a site could not be read. None of it is a fault of this provider, so its breaker stays closed.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return unreachable(false, "the site did not answer in time")
	}
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return unreachable(false, "there is no such site in DNS")
	case errors.As(err, &dns):
		return unreachable(false, "DNS is not reachable")
	case strings.Contains(err.Error(), "not on the public internet"):
		return enrichment.Fail(enrichment.CallBadInput, "the address is not on the public internet")
	case errors.As(err, &timeout) && timeout.Timeout():
		return unreachable(true, "the site did not answer in time")
	case strings.Contains(err.Error(), "redirects"):
		return unreachable(true, "the site redirects without end")
	}
	if why := explainTLS(err); why != "" {
		return unreachable(true, "%s", why)
	}
	return unreachable(true, "the site could not be reached")
}

const day = "2006-01-02"

// explainTLS says what is wrong with a site's certificate or its encryption; "" if it is something else.
func explainTLS(err error) string {
	var (
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		unknown   x509.UnknownAuthorityError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		unhandled *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		if strings.Contains(invalid.Detail, "is before") {
			return "the site's certificate is not valid before " + invalid.Cert.NotBefore.Format(day)
		}
		return "the site's certificate has expired on " + invalid.Cert.NotAfter.Format(day)
	case errors.As(err, &host):
		return "the site's certificate is for another host" + named(host.Certificate)
	case errors.As(err, &unknown):
		if c := unknown.Cert; c != nil && c.Issuer.String() == c.Subject.String() {
			return "the site's certificate is of an unknown authority: it is signed by itself"
		}
		return "the site's certificate is of an unknown authority"
	case errors.As(err, &invalid), errors.As(err, &unhandled):
		return "the site's certificate is not valid"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the site does not speak https at this address"
	case errors.As(err, &alert):
		return "the site refuses the encryption that is offered"
	default:
		return ""
	}
}

// named says for which host a certificate is.
func named(c *x509.Certificate) string {
	if c == nil || len(c.DNSNames) == 0 {
		return ""
	}
	name := clean(c.DNSNames[0])
	if len(name) > 100 { //nolint:mnd // enough to know whose it is
		return ""
	}
	return ": " + name
}
