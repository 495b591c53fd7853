package analyticsapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"
	_ "time/tzdata" // also on machines without zones

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/cache/memcache"
	"github.com/morket/morket/adapters/httpapi/analyticsapi"
	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/analyticsview/analyticsviewtest"
	"github.com/morket/morket/projections/workspaceview"
)

func TestDaysBeginInTheWorkspacesTimeZone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	store := analyticsviewtest.NewMemory()
	analyticsapi.Register(w.API, analyticsapi.Deps{
		Store: store, Projection: workspaceview.Name, Cache: memcache.New(w.Clock, 10), Zones: w.Workspaces, Clock: w.Clock,
	})
	ann := w.SignUp("ann@example.com")
	ws := ann.Workspace("Acme")
	base := "/workspaces/" + string(ws.ID)
	at := time.Date(2026, 3, 3, 16, 0, 0, 0, time.UTC) // in Tokyo that is the next day
	require.NoError(t, store.Write(t.Context(), []analyticsview.Fact{{
		Key: analyticsview.Key{Workspace: ws.ID, Kind: analyticsview.Cell, Quarter: at}, Position: 1, Measures: analyticsview.Measures{N: 1, Hits: 1},
	}}))
	series := func(query string) (zone string, day time.Time) {
		var s analyticsapi.Series
		ann.Call(http.MethodGet, base+"/analytics/enrichment/over-time?range=7d&granularity=day"+query, nil).OK(&s)
		for _, p := range s.Points {
			if p.Count > 0 {
				return s.TimeZone, p.At
			}
		}
		require.Fail(t, "the fact is in no day")
		return "", time.Time{}
	}
	begins := func(query, zone string, day time.Time) {
		t.Helper()
		gotZone, got := series(query)
		require.Equal(t, zone, gotZone)
		require.Equal(t, day, got)
	}
	utc, tokyo := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 15, 0, 0, 0, time.UTC)
	begins("", "UTC", utc)

	var changed workspacecmd.Workspace
	ann.Call(http.MethodPut, base, workspaceapi.ChangeBody{TimeZone: "Asia/Tokyo"}).OK(&changed)
	require.Equal(t, "Asia/Tokyo", changed.TimeZone)
	begins("", "Asia/Tokyo", tokyo)
	begins("&time_zone=UTC", "UTC", utc)

	for _, bad := range []string{"Local", "Mars/Olympus", "../UTC"} {
		for _, a := range []*apitest.Answer{
			ann.Call(http.MethodPut, base, workspaceapi.ChangeBody{TimeZone: bad}),
			ann.Call(http.MethodGet, base+"/analytics/credits/summary?time_zone="+url.QueryEscape(bad), nil),
		} {
			a.Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
			require.Equal(t, "time_zone", a.Error.Details[0].Field)
			require.Contains(t, a.Error.Details[0].Message, "name one such as Europe/Berlin")
		}
	}
	begins("", "Asia/Tokyo", tokyo)
}
