package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
)

// InWorkspace is embedded by the inputs of endpoints on W paths.
type InWorkspace struct {
	WorkspaceID kernel.WorkspaceID `path:"workspaceId" doc:"ws_…"`
}

// Page is embedded by the inputs of lists.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Cursor string `query:"cursor" maxLength:"20000" pattern:"^[!-~]+$" doc:"meta.next_cursor of the page before"`
}

// CutPage cuts a list of which one more than limit was asked for to its page. next is the cursor of the page after it, made of the page's
// last element, and empty where there is none.
func CutPage[T any](list []T, limit int, cursor func(last T) string) (page []T, next string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], cursor(list[limit-1])
}

type answer[T any] struct {
	Status   int
	Position string `header:"Morket-Position"`
	Replayed string `header:"Idempotent-Replayed"`
	Body     Envelope[T]
}

// Read adds an endpoint that changes nothing. The handler's Meta goes into the envelope.
func Read[I, T any](a *API, op Op, handle func(ctx context.Context, p Principal, in *I) (T, Meta, error)) {
	h := operation[I](a, op)
	h.Parameters = append(h.Parameters, positionParams(op)...)
	register(a, h, func(ctx context.Context, in *I) (*answer[T], error) {
		reached, stale, err := a.awaitPosition(ctx, op)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		if err := reaches(ctx, a, op, in); err != nil {
			return nil, a.failed(ctx, err)
		}
		data, meta, err := handle(ctx, PrincipalOf(ctx), in)
		if a.early(ctx, op, err) {
			data, meta, err = handle(ctx, PrincipalOf(ctx), in)
		}
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		if stale {
			meta.Stale, meta.Position = true, reached
		}
		meta.RequestID = metaOf(ctx).CorrelationID
		return &answer[T]{Status: a.ops[op.ID].Status, Body: Envelope[T]{Success: true, Data: data, Meta: meta}}, nil
	})
}

// awaitPosition waits until the endpoint's read model has reached the position that the caller asks for.
func (a *API) awaitPosition(ctx context.Context, op Op) (reached int64, stale bool, err error) {
	c := Echo(ctx)
	var pos int64
	var asked bool
	for _, value := range []string{c.QueryParam("min_position"), c.Request().Header.Get(headerMinPosition)} { // the header wins
		if value == "" {
			continue
		}
		if pos, err = strconv.ParseInt(value, 10, 64); err != nil || pos < 0 || pos > maxSafe {
			return 0, false, kernel.E(kernel.KindMalformed, "MALFORMED", "the minimum position must be a whole number, not %q",
				value[:min(len(value), 100)])
		}
		asked = true
	}
	if !asked || op.Projection == "" {
		return 0, false, nil
	}
	wait, cancel := context.WithTimeout(ctx, a.cfg.ReadWait)
	defer cancel()
	reached, ok := a.reach(wait, op, pos)
	return reached, !ok, nil
}

// reach waits for the read models that an operation looks into to reach a position, and tells how far the last of them is.
func (a *API) reach(ctx context.Context, op Op, pos int64) (reached int64, ok bool) {
	reached, ok = a.cfg.Positions.Wait(ctx, op.Projection, pos)
	if op.Besides != "" {
		also, too := a.cfg.Positions.Wait(ctx, op.Besides, pos)
		reached, ok = min(reached, also), ok && too
	}
	return reached, ok
}

// early reports whether a read that found nothing was early: what it asks for may just have been made. It waits, within the usual
// time, for the read model to reach the log's end, so that a caller finds what it has just made without naming the position.
func (a *API) early(ctx context.Context, op Op, err error) bool {
	if op.Projection == "" || kernel.KindOf(err) != kernel.KindNotFound {
		return false
	}
	wait, cancel := context.WithTimeout(ctx, a.cfg.ReadWait)
	defer cancel()
	head, err := a.cfg.Commands.Head(wait)
	if err != nil {
		return false
	}
	_, ok := a.reach(wait, op, head)
	return ok
}

