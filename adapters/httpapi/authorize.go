package httpapi

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workspace"
)

const (
	headerRequestID   = "X-Request-Id"
	headerIdempotency = "Idempotency-Key"
	headerGesture     = "Morket-Gesture"
	headerReplayed    = "Idempotent-Replayed"
	headerPosition    = "Morket-Position"
	headerMinPosition = "Morket-Min-Position"
)

func requestID(c echo.Context) string { return c.Response().Header().Get(headerRequestID) }

// middleware is around every request: request id, security headers, CORS, a last guard against panics, one log line.
func (a *API) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.cfg.Clock.Now()
		if a.cfg.Meter != nil {
			a.cfg.Meter.Began()
		}
		id := c.Request().Header.Get(headerRequestID)
		if !validRequestID(id) {
			id = a.cfg.IDs.New(kernel.PrefixRequest)
		}
		c.Response().Header().Set(headerRequestID, id)
		a.securityHeaders(c.Response().Header())
		a.answerInTime(c)
		if strings.HasPrefix(c.Request().URL.Path, "/api/") { // what is whose must not be kept by a browser or a proxy
			c.Response().Header().Set("Cache-Control", "no-store")
		}
		if a.cors(c) {
			a.logRequest(c, id, start)
			return nil
		}
		ctx := context.WithValue(c.Request().Context(), echoKey, c)
		c.SetRequest(c.Request().WithContext(ctx))
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the documented sentinel panic value
				a.cfg.Logger.Error("panic", "request_id", id, "panic", fmt.Sprint(p))
				a.echoError(fmt.Errorf("panic: %v", p), c)
			}
			a.logRequest(c, id, start)
			if p == http.ErrAbortHandler { //nolint:errorlint // the server must see it to cut the connection
				panic(p)
			}
		}()
		if err := next(c); err != nil {
			a.echoError(err, c)
		}
		return nil
	}
}

func validRequestID(id string) bool {
	if id == "" || len(id) > 100 {
		return false
	}
	for _, r := range id {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}

func (a *API) securityHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "+
		"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'")
	if a.cfg.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// cors answers preflights and allows the listed origins; it reports whether the request is answered.
func (a *API) cors(c echo.Context) bool {
	origin := c.Request().Header.Get("Origin")
	for _, o := range a.cfg.Origins {
		if o != origin || origin == "" {
			continue
		}
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", strings.Join([]string{headerPosition, headerReplayed, headerRequestID, "Retry-After"}, ", "))
		h.Add("Vary", "Origin")
		if c.Request().Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
			h.Set("Access-Control-Allow-Headers",
				"Authorization, Content-Type, "+headerIdempotency+", "+headerGesture+", "+headerMinPosition+", "+headerRequestID+", Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			c.Response().WriteHeader(http.StatusNoContent)
			return true
		}
	}
	return false
}

// authorize runs before each endpoint: it identifies the caller, checks right and rate, and that the body is whole.
func (a *API) authorize(op Op) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(hc)
		r := c.Request()
		ctx, err := a.admit(r.Context(), op, c)
		if err == nil {
			ctx = context.WithValue(ctx, reachKey, &Reach{})
			var meta kernel.Meta
			meta, err = a.requestMeta(ctx, op, c)
			ctx = context.WithValue(ctx, metaKey, meta)
		}
		if err == nil {
			err = checkAddress(hc.Operation(), c.ParamValues(), r.URL.Query())
		}
		c.SetRequest(c.Request().WithContext(ctx))
		if err != nil {
			a.denied(ctx, op, c, err)
			a.writeError(c, err)
			return
		}
		next(hc)
	}
}

// writeError answers an error and keeps its cause in the log.
func (a *API) writeError(c echo.Context, err error) {
	err = a.reachable(err)
	c.Set(causeKey, err)
	writeFailure(c.Response(), requestID(c), err)
}

func (a *API) admit(ctx context.Context, op Op, c echo.Context) (context.Context, error) {
	var p Principal
	if token := bearer(c.Request().Header.Get(echo.HeaderAuthorization)); op.asksWho(token) {
		if token == "" {
			return ctx, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "sign in, or send an API key as Authorization: Bearer …")
		}
		var err error
		if p, err = a.cfg.Authenticator.Authenticate(ctx, token); err != nil {
			return ctx, a.guessed(ctx, c, err)
		}
	}
	err := a.permit(ctx, op, c, &p)
	ctx = context.WithValue(ctx, principalKey, p)
	ctx = kernel.WithScope(ctx, kernel.Scope{Workspace: p.Workspace, User: p.User})
	if err != nil {
		return ctx, a.refused(ctx, p, err)
	}
	return ctx, a.limit(ctx, op, c, p)
}

