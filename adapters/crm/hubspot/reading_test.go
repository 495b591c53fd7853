package hubspot_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmconnectortest"
	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/crm/hubspot"
	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/domain/crm"
)

// HubSpot answers 400 beyond the 10,000th result of a search, and the rest is never read: only first pages are asked for.
// https://github.com/NangoHQ/integration-templates/pull/647 and https://github.com/airbytehq/airbyte/issues/43317
func TestOnlyFirstPagesOfSearchesAreRead(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	at := crmconnectortest.Start().Add(-48 * time.Hour)
	for i := range 1_000 {
		twin.Seed("deals", map[string]string{"dealname": strconv.Itoa(i)}, at.Add(time.Duration(i/500)*time.Millisecond))
	}
	records, _, _ := crmconnectortest.PulledOf(t, c, g, "deals", []string{"dealname"}, crm.Cursor{})
	require.Len(t, records, 1_000)
	searches := 0
	for _, call := range twin.Calls() {
		if !strings.HasSuffix(call.Path, "/search") {
			continue
		}
		searches++
		var q map[string]any
		require.NoError(t, json.Unmarshal([]byte(call.Body), &q))
		require.NotContains(t, q, "after")
		require.Len(t, q["sorts"], 1)
	}
	require.LessOrEqual(t, searches, 10)
}

// A merge mints a new id, and no change of a property tells of it. https://github.com/amp-labs/connectors/pull/3487
func TestAMergeIsFoundByItsNewRecord(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	a := twin.Seed("contacts", map[string]string{"email": "a@example.com", "firstname": "A"}, clock.Now())
	b := twin.Seed("contacts", map[string]string{"email": "b@example.com", "phone": "1"}, clock.Now())
	clock.Advance(time.Hour / 4)
	_, end, _ := crmconnectortest.PulledOf(t, c, g, "contacts", nil, crm.Cursor{})
	clock.Advance(time.Minute)
	made := twin.Merge("contacts", a, b)
	require.NotContains(t, []string{a, b}, made)

	records, _, _ := crmconnectortest.PulledOf(t, c, g, "contacts", []string{"phone"}, end)
	require.Len(t, records, 1)
	require.Equal(t, made, records[0].ID)
	require.ElementsMatch(t, []string{a, b}, records[0].MergedFrom)

	for _, old := range []string{a, b} {
		found, err := c.Find(t.Context(), g, "contacts", "", []string{old}, []string{"phone"})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, made, found[0].ID)
		require.Contains(t, found[0].MergedFrom, old, "so it is known why the id is another one")
		out, err := c.Write(t.Context(), g, "contacts", []crm.Write{{Trace: "t", ID: old, Values: map[string]string{"phone": old}}})
		require.NoError(t, err)
		require.Nil(t, out[0].Failure)
		require.Equal(t, made, out[0].ID)
	}
}

