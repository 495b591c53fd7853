package auditapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/auditapi"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections/auditview"
)

const ws = kernel.WorkspaceID("ws_01ARZ3NDEKTSV4RRFFQ69G5FAV")

// world is the endpoints over read models of its own.
type world struct {
	lines []auditview.Line
	asked auditview.Filter
}

// Authenticate knows a person by a token that is their id.
func (*world) Authenticate(_ context.Context, token string) (httpapi.Principal, error) {
	if token == "" {
		return httpapi.Principal{}, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "no")
	}
	return httpapi.Principal{User: kernel.UserID(token), Actor: kernel.Actor{Kind: kernel.ActorUser, ID: token}}, nil
}

// Role gives each role to the person of its name.
func (*world) Role(_ context.Context, id kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	return kernel.Role(user), id == ws && user != "stranger", nil
}

// Wait has reached everything.
func (*world) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

// Lines implements auditapi.Lines.
func (w *world) Lines(_ context.Context, _ kernel.WorkspaceID, f auditview.Filter, fn func(auditview.Line) error) error {
	w.asked = f
	for i, l := range w.lines {
		if f.Limit > 0 && i == f.Limit {
			return nil
		}
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

// Names implements auditapi.Names.
func (*world) Names(context.Context, []kernel.UserID) (map[kernel.UserID]string, error) {
	return map[kernel.UserID]string{"owner": "Ann"}, nil
}

func (w *world) get(user, path string) *httptest.ResponseRecorder {
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	a := httpapi.New(httpapi.Config{
		Authenticator: w, Memberships: w, Limiter: memlimit.New(clock), Commands: memstore.New(clock), Positions: w, IDs: kernel.NewIDs(clock),
		Clock: clock, Logger: slog.New(slog.DiscardHandler), FingerprintKey: []byte("k"), Version: "1",
	})
	auditapi.Register(a, auditapi.Deps{Reads: w, Names: w})
	r := httptest.NewRequest(http.MethodGet, "/api/v1/workspaces/"+string(ws)+path, nil)
	if user != "" {
		r.Header.Set("Authorization", "Bearer "+user)
	}
	rec := httptest.NewRecorder()
	a.Handler().ServeHTTP(rec, r)
	return rec
}

func TestWhoMayReadTheAuditLog(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]map[string]int{
		"owner":    {"/team/audit": 200, "/team/audit.csv": 200, "/team/activity": 200},
		"admin":    {"/team/audit": 200, "/team/audit.csv": 200, "/team/activity": 200},
		"editor":   {"/team/audit": 403, "/team/audit.csv": 403},
		"viewer":   {"/team/audit": 403, "/team/audit.csv": 403},
		"stranger": {"/team/audit": 404, "/team/audit.csv": 404, "/team/activity": 404},
		"":         {"/team/audit": 401, "/team/audit.csv": 401, "/team/activity": 401},
	} {
		for path, status := range want {
			require.Equal(t, status, (&world{}).get(user, path).Code, "%s by %q", path, user)
		}
	}
}

func TestWhatIsAskedOfTheAuditLog(t *testing.T) {
	t.Parallel()
	w := &world{}
	require.Equal(t, http.StatusOK, w.get("owner", "/team/audit?actor=usr_01ARZ3NDEKTSV4RRFFQ69G5FAV&action=table&thing=table&thing_id=t&cursor=7&limit=2&from=2026-01-01T00:00:00Z").Code)
	require.Equal(t, auditview.Filter{
		Actor: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", Action: "table", Thing: "table", ID: "t", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Before: 7, Limit: 3,
	}, w.asked, "one more line than the page has tells whether there is another page")
	for _, wrong := range []string{"cursor=x", "cursor=0", "cursor=-1", "limit=0", "limit=100000", "from=yesterday"} {
		code := w.get("owner", "/team/audit?"+wrong).Code
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, code, wrong)
	}
}

func TestThePageOfAnAuditLogNamesTheNext(t *testing.T) {
	t.Parallel()
	w := &world{}
	for _, position := range []int64{9, 8, 7} {
		w.lines = append(w.lines, auditview.Line{Entry: auditview.Entry{First: position, Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "owner"}, Action: "table.renamed"}, Name: "People"})
	}
	var answer struct {
		Data []auditapi.Audit `json:"data"`
		Meta struct {
			Next string `json:"next_cursor"`
		} `json:"meta"`
	}
	require.NoError(t, json.Unmarshal(w.get("owner", "/team/audit?limit=2").Body.Bytes(), &answer))
	require.Len(t, answer.Data, 2)
	require.EqualValues(t, 9, answer.Data[0].Position)
	require.Equal(t, "8", answer.Meta.Next)
}
