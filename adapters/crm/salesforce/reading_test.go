package salesforce_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/salesforce"
	"github.com/morket/morket/adapters/crm/salesforcetwin"
	"github.com/morket/morket/domain/crm"
)

// A row's time is that at which its transaction began to write, so rows appear with times before the last that was read; and a row that
// is changed while it is read moves on. https://github.com/airbytehq/airbyte/issues/27146
func TestRowsThatAppearLateOrMoveAreRead(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var ids []string
	for i := range 1_200 {
		ids = append(ids, twin.Seed("accounts", map[string]string{"Name": strconv.Itoa(i)}, clock.Now().Add(-time.Hour)))
	}
	page, err := c.Changed(t.Context(), g, "accounts", []string{"Name"}, crm.Cursor{})
	require.NoError(t, err)
	require.True(t, page.More)
	twin.Move("accounts", ids[600], clock.Now())
	rest, end, _ := crmconnectortest.PulledOf(t, c, g, "accounts", []string{"Name"}, page.Next)
	seen := map[string]int{}
	for _, r := range append(page.Records, rest...) {
		seen[r.ID]++
	}
	for _, id := range ids {
		require.Equal(t, 1, seen[id])
	}
	clock.Advance(time.Minute)
	late := twin.Seed("accounts", map[string]string{"Name": "Late"}, clock.Now().Add(-8*time.Minute))
	again, _, _ := crmconnectortest.PulledOf(t, c, g, "accounts", nil, end)
	found := map[string]bool{}
	for _, r := range again {
		found[r.ID] = true
	}
	require.True(t, found[late])
	require.Less(t, len(again), 5, "only the last minutes are read again")
}

// Merged rows name the one that took them over; deleted ones come with the others.
func TestMergesAndDeletions(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	old := clock.Now().Add(-time.Hour)
	a := twin.Seed("contacts", map[string]string{"LastName": "A"}, old)
	b := twin.Seed("contacts", map[string]string{"LastName": "B", "Phone": "1"}, old)
	gone := twin.Seed("contacts", map[string]string{"LastName": "C"}, old)
	require.Equal(t, a, twin.Merge("contacts", a, b))
	twin.Remove("contacts", gone)
	records, _, _ := crmconnectortest.PulledOf(t, c, g, "contacts", []string{"Phone"}, crm.Cursor{})
	byID := map[string]crm.Record{}
	for _, r := range records {
		byID[r.ID] = r
	}
	require.Equal(t, a, byID[b].MergedInto)
	require.True(t, byID[b].Deleted)
	require.True(t, byID[gone].Deleted)
	require.Empty(t, byID[gone].MergedInto)
	require.Equal(t, "1", byID[a].Values["Phone"])
	out, err := c.Write(t.Context(), g, "contacts", []crm.Write{{Trace: "t", ID: b, Values: map[string]string{"Phone": "2"}}})
	require.NoError(t, err)
	require.Equal(t, crm.CallGone, out[0].Failure.Kind)
}

// An address takes some 16,000 characters: hundreds of fields, and values with many signs, must not exceed it.
func TestManyFieldsAndValuesAreRead(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var names, mails []string
	for i := range 250 {
		names = append(names, fmt.Sprintf("A_custom_field_with_a_long_name_that_somebody_made_%d__c", i))
		twin.AddField("contacts", salesforcetwin.Field{Name: names[i], Label: names[i], Type: "string", Length: 80})
	}
	for i := range 600 {
		mail := fmt.Sprintf("a'person+with&many=signs-%d@example.com", i)
		twin.Seed("contacts", map[string]string{"LastName": "P", "Email": mail, names[249]: fmt.Sprint("x", i)}, clock.Now().Add(-time.Hour))
		if i < 200 {
			mails = append(mails, mail)
		}
	}
	found, err := c.Find(t.Context(), g, "contacts", "Email", mails, append([]string{"Email"}, names...))
	require.NoError(t, err)
	require.Len(t, found, 200)
	for _, r := range found {
		require.NotEmpty(t, r.Values[names[249]])
		require.NotEmpty(t, r.Values["Email"])
	}
	records, _, _ := crmconnectortest.PulledOf(t, c, g, "contacts", names, crm.Cursor{})
	require.Len(t, records, 600)
	require.NotEmpty(t, records[599].Values[names[249]])
	for _, call := range twin.Calls() {
		require.Less(t, call.Status, 400, call.Path)
		require.Less(t, len(call.Query), 16_000)
	}
}

// More records with a value than a query gives are found all, and a field that went is named.
func TestAllRecordsWithAValueAreFound(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	for range 2_100 {
		twin.Seed("accounts", map[string]string{"Name": "Same"}, clock.Now())
	}
	found, err := c.Find(t.Context(), g, "accounts", "Name", []string{"SAME"}, nil)
	require.NoError(t, err)
	require.Len(t, found, 2_100)
	_, err = c.Find(t.Context(), g, "accounts", "Name", []string{"Same"}, []string{"Went__c"})
	require.Contains(t, crmconnectortest.Failed(t, g, err, crm.CallInvalid).Message, "Went__c")
	_, err = c.Find(t.Context(), g, "accounts", "Name", []string{"Same"}, []string{"Id FROM User --"})
	crmconnectortest.Failed(t, g, err, crm.CallInvalid)
	_, err = c.Changed(t.Context(), g, "accounts", []string{"Name, (SELECT Id FROM Contacts)"}, crm.Cursor{})
	crmconnectortest.Failed(t, g, err, crm.CallInvalid)
}

