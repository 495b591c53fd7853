package hubspot

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// trouble is what HubSpot says of an error. Each member may be missing, of a whole call as of one of its records.
type trouble struct {
	Status      crmwire.Text                            `json:"status"`
	Message     crmwire.Text                            `json:"message"`
	Category    crmwire.Text                            `json:"category"`
	SubCategory crmwire.Text                            `json:"subCategory"`
	ErrorType   crmwire.Text                            `json:"errorType"`
	Policy      crmwire.Text                            `json:"policyName"`
	Error       crmwire.Text                            `json:"error"` // of OAuth (RFC 6749, 5.2)
	Description crmwire.Text                            `json:"error_description"`
	Code        crmwire.Text                            `json:"code"`
	In          crmwire.Text                            `json:"in"`
	ID          crmwire.Text                            `json:"id"`
	Trace       crmwire.Text                            `json:"objectWriteTraceId"`
	Context     crmwire.Loose[map[string]crmwire.Texts] `json:"context"`
	Errors      crmwire.Loose[[]trouble]                `json:"errors"`
}

// heard reads what an answer says of an error. What is of another type than documented is left out.
func heard(a *crmwire.Answer) (t trouble) {
	if len(a.Body) > 0 {
		_ = json.Unmarshal(a.Body, &t) // what could be read is what there is
	}
	return t
}

// failed reports an error, of an answer with any status: HubSpot has given some with a 200.
func (t trouble) failed() bool {
	return strings.EqualFold(string(t.Status), "error") || t.Error != "" || t.Category != "" && t.Message != ""
}

func (t trouble) is(names ...string) bool {
	return slices.ContainsFunc([]crmwire.Text{t.Status, t.Category, t.SubCategory, t.ErrorType, t.Error, t.Code}, func(n crmwire.Text) bool {
		return n != "" && slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(string(n), name) })
	})
}

// inner matches the messages of single values, which HubSpot gives as JSON within a message.
var inner = regexp.MustCompile(`"message":"((?:[^"\\]|\\.)*)"`)

// named matches the property of such a message.
var named = regexp.MustCompile(`"name":"([A-Za-z0-9_-]+)"`)

// existing matches the id of the record that is there.
var existing = regexp.MustCompile(`Existing ID: *([0-9]+)`)

func (t trouble) words() string {
	words := string(t.Message)
	if words == "" {
		words = strings.TrimSpace(string(t.Error) + " " + string(t.Description))
	}
	if in := inner.FindAllStringSubmatch(words, 5); in != nil {
		var parts []string
		for _, m := range in {
			parts = append(parts, m[1])
		}
		return strings.Join(parts, "; ")
	}
	if in := t.Errors.Value; len(in) > 0 && in[0].Message != "" && !strings.Contains(words, string(in[0].Message)) {
		words = strings.TrimSpace(words + " " + string(in[0].Message))
	}
	return words
}

// field is the property that is at fault.
func (t trouble) field() string {
	for _, e := range append([]trouble{t}, t.Errors.Value...) {
		for _, name := range []string{"propertyName", "properties"} {
			if f := e.Context.Value[name].First(); f != "" {
				return f
			}
		}
		if e.In != "" {
			return string(e.In)
		}
		if m := named.FindStringSubmatch(string(e.Message)); m != nil {
			return m[1]
		}
	}
	return ""
}

// failure is the error of an answer, nil if it is none.
func failure(a *crmwire.Answer) *crm.CallError {
	t := heard(a)
	if a.OK() && !t.failed() {
		return nil
	}
	return t.explain(a)
}

// explain makes an error of what HubSpot says of a call, first by its category, then by the status.
func (t trouble) explain(a *crmwire.Answer) *crm.CallError {
	const (
		tokenMalformed = 530             // by the gateway before HubSpot
		migrating      = 477             // the account is being moved; Retry-After says until when
		unlocks        = 2 * time.Second // that a record is locked at least
	)
	e := a.Trouble(t.words())
	switch a.Status {
	case http.StatusTooManyRequests:
		e.RetryAfter = retry(a)
		if a.Header.Get("X-Hubspot-Ratelimit-Daily-Remaining") == "0" {
			e.Kind = crm.CallExhausted
		}
	case migrating:
		e.Kind, e.RetryAfter = crm.CallLimited, a.RetryAfter()
	case http.StatusLocked:
		e.RetryAfter = max(e.RetryAfter, unlocks)
	case tokenMalformed:
		e.Kind, e.Lost = crm.CallExpired, false
	}
	t.sort(e)
	if e.Kind == crm.CallLimited && e.RetryAfter == 0 {
		e.RetryAfter = retry(a)
	}
	return e
}

// ofRecord makes an error of what HubSpot says of one record of a call.
func (t trouble) ofRecord(a *crmwire.Answer) *crm.CallError {
	e := crmwire.Fail(crm.CallInvalid, "HubSpot refuses the record")
	if words := a.Say(t.words()); words != "" {
		e.Message = words
	}
	if t.is("INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT") {
		e.Kind = crm.CallFailed
	}
	t.sort(e)
	return e
}

// sort corrects an error by the category, where there is one.
func (t trouble) sort(e *crm.CallError) {
	known := true
	switch {
	case strings.Contains(string(t.Policy), "DAILY"):
		e.Kind = crm.CallExhausted
	case e.Kind == crm.CallExhausted:
	case t.is("RATE_LIMITS", "RATE_LIMIT"):
		e.Kind = crm.CallLimited
	case t.is("EXPIRED_AUTHENTICATION", "INVALID_AUTHENTICATION"):
		e.Kind = crm.CallExpired
	case t.is("MISSING_SCOPES", "BANNED", "ACCESS_DENIED"):
		e.Kind = crm.CallDenied
	case t.is("CONFLICT", "OBJECT_ALREADY_EXISTS") || existing.MatchString(string(t.Message)):
		e.Kind = crm.CallDuplicate
		if m := existing.FindStringSubmatch(string(t.Message)); m != nil {
			e.Existing = m[1]
		}
	case t.is("OBJECT_NOT_FOUND"):
		e.Kind = crm.CallGone
	case t.is("VALIDATION_ERROR"):
		e.Kind = crm.CallInvalid
	default:
		known = false
	}
	if known {
		e.Lost = false
	}
	e.Field = t.field()
}

// retry is how long HubSpot wants to be left alone. It does not always say so; its window then does.
func retry(a *crmwire.Answer) time.Duration {
	if wait := a.RetryAfter(); wait > 0 {
		return wait
	}
	const most = 60_000
	ms, err := strconv.Atoi(a.Header.Get("X-Hubspot-Ratelimit-Interval-Milliseconds"))
	if err != nil || ms < 0 {
		return 0
	}
	return time.Duration(min(ms, most)) * time.Millisecond
}
