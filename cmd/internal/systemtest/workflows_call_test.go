package systemtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// callee is another system that takes calls. Some are held until it is let go on.
type callee struct {
	*httptest.Server
	mu     sync.Mutex
	names  map[string]map[string]bool // by row's key: the idempotency keys of its calls
	wrong  int                        // without the key
	refuse bool
	held   chan struct{}
}

func newCallee(t *testing.T, free int) *callee {
	t.Helper()
	r := &callee{names: map[string]map[string]bool{}, held: make(chan struct{}), refuse: true}
	calls := 0
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var body struct{ Key string }
		bad := json.NewDecoder(req.Body).Decode(&body) != nil || req.Header.Get("Authorization") != "Bearer s3cret-of-the-test"
		r.mu.Lock()
		if bad {
			r.wrong++
		}
		if r.names[body.Key] == nil {
			r.names[body.Key] = map[string]bool{}
		}
		r.names[body.Key][req.Header.Get("Idempotency-Key")] = true
		calls++
		hold, refused := calls > free, r.refuse && body.Key == "k1"
		r.mu.Unlock()
		if hold {
			select {
			case <-r.held:
			case <-req.Context().Done():
				return
			}
		}
		if refused {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *callee) rows() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.names)
}

// TestAnotherSystemIsCalledForEachRowUnderOneName: the server is killed in the middle of its calls, one row is refused and resumed, and the
// receiver has seen one idempotency key for each row.
func TestAnotherSystemIsCalledForEachRowUnderOneName(t *testing.T) {
	t.Parallel()
	const rows = 120
	a := newAutomating(t, rows)
	r := newCallee(t, 20)
	key := in[column](a.c, http.StatusCreated, http.MethodPost, "/credentials", map[string]any{
		"provider": "http_api", "name": "Receiver", "secret": map[string]string{"token": "s3cret-of-the-test"}, "hosts": []string{"127.0.0.1"},
	}).ID
	call := step("call", "http", map[string]any{
		"method": "PUT", "url": r.URL + "/leads/{{Key}}", "body": `{"key":"{{Key}}","fit":{{Fit}}}`, "credential_id": key, "auth": "bearer",
		"per_minute": 6000,
	})
	call["on_error"] = "continue"
	saved := in[struct {
		ID       string `json:"id"`
		Problems []any  `json:"problems"`
	}](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "Tell", "graph": chained(
		step("go", "manual", map[string]any{}), step("rows", "table_rows", map[string]any{"table_id": a.table.ID}), call, a.marks("told"),
	)})
	require.Empty(t, saved.Problems)
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/workflows/"+saved.ID+"/dry-run", map[string]any{})
	require.Zero(t, r.rows(), "a dry run calls nobody")

	run := in[workflowRun](a.c, http.StatusCreated, http.MethodPost, "/workflows/"+saved.ID+"/run", map[string]any{}).ID
	a.s.eventually(doneWithin, "calls are under way", func() bool { return r.rows() > 20 })
	a.s.kill()
	close(r.held)
	a.s.start()
	at := a.await(run)
	require.Equal(t, "partially_completed", at.State, at.Reason)
	a.s.eventually(doneWithin, "the others are marked", func() bool { return a.marked("told") == rows-1 })

	r.mu.Lock()
	r.refuse = false
	r.mu.Unlock()
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/workflow-runs/"+run+"/resume", map[string]any{})
	at = a.await(run)
	require.Equal(t, "completed", at.State, at.Reason)
	a.s.eventually(doneWithin, "all are marked", func() bool { return a.marked("told") == rows })
	require.Len(t, r.names, rows)
	for row, names := range r.names {
		require.Len(t, names, 1, row)
	}
	require.Zero(t, r.wrong)
	a.s.verify()
}

// TestWhatWasTakenBeforeItsWorkflowWasTurnedOffStillRuns: a delivery is answered, the workflow is unpublished at once, and the rows go
// through it all the same.
func TestWhatWasTakenBeforeItsWorkflowWasTurnedOffStillRuns(t *testing.T) {
	t.Parallel()
	a := newAutomating(t, 1)
	config := map[string]any{
		"table_id": a.table.ID, "column_id": a.table.column("Key"), "fields": map[string]any{a.table.column("Key"): "key"},
	}
	flow := "/workflows/" + in[column](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{
		"name": "Take", "graph": chained(step("hook", "webhook", config), a.marks("taken")),
	}).ID
	path := in[struct{ Path string }](a.c, http.StatusCreated, http.MethodPost, flow+"/hook", map[string]any{}).Path
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+flow+"/publish", map[string]any{"version": 1})
	require.Equal(t, http.StatusAccepted, a.post(path, "d1", `{"key":"late"}`))
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+flow+"/unpublish", map[string]any{})
	require.Equal(t, http.StatusConflict, a.post(path, "d2", `{"key":"later"}`))
	a.ended(flow, 1)
	a.s.eventually(doneWithin, "the row is marked", func() bool { return a.marked("taken") == 1 })
}
