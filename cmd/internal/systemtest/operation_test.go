package systemtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type operationJob struct {
	ID         string `json:"id"`
	Projection string `json:"projection"`
	State      string `json:"state"`
	Error      string `json:"error"`
	Differs    []any  `json:"differs"`
}

func TestAnOperatorRebuildsAndVerifiesReadModels(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	admin := *c
	admin.ws = "/api/v1/admin"
	stranger := signUp(t, s)
	for path, method := range map[string]string{
		"/projections": http.MethodGet, "/jobs": http.MethodGet, "/dead-letters": http.MethodGet, "/projections/grid/rebuild": http.MethodPost,
		"/dead-letters/projection/grid/cells-x/skip": http.MethodPost,
	} {
		stranger.call(http.StatusForbidden, method, admin.ws+path, nil)
	}
	admin.call(http.StatusNotFound, http.MethodPost, admin.ws+"/projections/nothing/rebuild", nil)
	admin.call(http.StatusNotFound, http.MethodPost, admin.ws+"/dead-letters/projection/grid/cells-x/retry", nil)

	list := in[[]struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Copy   string `json:"slot"`
		Parked int    `json:"parked"`
	}](&admin, http.StatusOK, http.MethodGet, "/projections", nil)
	kinds := map[string]string{}
	for _, p := range list {
		kinds[p.Name] = p.Kind
		require.Zero(t, p.Parked, p.Name)
	}
	require.Equal(t, "projection", kinds["grid"])
	require.Equal(t, "reactor", kinds["import_flows"])

	for _, what := range []string{"rebuild", "verify"} {
		admin.call(http.StatusAccepted, http.MethodPost, admin.ws+"/projections/grid/"+what, nil)
		busy, err := admin.try(t.Context(), http.MethodPost, admin.ws+"/projections/history/"+what, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusConflict, busy.Status, "one at a time")
		var job operationJob
		began := time.Now()
		s.eventually(doneWithin, "the job has ended", func() bool {
			job = in[[]operationJob](&admin, http.StatusOK, http.MethodGet, "/jobs", nil)[0]
			return job.State != "running"
		})
		t.Logf("%s of grid took %s", what, time.Since(began))
		require.Equal(t, "done", job.State, job.Error)
		require.Empty(t, job.Differs)
		require.Equal(t, int64(companies), c.count(table.ID))
	}
}