// asksWho reports whether the caller must be known, by the token that the request has or lacks.
func (op Op) asksWho(token string) bool {
	kind := op.Scope.kind()
	return kind != Public && (kind != OptionalPerson || token != "")
}

// permit checks that the principal may do what the endpoint does where it does it.
func (a *API) permit(ctx context.Context, op Op, c echo.Context, p *Principal) error {
	if op.Action != NoAction {
		if err := a.authorise(ctx, op.Action, kernel.WorkspaceID(c.Param("workspaceId")), p); err != nil {
			return err
		}
	}
	id, err := a.onBranch(ctx, op, kernel.WorkspaceID(c.Param("workspaceId")), kernel.TableID(c.Param("tableId")), p)
	if err != nil {
		return err
	}
	return inScope(op, *p, id)
}

// onBranch refuses what can't be done on a branch, and returns the table whose rights count: a branch is for those who may see its table.
func (a *API) onBranch(
	ctx context.Context, op Op, ws kernel.WorkspaceID, id kernel.TableID, p *Principal,
) (kernel.TableID, error) {
	if !id.IsBranch() {
		return id, nil
	}
	if p.Limited() {
		of := kernel.TableID("")
		if a.cfg.BranchOf != nil {
			var err error
			of, err = a.cfg.BranchOf(kernel.WithScope(ctx, kernel.Scope{Workspace: ws, User: p.User}), ws, id)
			if err != nil {
				return id, err
			}
		}
		if of == "" || !p.CanSeeTable(of) {
			return id, kernel.NotFound("table", string(id))
		}
		p.Branch = id
	}
	if !op.Branches {
		return id, table.NotOnBranch()
	}
	return id, nil
}

// recheck finds out whether a request that goes on for long would still be admitted, and as whom.
func (a *API) recheck(ctx context.Context, op Op, c echo.Context) (Principal, error) {
	token := Bearer(ctx)
	if !op.asksWho(token) {
		return PrincipalOf(ctx), nil
	}
	p, err := a.cfg.Authenticator.Authenticate(ctx, token)
	if err != nil {
		return p, err
	}
	if err := a.permit(ctx, op, c, &p); err != nil {
		return p, err
	}
	if held, ok := ctx.Value(reachKey).(*Reach); ok && p.Limited() {
		return p, within(p, op.Scope.kind(), *held)
	}
	return p, nil
}

// authorise finds the principal's role in the workspace and checks it. A workspace without the caller does not exist for it.
func (a *API) authorise(ctx context.Context, action workspace.Action, ws kernel.WorkspaceID, p *Principal) error {
	if p.Actor.Kind == kernel.ActorAPIKey {
		if p.KeyWorkspace != ws {
			return kernel.NotFound("workspace", string(ws))
		}
		p.Workspace, p.Role = ws, p.KeyRole
	} else {
		role, ok, err := a.cfg.Memberships.Role(ctx, ws, p.User)
		if err != nil {
			return err
		}
		if !ok {
			return kernel.NotFound("workspace", string(ws))
		}
		p.Workspace, p.Role = ws, role
	}
	if !workspace.Allowed(p.Role, action) {
		return kernel.E(kernel.KindForbidden, "FORBIDDEN", "the role %s may not do this (%s)", p.Role, action)
	}
	return nil
}

