package salesforce_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/crm/salesforce"
	"github.com/morket/morket/adapters/crm/salesforcetwin"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

func begin(tb testing.TB, cfg salesforcetwin.Config) (*salesforce.Connector, *salesforcetwin.Twin, *kernel.ManualClock) {
	tb.Helper()
	clock := kernel.NewManualClock(crmconnectortest.Start())
	cfg.Now = clock.Now
	a := crmconnectortest.Authorization()
	cfg.ClientID, cfg.ClientSecret = a.ClientID, a.ClientSecret
	twin := salesforcetwin.New(cfg)
	c, err := salesforce.New(salesforce.Config{HTTP: crmconnectortest.Client(), BaseURL: crmconnectortest.Serve(tb, twin), Clock: clock})
	require.NoError(tb, err)
	return c, twin, clock
}

func TestContract(t *testing.T) {
	t.Parallel()
	type contract = func(t *testing.T, begin func(t *testing.T) crmconnectortest.Subject)
	for rotates, holds := range map[bool]contract{true: crmconnectortest.Contract, false: crmconnectortest.Brief} {
		name := map[bool]string{true: "refresh tokens rotate", false: "refresh tokens stay"}[rotates]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			holds(t, func(t *testing.T) crmconnectortest.Subject {
				t.Helper()
				c, twin, clock := begin(t, salesforcetwin.Config{Rotates: rotates})
				return crmconnectortest.Subject{
					Connector: c, Twin: twin, Clock: clock, Key: salesforce.ExternalID, NoteSize: 32_000, Late: 8 * time.Minute, Writes: "/" + salesforce.ExternalID,
					KeyOf: func(n int) string { return fmt.Sprintf("row-%d", n) },
					Names: crmconnectortest.Names{
						Email: "Email", Last: "LastName", Note: "Description", Number: "Score__c", Boolean: "Newsletter__c", Date: "Last_Met__c",
						Time: "Next_Call__c", Options: "Interests__c",
					},
					Troubles: troubles(),
				}
			})
		})
	}
}

// troubles are Salesforce's own.
func troubles() map[string]crmconnectortest.Trouble {
	fault := func(status int, code, message string) crmtwin.Fault {
		return crmtwin.Fault{Status: status, Body: fmt.Sprintf(`[{"errorCode":%q,"message":%q}]`, code, message)}
	}
	full := fault(403, "REQUEST_LIMIT_EXCEEDED", "limit exceeded")
	full.Header = map[string]string{"Sforce-Limit-Info": "api-usage=15000/15000"}
	means := crmconnectortest.Means
	return map[string]crmconnectortest.Trouble{
		"the day":             means(fault(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), crm.CallExhausted, 0),
		"the day, by count":   means(full, crm.CallExhausted, 0),
		"too many at once":    means(fault(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."), crm.CallLimited, 0),
		"a session that went": means(fault(401, "INVALID_SESSION_ID", "Session expired SECRET"), crm.CallExpired, 0),
		"no API":              means(fault(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), crm.CallDenied, 0),
		"a lock":              means(fault(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), crm.CallBusy, 0),
		"a long query":        means(fault(400, "QUERY_TIMEOUT", "Your query request was running for too long."), crm.CallFailed, 0),
		"a bad query":         means(fault(400, "MALFORMED_QUERY", "unexpected token: FROM"), crm.CallInvalid, 0),
		"another form":        means(crmtwin.Fault{Status: 400, Body: `{"errorCode":"INVALID_FIELD","message":"x"}`}, crm.CallInvalid, 0),
	}
}
