package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// Base is where the API's paths start.
const Base = "/api/v1"

// Positions waits for read models.
type Positions interface {
	// Wait returns when the projection has applied the position, or ctx ends; ok is false in the latter case.
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// Commands is the log as far as requests need it: those that carried an idempotency key, and where it ends.
type Commands interface {
	Command(ctx context.Context, key string) (eventstore.Command, bool, error)
	Head(ctx context.Context) (int64, error)
}

// Config is what the API needs from the rest of the program.
type Config struct {
	Authenticator Authenticator
	Memberships   Memberships
	Limiter       Limiter
	Limits        map[Class]int // requests a minute; 0 or absent is no limit
	Commands      Commands
	Positions     Positions
	ReadWait      time.Duration // how long a read waits for its position, 2 s by default
	BodyWithin    time.Duration // how long a JSON body may take to arrive, 30 s by default
	IDs           *kernel.IDs
	Clock         kernel.Clock
	Logger        *slog.Logger
	Origins       []string // allowed by CORS
	// FingerprintKey keys the fingerprints of requests, which are stored with idempotency keys: from a plain hash of a body
	// with a password in it the password could be guessed.
	FingerprintKey []byte
	// Proxies are the networks of reverse proxies whose X-Forwarded-For is believed. With none, a client's address is that of
	// its connection, so that nobody gets around the rate limits by a header.
	Proxies []*net.IPNet
	// Down reports whether an error means that something the program needs can't be reached now, which is answered with 503. It
	// may be nil.
	Down   func(error) bool
	Secure bool // the public address is https: HSTS
	// Streams bound streams of events, files and uploads.
	Streams StreamLimits
	// Around is around everything else, for example to trace requests.
	Around []echo.MiddlewareFunc
	Meter  Meter         // may be nil
	Watch  watch.Watcher // told of files that leave; may be nil
	// Access is told of refusals and of files that leave, for the audit log; it may be nil.
	Access  Access
	Version string
	// BranchOf returns the table of a branch of the workspace, whose rights the branch has; without it limited callers see no branch.
	BranchOf func(ctx context.Context, ws kernel.WorkspaceID, branch kernel.TableID) (kernel.TableID, error)
}

// API is the REST API, to which modules add their endpoints.
type API struct {
	cfg  Config
	echo *echo.Echo
	huma huma.API
	ops  map[string]Op

	slots     *slots
	streams   map[string]kind // by operation
	tightened map[string]bool // references of the schemas that requests hold
}

// Op describes one endpoint.
type Op struct {
	ID          string // "change-table"
	Method      string
	Path        string // below /api/v1; "W/…" is below /api/v1/workspaces/{workspaceId}
	Tag         string // the module
	Summary     string
	Description string
	// Scope, Action and Rate have no default: an endpoint without one of them does not register.
	Scope   Scope            // what it is about: a table, the workspace, the account, …
	Action  workspace.Action // what the caller must be allowed to do; NoAction outside workspaces
	Rate    Class            // how it is counted
	Status  int              // of success: 200 by default
	MaxBody int64            // bytes of a JSON body, 1 MB by default
	RawBody bool             // the handler reads the body itself (uploads)
	// OwnText is of a body with many independent parts: the handler checks each part's text itself, so that one that can't be stored
	// fails alone. Its texts must be taken as raw JSON, since the decoder replaces what is no character.
	OwnText bool
	// Projection is the read model whose position Morket-Min-Position waits for; of a write, the one in which the scope looks.
	Projection string
	// Besides is a second read model that a read looks into; it is waited for as well.
	Besides   string
	OwnReplay bool // of a write: the handler answers repeats itself, since the first answer held secrets and was not stored
	// AlsoProduces are further content types of a stream, between which the request chooses.
	AlsoProduces []string
	// Branches says that {tableId} may also name a branch (brn_…): what does not say so is refused there.
	Branches bool
}

const defaultMaxBody = 1 << 20

// New makes an API without endpoints.
func New(cfg Config) *API {
	if cfg.ReadWait == 0 {
		cfg.ReadWait = 2 * time.Second
	}
	if cfg.BodyWithin == 0 {
		cfg.BodyWithin = defaultBodyWithin
	}
	cfg.Streams = cfg.Streams.withDefaults()
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(cfg.Proxies)
	hc := huma.DefaultConfig("Morket", cfg.Version)
	hc.DocsPath, hc.SchemasPath, hc.OpenAPIPath = "", "", ""
	hc.CreateHooks = nil // no $schema links in answers
	hc.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	idAliases(hc.Components.Schemas)
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "An access token, or an API key (`mk_…`, see `AuthAPIKey`)."},
	}
	hc.Formats = map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()}
	hc.Transformers = []huma.Transformer{nameRequest}
	shapeErrors.Do(func() { huma.NewError = fromHuma })
	a := &API{cfg: cfg, echo: e, ops: map[string]Op{}, slots: newSlots(cfg.Streams), streams: map[string]kind{}, tightened: map[string]bool{}}
	a.huma = &escaped{API: humaecho.New(e, hc)}
	e.HTTPErrorHandler = a.echoError
	e.Use(append(slices.Clone(cfg.Around), a.middleware)...)
	e.GET(Base+"/openapi.json", a.openAPI)
	return a
}

