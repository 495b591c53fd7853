package scrape

import (
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Mode says when the browser is used.
type Mode string

// The modes.
const (
	ModeAuto   Mode = "auto"   // when a page says next to nothing without its scripts
	ModeNever  Mode = "never"  // plain HTTP only
	ModeAlways Mode = "always" // for every page
)

// Task is a page to read.
type Task struct {
	URL    string `json:"url"`
	Target Target `json:"target"`
	Mode   Mode   `json:"mode,omitempty"`
	Media  bool   `json:"media,omitempty"`  // the browser loads images, fonts and media too
	Locale string `json:"locale,omitempty"` // in the browser, for example "de-DE"
	Zone   string `json:"zone,omitempty"`   // in the browser, for example "Europe/Berlin"
	// Within is how long it may take, instead of a task's own time.
	Within time.Duration `json:"-"`
}

const maxAddress = 2048

// Address returns the address of the task's page; bare says that it was written without a scheme, so that http may be tried after https.
func (t Task) Address() (u *url.URL, bare bool, err error) {
	in := strings.TrimSpace(t.URL)
	bare = !strings.Contains(in, "://")
	if bare {
		in = "https://" + in
	}
	u, err = url.Parse(in)
	switch {
	case len(in) > maxAddress:
		return nil, false, Fail(ReasonBadAddress, "the address is longer than %d characters", maxAddress)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(in, "\\ \t\r\n"):
		return nil, false, Fail(ReasonBadAddress, "this is no address of a page on the web")
	case u.User != nil:
		return nil, false, Fail(ReasonBadAddress, "an address with a user name is not asked for")
	case !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") && u.Hostname() != "localhost":
		return nil, false, Fail(ReasonBadAddress, "%s is no name of a site", kernel.Shorten(u.Hostname()))
	}
	u.Fragment, u.RawFragment = "", ""
	return u, bare, nil
}

// Validate says what is wrong with the task; targets are those that there are extractors for.
func (t Task) Validate(known func(Target) bool) error {
	const maxName = 60
	switch {
	case !known(t.Target):
		return kernel.Invalid("target", "no extractor is called %q", kernel.Shorten(string(t.Target)))
	case t.Mode != "" && t.Mode != ModeAuto && t.Mode != ModeNever && t.Mode != ModeAlways:
		return kernel.Invalid("mode", "auto, never or always")
	case len(t.Locale) > maxName || strings.ContainsFunc(t.Locale, notName):
		return kernel.Invalid("locale", `a language and a country, for example "de-DE"`)
	}
	if _, err := time.LoadLocation(t.Zone); err != nil || len(t.Zone) > maxName {
		return kernel.Invalid("zone", `a time zone, for example "Europe/Berlin"`)
	}
	if _, _, err := t.Address(); err != nil {
		return kernel.Invalid("url", "%s", AsFault(err).Message)
	}
	return nil
}

func notName(r rune) bool {
	return r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}

// Render asks the browser for a page.
type Render struct {
	URL    string
	Media  bool
	Locale string // "en-US" when empty
	Zone   string // UTC when empty
}

// Fetch is one request for a page, as it is recorded: what was asked, what robots.txt said, how long politeness held it back, what came.
type Fetch struct {
	URL      string        `json:"url"`
	FinalURL string        `json:"final_url,omitempty"` // after redirects, if it differs
	Domain   string        `json:"domain"`
	At       time.Time     `json:"at"`
	Robots   Robots        `json:"robots"`
	Waited   time.Duration `json:"waited"`          // for politeness
	Every    time.Duration `json:"every,omitempty"` // the time between two requests of the domain then
	Took     time.Duration `json:"took"`
	Rendered bool          `json:"rendered,omitempty"`
	Proxy    string        `json:"proxy,omitempty"`
	Status   int           `json:"status,omitempty"`
	Bytes    int64         `json:"bytes,omitempty"`
	Hash     string        `json:"sha256,omitempty"` // of the page's text
	Reason   Reason        `json:"reason,omitempty"` // why there is no page
}

// Outcome is how a task ended: with an extract, a fault, or both when there is only a part.
type Outcome struct {
	Page    *Page
	Extract *Extract
	Fault   *Fault
	Fetches []Fetch
	// Notes say why the page is only a part of what it could be; the extract's reasons begin with them.
	Notes []string
}
