package scrape

import (
	"errors"
	"fmt"
	"time"
)

// Page is a page as it was read.
type Page struct {
	URL         string // after redirects
	Status      int
	ContentType string
	Header      map[string]string // of the response, names in lower case; the few that extractors look at
	Body        []byte            // text in UTF-8
	Cut         bool              // there was more than is read
	Rendered    bool              // by the browser, after its scripts
	Bytes       int64             // that came over the network, as far as it is known
	Refused     int               // connections that the page asked for and did not get
	Took        time.Duration
}

// Reason says why a page could not be read. It is stable: callers decide by it.
type Reason string

// The reasons.
const (
	ReasonBadAddress  Reason = "bad_address"     // not an address of a page on the public internet
	ReasonRobots      Reason = "robots_disallow" // robots.txt forbids it
	ReasonRobotsAway  Reason = "robots_away"     // robots.txt can't be read, which forbids all for the time being
	ReasonResting     Reason = "domain_resting"  // the site has failed or asked to be left alone; see Fault.Retry
	ReasonUnreachable Reason = "unreachable"     // no such name, no connection, no valid certificate
	ReasonTimeout     Reason = "timeout"
	ReasonStatus      Reason = "http_status"     // the site answered with an error
	ReasonChallenge   Reason = "browser_check"   // the site wants to see a person; such checks are not worked around
	ReasonNotPage     Reason = "not_a_page"      // a file of another kind
	ReasonBrowser     Reason = "browser_failed"  // the browser broke down over the page
	ReasonNoBrowser   Reason = "browser_missing" // the page needs a browser and there is none
	ReasonBusy        Reason = "busy"            // no room now
	ReasonCancelled   Reason = "cancelled"
	ReasonNoProxy     Reason = "no_proxy" // none of the proxies works
	ReasonInternal    Reason = "internal"
)

// Fault is why a page could not be read.
type Fault struct { //nolint:errname // it is also what a task without a page ends with
	Reason  Reason
	Message string
	Status  int           // of the response, 0 without one
	Retry   time.Duration // after which another try makes sense; 0 if none does or nothing is known
	cause   error
}

// Fail makes a fault.
func Fail(reason Reason, format string, args ...any) *Fault {
	return &Fault{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Because keeps the error that the fault comes from, for the log; it is not told to callers.
func (f *Fault) Because(err error) *Fault {
	f.cause = err
	return f
}

// Error implements error.
func (f *Fault) Error() string {
	if f.cause != nil {
		return string(f.Reason) + ": " + f.Message + ": " + f.cause.Error()
	}
	return string(f.Reason) + ": " + f.Message
}

// Unwrap returns the error that the fault comes from.
func (f *Fault) Unwrap() error { return f.cause }

// AsFault returns the fault in err; another error becomes an internal one. It is nil for nil.
func AsFault(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Fail(ReasonInternal, "the page could not be read").Because(err)
}