// shapeErrors guards the library's own seam for the shape of errors, a variable of its package.
var shapeErrors sync.Once //nolint:gochecknoglobals // as global as what it guards

// nameRequest puts the request's id into errors that the library made.
func nameRequest(hc huma.Context, _ string, v any) (any, error) {
	if f, ok := v.(*failure); ok {
		f.Meta.RequestID = requestID(humaecho.Unwrap(hc))
	}
	return v, nil
}

// clientAddress finds the address that a request comes from.
func clientAddress(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// Handler returns the API as an http.Handler.
func (a *API) Handler() http.Handler { return a.echo }

// Router returns echo, for what is not part of the API: health, metrics, the user interface.
func (a *API) Router() *echo.Echo { return a.echo }

// OpenAPI returns the OpenAPI 3.1 document of all endpoints.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Streams reports whether the endpoint's answers go on for long, and so are asked again.
func (a *API) Streams(id string) bool { return a.streams[id] != "" }

// Ops returns every endpoint by its id.
func (a *API) Ops() map[string]Op { return a.ops }

func (a *API) openAPI(c echo.Context) error {
	doc, err := a.Document()
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, doc)
}

// echoError answers what never reached an endpoint: unknown paths, wrong methods.
func (a *API) echoError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if he, ok := err.(*echo.HTTPError); ok { //nolint:errorlint // echo's router returns it bare
		switch he.Code {
		case http.StatusNotFound:
			err = kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is nothing at %s", c.Request().URL.Path)
		case http.StatusMethodNotAllowed:
			err = &failure{
				status: he.Code,
				Body:   &ErrorBody{Code: codeOf(he.Code), Message: c.Request().Method + " is not possible here", Details: []kernel.Detail{}},
			}
		}
	}
	c.Set(causeKey, err)
	writeFailure(c.Response(), requestID(c), err)
}

// operation is the endpoint as huma knows it.
func operation[I any](a *API, op Op) huma.Operation {
	declared[I](op)
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	if op.MaxBody == 0 {
		op.MaxBody = defaultMaxBody
	}
	path := op.Path
	if rest, ok := strings.CutPrefix(path, "W"); ok {
		path = "/workspaces/{workspaceId}" + rest
	}
	op.Path = Base + path
	if _, dup := a.ops[op.ID]; dup {
		panic("endpoint " + op.ID + " exists twice")
	}
	a.ops[op.ID] = op
	h := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.Tag}, DefaultStatus: op.Status, MaxBodyBytes: -1,
		// Huma's deadline stays on the connection when the body has been read: after 5 s it would cut off what is under way and the
		// connection's next use.
		BodyReadTimeout: -1,
		Middlewares:     huma.Middlewares{a.authorize(op)},
		Errors:          op.failures(strings.Contains(op.Path, "{")),
	}
	kind := op.Scope.kind()
	h.Extensions = map[string]any{"x-scope": string(kind)}
	switch kind {
	case Public:
	case OptionalPerson:
		h.Security = []map[string][]string{{}, {"bearer": {}}}
	default:
		h.Security = []map[string][]string{{"bearer": {}}}
	}
	if op.Action != NoAction {
		h.Description = strings.TrimSpace(h.Description + "\n\nNeeds the permission `" + string(op.Action) + "`." + limitedDoc(kind))
	}
	return h
}

// limitedDoc says what an API key that is limited to tables gets.
func limitedDoc(kind Kind) string {
	switch kind {
	case WholeWorkspace:
		return " Not for API keys that are limited to tables."
	case PersonInWorkspace:
		return " Not for API keys."
	case FilteredByTable, filteredNamed:
		return " An API key that is limited to tables sees what is of them."
	case namedTables:
		return " An API key that is limited to tables must name one of them."
	default:
		return ""
	}
}

// escaped is huma's API over echo with colons in paths (rows:batch) kept as they are; echo would take them for parameters.
type escaped struct{ huma.API }

// Adapter returns the router.
func (e *escaped) Adapter() huma.Adapter { return escapedAdapter{e.API.Adapter()} }

type escapedAdapter struct{ huma.Adapter }

// Handle registers the operation with its colons escaped.
func (e escapedAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	c := *op
	c.Path = strings.ReplaceAll(op.Path, ":", `\:`)
	e.Adapter.Handle(&c, handler)
}

func jsonFormat() huma.Format {
	f := huma.DefaultJSONFormat
	f.Unmarshal = decode
	return f
}

var schemaPath = regexp.MustCompile(`[\w.\-/]*/(\w+)\.(\w+)`)

// schemaName names a type in the OpenAPI document by its package and name, so that two modules may both have a Row.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	if pkg := t.PkgPath(); pkg != "" {
		name = pkg + "." + name
	}
	name = strings.ReplaceAll(name, "[]", "List ") // a list of a type is not the type
	name = schemaPath.ReplaceAllStringFunc(name, func(s string) string {
		m := schemaPath.FindStringSubmatch(s)
		module := m[1]
		for _, suffix := range []string{"api", "cmd", "view", "read"} {
			module = strings.TrimSuffix(module, suffix)
		}
		if module == "http" || module == "kernel" || strings.HasPrefix(strings.ToLower(m[2]), module) {
			module = ""
		}
		return title(module) + title(m[2])
	})
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("[],*.{} ", r) }), "")
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
