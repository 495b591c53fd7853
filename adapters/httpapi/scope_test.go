package httpapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

type inTableInput struct {
	httpapi.InWorkspace
	Table kernel.TableID `path:"tableId"`
}

type namingInput struct {
	httpapi.InWorkspace
	Body struct {
		Deep []map[string]struct {
			Table *kernel.TableID `json:"table,omitempty"`
		} `json:"deep,omitempty"`
		Tables []kernel.TableID `json:"tables,omitempty"`
		More   bool             `json:"more,omitempty"`
	}
}

func read[I any](context.Context, httpapi.Principal, *I) (string, httpapi.Meta, error) {
	return "", httpapi.Meta{}, nil
}

func noReach[I any](context.Context, httpapi.Principal, *I) (httpapi.Reach, error) {
	return httpapi.Reach{}, nil
}

func add[I any](f *fixture, op httpapi.Op) func() {
	return func() {
		op.Method = http.MethodGet
		httpapi.Read(f.api, op, read[I])
	}
}

// An endpoint that doesn't say what it is about, what right it needs and how it is counted does not register.
func TestAnEndpointDeclaresScopeRightAndRate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	type plain struct{ httpapi.InWorkspace }
	const path, table = "W/a", "W/tables/{tableId}/a"
	for name, register := range map[string]func(){
		"no scope":                           add[plain](f, httpapi.Op{ID: "a", Path: path, Action: workspace.ReadTables, Rate: httpapi.General}),
		"no action":                          add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.WholeWorkspace, Rate: httpapi.General}),
		"no rate":                            add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.WholeWorkspace, Action: workspace.ReadTables}),
		"no right in a workspace":            add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.WholeWorkspace, Action: httpapi.NoAction, Rate: httpapi.General}),
		"an action that the table lacks":     add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.WholeWorkspace, Action: "x", Rate: httpapi.General}),
		"public in a workspace":              add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General}),
		"a workspace's scope outside of one": add[struct{}](f, httpapi.Op{ID: "a", Path: "/a", Scope: httpapi.WholeWorkspace, Action: workspace.ReadTables, Rate: httpapi.General}),
		"a right outside a workspace":        add[struct{}](f, httpapi.Op{ID: "a", Path: "/a", Scope: httpapi.SignedIn, Action: workspace.ReadTables, Rate: httpapi.General}),
		"an unknown kind":                    add[struct{}](f, httpapi.Op{ID: "a", Path: "/a", Scope: httpapi.Kind("x"), Action: httpapi.NoAction, Rate: httpapi.General}),
		"a table in the path unsaid":         add[inTableInput](f, httpapi.Op{ID: "a", Path: table, Scope: httpapi.FilteredByTable, Action: workspace.ReadTables, Rate: httpapi.General}),
		"a table that is not in the path":    add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.TableInPath, Action: workspace.ReadTables, Rate: httpapi.General}),
		"tables in the body unsaid":          add[namingInput](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.FilteredByTable, Action: workspace.ReadTables, Rate: httpapi.General}),
		"tables in the body besides the path's": add[struct {
			inTableInput
			Body namingInput
		}](f, httpapi.Op{ID: "a", Path: table, Scope: httpapi.TableInPath, Action: workspace.ReadTables, Rate: httpapi.General}),
		"tables found in another input": add[plain](f, httpapi.Op{ID: "a", Path: path, Scope: httpapi.TablesOf(noReach[namingInput]), Action: workspace.ReadTables, Rate: httpapi.General}),
		"an id twice":                   add[struct{}](f, httpapi.Op{ID: "ping", Path: "/a", Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General}),
	} {
		require.Panics(t, register, name)
	}
	for id, register := range map[string]func(){
		"b": add[plain](f, httpapi.Op{ID: "b", Path: "W/b", Scope: httpapi.WholeWorkspace, Action: workspace.ReadTables, Rate: httpapi.General}),
		"c": add[inTableInput](f, httpapi.Op{ID: "c", Path: "W/tables/{tableId}/c", Scope: httpapi.TableInPath, Action: workspace.ReadTables, Rate: httpapi.Unlimited}),
		"d": add[namingInput](f, httpapi.Op{ID: "d", Path: "W/d", Scope: httpapi.TablesOf(noReach[namingInput]), Action: workspace.ReadTables, Rate: httpapi.General}),
	} {
		require.NotPanics(t, register, id)
	}
}

