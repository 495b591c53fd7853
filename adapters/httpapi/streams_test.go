//nolint:bodyclose // open closes each body with its test
package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// door lets callers in as a test says.
type door struct {
	mu     sync.Mutex
	token  error            // why the token is no good
	role   kernel.Role      // of the caller; "" for none
	tables []kernel.TableID // that the key is limited to
	asked  chan struct{}    // gets one at each question, if there is room
	hangs  bool             // questions get no answer
}

func (d *door) set(change func(*door)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *door) Authenticate(ctx context.Context, token string) (httpapi.Principal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case d.asked <- struct{}{}:
	default:
	}
	if d.hangs {
		return httpapi.Principal{}, errors.New("the database is away")
	}
	return httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: token}, User: kernel.UserID(token), KeyTables: d.tables}, d.token
}

func (d *door) Role(_ context.Context, id kernel.WorkspaceID, _ kernel.UserID) (kernel.Role, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.role, d.role != "" && id == ws, nil
}

// long is an API with answers that go on for long, on a real web server.
type long struct {
	t      *testing.T
	door   *door
	server *httptest.Server
	wrote  chan error // why a writer ended
}

func newLong(t *testing.T, limits httpapi.StreamLimits) *long {
	t.Helper()
	l := &long{t: t, door: &door{role: kernel.RoleAdmin, asked: make(chan struct{}, 1)}, wrote: make(chan error, 10)}
	f := newFixture(t, func(c *httpapi.Config) { c.Authenticator, c.Memberships, c.Streams = l.door, l.door, limits })
	type in struct{ httpapi.InWorkspace }
	op := func(id string, action workspace.Action) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodGet, Path: "W/" + id, Tag: "long", Summary: id, Scope: httpapi.FilteredByTable, Action: action, Rate: httpapi.General}
	}
	// The worst that a handler can do: it writes on and on and looks at nothing.
	deaf := func(piece string) func(context.Context, httpapi.Principal, *in) (func(http.ResponseWriter) error, error) {
		return func(context.Context, httpapi.Principal, *in) (func(http.ResponseWriter) error, error) {
			return func(w http.ResponseWriter) error {
				for {
					if _, err := io.WriteString(w, piece); err != nil {
						l.wrote <- err
						return err
					}
					if err := http.NewResponseController(w).Flush(); err != nil {
						l.wrote <- err
						return err
					}
				}
			}, nil
		}
	}
	silent := func(ctx context.Context, _ httpapi.Principal, _ *in) (func(http.ResponseWriter) error, error) {
		return func(w http.ResponseWriter) error {
			w.WriteHeader(http.StatusOK)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}, nil
	}
	poll := func(ctx context.Context, _ httpapi.Principal, _ *in) (string, httpapi.Meta, error) {
		<-ctx.Done()
		return "what came meanwhile", httpapi.Meta{}, nil
	}
	httpapi.Stream(f.api, op("deaf-events", workspace.ReadTables), "text/event-stream", deaf("data: x\n\n"))
	httpapi.Stream(f.api, op("silent-events", workspace.ReadTables), "text/event-stream", silent)
	httpapi.Stream(f.api, op("deaf-file", workspace.ExportData), "text/csv", deaf("a,b\n"))
	httpapi.Stream(f.api, op("big-file", workspace.ExportData), "text/csv", deaf(strings.Repeat("a,b\n", 1<<20)))
	httpapi.ReadOrStream(f.api, op("poll", workspace.ReadTables), "text/event-stream", poll, silent)
	httpapi.Write(f.api, httpapi.Op{ID: "upload", Method: http.MethodPost, Path: "W/upload", Tag: "long", Summary: "Upload", Scope: httpapi.FilteredByTable, Action: workspace.ImportData, Rate: httpapi.General, RawBody: true},
		func(ctx context.Context, _ kernel.Meta, _ *in) (commands.Result[int64], error) {
			context.AfterFunc(ctx, func() { l.wrote <- context.Cause(ctx) })
			n, err := io.Copy(io.Discard, httpapi.Echo(ctx).Request().Body)
			if err == nil {
				err = context.Cause(ctx)
			}
			return commands.Result[int64]{Value: n}, err
		})
	l.server = httptest.NewServer(f.api.Handler())
	t.Cleanup(l.server.Close)
	return l
}

func (l *long) open(path, token string) *http.Response {
	l.t.Helper()
	ctx, stop := context.WithTimeout(l.t.Context(), 20*time.Second)
	l.t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.server.URL+"/api/v1/workspaces/"+ws+path, nil)
	require.NoError(l.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func shutOuts() map[string]func(*door) {
	return map[string]func(*door){
		"the token was revoked, signed out or has expired": func(d *door) { d.token = kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "no") },
		"the member was removed, or the workspace deleted": func(d *door) { d.role = "" },
		"the key's tables are others":                      func(d *door) { d.tables = []kernel.TableID{"tbl_b"} },
		"it can't be found out any more":                   func(d *door) { d.hangs = true },
	}
}

