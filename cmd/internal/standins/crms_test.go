package standins_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/hubspot"
	"github.com/morket/morket/adapters/crm/salesforce"
	"github.com/morket/morket/cmd/internal/standins"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// TestCRMsCanBeConnectedAndKnowPeople: each stand-in is found below its name, lets the access through, and has the people that it should.
func TestCRMsCanBeConnectedAndKnowPeople(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(standins.Handler(time.Now))
	t.Cleanup(srv.Close)
	hs, err := hubspot.New(hubspot.Config{HTTP: crmconnectortest.Client(), BaseURL: srv.URL + "/hubspot", Clock: kernel.SystemClock{}})
	require.NoError(t, err)
	known := func(c crm.Connector, g crm.Grant, object string) int {
		records, _, _ := crmconnectortest.PulledOf(t, c, g, object, nil, crm.Cursor{})
		return len(records)
	}
	g := crmconnectortest.Connect(t, hs)
	require.Equal(t, 60, known(hs, g, "contacts"))
	require.Equal(t, 20, known(hs, g, "companies"))
	found, err := hs.Find(t.Context(), g, "contacts", "email", []string{"ada.archer@alderbank.example"}, []string{"lastname"})
	require.NoError(t, err)
	require.Len(t, found, 1)

	twin := standins.Salesforce(time.Now, "")
	at := crmconnectortest.Serve(t, twin)
	sf, err := salesforce.New(salesforce.Config{HTTP: crmconnectortest.Client(), BaseURL: at, Clock: kernel.SystemClock{}})
	require.NoError(t, err)
	g = crmconnectortest.Connect(t, sf)
	require.Equal(t, 40, known(sf, g, "contacts"))
	require.Equal(t, 20, known(sf, g, "leads"))
	require.Equal(t, 20, known(sf, g, "accounts"))

	res, err := srv.Client().Get(srv.URL + "/salesforce/services/oauth2/userinfo")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, 401, res.StatusCode, "it is served below its name too")
}
