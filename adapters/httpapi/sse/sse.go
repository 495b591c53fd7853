// Package sse writes Server-Sent Events (WHATWG HTML, section 9.2) for every stream of the API.
package sse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// ContentType is what a stream's answer says it is.
const ContentType = "text/event-stream"

// enough bytes are gathered by Add before they are written.
const enough = 32 << 10

// Writer writes events to one client; it is for one goroutine.
type Writer struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf []byte
}

// New prepares the answer, which begins with the first event: no cache and no proxy may hold events back.
func New(w http.ResponseWriter) *Writer {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	return &Writer{w: w, rc: http.NewResponseController(w)}
}

// goneError says that the client could not be written to.
type goneError struct{ err error }

func (e *goneError) Error() string { return "write to the client: " + e.err.Error() }
func (e *goneError) Unwrap() error { return e.err }

// Ended returns err unless it only says that the client has left.
func Ended(err error) error {
	var gone *goneError
	if errors.As(err, &gone) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Add gathers an event, and writes what is gathered once it is enough. Without an id the client keeps the last one, from which it
// resumes. The data is one line, as JSON is; id and event hold no line end.
func (s *Writer) Add(id, event string, data []byte) error {
	if id != "" {
		s.buf = append(append(append(s.buf, "id: "...), id...), '\n')
	}
	s.buf = append(append(append(s.buf, "event: "...), event...), "\ndata: "...)
	s.buf = append(append(s.buf, data...), "\n\n"...)
	if len(s.buf) < enough {
		return nil
	}
	return s.Flush()
}

// Send writes an event at once, after those that are gathered.
func (s *Writer) Send(id, event string, data []byte) error {
	if err := s.Add(id, event, data); err != nil {
		return err
	}
	return s.Flush()
}

// Flush writes what is gathered.
func (s *Writer) Flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_, err := s.w.Write(s.buf)
	if s.buf = s.buf[:0]; cap(s.buf) > 4*enough { // after a big event
		s.buf = nil
	}
	if err != nil {
		return &goneError{err}
	}
	if err := s.rc.Flush(); err != nil {
		return &goneError{fmt.Errorf("flush: %w", err)}
	}
	return nil
}
