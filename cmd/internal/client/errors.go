package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a refusal, as the server said it.
type Error struct {
	Status  int
	Code    string
	Message string
	Details []Detail

	after time.Duration // when to ask again, if the server said so
}

// Detail is what is wrong with one field of the request.
type Detail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error implements error. Details that repeat the message are left out.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
	for _, d := range e.Details {
		if !strings.Contains(e.Message, d.Message) {
			fmt.Fprintf(&b, "; %s: %s", d.Field, d.Message)
		}
	}
	return b.String()
}

// Temporary reports whether the same request may succeed later.
func (e *Error) Temporary() bool {
	return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// asked reports whether another try is wanted: the server has not done anything yet, or a proxy doesn't know.
func (e *Error) asked() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

const maxRefusal = 64 << 10 // bytes of an error's body

// refusal makes an error of an answer that is none.
func refusal(res *http.Response) *Error {
	var answer struct {
		Error struct {
			Code    string   `json:"code"`
			Message string   `json:"message"`
			Details []Detail `json:"details"`
		} `json:"error"`
	}
	e := &Error{Status: res.StatusCode}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s >= 0 {
		e.after = time.Duration(min(s, 24*60*60)) * time.Second
	}
	if json.NewDecoder(io.LimitReader(res.Body, maxRefusal)).Decode(&answer) != nil || answer.Error.Message == "" {
		e.Message = "is this the address of a Morket server?"
		return e
	}
	e.Code, e.Message, e.Details = answer.Error.Code, answer.Error.Message, answer.Error.Details
	return e
}
