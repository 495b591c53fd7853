// Package scrapeserver is the scraper's own HTTP API, for services of the installation: the service key lets a caller have pages read for
// any workspace. It is served at an address of its own, apart from the API for people.
package scrapeserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Queue does tasks when their turn comes.
type Queue interface {
	Do(ctx context.Context, ws kernel.WorkspaceID, t scrape.Task, job int) scrape.Outcome
}

// Config is what the server needs.
type Config struct {
	Queue Queue
	Jobs  Jobs
	// Known reports whether there is an extractor for a target.
	Known func(scrape.Target) bool
	// Key is the service key.
	Key string
	// Ready says what the process is missing to do its work.
	Ready   func(ctx context.Context) error
	Metrics http.Handler
	Clock   kernel.Clock
	Logger  *slog.Logger
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Queue == nil || c.Jobs == nil || c.Known == nil || c.Key == "" || c.Ready == nil || c.Metrics == nil || c.Clock == nil ||
		c.Logger == nil {
		return errors.New("the scraper's API needs a queue, jobs, targets, a service key, readiness, metrics, a clock and a logger")
	}
	return nil
}

// Server answers requests.
type Server struct {
	cfg Config
	key [sha256.Size]byte
}

// New makes the handler of the API.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, key: sha256.Sum256([]byte(cfg.Key))}
	guarded := http.NewServeMux()
	guarded.HandleFunc("POST /scrape/sync", s.sync)
	s.jobs(guarded)
	guarded.Handle("GET /metrics", cfg.Metrics)
	guarded.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is no such endpoint"))
	})
	open := http.NewServeMux()
	open.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	open.HandleFunc("GET /readiness", s.readiness)
	open.Handle("/", s.guard(guarded))
	return open, nil
}

// guard lets callers with the key through. Both are hashed, so that the comparison tells neither content nor length by its time.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := sha256.Sum256([]byte(r.Header.Get("X-Service-Key")))
		if subtle.ConstantTimeCompare(s.key[:], sent[:]) != 1 {
			s.fail(w, r, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "X-Service-Key is missing or not good"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) readiness(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Ready(r.Context()); err != nil {
		s.fail(w, r, kernel.E(kernel.KindUnavailable, "NOT_READY", "%s", err))
		return
	}
	s.answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

const maxBody = 1 << 20

// read reads a request's body into out: one JSON object of known members. It also returns the body.
func read(w http.ResponseWriter, r *http.Request, out any) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, kernel.E(kernel.KindTooLarge, "BODY_TOO_LARGE", "the body is larger than 1 MB")
	case err != nil:
		return nil, kernel.E(kernel.KindMalformed, "MALFORMED_BODY", "the body broke off")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(out); err != nil {
		return nil, kernel.E(kernel.KindMalformed, "MALFORMED_BODY", "the body is not the JSON object that is wanted here")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, kernel.E(kernel.KindMalformed, "MALFORMED_BODY", "something follows the body's JSON object")
	}
	return raw, nil
}

var workspaceForm = regexp.MustCompile(`^ws_[0-9A-Z]{26}$`)

// syncRequest asks for a page.
type syncRequest struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	scrape.Task

	Timeout int `json:"timeout_seconds"` // 60 when 0
}

// How long a page may be waited for, in seconds.
const (
	minTimeout, maxTimeout = 5, 120
	defaultTimeout         = 60
)

// sync reads a page and answers with what was found on it.
func (s *Server) sync(w http.ResponseWriter, r *http.Request) {
	var in syncRequest
	_, err := read(w, r, &in)
	switch {
	case err != nil:
	case !workspaceForm.MatchString(string(in.Workspace)):
		err = kernel.Invalid("workspace_id", "the workspace that the page is read for, ws_…")
	case in.Timeout != 0 && (in.Timeout < minTimeout || in.Timeout > maxTimeout):
		err = kernel.Invalid("timeout_seconds", "%d to %d", minTimeout, maxTimeout)
	default:
		if in.Target == "" {
			in.Target = scrape.TargetPage
		}
		err = in.Validate(s.cfg.Known)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if in.Timeout == 0 {
		in.Timeout = defaultTimeout
	}
	in.Within = time.Duration(in.Timeout) * time.Second
	ctx, cancel := context.WithTimeout(r.Context(), in.Within)
	defer cancel()
	out := s.cfg.Queue.Do(ctx, in.Workspace, in.Task, 1)
	if f := out.Fault; f != nil && f.Reason == scrape.ReasonBusy && len(out.Fetches) == 0 {
		full := kernel.E(kernel.KindUnavailable, "QUEUE_FULL", "%s", f.Message)
		full.RetryAfter = f.Retry
		s.fail(w, r, full)
		return
	}
	s.answer(w, http.StatusOK, ResultOf(in.Task, out))
}

// answer writes the envelope of a success.
func (s *Server) answer(w http.ResponseWriter, status int, data any) {
	s.write(w, status, envelope{Success: true, Data: data, Meta: map[string]any{}})
}

type envelope struct {
	Success bool           `json:"success"`
	Data    any            `json:"data"`
	Error   *problem       `json:"error"`
	Meta    map[string]any `json:"meta"`
}

type problem struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Details []kernel.Detail `json:"details,omitempty"`
}

func (s *Server) write(w http.ResponseWriter, status int, e envelope) {
	body, err := json.Marshal(e)
	if err != nil {
		s.cfg.Logger.Error("an answer can't be written", "error", err)
		status = http.StatusInternalServerError
		body = []byte(`{"success":false,"data":null,"error":{"code":"INTERNAL","message":"something went wrong here"},"meta":{}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// fail writes the envelope of an error. What no caller may see is logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var e *kernel.Error
	if !errors.As(err, &e) || e.Kind == kernel.KindInternal {
		s.cfg.Logger.ErrorContext(r.Context(), "a request failed", "path", r.URL.Path, "error", err)
		e = kernel.E(kernel.KindInternal, "INTERNAL", "something went wrong here")
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	s.write(w, statusOf(e.Kind), envelope{Error: &problem{Code: e.Code, Message: e.Message, Details: e.Details}, Meta: map[string]any{}})
}

func statusOf(k kernel.Kind) int {
	switch k {
	case kernel.KindMalformed:
		return http.StatusBadRequest
	case kernel.KindUnauthorized:
		return http.StatusUnauthorized
	case kernel.KindNotFound:
		return http.StatusNotFound
	case kernel.KindConflict:
		return http.StatusConflict
	case kernel.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case kernel.KindInvalid:
		return http.StatusUnprocessableEntity
	case kernel.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