func TestWhatGoesOnForLongEndsWhenItsReaderMayNoLongerHaveIt(t *testing.T) {
	t.Parallel()
	for why, shut := range shutOuts() {
		for _, path := range []string{"/deaf-events", "/silent-events", "/deaf-file", "/poll"} {
			t.Run(why+path, func(t *testing.T) {
				t.Parallel()
				l := newLong(t, httpapi.StreamLimits{Recheck: time.Millisecond})
				if path == "/poll" {
					go func() {
						<-l.door.asked
						l.door.set(shut)
					}()
					res := l.open(path, "ann")
					body, err := io.ReadAll(res.Body)
					require.NoError(t, err)
					require.GreaterOrEqual(t, res.StatusCode, 400, string(body))
					require.NotContains(t, string(body), "what came meanwhile")
					return
				}
				res := l.open(path, "ann")
				require.Equal(t, http.StatusOK, res.StatusCode)
				l.door.set(shut)
				_, err := io.Copy(io.Discard, res.Body)
				if path == "/deaf-file" {
					require.Error(t, err, "a file that is cut must not look whole")
					return
				}
				require.NoError(t, err, "a stream of events ends, and its reader connects again")
			})
		}
	}
}

func TestAStreamOfEventsEndsWhenItsReadersRoleIsAnother(t *testing.T) {
	t.Parallel()
	l := newLong(t, httpapi.StreamLimits{Recheck: time.Millisecond})
	res := l.open("/silent-events", "ann")
	l.door.set(func(d *door) { d.role = kernel.RoleViewer })
	_, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
}

func TestAStreamOutlivesAMomentWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	l := newLong(t, httpapi.StreamLimits{Recheck: 100 * time.Millisecond})
	res := l.open("/deaf-events", "ann")
	<-l.door.asked
	l.door.set(func(d *door) { d.hangs = true })
	<-l.door.asked
	l.door.set(func(d *door) { d.hangs = false })
	<-l.door.asked
	<-l.door.asked
	_, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	require.Empty(t, l.wrote)
}

func TestNeverAskedLessOftenThanEveryFiveSeconds(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Second, httpapi.WithDefaults(httpapi.StreamLimits{Recheck: time.Hour}).Recheck)
	require.LessOrEqual(t, httpapi.WithDefaults(httpapi.StreamLimits{}).Recheck, 5*time.Second)
}

func TestOpenStreamsAreCounted(t *testing.T) {
	t.Parallel()
	one := httpapi.Slots{User: 1, Workspace: 2}
	for path, code := range map[string]string{"/silent-events": "TOO_MANY_STREAMS", "/deaf-file": "TOO_MANY_FILES"} {
		l := newLong(t, httpapi.StreamLimits{Events: one, Files: one})
		first := l.open(path, "ann")
		require.Equal(t, http.StatusOK, first.StatusCode)
		full := func(token, of string) {
			res := l.open(path, token)
			require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
			require.NotEmpty(t, res.Header.Get("Retry-After"))
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Contains(t, string(body), code)
			require.Contains(t, string(body), of)
		}
		full("ann", "by you")
		require.Equal(t, http.StatusOK, l.open(path, "bob").StatusCode)
		full("cid", "in this workspace")
		require.NoError(t, first.Body.Close())
		require.Eventually(t, func() bool {
			res := l.open(path, "ann")
			defer func() { _ = res.Body.Close() }()
			return res.StatusCode == http.StatusOK
		}, 10*time.Second, time.Millisecond, "the place is free again")
	}
}

// raw sends a request's head and reads nothing.
func (l *long) raw(head string) net.Conn {
	l.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(l.t.Context(), "tcp", l.server.Listener.Addr().String())
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, head)
	require.NoError(l.t, err)
	return conn
}

func TestAReaderThatDoesNotReadIsLetGo(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/deaf-events", "/big-file"} {
		for name, limits := range map[string]httpapi.StreamLimits{
			"a piece takes too long": {WriteWait: 20 * time.Millisecond}, "the file takes too long": {FileTime: 20 * time.Millisecond},
		} {
			if path == "/deaf-events" && limits.WriteWait == 0 {
				continue // streams of events have no end
			}
			l := newLong(t, limits)
			l.raw("GET /api/v1/workspaces/" + ws + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n")
			require.Error(t, <-l.wrote, name)
		}
	}
}

func TestAnUploadThatTricklesIsRefused(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]httpapi.StreamLimits{
		"it pauses":      {ReadWait: 20 * time.Millisecond},
		"it is too slow": {ReadWait: 20 * time.Millisecond, ReadRate: 1 << 30},
	} {
		l := newLong(t, limits)
		conn := l.raw("POST /api/v1/workspaces/" + ws + "/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Length: 1000000000\r\n\r\nabc")
		if name == "it is too slow" {
			go func() {
				for {
					if _, err := io.WriteString(conn, "abc"); err != nil {
						return
					}
				}
			}()
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusBadRequest, res.StatusCode, name)
		require.Contains(t, string(body), "UPLOAD_TOO_SLOW", name)
	}
}

func TestAnUploadOfAMemberWhoWasRemovedMakesNothing(t *testing.T) {
	t.Parallel()
	l := newLong(t, httpapi.StreamLimits{Recheck: time.Millisecond})
	conn := l.raw("POST /api/v1/workspaces/" + ws + "/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Length: 6\r\n\r\nabc")
	<-l.door.asked
	l.door.set(func(d *door) { d.role = "" })
	require.Error(t, <-l.wrote)
	_, err := fmt.Fprint(conn, "def")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotFound, res.StatusCode)
}
