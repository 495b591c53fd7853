package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// Noted is the one event of these tests: a note was written.
type Noted struct {
	Text string `json:"text"`
}

func (Noted) EventType() string { return "note.written.v1" }

// fixture is an API with a few endpoints over a log in memory.
type fixture struct {
	t         *testing.T
	clock     *kernel.ManualClock
	log       *memstore.Store
	codec     *eventstore.Codec
	api       *httpapi.API
	positions httpapi.Positions
	out       *syncBuffer
	done      int // how often the write endpoint acted
	at        int64
}

const ws = "ws_01ARZ3NDEKTSV4RRFFQ69G5FAV"

// Authenticate knows the tokens "ann" and "operator", and "key", which is bound to ws.
func (*fixture) Authenticate(_ context.Context, token string) (httpapi.Principal, error) {
	p := httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: token}, User: kernel.UserID(token), Operator: token == "operator"}
	switch token {
	case "ann", "operator", "bob":
		return p, nil
	case "stale":
		return httpapi.Principal{}, auth.ErrUnauthorized().Because(auth.ErrStale)
	case "limited":
		return httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_2"}, KeyWorkspace: ws, KeyRole: kernel.RoleAdmin, KeyTables: []kernel.TableID{"tbl_ours"}}, nil
	case "key":
		return httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}, KeyWorkspace: ws, KeyRole: kernel.RoleViewer}, nil
	}
	return httpapi.Principal{}, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "no")
}

// Role makes ann the owner and bob a viewer of ws.
func (*fixture) Role(_ context.Context, id kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	role, ok := map[kernel.UserID]kernel.Role{"ann": kernel.RoleOwner, "bob": kernel.RoleViewer}[user]
	return role, ok && id == ws, nil
}

// Wait has reached position f.at.
func (f *fixture) Wait(ctx context.Context, _ string, position int64) (int64, bool) {
	if position <= f.at {
		return f.at, true
	}
	<-ctx.Done()
	return f.at, false
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type noteInput struct {
	httpapi.InWorkspace
	Body struct {
		Text  string         `json:"text" maxLength:"20"`
		Count int            `json:"count,omitempty" minimum:"0"`
		Any   map[string]any `json:"any,omitempty"`
	}
}

type note struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

type listInput struct {
	httpapi.InWorkspace
	httpapi.Page
	Fail string `query:"fail"`
}

func newFixture(t *testing.T, options ...func(*httpapi.Config)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), out: &syncBuffer{}, at: 5}
	f.log = memstore.New(f.clock)
	var err error
	f.codec, err = eventstore.NewCodec([]kernel.Event{Noted{}})
	require.NoError(t, err)
	cfg := httpapi.Config{
		Authenticator: f, Memberships: f, Limiter: memlimit.New(f.clock), Commands: f.log, Positions: f, ReadWait: time.Millisecond,
		IDs: kernel.NewIDs(f.clock), Clock: f.clock, Logger: slog.New(slog.NewJSONHandler(f.out, nil)), FingerprintKey: []byte("k"), Version: "1",
	}
	for _, o := range options {
		o(&cfg)
	}
	f.positions = cfg.Positions
	f.api = httpapi.New(cfg)
	f.endpoints()
	return f
}

func (f *fixture) endpoints() {
	httpapi.Write(f.api, httpapi.Op{ID: "write-note", Method: http.MethodPost, Path: "W/notes:batch", Tag: "notes", Summary: "Write", Scope: httpapi.FilteredByTable, Rate: httpapi.General, Action: workspace.EditRows, Status: http.StatusCreated, MaxBody: 1000}, f.write)
	httpapi.Read(f.api, httpapi.Op{ID: "list-notes", Method: http.MethodGet, Path: "W/notes", Tag: "notes", Summary: "List", Scope: httpapi.FilteredByTable, Rate: httpapi.General, Action: workspace.ReadTables, Projection: "notes", Besides: "labels"}, f.list)
	httpapi.Read(f.api, httpapi.Op{ID: "get-note", Method: http.MethodGet, Path: "W/notes/{n}", Tag: "notes", Summary: "One", Scope: httpapi.FilteredByTable, Rate: httpapi.General, Action: workspace.ReadTables, Projection: "notes"}, f.get)
	httpapi.Read(f.api, httpapi.Op{ID: "ping", Method: http.MethodGet, Path: "/ping", Tag: "notes", Summary: "Ping", Rate: httpapi.Auth, Scope: httpapi.Public, Action: httpapi.NoAction},
		func(ctx context.Context, _ httpapi.Principal, _ *struct{}) (string, httpapi.Meta, error) {
			return httpapi.Echo(ctx).RealIP(), httpapi.Meta{}, nil
		})
	httpapi.Read(f.api, httpapi.Op{ID: "admin", Method: http.MethodGet, Path: "/admin/x", Tag: "notes", Summary: "Admin", Scope: httpapi.Operator, Action: httpapi.NoAction, Rate: httpapi.General},
		func(context.Context, httpapi.Principal, *struct{}) ([]string, httpapi.Meta, error) {
			return []string{}, httpapi.Meta{}, nil
		})
	httpapi.Stream(f.api, httpapi.Op{ID: "export", Method: http.MethodGet, Path: "W/export", Tag: "notes", Summary: "Export", Scope: httpapi.WholeWorkspace, Rate: httpapi.General, Action: workspace.ExportData, Projection: "notes"}, "text/csv",
		func(context.Context, httpapi.Principal, *struct{ httpapi.InWorkspace }) (func(http.ResponseWriter) error, error) {
			return func(w http.ResponseWriter) error {
				_, err := io.WriteString(w, "a,b\n")
				return err
			}, nil
		})
}

