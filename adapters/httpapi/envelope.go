package httpapi

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Envelope is around every JSON answer that is not a failure.
type Envelope[T any] struct {
	Success bool    `json:"success"`
	Data    T       `json:"data"`
	Error   noError `json:"error" doc:"Always null: an answer with an error is a Failure."`
	Meta    Meta    `json:"meta"`
}

// noError is JSON's null, in the answer and in its schema.
type noError struct{}

// MarshalJSON implements json.Marshaler.
func (noError) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON implements json.Unmarshaler, for programs that read the answers.
func (noError) UnmarshalJSON([]byte) error { return nil }

// Schema implements huma.SchemaProvider.
func (noError) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: "null"} }

// Meta is what an answer says about itself.
type Meta struct {
	RequestID  string `json:"request_id,omitempty"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Pass it as cursor to get the next page; absent on the last page."`
	Position   int64  `json:"position,omitempty" doc:"Log position that the answer reflects."`
	Stale      bool   `json:"stale,omitempty" doc:"The read model had not reached the asked position in time."`
	Total      *int64 `json:"total,omitempty"`
	AsOf       *AsOf  `json:"as_of,omitempty" doc:"The moment that the answer stands for, of one that was asked for."`
	// Facets are of searches: by facet, how many of all that was found have a value.
	Facets map[string][]Bucket `json:"facets,omitempty" doc:"Of searches that asked for them: by facet, how many of all that was found have a value."`
}

// AsOf is a moment in a table's life.
type AsOf struct {
	Position int64     `json:"position" doc:"Of the table's last event up to the moment that was asked for."`
	At       time.Time `json:"at" doc:"When that event was."`
}

// Bucket is a value of a facet.
type Bucket struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty" doc:"What to show instead of the value."`
	Count int64  `json:"count"`
}

// ErrorBody is the error of an answer.
type ErrorBody struct {
	Code    string          `json:"code" doc:"Stable, upper snake case."`
	Message string          `json:"message"`
	Details []kernel.Detail `json:"details"`
}

// failure is an error answer; it is what huma writes when a handler fails.
type failure struct {
	status     int
	retryAfter time.Duration
	cause      error
	Success    bool       `json:"success"`
	Data       any        `json:"data"`
	Body       *ErrorBody `json:"error"`
	Meta       Meta       `json:"meta"`
}

var _ huma.HeadersError = (*failure)(nil)

// Error returns the message.
func (f *failure) Error() string { return f.Body.Message }

// GetStatus returns the HTTP status.
func (f *failure) GetStatus() int { return f.status }

// GetHeaders returns the headers that go with the error.
func (f *failure) GetHeaders() http.Header {
	h := http.Header{}
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retryAfter.Seconds()))))
	}
	return h
}