// requestMeta reads the body and makes the command metadata of the request.
func (a *API) requestMeta(ctx context.Context, op Op, c echo.Context) (kernel.Meta, error) {
	p := PrincipalOf(ctx)
	meta := kernel.Meta{
		Actor:         p.Actor,
		Workspace:     p.Workspace,
		CorrelationID: requestID(c),
		Client:        c.RealIP(),
		Agent:         agentOf(c.Request()),
		Command:       op.ID,
	}
	r := c.Request()
	var body []byte
	if !op.RawBody && r.Body != nil && r.Method != http.MethodGet {
		var err error
		stop := a.bodyInTime(c)
		body, err = readBody(r, op.MaxBody, op.OwnText)
		stop()
		if err != nil {
			return meta, err
		}
		if ct := r.Header.Get("Content-Type"); len(body) > 0 && !isJSON(ct) {
			return meta, kernel.E(kernel.KindUnsupported, "UNSUPPORTED_MEDIA_TYPE", "send the body as application/json, not %q", ct)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if key := r.Header.Get(headerIdempotency); key != "" && r.Method != http.MethodGet {
		if !validRequestID(key) {
			return meta, kernel.E(kernel.KindMalformed, "MALFORMED", "an Idempotency-Key is 1 to 100 printable characters without spaces")
		}
		// The key belongs to the caller: another caller's equal key is another key.
		owner := string(p.User) + p.Actor.ID
		if p.Actor.ID == "" {
			owner = "public:" + c.RealIP() // so that two strangers' equal keys don't meet
		}
		meta.IdempotencyKey = owner + "/" + string(p.Workspace) + "/" + key
		sum := hmac.New(sha256.New, a.cfg.FingerprintKey)
		sum.Write([]byte(r.Method + " " + r.URL.RequestURI() + "\n"))
		sum.Write(body)
		meta.Fingerprint = hex.EncodeToString(sum.Sum(nil))
		if op.RawBody { // what the handler reads is added while it is read
			b := &summedBody{r.Body, sum}
			r.Body = b
			c.Set(summedKey, b)
		}
	}
	if meta.Gesture = r.Header.Get(headerGesture); meta.Gesture != "" && !validRequestID(meta.Gesture) {
		return meta, kernel.E(kernel.KindMalformed, "MALFORMED", "a Morket-Gesture is 1 to 100 printable characters without spaces")
	}
	return meta, nil
}

// checkAddress refuses text in the path or the query that no object can have in its name, and query parameters that the
// endpoint does not have: a misspelt filter must not answer everything.
func checkAddress(op *huma.Operation, path []string, query url.Values) error {
	for _, v := range path {
		switch {
		case !storable(v):
			return kernel.E(kernel.KindMalformed, "MALFORMED", "the path has a part that is not text: UTF-8 without NUL")
		case strings.Contains(v, "/"): // echo takes all that follows for a path's last parameter
			return kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is nothing at this address")
		}
	}
	for name, values := range query {
		at := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		if at < 0 {
			return kernel.Invalid(strings.ToValidUTF8(name, "?"), "is not a query parameter of this call")
		}
		if len(values) > 1 { // lists are one value with commas; of two values one would be lost
			return kernel.Invalid(name, "is given %d times; give it once", len(values))
		}
		if s := op.Parameters[at].Schema; values[0] == "" && (s.Type != huma.TypeString || len(s.Enum) > 0) {
			return kernel.Invalid(name, "is empty; give it a value or leave it out")
		}
		if prefix, isID := op.Parameters[at].Schema.Extensions[prefixExtension].(string); isID && values[0] != "" &&
			kernel.ParseID(prefix, values[0]) != nil {
			return kernel.NotFound(name, strings.ToValidUTF8(values[0][:min(len(values[0]), 100)], "?"))
		}
		if !slices.ContainsFunc(values, func(v string) bool { return !storable(v) }) {
			continue
		}
		return kernel.E(kernel.KindMalformed, "MALFORMED", "the query parameter %s is not text: UTF-8 without NUL", name)
	}
	return nil
}

// storable reports whether Postgres can hold the text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// replay finds the first answer to a repeated request.
func (a *API) replay(ctx context.Context, meta kernel.Meta) (json.RawMessage, int64, bool, error) {
	if meta.IdempotencyKey == "" {
		return nil, 0, false, nil
	}
	cmd, found, err := a.cfg.Commands.Command(ctx, meta.IdempotencyKey)
	if err != nil || !found {
		return nil, 0, false, err
	}
	if sum, ok := Echo(ctx).Get(summedKey).(*summedBody); ok && cmd.Fingerprint != meta.Fingerprint { // from before bodies counted it is equal
		if _, err := io.Copy(io.Discard, Echo(ctx).Request().Body); err != nil {
			return nil, 0, false, kernel.E(kernel.KindMalformed, "MALFORMED", "the body could not be read to its end").Because(err)
		}
		meta.Fingerprint = sum.fingerprint()
	}
	if cmd.Fingerprint != meta.Fingerprint {
		return nil, 0, false, errKeyReused()
	}
	return cmd.Result, cmd.Last, true, nil
}
