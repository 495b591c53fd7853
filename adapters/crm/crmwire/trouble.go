package crmwire

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/crm"
)

// Trouble makes an error of a status that the vendor gives no meaning of its own; words is what it says. A server that fails may have
// done the work before, so a change is lost.
func (a *Answer) Trouble(words string) *crm.CallError {
	e := &crm.CallError{Kind: crm.CallInvalid, Message: a.client.who + " answers " + strconv.Itoa(a.Status)}
	if words = a.Say(words); words != "" {
		e.Message += ": " + words
	}
	retry := a.RetryAfter()
	switch {
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable && retry > 0:
		e.Kind, e.RetryAfter = crm.CallLimited, retry
	case a.Status == http.StatusUnauthorized:
		e.Kind = crm.CallExpired
	case a.Status == http.StatusForbidden && a.Broken != nil:
		e.Kind = crm.CallFailed // a firewall's page says nothing of the grant
	case a.Status == http.StatusForbidden:
		e.Kind = crm.CallDenied
	case a.Status == http.StatusConflict:
		e.Kind = crm.CallDuplicate
	case a.Status == http.StatusPreconditionFailed:
		e.Kind = crm.CallConflicting
	case a.Status == http.StatusLocked:
		e.Kind = crm.CallBusy
	case a.Status == http.StatusRequestTimeout, a.Status >= http.StatusInternalServerError:
		e.Kind, e.Lost = crm.CallFailed, a.changes
	case a.Status < http.StatusBadRequest:
		e.Kind, e.Lost = crm.CallFailed, a.changes
	}
	return e
}

// RetryAfter reads a Retry-After: seconds or a date (RFC 9110, 10.2.3); 0 without one. At most a day is believed.
func (a *Answer) RetryAfter() time.Duration {
	const most = 24 * time.Hour
	s := strings.TrimSpace(a.Header.Get("Retry-After"))
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > int64(most/time.Second) {
			return most
		}
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(most, max(0, t.Sub(a.At)))
	}
	return 0
}
