package salesforce_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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

func begunClock() *kernel.ManualClock { return kernel.NewManualClock(crmconnectortest.Start()) }

// Writes to the children of one account wait for its row, or fail: they go side by side, and a lock fails its own record only.
// https://github.com/jsforce/jsforce/issues/1018
func TestChildrenOfAnAccountGoTogether(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var accounts []string
	for i := range 5 {
		accounts = append(accounts, twin.Seed("accounts", map[string]string{"Name": strconv.Itoa(i)}, clock.Now()))
	}
	var writes []crm.Write
	for i := range 200 {
		writes = append(writes, crm.Write{Trace: strconv.Itoa(i), By: salesforce.ExternalID, Value: fmt.Sprint("row-", i), Values: map[string]string{
			"LastName": fmt.Sprint("L", i), "AccountId": accounts[i%5],
		}})
	}
	twin.Lock(accounts[2], 3)
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	locked := 0
	for i, w := range out {
		if w.Failure != nil {
			require.Equal(t, crm.CallBusy, w.Failure.Kind)
			require.Equal(t, accounts[2], writes[i].Values["AccountId"])
			locked++
			continue
		}
		require.Equal(t, fmt.Sprint("L", i), twin.Values("contacts", w.ID)["LastName"], "outcomes are in the order of the writes")
	}
	require.Equal(t, 3, locked)
	calls := twin.Calls()
	sent := regexp.MustCompile(`"AccountId":"(\w+)"`).FindAllString(calls[len(calls)-1].Body, -1) // of the beginning that the journal keeps
	require.Greater(t, len(sent), 20)
	require.True(t, slices.IsSorted(sent))
}

// A second refresh while one is under way is refused by the error of a dead grant: it is told apart, so that a good grant is not thrown
// away. https://github.com/NangoHQ/nango/issues/1005 and https://github.com/jetstreamapp/jetstream/pull/1664
func TestARefreshThatRacesIsBusyAndNotTheEnd(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, salesforcetwin.Config{Rotates: true})
	g := crmconnectortest.Connect(t, c)
	held, release := twin.HoldRefresh()
	first := make(chan crm.Grant, 1)
	go func() {
		got, err := c.Refresh(t.Context(), g)
		if err != nil {
			got = crm.Grant{}
		}
		first <- got
	}()
	<-held
	_, err := c.Refresh(t.Context(), g)
	crmconnectortest.Failed(t, g, err, crm.CallBusy)
	release()
	got := <-first
	require.NotEmpty(t, got.Refresh)
	require.NotEqual(t, g.Refresh, got.Refresh, "it rotates")

	_, err = c.Refresh(t.Context(), g)
	crmconnectortest.Failed(t, g, err, crm.CallDenied, "the old one is dead")
	_, err = c.Refresh(t.Context(), got)
	require.NoError(t, err)

	for words, kind := range map[string]crm.CallKind{
		"token request is already being processed": crm.CallBusy, "expired authorization code": crm.CallBusy,
		"expired access/refresh token": crm.CallDenied, "inactive user": crm.CallDenied, "user hasn't approved this consumer": crm.CallDenied,
		"authentication failure": crm.CallFailed, "ip restricted": crm.CallFailed, "": crm.CallFailed,
	} {
		twin.Script(crmtwin.Fault{Status: 400, Body: fmt.Sprintf(`{"error":"invalid_grant","error_description":%q}`, words)})
		_, err = c.Refresh(t.Context(), got)
		crmconnectortest.Failed(t, got, err, kind, words)
	}
}

// Without a new refresh token the old one stays.
func TestARefreshTokenThatStays(t *testing.T) {
	t.Parallel()
	c, _, _ := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	got, err := c.Refresh(t.Context(), g)
	require.NoError(t, err)
	require.Equal(t, g.Refresh, got.Refresh)
	require.True(t, got.Expires.IsZero(), "Salesforce doesn't say how long a token is good for")
	require.Equal(t, []string{"api", "refresh_token"}, got.Scopes)
}