// statusOf maps a kind of error to its HTTP status: the only such table.
func statusOf(k kernel.Kind) int {
	switch k {
	case kernel.KindMalformed:
		return http.StatusBadRequest
	case kernel.KindUnauthorized:
		return http.StatusUnauthorized
	case kernel.KindPayment:
		return http.StatusPaymentRequired
	case kernel.KindForbidden:
		return http.StatusForbidden
	case kernel.KindNotFound:
		return http.StatusNotFound
	case kernel.KindConflict:
		return http.StatusConflict
	case kernel.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case kernel.KindUnsupported:
		return http.StatusUnsupportedMediaType
	case kernel.KindInvalid:
		return http.StatusUnprocessableEntity
	case kernel.KindRateLimited:
		return http.StatusTooManyRequests
	case kernel.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// fail makes the answer to an error. What is not a kernel.Error stays inside: the caller sees INTERNAL, the log the cause.
func fail(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	err = mapStoreError(err)
	var e *kernel.Error
	if !errors.As(err, &e) {
		e = kernel.E(kernel.KindInternal, "INTERNAL", "something went wrong on our side; the request id helps us to find it").Because(err)
	}
	details := e.Details
	if details == nil {
		details = []kernel.Detail{}
	}
	retry := e.RetryAfter
	if retry == 0 && (e.Kind == kernel.KindUnavailable || e.Kind == kernel.KindRateLimited) {
		retry = time.Second
	}
	return &failure{
		status:     statusOf(e.Kind),
		retryAfter: retry,
		cause:      err,
		Body:       bounded(&ErrorBody{Code: e.Code, Message: e.Message, Details: details}),
	}
}

// maxMessage is how many bytes a message of an error may have. Messages quote little of what was sent; those that others have
// written, and names of what doesn't exist, are cut here.
const maxMessage = 1000

// bounded cuts what is longer than a message may be.
func bounded(b *ErrorBody) *ErrorBody {
	cut := func(s string) string {
		if len(s) <= maxMessage {
			return s
		}
		return strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	b.Message, b.Details = cut(b.Message), slices.Clone(b.Details)
	for i, d := range b.Details {
		b.Details[i] = kernel.Detail{Field: cut(d.Field), Message: cut(d.Message)}
	}
	return b
}

// mapStoreError gives the log's own errors their place among the errors that a caller may see.
func mapStoreError(err error) error {
	var conflict *eventstore.ConflictError
	var tooBig *http.MaxBytesError
	switch {
	case diskFull(err):
		e := kernel.E(kernel.KindUnavailable, "DISK_FULL",
			"the server has no room left on its disk; ask its operator to make some, "+
				"then repeat the request with the same Idempotency-Key").Because(err)
		e.RetryAfter = fullRetry
		return e
	case errors.Is(err, eventstore.ErrKeyReused):
		return errKeyReused()
	case errors.Is(err, eventstore.ErrBusy), errors.Is(err, eventstore.ErrUnknownOutcome):
		return kernel.E(kernel.KindUnavailable, "BUSY",
			"the log can't take the request now; repeat it with the same Idempotency-Key").Because(err)
	case errors.As(err, &conflict):
		return kernel.E(kernel.KindConflict, "CONFLICT", "somebody else changed this at the same moment; read it again and repeat").Because(err)
	case errors.As(err, &tooBig):
		return kernel.E(kernel.KindTooLarge, "BODY_TOO_LARGE", "the body is larger than the %d bytes that this call takes", tooBig.Limit)
	default:
		return err
	}
}

// fullRetry is when a caller may ask again: somebody has to make room first.
const fullRetry = 30 * time.Second

// stateDiskFull is SQLSTATE's disk_full.
const stateDiskFull = "53100"

// diskFull reports whether an error, also a wrapped one, began with a full disk: the database's or our own.
func diskFull(err error) bool {
	var sql interface{ SQLState() string }
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.As(err, &sql) && sql.SQLState() == stateDiskFull
}

// reachable tells the caller to come back later when a dependency is down.
func (a *API) reachable(err error) error {
	var e *kernel.Error
	if a.cfg.Down == nil || errors.As(err, &e) || !a.cfg.Down(err) {
		return err
	}
	return kernel.E(kernel.KindUnavailable, "UNAVAILABLE",
		"something that Morket needs can't be reached now; repeat the request in a moment").Because(err)
}

func errKeyReused() *kernel.Error {
	return kernel.E(kernel.KindInvalid, "IDEMPOTENCY_KEY_REUSED",
		"this Idempotency-Key was used for another request; use a new key for a new request")
}

// fromHuma makes the answer to what huma itself refuses: a body or parameter that doesn't fit the schema.
func fromHuma(status int, msg string, errs ...error) huma.StatusError {
	for _, err := range errs {
		var e *kernel.Error
		var f *failure
		if errors.As(err, &f) {
			return f
		}
		if errors.As(err, &e) {
			return fail(e)
		}
	}
	body := &ErrorBody{Code: codeOf(status), Message: msg, Details: []kernel.Detail{}}
	for _, err := range errs {
		d := kernel.Detail{Message: err.Error()}
		var detailer huma.ErrorDetailer
		if errors.As(err, &detailer) {
			d = detailOf(detailer.ErrorDetail())
		}
		body.Details = append(body.Details, d)
	}
	if len(body.Details) > 0 {
		body.Message = strings.TrimPrefix(body.Details[0].Field+": "+body.Details[0].Message, ": ")
	}
	return &failure{status: status, Body: bounded(body)}
}

// detailOf names the field as the domain does: "name", not "body.name"; and a missing field by its own name.
func detailOf(e *huma.ErrorDetail) kernel.Detail {
	field, message := strings.TrimPrefix(e.Location, "body."), quoted(e)
	if name, rest, ok := strings.Cut(message, misfitMark); ok && field == "body" {
		return kernel.Detail{Field: name, Message: strings.TrimPrefix(misfitMark, ": ") + rest}
	}
	rest, required := strings.CutPrefix(message, "expected required property ")
	if name, ok := strings.CutSuffix(rest, " to be present"); required && ok {
		if field == "body" || field == "" {
			field = name
		} else {
			field += "." + name
		}
		message = "is missing"
	}
	return kernel.Detail{Field: strings.TrimPrefix(field, "query."), Message: message}
}

func codeOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "MALFORMED"
	case http.StatusUnauthorized:
		return "UNAUTHORIZED"
	case http.StatusForbidden:
		return "FORBIDDEN"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusMethodNotAllowed:
		return "METHOD_NOT_ALLOWED"
	case http.StatusRequestEntityTooLarge:
		return "BODY_TOO_LARGE"
	case http.StatusUnsupportedMediaType:
		return "UNSUPPORTED_MEDIA_TYPE"
	case http.StatusUnprocessableEntity:
		return "VALIDATION_FAILED"
	case http.StatusTooManyRequests:
		return "RATE_LIMITED"
	case http.StatusServiceUnavailable:
		return "UNAVAILABLE"
	case http.StatusInternalServerError:
		return "INTERNAL"
	default:
		return "ERROR"
	}
}

// writeFailure writes an error answer where huma is not in between.
func writeFailure(w http.ResponseWriter, requestID string, err error) {
	f := fail(err)
	f.Meta.RequestID = requestID
	for k, v := range f.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(f) //nolint:errchkjson // the client is gone; there is nobody to tell
}
