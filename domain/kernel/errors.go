package kernel

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of trouble an error is; the HTTP status follows from it in one place.
type Kind uint8

// The kinds of error, with the HTTP status each becomes.
const (
	KindInternal     Kind = iota // 500
	KindMalformed                // 400
	KindUnauthorized             // 401
	KindPayment                  // 402
	KindForbidden                // 403
	KindNotFound                 // 404, also for another tenant's object
	KindConflict                 // 409
	KindTooLarge                 // 413
	KindUnsupported              // 415
	KindInvalid                  // 422
	KindRateLimited              // 429
	KindUnavailable              // 503
)

// Error is an error that a caller may see. Code is stable, upper snake case; Message says what is wrong and what to do.
type Error struct {
	Kind       Kind
	Code       string
	Message    string
	Details    []Detail
	RetryAfter time.Duration // of KindRateLimited and KindUnavailable
	cause      error
}

// Detail names one field, row or cell that is at fault.
type Detail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// E makes an error that a caller may see.
func E(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes a 422 error for one field.
func Invalid(field, format string, args ...any) *Error {
	msg := fmt.Sprintf(format, args...)
	return &Error{Kind: KindInvalid, Code: "VALIDATION_FAILED", Message: field + ": " + msg, Details: []Detail{{field, msg}}}
}

// BadCursor is the refusal of a cursor that the list that is asked for did not give.
func BadCursor() *Error {
	return E(KindMalformed, "INVALID_CURSOR", "the cursor is not one that this list gave")
}

// NotFound makes a 404 error; what is for example "table".
func NotFound(what, id string) *Error {
	return E(KindNotFound, "NOT_FOUND", "no %s %q here", what, Shorten(id))
}

// Shorten cuts a text to the 100 characters with which messages quote what was sent.
func Shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Error returns the message.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause, which callers never see.
func (e *Error) Unwrap() error { return e.cause }

// Is matches errors by code, so that a sentinel made by E can be compared with errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Kind == e.Kind
}

// With returns a copy with the details added.
func (e *Error) With(details ...Detail) *Error {
	c := *e
	c.Details = append(append([]Detail(nil), e.Details...), details...)
	return &c
}

// Because returns a copy with a cause that is logged but never shown.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// KindOf returns the kind of the first Error in err's chain, or KindInternal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}