// Write adds an endpoint that runs a command. What the command answers is the envelope's data; a repeat with the same
// Idempotency-Key gets the first answer again.
func Write[I, R any](a *API, op Op, handle func(ctx context.Context, meta kernel.Meta, in *I) (commands.Result[R], error)) {
	h := operation[I](a, op)
	h.Parameters = append(h.Parameters, headerParam(headerIdempotency,
		"Makes a repeat of the same request act once and get the first answer again."))
	if strings.Contains(op.Path, "/tables/{tableId}") {
		h.Parameters = append(h.Parameters, headerParam(headerGesture,
			"Requests of one person with the same text here are one step of undo in the table."))
	}
	register(a, h, func(ctx context.Context, in *I) (*answer[R], error) { //nolint:contextcheck // the request's own
		meta := metaOf(ctx)
		if err := reaches(ctx, a, op, in); err != nil {
			return nil, a.failed(ctx, err)
		}
		done := func() {}
		if op.RawBody {
			l, err := a.live(ctx, op, upload)
			if err != nil {
				return nil, a.failed(ctx, err)
			}
			body := a.pace(Echo(ctx))
			ctx, done = l.ctx, func() { body.done(); l.close() }
		}
		defer done()
		res, err := runOnce(ctx, a, op, meta, in, handle)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &answer[R]{
			Status: a.ops[op.ID].Status,
			Body:   Envelope[R]{Success: true, Data: res.Value, Meta: Meta{RequestID: meta.CorrelationID, Position: res.Position}},
		}
		if res.Position > 0 {
			out.Position = strconv.FormatInt(res.Position, 10)
		}
		if res.Replayed {
			out.Replayed = "true"
		}
		return out, nil
	})
}

func runOnce[I, R any](
	ctx context.Context, a *API, op Op, meta kernel.Meta, in *I, handle func(context.Context, kernel.Meta, *I) (commands.Result[R], error),
) (commands.Result[R], error) {
	if op.OwnReplay {
		return handle(ctx, meta, in)
	}
	first, position, found, err := a.replay(ctx, meta)
	if err != nil {
		return commands.Result[R]{}, err
	}
	if !found {
		return handle(ctx, meta, in)
	}
	res := commands.Result[R]{Position: position, Replayed: true}
	if err := json.Unmarshal(first, &res.Value); err != nil {
		return res, fmt.Errorf("read the first answer of a repeated request: %w", err)
	}
	return res, nil
}

// Stream adds an endpoint whose answer is not an envelope: a file, or a stream of events. The handler checks everything
// that can fail, then returns the function that writes; what fails later can only cut the stream. The handler's context, and with it the
// writer, ends when the caller may no longer have the answer: there is no way to add a stream that isn't asked again.
func Stream[I any](
	a *API, op Op, contentType string, handle func(ctx context.Context, p Principal, in *I) (func(w http.ResponseWriter) error, error),
) {
	h := operation[I](a, op)
	h.Parameters = append(h.Parameters, positionParams(op)...)
	content := map[string]*huma.MediaType{contentType: {}}
	for _, also := range op.AlsoProduces {
		content[also] = &huma.MediaType{}
	}
	h.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: content}}
	k := kindOf(contentType)
	a.streams[op.ID] = k
	register(a, h, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		write, l, err := begin(ctx, a, op, k, in, handle)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		a.exported(ctx, op, contentType)
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer l.close()
			c := humaecho.Unwrap(hc)
			if c.Response().Header().Get("Content-Type") == "" {
				c.Response().Header().Set("Content-Type", contentType)
			}
			out := a.watch(c.Response(), l, k)
			err := write(out)
			over := l.over()
			if k == eventStream && over != nil {
				if ctx.Err() == nil && !c.Response().Committed {
					a.writeError(c, over)
				}
				return // the reader connects again and is told why
			}
			if over != nil {
				err = over
			}
			out.told(ctx, op, err)
			if err != nil && ctx.Err() == nil {
				a.cfg.Logger.ErrorContext(ctx, "stream cut", "request_id", requestID(c), "error", err)
				panic(http.ErrAbortHandler) // the client must see a broken stream, not a short file
			}
		}}, nil
	})
}