// Alert rules stop a write as block rules do, and the record that is there is named.
func TestDuplicateRules(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{salesforcetwin.Alerts, salesforcetwin.Blocks} {
		c, twin, clock := begin(t, salesforcetwin.Config{Duplicates: rule})
		g := crmconnectortest.Connect(t, c)
		there := twin.Seed("contacts", map[string]string{"LastName": "A", "Email": "a@example.com"}, clock.Now())
		keyed := twin.Seed("contacts", map[string]string{"LastName": "B", salesforce.ExternalID: "row-1"}, clock.Now())
		out, err := c.Write(t.Context(), g, "contacts", []crm.Write{
			{Trace: "1", Values: map[string]string{"LastName": "C", "Email": "A@example.com"}},
			{Trace: "2", ID: there, Values: map[string]string{salesforce.ExternalID: "row-1"}},
			{Trace: "3", Values: map[string]string{"LastName": "D"}},
		})
		require.NoError(t, err)
		require.Equal(t, crm.CallDuplicate, out[0].Failure.Kind)
		require.Equal(t, there, out[0].Failure.Existing)
		require.Equal(t, crm.CallDuplicate, out[1].Failure.Kind)
		require.Equal(t, keyed, out[1].Failure.Existing)
		require.True(t, out[2].Created)
		require.Len(t, twin.IDs("contacts"), 3)
	}
}

func TestFailuresOfRecords(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	converted := twin.Seed("leads", map[string]string{"LastName": "A", "Company": "X"}, clock.Now())
	twin.Convert(converted)
	out, err := c.Write(t.Context(), g, "leads", []crm.Write{
		{Trace: "1", ID: converted, Values: map[string]string{"Title": "CEO"}},
		{Trace: "2", Values: map[string]string{"LastName": "No company"}},
		{Trace: "3", Values: map[string]string{"LastName": "L", "Company": "C", "LeadSource": "Mars"}},
		{Trace: "4", Values: map[string]string{"LastName": string(make([]byte, 81)), "Company": "C"}},
		{Trace: "5", ID: "00Q000000009999AAA", Values: map[string]string{"Title": "CEO"}},
	})
	require.NoError(t, err)
	for i, want := range []struct {
		kind  crm.CallKind
		field string
	}{{crm.CallInvalid, ""}, {crm.CallInvalid, "Company"}, {crm.CallInvalid, "LeadSource"}, {crm.CallInvalid, "LastName"}, {crm.CallGone, ""}} {
		require.Equal(t, want.kind, out[i].Failure.Kind, out[i].Failure.Message)
		require.Equal(t, want.field, out[i].Failure.Field)
	}
}

// Salesforce reads no text as a boolean and no boolean as a text, and refuses a whole call for one value that it can't read: those are
// sorted out, and the others are written.
func TestValuesThatSalesforceCantReadFailTheirOwnRecord(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	create := func(values map[string]string) crm.Write {
		values["LastName"] = "L"
		return crm.Write{Trace: values["Title"], Values: values}
	}
	twin.Forget()
	writes := []crm.Write{
		create(map[string]string{"Title": "true", "Newsletter__c": "true"}), create(map[string]string{"Title": "1", "Newsletter__c": "false"}),
		create(map[string]string{"Title": "2", "Newsletter__c": ""}), create(map[string]string{"Title": "3", "Newsletter__c": "perhaps"}),
		create(map[string]string{"Title": "4", "Last_Met__c": "yesterday"}), create(map[string]string{"Title": "5", "Next_Call__c": "2026-11-30"}),
		create(map[string]string{"Title": "6", "Score__c": "12.5"}), create(map[string]string{"Title": "7", "Went__c": "x"}),
	}
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	require.Len(t, twin.Calls(), 3, "one describes, one is refused, one writes")
	for i, field := range []string{"", "", "", "Newsletter__c", "Last_Met__c", "Next_Call__c", "", "Went__c"} {
		if field == "" {
			require.Nil(t, out[i].Failure, "%d: %v", i, out[i].Failure)
			continue
		}
		require.Equal(t, crm.CallInvalid, out[i].Failure.Kind)
		require.Equal(t, field, out[i].Failure.Field)
	}
	values := twin.Values("contacts", out[0].ID)
	require.Equal(t, "true", values["Title"])
	require.Equal(t, "true", values["Newsletter__c"])
	require.Equal(t, "false", twin.Values("contacts", out[2].ID)["Newsletter__c"])
	require.Equal(t, "12.5", twin.Values("contacts", out[6].ID)["Score__c"])

	// Where nothing is found to be wrong it is asked once more, and no further.
	twin.Forget()
	twin.Script(crmtwin.Fault{Path: "/composite/sobjects", Status: 400, Body: `[{"errorCode":"INVALID_FIELD","message":"no"}]`, Times: 5})
	_, err = c.Write(t.Context(), g, "contacts", writes[6:7])
	crmconnectortest.Failed(t, g, err, crm.CallInvalid)
	require.Len(t, twin.Calls(), 3)
}

