package hubspot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/crm/hubspot"
	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// begin serves a twin and makes a connector of the version for it.
func begin(tb testing.TB, version string, cfg hubspottwin.Config) (*hubspot.Connector, *hubspottwin.Twin, *kernel.ManualClock) {
	tb.Helper()
	clock := kernel.NewManualClock(crmconnectortest.Start())
	cfg.Now = clock.Now
	a := crmconnectortest.Authorization()
	cfg.ClientID, cfg.ClientSecret = a.ClientID, a.ClientSecret
	twin := hubspottwin.New(cfg)
	c, err := hubspot.New(hubspot.Config{HTTP: crmconnectortest.Client(), BaseURL: crmconnectortest.Serve(tb, twin), Version: version, Clock: clock})
	require.NoError(tb, err)
	return c, twin, clock
}

func TestContract(t *testing.T) {
	t.Parallel()
	type contract = func(t *testing.T, begin func(t *testing.T) crmconnectortest.Subject)
	for version, holds := range map[string]contract{hubspot.Dated: crmconnectortest.Contract, hubspot.V3: crmconnectortest.Brief} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			holds(t, func(t *testing.T) crmconnectortest.Subject {
				t.Helper()
				c, twin, clock := begin(t, version, hubspottwin.Config{Life: 100 * time.Hour})
				return crmconnectortest.Subject{
					Connector: c, Twin: twin, Clock: clock, Key: "email", NoteSize: 65_000, Late: 4 * time.Minute, Writes: "/batch/upsert",
					KeyOf: func(n int) string { return fmt.Sprintf("person%d@example.com", n) },
					Names: crmconnectortest.Names{
						Email: "email", Last: "lastname", Note: "notes", Number: "score", Boolean: "newsletter", Date: "last_met", Time: "next_call",
						Options: "interests",
					},
					Troubles: troubles(),
				}
			})
		})
	}
}

// troubles are HubSpot's own.
func troubles() map[string]crmconnectortest.Trouble {
	fault := func(status int, body string) crmtwin.Fault { return crmtwin.Fault{Status: status, Body: body} }
	const ten = 10 * time.Second
	means := crmconnectortest.Means
	return map[string]crmconnectortest.Trouble{
		"its window": means(
			crmtwin.Fault{
				Status: 429, Body: `{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}`,
				Header: map[string]string{"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"},
			}, crm.CallLimited, ten,
		),
		"its day":             means(fault(429, `{"errorType":"RATE_LIMIT","policyName":"DAILY","message":"You have reached your daily limit."}`), crm.CallExhausted, 0),
		"a malformed token":   means(fault(530, "<html>error code: 1016"), crm.CallExpired, 0),
		"an expired token":    means(fault(401, `{"category":"EXPIRED_AUTHENTICATION","message":"SECRET expired"}`), crm.CallExpired, 0),
		"a locked record":     means(fault(423, `{"message":"locked"}`), crm.CallBusy, 2*time.Second),
		"missing scopes":      means(fault(403, `{"category":"MISSING_SCOPES","message":"This app hasn't been granted all required scopes"}`), crm.CallDenied, 0),
		"an error with a 200": means(fault(200, `{"status":"error","message":"internal error SECRET","category":"INTERNAL"}`), crm.CallFailed, 0),
		"a limit with a 200":  means(fault(200, `{"status":"error","message":"slow down","category":"RATE_LIMITS"}`), crm.CallLimited, 0),
		"moving": means(
			crmtwin.Fault{Status: 477, Header: map[string]string{"Retry-After": "60"}}, crm.CallLimited, time.Minute,
		),
	}
}
