package standins

import (
	"time"

	"github.com/morket/morket/adapters/crm/hubspottwin"
	"github.com/morket/morket/adapters/crm/salesforcetwin"
)

// What the stand-ins of CRMs know before anything is brought there: some of the people of the leads, so that a sync finds a few.
const (
	knownPeople    = 60
	knownCompanies = 20
	daysOld        = 90
)

// known calls person for each of the people and company for each of the companies, with the time at which they were last changed.
func known(now time.Time, company func(n int, l lead, at time.Time), person func(n int, l lead, at time.Time)) {
	const day = 24 * time.Hour
	for n := range knownCompanies {
		company(n, leadOf(n), now.Add(-daysOld*day+time.Duration(n)*time.Hour))
	}
	for n := range knownPeople {
		person(n, leadOf(n), now.Add(-daysOld*day+time.Duration(n)*day+time.Duration(n)*time.Minute))
	}
}

func pick(n int, from ...string) string { return from[n%len(from)] }

// HubSpot is HubSpot's stand-in, which is served below /hubspot. It takes any app, lets everybody in, and has the limits of an app that
// is connected by OAuth.
func HubSpot(now func() time.Time) *hubspottwin.Twin {
	t := hubspottwin.New(hubspottwin.Config{
		Now: now, Limits: hubspottwin.Limits{Burst: 110, Daily: 250_000, Search: 5}, Lag: 3 * time.Second,
	})
	known(now(), func(n int, l lead, at time.Time) {
		t.Seed("companies", map[string]string{
			"name": l.name(), "domain": l.domain(), "website": "https://" + l.domain(), "city": pick(n, "Berlin", "Lyon", "Porto", "Leeds"),
			"country": pick(n, "Germany", "France", "Portugal", "United Kingdom"), "industry": pick(n, "BANKING", "COMPUTER_SOFTWARE", "MACHINERY"),
			"numberofemployees": pick(n, "12", "85", "430", "2100"),
		}, at)
	}, func(n int, l lead, at time.Time) {
		t.Seed("contacts", map[string]string{
			"email": l.email(), "firstname": l.first, "lastname": l.last, "company": l.name(),
			"jobtitle":       pick(n, "Head of Sales", "Engineer", "CFO", "Office Manager", "Buyer"),
			"lifecyclestage": pick(n, "lead", "customer", "subscriber", "opportunity"), "phone": pick(n, "+49 30 1234567", "", "+33 4 12345678"),
			"newsletter": pick(n, "true", "false"), "score": pick(n, "10", "35", "", "80"), "last_met": pick(n, "", "2026-09-14", "2026-10-02"),
		}, at)
	})
	return t
}

// Salesforce is Salesforce's stand-in, which is served at the address. It takes any app, lets in whoever asks, changes refresh tokens with
// each refresh, and has the limit of a Developer Edition. Two of three people are contacts, the others leads.
func Salesforce(now func() time.Time, at string) *salesforcetwin.Twin {
	const daily = 15_000
	t := salesforcetwin.New(salesforcetwin.Config{Now: now, Base: at, Daily: daily, Rotates: true, Duplicates: salesforcetwin.Alerts})
	accounts := map[string]string{}
	known(now(), func(n int, l lead, at time.Time) {
		accounts[l.name()] = t.Seed("accounts", map[string]string{
			"Name": l.name(), "Website": "https://" + l.domain(), "BillingCity": pick(n, "Berlin", "Lyon", "Porto", "Leeds"),
			"BillingCountry": pick(n, "Germany", "France", "Portugal", "United Kingdom"), "Industry": pick(n, "Banking", "Technology", "Machinery"),
			"NumberOfEmployees": pick(n, "12", "85", "430", "2100"),
		}, at)
	}, func(n int, l lead, at time.Time) {
		values := map[string]string{
			"FirstName": l.first, "LastName": l.last, "Email": l.email(), "Title": pick(n, "Head of Sales", "Engineer", "CFO", "Buyer"),
			"LeadSource": pick(n, "Web", "Partner Referral", "Other"), "Newsletter__c": pick(n, "true", "false"),
			"Score__c": pick(n, "10", "35.5", ""),
		}
		if n%3 == 2 {
			values["Company"] = l.name()
			t.Seed("leads", values, at)
			return
		}
		values["AccountId"] = accounts[l.name()]
		t.Seed("contacts", values, at)
	})
	return t
}