// reachFixture has an endpoint of each scope, and counts what reaches their handlers.
func reachFixture(t *testing.T, ran *int) *fixture {
	t.Helper()
	f := newFixture(t)
	reached := func() (string, httpapi.Meta, error) {
		*ran++
		return "canary", httpapi.Meta{}, nil
	}
	op := func(id, path string, s httpapi.Scope) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodPost, Path: path, Tag: "notes", Scope: s, Action: workspace.ReadTables, Rate: httpapi.General}
	}
	named := func(_ context.Context, _ httpapi.Principal, in *namingInput) (httpapi.Reach, error) {
		r := httpapi.ReachOf(in.Body.Tables...)
		r.Beyond = in.Body.More
		return r, nil
	}
	naming := func(context.Context, httpapi.Principal, *namingInput) (string, httpapi.Meta, error) { return reached() }
	httpapi.Read(f.api, op("one", "W/tables/{tableId}/one", httpapi.TableInPath), func(context.Context, httpapi.Principal, *inTableInput) (string, httpapi.Meta, error) {
		return reached()
	})
	httpapi.Read(f.api, op("named", "W/named", httpapi.TablesOf(named)), naming)
	httpapi.Read(f.api, op("filtered", "W/filtered", httpapi.FilteredTablesOf(named)), naming)
	httpapi.Write(f.api, op("write", "W/write", httpapi.TablesOf(named)), func(context.Context, kernel.Meta, *namingInput) (commands.Result[string], error) {
		v, _, err := reached()
		return commands.Result[string]{Value: v}, err
	})
	httpapi.Stream(f.api, op("stream", "W/stream", httpapi.TablesOf(named)), "text/plain", func(context.Context, httpapi.Principal, *namingInput) (func(http.ResponseWriter) error, error) {
		_, _, err := reached()
		return func(http.ResponseWriter) error { return nil }, err
	})
	httpapi.Read(f.api, op("all", "W/all", httpapi.WholeWorkspace), func(context.Context, httpapi.Principal, *struct{ httpapi.InWorkspace }) (string, httpapi.Meta, error) {
		return reached()
	})
	account := op("account", "/account", httpapi.Person)
	account.Action = httpapi.NoAction
	httpapi.Read(f.api, account, func(context.Context, httpapi.Principal, *struct{}) (string, httpapi.Meta, error) { return reached() })
	joining := account
	joining.ID, joining.Path, joining.Scope = "join", "/join", httpapi.OptionalPerson
	httpapi.Read(f.api, joining, func(_ context.Context, p httpapi.Principal, _ *struct{}) (string, httpapi.Meta, error) {
		*ran++
		return string(p.User), httpapi.Meta{}, nil
	})
	httpapi.Read(f.api, op("keys", "W/keys", httpapi.PersonInWorkspace), func(context.Context, httpapi.Principal, *struct{ httpapi.InWorkspace }) (string, httpapi.Meta, error) {
		return reached()
	})
	return f
}

// What is a person's is kept from API keys of every role, whether the person must be known or may be.
func TestWhatIsAPersonsIsNotForKeys(t *testing.T) {
	t.Parallel()
	ran := 0
	f := reachFixture(t, &ran)
	for _, path := range []string{"/account", "/join", "/workspaces/" + ws + "/keys"} {
		for _, key := range []string{"key", "limited"} {
			r := f.call(http.MethodPost, path, "", "Authorization", "Bearer "+key)
			f.fails(r, http.StatusForbidden, "FORBIDDEN")
			require.Contains(t, r.Error.Message, "person", path)
		}
		require.Equal(t, http.StatusOK, f.call(http.MethodPost, path, "").status, path)
	}
	require.Equal(t, 3, ran)
	require.Equal(t, `"ann"`, string(f.call(http.MethodPost, "/join", "").Data))
	require.Equal(t, `""`, string(f.call(http.MethodPost, "/join", "", "Authorization", "").Data), "nobody need be known")
	require.Equal(t, http.StatusUnauthorized, f.call(http.MethodPost, "/join", "", "Authorization", "Bearer made-up").status, "who says so must be known")
	require.Equal(t, http.StatusUnauthorized, f.call(http.MethodPost, "/account", "", "Authorization", "").status)
}

// The guard keeps a caller that is limited to tables to these, before any handler runs.
func TestALimitedKeyReachesOnlyItsTables(t *testing.T) {
	t.Parallel()
	ran := 0
	f := reachFixture(t, &ran)
	const base, limited = "/workspaces/" + ws, "Bearer limited"
	for call, status := range map[[2]string]int{
		{base + "/tables/tbl_theirs/one", ""}:                                 http.StatusNotFound,
		{base + "/named", `{"tables":["tbl_theirs"]}`}:                        http.StatusNotFound,
		{base + "/named", `{"tables":["tbl_ours","tbl_theirs"]}`}:             http.StatusNotFound,
		{base + "/named", `{}`}:                                               http.StatusForbidden,
		{base + "/named", `{"tables":[]}`}:                                    http.StatusForbidden,
		{base + "/named", `{"tables":["tbl_ours"],"more":true}`}:              http.StatusForbidden,
		{base + "/write", `{"tables":["tbl_theirs"]}`}:                        http.StatusNotFound,
		{base + "/stream", `{"tables":["tbl_theirs"]}`}:                       http.StatusNotFound,
		{base + "/filtered", `{"tables":["tbl_theirs"]}`}:                     http.StatusNotFound,
		{base + "/all", ""}:                                                   http.StatusForbidden,
		{"/account", ""}:                                                      http.StatusForbidden,
		{"/workspaces/ws_01ARZ3NDEKTSV4RRFFQ69G5FAX/tables/tbl_ours/one", ""}: http.StatusNotFound,
	} {
		r := f.call(http.MethodPost, call[0], call[1], "Authorization", limited)
		require.Equal(t, status, r.status, "%v: %s", call, r.raw)
	}
	require.Zero(t, ran, "no handler saw any of these")
	for _, call := range [][2]string{
		{base + "/tables/tbl_ours/one", ""},
		{base + "/named", `{"tables":["tbl_ours"]}`},
		{base + "/write", `{"tables":["tbl_ours"]}`},
		{base + "/stream", `{"tables":["tbl_ours"]}`},
		{base + "/filtered", `{}`},
		{base + "/filtered", `{"tables":["tbl_ours"]}`},
	} {
		r := f.call(http.MethodPost, call[0], call[1], "Authorization", limited)
		require.Equal(t, http.StatusOK, r.status, "%v: %s", call, r.raw)
	}
	require.Equal(t, 6, ran)
	for _, call := range [][2]string{{base + "/all", ""}, {base + "/named", `{}`}, {base + "/tables/tbl_theirs/one", ""}, {"/account", ""}} {
		require.Equal(t, http.StatusOK, f.call(http.MethodPost, call[0], call[1]).status, "a person is not limited: %v", call)
	}
	require.Equal(t, http.StatusForbidden, f.call(http.MethodPost, "/account", "", "Authorization", "Bearer key").status, "an account is its person's")
}