// begin counts the stream, has it asked again for as long as it lives, and lets the handler check what can fail.
func begin[I any](
	ctx context.Context, a *API, op Op, k kind, in *I, handle func(context.Context, Principal, *I) (func(http.ResponseWriter) error, error),
) (write func(http.ResponseWriter) error, l *life, err error) {
	if _, stale, err := a.awaitPosition(ctx, op); err != nil || stale {
		if stale {
			err = kernel.E(kernel.KindUnavailable, "STALE", "the read model has not reached the asked position yet")
		}
		return nil, nil, err
	}
	if err := reaches(ctx, a, op, in); err != nil {
		return nil, nil, err
	}
	if l, err = a.live(ctx, op, k); err != nil {
		return nil, nil, err
	}
	defer func() {
		if write == nil {
			l.close()
		}
	}()
	write, err = handle(l.ctx, PrincipalOf(ctx), in) //nolint:contextcheck // l.ctx is made of ctx
	if a.early(l.ctx, op, err) {                     //nolint:contextcheck // the same
		write, err = handle(l.ctx, PrincipalOf(ctx), in) //nolint:contextcheck // the same
	}
	if over := l.over(); err == nil && over != nil && ctx.Err() == nil {
		err = over // the caller was shut out while a long poll waited
	}
	if err != nil {
		write = nil
	}
	return write, l, err
}

// ReadOrStream adds an endpoint that answers in the envelope, or, to a client that accepts contentType, as a stream.
func ReadOrStream[I, T any](a *API, op Op, contentType string, read func(context.Context, Principal, *I) (T, Meta, error),
	stream func(context.Context, Principal, *I) (func(http.ResponseWriter) error, error),
) {
	Stream(a, op, contentType, func(ctx context.Context, p Principal, in *I) (func(http.ResponseWriter) error, error) {
		if strings.Contains(Echo(ctx).Request().Header.Get("Accept"), contentType) {
			return stream(ctx, p, in)
		}
		data, meta, err := read(ctx, p, in)
		if err != nil {
			return nil, err
		}
		meta.RequestID = metaOf(ctx).CorrelationID
		return func(w http.ResponseWriter) error {
			w.Header().Set("Content-Type", "application/json")
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(Envelope[T]{Success: true, Data: data, Meta: meta})
		}, nil
	})
	route := strings.Replace(op.Path, "W", "/workspaces/{workspaceId}", 1)
	answers := a.huma.OpenAPI().Paths[Base+route].Get.Responses["200"].Content
	answers["application/json"] = &huma.MediaType{Schema: huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas,
		reflect.TypeFor[Envelope[T]]())}
}

// failed turns an error into the answer and keeps the cause for the log.
func (a *API) failed(ctx context.Context, err error) error {
	f := fail(a.reachable(err))
	f.Meta.RequestID = metaOf(ctx).CorrelationID
	Echo(ctx).Set(causeKey, err)
	return f
}

// positionParams are how a read is asked to wait for a position.
func positionParams(op Op) []*huma.Param {
	if op.Projection == "" {
		return nil
	}
	return []*huma.Param{
		headerParam(headerMinPosition, "Wait up to 2 s until the answer reflects this log position; otherwise meta.stale is true, or for "+
			"files the answer is 503."),
		{Name: "min_position", In: "query", Schema: &huma.Schema{Type: "integer", Minimum: new(float64)}, Description: "The same as the header."},
	}
}

func headerParam(name, doc string) *huma.Param {
	pattern := keyPattern
	if name == headerMinPosition {
		pattern = positionPattern
	}
	return &huma.Param{Name: name, In: "header", Description: doc, Schema: &huma.Schema{Type: "string", Pattern: pattern}}
}
