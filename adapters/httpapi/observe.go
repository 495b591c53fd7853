package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/trace"

	"github.com/morket/morket/domain/kernel"
)

// Meter is told of every request. It must be quick.
type Meter interface {
	Began()
	// Ended tells of an answer. The method is one of HTTP's own or "OTHER"; the route is a template without ids, or "other".
	Ended(method, route string, status int)
	// Took tells how long an answer took, unless it was an event stream, whose length says nothing.
	Took(method, route string, d time.Duration)
	// Refused tells of an answer that matters for security: auth.refused, authz.refused or rate.limited.
	Refused(event string)
}

// Access records access that changes nothing. It must not make the request wait.
type Access interface {
	// Denied says that the caller's role in the workspace does not allow what meta.Command names.
	Denied(meta kernel.Meta)
	// Exported says that a file of the workspace was begun, of one table or of none.
	Exported(meta kernel.Meta, table kernel.TableID)
}

// denied tells of a request that the member's role does not allow.
func (a *API) denied(ctx context.Context, op Op, c echo.Context, err error) {
	p := PrincipalOf(ctx)
	if a.cfg.Access == nil || p.Workspace == "" || kernel.KindOf(err) != kernel.KindForbidden {
		return
	}
	a.cfg.Access.Denied(kernel.Meta{
		Actor: p.Actor, Workspace: p.Workspace, Command: op.ID, CorrelationID: requestID(c), Client: c.RealIP(), Agent: agentOf(c.Request()),
	})
}

// exported tells of a file that leaves; a stream of events is none.
func (a *API) exported(ctx context.Context, op Op, contentType string) {
	p := PrincipalOf(ctx)
	if a.cfg.Access == nil || p.Workspace == "" || strings.HasPrefix(contentType, "text/event-stream") {
		return
	}
	meta := metaOf(ctx)
	meta.Command = op.ID
	a.cfg.Access.Exported(meta, kernel.TableID(Echo(ctx).Param("tableId")))
}

// causeKey keeps the cause of a failed answer for the log.
const causeKey = "cause"

// logRequest writes the one line of the request.
func (a *API) logRequest(c echo.Context, id string, start time.Time) {
	r, status, took := c.Request(), c.Response().Status, a.cfg.Clock.Now().Sub(start)
	method, route, event := methodOf(r.Method), routeOf(c), securityEvent(status)
	a.meter(c, method, route, took)
	p := PrincipalOf(r.Context())
	attrs := []slog.Attr{
		slog.String("request_id", id), slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("user", string(p.User)), slog.String("workspace", string(p.Workspace)),
		slog.String("position", c.Response().Header().Get(headerPosition)),
	}
	level := slog.LevelInfo
	if !strings.HasPrefix(c.Path(), Base) {
		level = slog.LevelDebug
	}
	if event != "" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("event", event), slog.String("client", c.RealIP()))
	}
	if cause, ok := c.Get(causeKey).(error); ok && status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", cause))
	}
	if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
		attrs = append(attrs, slog.String("trace_id", span.TraceID().String()))
	}
	a.cfg.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

func (a *API) meter(c echo.Context, method, route string, took time.Duration) {
	if a.cfg.Meter == nil {
		return
	}
	status := c.Response().Status
	a.cfg.Meter.Ended(method, route, status)
	if !strings.HasPrefix(c.Response().Header().Get("Content-Type"), "text/event-stream") {
		a.cfg.Meter.Took(method, route, took)
	}
	if event := securityEvent(status); event != "" {
		a.cfg.Meter.Refused(event)
	}
}

// securityEvent names what a status says about security.
func securityEvent(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "auth.refused"
	case http.StatusForbidden:
		return "authz.refused"
	case http.StatusTooManyRequests:
		return "rate.limited"
	default:
		return ""
	}
}

// routeOf returns the template of the route: few values, however many paths are asked for.
func routeOf(c echo.Context) string {
	if c.Path() == "" {
		return "other"
	}
	return strings.ReplaceAll(c.Path(), `\:`, ":")
}

func methodOf(method string) string {
	if slices.Contains([]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions,
	}, method) {
		return method
	}
	return "OTHER"
}

// agentOf returns what the caller's program calls itself, as far as it is kept.
func agentOf(r *http.Request) string {
	agent := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, r.UserAgent())
	for len(agent) > kernel.MaxAgentBytes {
		agent = strings.ToValidUTF8(agent[:kernel.MaxAgentBytes], "")
	}
	return agent
}
