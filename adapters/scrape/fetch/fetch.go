// Package fetch reads pages by plain HTTP.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Config is what a Fetcher needs.
type Config struct {
	// Client must refuse addresses that are not public, also after redirects.
	Client *http.Client
	// Body reads at most limit bytes of an answer, after decompression.
	Body func(res *http.Response, limit int64) (body []byte, cut bool, err error)
	// Decode makes UTF-8 of a page, by its Content-Type and what it says of itself.
	Decode func(body []byte, contentType string) string
	Agent  string // User-Agent
	// Refused reports that an error says that the address may not be reached.
	Refused func(error) bool
	Clock   kernel.Clock
}

// Fetcher reads pages.
type Fetcher struct{ cfg Config }

// New makes a fetcher.
func New(cfg Config) (*Fetcher, error) {
	if cfg.Client == nil || cfg.Body == nil || cfg.Decode == nil || cfg.Refused == nil || cfg.Clock == nil {
		return nil, errors.New("fetching needs a client, readers of bodies and texts, the dialer's refusal and a clock")
	}
	return &Fetcher{cfg}, nil
}

// maxPage is how much of a page is read.
const maxPage = 4 << 20

// kept are the headers of an answer that are kept.
func kept() []string {
	return []string{"Content-Language", "Last-Modified", "Etag", "Retry-After", "X-Robots-Tag", "Server", "X-Powered-By", "Link"}
}

// Fetch reads the page at the address, with any status. hop is asked before each redirect is followed and may refuse it. Errors are
// *scrape.Fault.
func (f *Fetcher) Fetch(ctx context.Context, u *url.URL, hop func(*url.URL) error) (scrape.Page, error) {
	began := f.cfg.Clock.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return scrape.Page{}, scrape.Fail(scrape.ReasonBadAddress, "this is no address of a page")
	}
	req.Header.Set("User-Agent", f.cfg.Agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.5,*/*;q=0.1")
	req.Header.Set("Accept-Language", "en;q=0.8,*;q=0.5")
	client := *f.cfg.Client
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if base := f.cfg.Client.CheckRedirect; base != nil {
			if err := base(req, via); err != nil {
				return err
			}
		}
		return hop(req.URL)
	}
	res, err := client.Do(req) //nolint:bodyclose // Body closes it
	if err != nil {
		return scrape.Page{}, f.explain(ctx, err)
	}
	contentType := res.Header.Get("Content-Type")
	body, cut, err := f.cfg.Body(res, maxPage)
	if err != nil {
		return scrape.Page{}, f.explain(ctx, err)
	}
	if res.StatusCode < http.StatusBadRequest && !readable(contentType, body) {
		return scrape.Page{}, scrape.Fail(scrape.ReasonNotPage, "the address is no web page but a file of another kind")
	}
	page := scrape.Page{
		URL:         res.Request.URL.String(),
		Status:      res.StatusCode,
		ContentType: contentType,
		Header:      map[string]string{},
		Cut:         cut,
		Bytes:       int64(len(body)),
		Body:        []byte(f.cfg.Decode(body, contentType)),
		Took:        f.cfg.Clock.Now().Sub(began),
	}
	for _, name := range kept() {
		if v := res.Header.Get(name); v != "" {
			page.Header[strings.ToLower(name)] = v
		}
	}
	return page, nil
}

// readable reports a page of text. Without a type its first bytes decide.
func readable(contentType string, body []byte) bool {
	if contentType == "" {
		contentType = http.DetectContentType(body)
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err != nil || slices.Contains([]string{"text/html", "application/xhtml+xml", "text/plain"}, kind)
}

// explain says in words why a page could not be read.
func (f *Fetcher) explain(ctx context.Context, err error) error {
	var (
		fault   *scrape.Fault
		dns     *net.DNSError
		timeout interface{ Timeout() bool }
		cert    *tls.CertificateVerificationError
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &fault): // hop's
		return fault
	case f.cfg.Refused(err):
		return scrape.Fail(scrape.ReasonBadAddress, "the address is not on the public internet").Because(err)
	case errors.Is(ctx.Err(), context.Canceled):
		return scrape.Fail(scrape.ReasonCancelled, "the task was cancelled").Because(err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return scrape.Fail(scrape.ReasonUnreachable, "there is no such site in DNS").Because(err)
	case errors.As(err, &dns):
		return scrape.Fail(scrape.ReasonUnreachable, "DNS is not reachable").Because(err)
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return scrape.Fail(scrape.ReasonTimeout, "the site did not answer in time").Because(err)
	case errors.As(err, &cert), errors.As(err, &host), errors.As(err, &unknown), errors.As(err, &record):
		return scrape.Fail(scrape.ReasonUnreachable, "the site's certificate or encryption is not valid").Because(err)
	case strings.Contains(err.Error(), "redirects"):
		return scrape.Fail(scrape.ReasonUnreachable, "the site redirects without end").Because(err)
	default:
		return scrape.Fail(scrape.ReasonUnreachable, "the site could not be reached").Because(err)
	}
}