// The search's index is behind: an id or an address is never searched, and what it shows late is read by the next reading.
// https://github.com/HubSpot/hubspot-api-nodejs/issues/545
func TestAnIndexThatLagsLosesNothing(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{Lag: time.Minute})
	g := crmconnectortest.Connect(t, c)
	_, end, _ := crmconnectortest.PulledOf(t, c, g, "contacts", nil, crm.Cursor{})
	create := []crm.Write{{Trace: "t", By: "email", Value: "new@example.com", Values: map[string]string{"lastname": "New"}}}
	made, err := c.Write(t.Context(), g, "contacts", create)
	require.NoError(t, err)
	found, err := c.Find(t.Context(), g, "contacts", "email", []string{"NEW@example.com"}, []string{"lastname"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	again, err := c.Write(t.Context(), g, "contacts", create)
	require.NoError(t, err)
	require.Equal(t, made[0].ID, again[0].ID)

	// Another record is there at once with a later time, and moves the cursor on.
	clock.Advance(30 * time.Second)
	records, end, _ := crmconnectortest.PulledOf(t, c, g, "contacts", []string{"lastname"}, end)
	require.Empty(t, records)
	clock.Advance(45 * time.Second)
	records, end, _ = crmconnectortest.PulledOf(t, c, g, "contacts", []string{"lastname"}, end)
	require.Len(t, records, 1)
	require.Equal(t, "New", records[0].Values["lastname"])

	// An edit that the index shows late comes late, and not as what was before.
	twin.Edit("contacts", made[0].ID, map[string]string{"lastname": "Edited"})
	records, end, _ = crmconnectortest.PulledOf(t, c, g, "contacts", []string{"lastname"}, end)
	require.Len(t, records, 1)
	require.Equal(t, "New", records[0].Values["lastname"])
	clock.Advance(2 * time.Minute)
	records, _, _ = crmconnectortest.PulledOf(t, c, g, "contacts", []string{"lastname"}, end)
	require.Len(t, records, 1)
	require.Equal(t, "Edited", records[0].Values["lastname"])
}

// A search takes 3,000 characters and an address some 15,000: with hundreds of properties or values neither may be exceeded.
func TestManyPropertiesAndValuesAreRead(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var names, domains []string
	for i := range 250 {
		names = append(names, fmt.Sprintf("a_custom_property_with_a_long_name_that_somebody_made_%d", i))
		twin.AddProperty("companies", hubspottwin.Property{Name: names[i], Label: names[i], Type: "string", FieldType: "text"})
	}
	for i := range 250 {
		domain := fmt.Sprintf("a-company-with-a-long-name-%d.example", i)
		twin.Seed("companies", map[string]string{"domain": domain, names[249]: strconv.Itoa(i)}, clock.Now().Add(-time.Hour))
		if i < 100 {
			domains = append(domains, strings.ToUpper(domain))
		}
	}
	found, err := c.Find(t.Context(), g, "companies", "domain", domains, names)
	require.NoError(t, err)
	require.Len(t, found, 100)
	for _, r := range found {
		require.NotEmpty(t, r.Values[names[249]])
	}
	records, _, _ := crmconnectortest.PulledOf(t, c, g, "companies", names, crm.Cursor{})
	require.Len(t, records, 250)
	for _, call := range twin.Calls() {
		require.Less(t, call.Status, 400, call.Path)
		require.Less(t, len(call.Query), 1_000)
	}
}

// A value that several records have gives them all, more than a page of a search too.
func TestAllRecordsWithAValueAreFound(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	for range 450 {
		twin.Seed("companies", map[string]string{"domain": "same.example"}, clock.Now())
	}
	found, err := c.Find(t.Context(), g, "companies", "domain", []string{"same.example", "same.example"}, nil)
	require.NoError(t, err)
	require.Len(t, found, 450)
}

// Deleted CRM records stay where a sync doesn't list them. https://github.com/airbytehq/airbyte/issues/10155
func TestDeletionsAreToldByPages(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	var ids []string
	for range 350 {
		ids = append(ids, twin.Seed("deals", map[string]string{"dealname": "D"}, clock.Now().Add(-time.Hour)))
	}
	for _, id := range ids[:20] {
		twin.Remove("deals", id)
	}
	clock.Advance(20 * time.Minute)
	records, end, _ := crmconnectortest.PulledOf(t, c, g, "deals", nil, crm.Cursor{})
	require.Len(t, records, 350, "a first reading tells the deletions too: some may be of records that were brought there")
	clock.Advance(time.Hour)
	g, err := c.Refresh(t.Context(), g)
	require.NoError(t, err)
	for _, id := range ids[20:300] {
		twin.Remove("deals", id)
	}
	records, _, _ = crmconnectortest.PulledOf(t, c, g, "deals", nil, end)
	deleted := map[string]bool{}
	for _, r := range records {
		deleted[r.ID] = r.Deleted
	}
	for _, id := range ids[20:300] {
		require.True(t, deleted[id])
	}
	require.NotContains(t, deleted, ids[349])
}

// A field that is added loses nothing of what was there before, and a first reading begins with the oldest record.
// https://github.com/airbytehq/airbyte/issues/77627 and https://github.com/airbytehq/airbyte/issues/37528
func TestAFirstReadingIsWhole(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	twin.AddProperty("contacts", hubspottwin.Property{Name: "added", Label: "Added", Type: "string", FieldType: "text"})
	old := twin.Seed("contacts", map[string]string{"lastname": "Old", "added": "x"}, time.Date(2007, 1, 1, 0, 0, 0, 0, time.UTC))
	records, _, _ := crmconnectortest.PulledOf(t, c, g, "contacts", []string{"added"}, crm.Cursor{})
	require.Len(t, records, 1)
	require.Equal(t, old, records[0].ID)
	require.Equal(t, "x", records[0].Values["added"])
}

func TestLimitsOfTheTwin(t *testing.T) {
	t.Parallel()
	c, twin, clock := begin(t, "", hubspottwin.Config{Limits: hubspottwin.Limits{Burst: 3, Daily: 7, Search: 1}})
	g := crmconnectortest.Connect(t, c)
	find := func() error {
		_, err := c.Find(t.Context(), g, "contacts", "", []string{"1"}, nil)
		return err
	}
	for range 3 {
		require.NoError(t, find())
	}
	e := crmconnectortest.Failed(t, g, find(), crm.CallLimited)
	require.Equal(t, 10*time.Second, e.RetryAfter, "it doesn't say when to come back, so its window does")
	clock.Advance(10 * time.Second)
	search := func() error {
		_, err := c.Find(t.Context(), g, "companies", "domain", []string{"a.example"}, nil)
		return err
	}
	require.NoError(t, search())
	crmconnectortest.Failed(t, g, search(), crm.CallLimited)
	require.NoError(t, find())
	require.NoError(t, find())
	clock.Advance(10 * time.Second)
	require.NoError(t, find())
	crmconnectortest.Failed(t, g, find(), crm.CallExhausted)
	require.NotEmpty(t, twin.Calls())
}

func TestATokenThatIsNone(t *testing.T) {
	t.Parallel()
	c, twin, _ := begin(t, "", hubspottwin.Config{})
	g := crmconnectortest.Connect(t, c)
	for _, access := range []string{"garbage", "two words", "line\nbreak", "ü"} {
		bad := g
		bad.Access = access
		_, err := c.Find(t.Context(), bad, "contacts", "", []string{"1"}, nil)
		crmconnectortest.Failed(t, bad, err, crm.CallExpired, access)
	}
	twin.Script(crmtwin.Fault{Status: 200, Body: `{"active":false}`})
	_, err := c.Account(t.Context(), g)
	crmconnectortest.Failed(t, g, err, crm.CallExpired)
	again, err := c.Refresh(t.Context(), g)
	require.NoError(t, err)
	require.Equal(t, g.Refresh, again.Refresh, "HubSpot's refresh tokens stay")
	require.Equal(t, crmconnectortest.Start().Add(30*time.Minute), again.Expires)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	client, clock := crmconnectortest.Client(), begunClock()
	good := hubspot.Config{HTTP: client, Clock: clock}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*hubspot.Config){
		"no client":    func(c *hubspot.Config) { c.HTTP = nil },
		"no clock":     func(c *hubspot.Config) { c.Clock = nil },
		"version":      func(c *hubspot.Config) { c.Version = "v1" },
		"elsewhere":    func(c *hubspot.Config) { c.BaseURL = "http://example.com:80" },
		"https":        func(c *hubspot.Config) { c.BaseURL = "https://127.0.0.1:80" },
		"a name":       func(c *hubspot.Config) { c.BaseURL = "http://localhost:80" },
		"no port":      func(c *hubspot.Config) { c.BaseURL = "http://127.0.0.1" },
		"with a query": func(c *hubspot.Config) { c.BaseURL = "http://127.0.0.1:80?x=1" },
	} {
		cfg := good
		change(&cfg)
		require.Error(t, cfg.Validate(), name)
		_, err := hubspot.New(cfg)
		require.Error(t, err, name)
	}
	c, err := hubspot.New(good)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(c.AuthorizeURL(crmconnectortest.Authorization()), "https://app.hubspot.com/oauth/authorize?"))
}
