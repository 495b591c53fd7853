// Package crmconnectortest is what every connector of a CRM must fulfil, tried against the vendor's stand-in.
package crmconnectortest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Twin is what the contract needs of a vendor's stand-in.
type Twin interface {
	http.Handler
	Script(faults ...crmtwin.Fault)
	Calls() []crmtwin.Call
	Forget()
	Seed(object string, values map[string]string, at time.Time) (id string)
	Edit(object, id string, values map[string]string)
	Move(object, id string, at time.Time)
	Remove(object, id string)
	Merge(object, winner, loser string) (id string)
	Values(object, id string) map[string]string
	IDs(object string) []string
	Expire()
	Disconnect()
}

// Names are the names of a contact's fields at the vendor.
type Names struct {
	Email, Last, Note, Number, Boolean, Date, Time, Options string
}

// Trouble is a way in which the vendor fails, with what it means.
type Trouble struct {
	Fault crmtwin.Fault
	Kind  crm.CallKind
	Retry time.Duration
}

// Means says what a fault means.
func Means(fault crmtwin.Fault, kind crm.CallKind, retry time.Duration) Trouble {
	return Trouble{Fault: fault, Kind: kind, Retry: retry}
}

// Subject is a connector under the contract.
type Subject struct {
	Connector crm.Connector
	Twin      Twin
	Clock     *kernel.ManualClock
	Names     Names
	// Key is the field by which creates may be repeated.
	Key string
	// KeyOf makes the n-th value of the key.
	KeyOf func(n int) string
	// NoteSize is how many characters a note has at most.
	NoteSize int
	// Late is how long past the time of a change may be when it appears.
	Late time.Duration
	// Writes is how the path of a create by the key ends; Troubles are the vendor's own.
	Writes   string
	Troubles map[string]Trouble
}

// object is what the contract is tried with.
const object = "contacts"

// Client is a client that may reach this machine.
func Client() *http.Client {
	return safedial.NewClient(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 30 * time.Second})
}

// Serve serves a twin on this machine.
func Serve(t testing.TB, twin http.Handler) (address string) {
	t.Helper()
	srv := httptest.NewServer(twin)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Start is where clocks of the contract begin.
func Start() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }

// Authorization is an attempt to connect.
func Authorization() crm.Authorization {
	return crm.Authorization{
		ClientID: "client", ClientSecret: "canary-of-the-secret-0123456789", Redirect: "http://127.0.0.1:9/callback", State: "state-1",
		Verifier: "canary-of-the-verifier-0123456789-0123456789",
	}
}

// Code opens the page on which a person allows the access, and returns the code that the browser is sent back with.
func Code(t testing.TB, c crm.Connector, a crm.Authorization) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.AuthorizeURL(a), nil)
	require.NoError(t, err)
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusFound, res.StatusCode)
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, a.State, back.Query().Get("state"))
	require.NotEmpty(t, back.Query().Get("code"))
	return back.Query().Get("code")
}

// Connect allows the access and takes it.
func Connect(t testing.TB, c crm.Connector) crm.Grant {
	t.Helper()
	a := Authorization()
	g, err := c.Exchange(t.Context(), a, Code(t, c, a))
	require.NoError(t, err)
	require.NotEmpty(t, g.Access)
	require.NotEmpty(t, g.Refresh)
	return g
}

// Failed requires an error of the kind that holds no secret and no address, and returns it.
func Failed(t testing.TB, g crm.Grant, err error, kind crm.CallKind, about ...any) crm.CallError {
	t.Helper()
	require.Error(t, err, about...)
	var e *crm.CallError
	require.ErrorAs(t, err, &e, about...)
	require.Equal(t, kind, e.Kind, "%v: %s", about, e.Message)
	quiet(t, g, e)
	return *e
}

func quiet(t testing.TB, g crm.Grant, e *crm.CallError) {
	t.Helper()
	require.NotEmpty(t, e.Message)
	require.LessOrEqual(t, len(e.Message), 2_000)
	a := Authorization()
	for _, secret := range []string{g.Access, g.Refresh, a.ClientSecret, a.Verifier, "127.0.0.1"} {
		if secret != "" {
			require.NotContains(t, e.Message, secret)
		}
	}
}

// contact is a contact that both vendors take.
func (s Subject) contact(last string) map[string]string { return map[string]string{s.Names.Last: last} }

func (s Subject) fields() []string {
	n := s.Names
	return []string{n.Email, n.Last, n.Note, n.Number, n.Boolean, n.Date, n.Time, n.Options}
}

// PulledOf reads an object's changes from a cursor to the end.
func PulledOf(
	t testing.TB, c crm.Connector, g crm.Grant, object string, fields []string, from crm.Cursor,
) (records []crm.Record, end crm.Cursor, pages int) {
	t.Helper()
	for {
		page, err := c.Changed(t.Context(), g, object, fields, from)
		require.NoError(t, err)
		records = append(records, page.Records...)
		require.NotEqual(t, crm.Page{Next: from, More: true}, page, "a reading that stands still has no end")
		pages++
		if from = page.Next; !page.More {
			return records, from, pages
		}
		require.Less(t, pages, 1_000)
	}
}

func pulled(t *testing.T, s Subject, g crm.Grant, fields []string, from crm.Cursor) (records []crm.Record, end crm.Cursor, pages int) {
	t.Helper()
	return PulledOf(t, s.Connector, g, object, fields, from)
}

func idsOf(records []crm.Record) []string {
	out := make([]string, 0, len(records))
	for _, r := range records {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}

// part is a part of the contract.
type part = func(Subject, *testing.T)

// brief are the parts that don't need thousands of records.
func brief() map[string]part {
	return map[string]part{
		"description":                      Subject.describes,
		"authorisation":                    Subject.authorises,
		"grants end":                       Subject.ends,
		"fields":                           Subject.listsFields,
		"round trip":                       Subject.roundTrip,
		"a create by a key is repeatable":  Subject.repeats,
		"outcomes are in order":            Subject.ordered,
		"each request takes its turn":      Subject.turns,
		"failures of records":              Subject.failures,
		"failures of calls":                Subject.troubles,
		"slow answers":                     Subject.slow,
		"hostile inputs":                   Subject.inputs,
		"changes: late, deleted and moved": Subject.later,
	}
}

// Contract requires what every connector must fulfil. begin makes a subject of its own for each part.
func Contract(t *testing.T, begin func(t *testing.T) Subject) {
	t.Helper()
	parts := brief()
	maps.Copy(parts, map[string]part{
		"hostile answers":               Subject.hostile,
		"changes: nothing is lost":      Subject.changes,
		"changes: a mirror is the same": Subject.mirrors,
		"large records":                 Subject.large,
	})
	run(t, parts, begin)
}

// Brief is the contract without what takes long, for another version of a connector that fulfils the whole of it.
func Brief(t *testing.T, begin func(t *testing.T) Subject) {
	t.Helper()
	run(t, brief(), begin)
}

func run(t *testing.T, parts map[string]part, begin func(t *testing.T) Subject) {
	t.Helper()
	for name, check := range parts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(begin(t), t)
		})
	}
}