func (f *fixture) write(ctx context.Context, meta kernel.Meta, in *noteInput) (commands.Result[note], error) {
	if in.Body.Text == "conflict" {
		return commands.Result[note]{}, &eventstore.ConflictError{Stream: "x-1"}
	}
	f.done++
	answer := note{in.Body.Text, f.done}
	req, err := f.codec.Append(meta, answer, eventstore.At("note-1", eventstore.Any, Noted{in.Body.Text}))
	require.NoError(f.t, err)
	done, err := f.log.Append(ctx, req)
	if err != nil {
		return commands.Result[note]{}, err
	}
	return commands.Reply(done, answer)
}

type getInput struct {
	httpapi.InWorkspace
	N string `path:"n"`
}

// get finds a note as far as the read model has come.
func (f *fixture) get(ctx context.Context, _ httpapi.Principal, in *getInput) (note, httpapi.Meta, error) {
	reached, _ := f.positions.Wait(ctx, "notes", 0)
	if reached < 1 {
		return note{}, httpapi.Meta{}, kernel.NotFound("note", in.N)
	}
	return note{Text: in.N}, httpapi.Meta{}, nil
}

func (f *fixture) list(_ context.Context, p httpapi.Principal, in *listInput) ([]note, httpapi.Meta, error) {
	switch in.Fail {
	case "panic":
		panic("the secret of the house")
	case "plain":
		return nil, httpapi.Meta{}, errors.New("the secret of the house")
	case "busy":
		return nil, httpapi.Meta{}, eventstore.ErrBusy
	case "full database": // what the log makes of it
		return nil, httpapi.Meta{}, fmt.Errorf("append: %w: %w", eventstore.ErrBusy, sqlError("53100"))
	case "short of memory":
		return nil, httpapi.Meta{}, fmt.Errorf("append: %w: %w", eventstore.ErrBusy, sqlError("53200"))
	case "full disk":
		return nil, httpapi.Meta{}, &os.PathError{Op: "write", Path: "secret", Err: syscall.ENOSPC}
	case "full quota":
		return nil, httpapi.Meta{}, kernel.E(kernel.KindUnavailable, "OTHER", "later").Because(syscall.EDQUOT)
	case "payment":
		return nil, httpapi.Meta{}, kernel.E(kernel.KindPayment, "INSUFFICIENT_CREDITS", "no")
	}
	return []note{{Text: string(p.Role)}}, httpapi.Meta{NextCursor: "next"}, nil
}

type reply struct {
	Success bool               `json:"success"`
	Data    json.RawMessage    `json:"data"`
	Error   *httpapi.ErrorBody `json:"error"`
	Meta    httpapi.Meta       `json:"meta"`

	status int
	header http.Header
	raw    string
}

func (f *fixture) call(method, path, body string, headers ...string) reply {
	f.t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer ann")
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.api.Handler().ServeHTTP(w, r)
	out := reply{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") && path != "/openapi.json" {
		require.NoError(f.t, json.Unmarshal(w.Body.Bytes(), &out), w.Body.String())
		require.Equal(f.t, out.Success, out.Error == nil, out.raw)
		require.Equal(f.t, out.Success, out.status < 400, out.raw)
		for _, field := range []string{`"success":`, `"data":`, `"error":`, `"meta":`} {
			require.Contains(f.t, out.raw, field)
		}
		require.NotEmpty(f.t, out.Meta.RequestID, out.raw)
		require.Equal(f.t, out.Meta.RequestID, w.Header().Get("X-Request-Id"))
	}
	return out
}

func (f *fixture) fails(r reply, status int, code string) {
	f.t.Helper()
	require.Equal(f.t, status, r.status, r.raw)
	require.Equal(f.t, code, r.Error.Code, r.raw)
	require.NotNil(f.t, r.Error.Details)
	require.Equal(f.t, "null", string(r.Data))
}

const (
	notes = "/workspaces/" + ws + "/notes"
	batch = notes + ":batch"
)

// sqlError is an error of the database.
type sqlError string

func (s sqlError) Error() string { return "SQLSTATE " + string(s) }

func (s sqlError) SQLState() string { return string(s) }