// Numbers of any size come as decimals, and times in one form.
func TestValuesAreOfOneForm(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, salesforcetwin.Config{})
	g := crmconnectortest.Connect(t, c)
	id := twin.Seed("accounts", map[string]string{"Name": "Big", "AnnualRevenue": "1e25", "NumberOfEmployees": "7"}, clock.Now())
	found, err := c.Find(t.Context(), g, "accounts", "", []string{id[:15]}, []string{"AnnualRevenue", "NumberOfEmployees", "CreatedDate", "IsDeleted"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"AnnualRevenue": "10000000000000000000000000", "NumberOfEmployees": "7", "CreatedDate": "2026-11-02T09:00:00Z", "IsDeleted": "false",
	}, found[0].Values)
}

func TestTheDaysCallsAreCounted(t *testing.T) {
	t.Parallel()
	c, _, clock := begin(t, salesforcetwin.Config{Daily: 2})
	g := crmconnectortest.Connect(t, c)
	find := func() error {
		_, err := c.Find(t.Context(), g, "contacts", "Email", []string{"a@example.com"}, nil)
		return err
	}
	require.NoError(t, find())
	require.NoError(t, find())
	crmconnectortest.Failed(t, g, find(), crm.CallExhausted)
	clock.Advance(24 * time.Hour)
	require.NoError(t, find())
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := salesforce.Config{HTTP: crmconnectortest.Client(), Clock: begunClock()}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*salesforce.Config){
		"no client":   func(c *salesforce.Config) { c.HTTP = nil },
		"no clock":    func(c *salesforce.Config) { c.Clock = nil },
		"version":     func(c *salesforce.Config) { c.Version = "67" },
		"external id": func(c *salesforce.Config) { c.ExternalID = "Id; DROP" },
		"elsewhere":   func(c *salesforce.Config) { c.BaseURL = "http://10.0.0.1:80" },
	} {
		cfg := good
		change(&cfg)
		require.Error(t, cfg.Validate(), name)
		_, err := salesforce.New(cfg)
		require.Error(t, err, name)
	}
}

// Tokens are sent to Salesforce's own addresses only, and to those of the API.
func TestAddressesOfOrganisations(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(salesforce.Config{HTTP: crmconnectortest.Client(), Clock: begunClock()})
	require.NoError(t, err)
	a := crmconnectortest.Authorization()
	for instance, want := range map[string]string{
		"": "https://login.salesforce.com/", "sandbox": "https://test.salesforce.com/", "acme.my.salesforce.com": "https://acme.my.salesforce.com/",
		"https://acme--dev.sandbox.my.salesforce.com/": "https://acme--dev.sandbox.my.salesforce.com/",
		"https://ACME.my.salesforce.com":               "https://acme.my.salesforce.com/",
	} {
		a.Instance = instance
		require.True(t, strings.HasPrefix(c.AuthorizeURL(a), want+"services/oauth2/authorize?"), instance)
	}
	for _, instance := range []string{
		"https://acme.lightning.force.com", "acme.lightning.force.com", "http://acme.my.salesforce.com", "https://salesforce.com.evil.example",
		"https://evil.example", "https://acme.my.salesforce.com@evil.example", "https://acme.my.salesforce.com:8443", "https://acme.my.salesforce.com/x",
		"https://169.254.169.254", "https://evilsalesforce.com", "javascript://acme.my.salesforce.com", "https://acme.my.salesforce.com?x", "%zz",
	} {
		a.Instance = instance
		require.Empty(t, c.AuthorizeURL(a), instance)
		_, err := c.Exchange(t.Context(), a, "code")
		crmconnectortest.Failed(t, crm.Grant{}, err, crm.CallInvalid, instance)
		g := crm.Grant{ClientID: "x", ClientSecret: "y", Access: "access", Refresh: "refresh", Instance: instance}
		_, err = c.Refresh(t.Context(), g)
		crmconnectortest.Failed(t, crm.Grant{}, err, crm.CallInvalid, instance)
		_, err = c.Find(t.Context(), g, "contacts", "Email", []string{"a@example.com"}, nil)
		crmconnectortest.Failed(t, crm.Grant{}, err, crm.CallInvalid, instance)
	}
	other, _, _ := begin(t, salesforcetwin.Config{Base: "https://evil.example"})
	_, err = other.Exchange(t.Context(), crmconnectortest.Authorization(), crmconnectortest.Code(t, other, crmconnectortest.Authorization()))
	crmconnectortest.Failed(t, crm.Grant{}, err, crm.CallInvalid, "an answer can't send the tokens elsewhere")
}