// An organisation without the external id field is told what to do.
func TestWithoutTheExternalID(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	twin.DropField("contacts", salesforce.ExternalID)
	_, err := c.Write(t.Context(), g, "contacts", []crm.Write{{Trace: "1", By: salesforce.ExternalID, Value: "x", Values: map[string]string{"LastName": "A"}}})
	e := crmconnectortest.Failed(t, g, err, crm.CallInvalid)
	require.Equal(t, salesforce.ExternalID, e.Field)
	require.Contains(t, e.Message, "an administrator adds it")
	fields, err := c.Fields(t.Context(), g, "contacts")
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(fields, func(f crm.Field) bool { return f.Name == salesforce.ExternalID }))
}

// What was changed since it was read is not overwritten.
func TestAnotherChangeIsAConflict(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	same := twin.Seed("contacts", map[string]string{"LastName": "Same"}, clock.Now())
	changed := twin.Seed("contacts", map[string]string{"LastName": "Changed"}, clock.Now())
	gone := twin.Seed("contacts", map[string]string{"LastName": "Gone"}, clock.Now())
	read := clock.Now()
	clock.Advance(time.Minute)
	twin.Edit("contacts", changed, map[string]string{"LastName": "Theirs"})
	twin.Remove("contacts", gone)
	var writes []crm.Write
	for i, id := range []string{same[:15], changed, gone} {
		writes = append(writes, crm.Write{Trace: strconv.Itoa(i), ID: id, Values: map[string]string{"LastName": "Ours"}, Unchanged: read})
	}
	out, err := c.Write(t.Context(), g, "contacts", writes)
	require.NoError(t, err)
	require.Nil(t, out[0].Failure)
	require.Equal(t, crm.CallConflicting, out[1].Failure.Kind)
	require.Equal(t, crm.CallGone, out[2].Failure.Kind)
	require.Equal(t, "Theirs", twin.Values("contacts", changed)["LastName"])
	require.Equal(t, "Ours", twin.Values("contacts", same)["LastName"])
}

// A call that fails after another was carried out must not hide what that one did; an answer about other records is a lost one.
func TestOutcomesThatDontFit(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	id := twin.Seed("contacts", map[string]string{"LastName": "A"}, clock.Now())
	update := crm.Write{Trace: "1", ID: id, Values: map[string]string{"LastName": "B"}}
	create := crm.Write{Trace: "2", By: salesforce.ExternalID, Value: "row-1", Values: map[string]string{"LastName": "C"}}
	twin.Script(crmtwin.Fault{Path: "/" + salesforce.ExternalID, Status: 500})
	out, err := c.Write(t.Context(), g, "contacts", []crm.Write{update, create})
	require.NoError(t, err)
	require.Nil(t, out[0].Failure)
	require.True(t, out[1].Failure.Lost)

	for _, body := range []string{`[]`, `[{"id":"003000000000001AAA","success":true},{"success":true}]`} {
		twin.Script(crmtwin.Fault{Status: 200, Body: body})
		_, err = c.Write(t.Context(), g, "contacts", []crm.Write{update})
		require.True(t, crmconnectortest.Failed(t, g, err, crm.CallFailed).Lost)
	}
	twin.Script(crmtwin.Fault{Status: 200, Body: `[{"success":true}]`})
	out, err = c.Write(t.Context(), g, "contacts", []crm.Write{update})
	require.NoError(t, err)
	require.True(t, out[0].Failure.Lost, "it has no id")
	twin.Script(crmtwin.Fault{Status: 200, Body: `[{"success":false}]`})
	out, err = c.Write(t.Context(), g, "contacts", []crm.Write{update})
	require.NoError(t, err)
	require.Equal(t, crm.CallFailed, out[0].Failure.Kind)

	for name, values := range map[string]map[string]string{
		"the id": {"Id": "x"}, "the type": {"attributes": "x"}, "no name": {"a b": "x"},
	} {
		out, err = c.Write(t.Context(), g, "contacts", []crm.Write{{Trace: "t", Values: values}})
		require.NoError(t, err)
		require.Equal(t, crm.CallInvalid, out[0].Failure.Kind, name)
	}
}
