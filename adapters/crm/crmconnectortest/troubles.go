package crmconnectortest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
	"github.com/morket/morket/domain/crm"
)

// ways are the calls of a connector with a grant, as functions that give their error. Those of writes come with changes.
func (s Subject) ways(ctx context.Context, g crm.Grant) map[string]struct {
	changes bool
	call    func() error
} {
	type way = struct {
		changes bool
		call    func() error
	}
	id := s.Twin.IDs(object)[0]
	return map[string]way{
		"account": {false, func() error { _, err := s.Connector.Account(ctx, g); return err }},
		"fields":  {false, func() error { _, err := s.Connector.Fields(ctx, g, object); return err }},
		"find": {false, func() error {
			_, err := s.Connector.Find(ctx, g, object, "", []string{id}, s.fields())
			return err
		}},
		"changed": {false, func() error {
			_, err := s.Connector.Changed(ctx, g, object, s.fields(), crm.Cursor{})
			return err
		}},
		"create": {true, func() error {
			_, err := s.Connector.Write(ctx, g, object, []crm.Write{{Trace: "t", By: s.Key, Value: s.KeyOf(1), Values: s.contact("A")}})
			return err
		}},
		"update": {true, func() error {
			_, err := s.Connector.Write(ctx, g, object, []crm.Write{{Trace: "t", ID: id, Values: s.contact("A")}})
			return err
		}},
		"archive": {true, func() error {
			_, err := s.Connector.Archive(ctx, g, object, []string{id})
			return err
		}},
	}
}

func (s Subject) troubles(t *testing.T) {
	g := Connect(t, s.Connector)
	s.Twin.Seed(object, s.contact("A"), Start())
	html := map[string]string{"Content-Type": "text/html"}
	after := func(wait string) map[string]string { return map[string]string{"Retry-After": wait} }
	cases := map[string]Trouble{
		"too fast":        {crmtwin.Fault{Status: 429, Body: "{}", Header: after("9")}, crm.CallLimited, 9 * time.Second},
		"too fast, mute":  {crmtwin.Fault{Status: 429}, crm.CallLimited, 0},
		"maintenance":     {crmtwin.Fault{Status: 503, Body: "<html>", Header: after("7")}, crm.CallLimited, 7 * time.Second},
		"expired":         {crmtwin.Fault{Status: 401, Body: "{}"}, crm.CallExpired, 0},
		"a broken server": {crmtwin.Fault{Status: 500, Body: `{"message":"SECRET"}`}, crm.CallFailed, 0},
		"a gateway":       {crmtwin.Fault{Status: 502, Body: "<html>SECRET", Header: html}, crm.CallFailed, 0},
		"a firewall":      {crmtwin.Fault{Status: 403, Body: "<html>SECRET", Header: html}, crm.CallFailed, 0},
		"no rights":       {crmtwin.Fault{Status: 403, Body: `{"message":"SECRET"}`}, crm.CallDenied, 0},
		"another address": {crmtwin.Fault{Status: 302, Header: map[string]string{"Location": "http://169.254.169.254/"}}, crm.CallFailed, 0},
		"nonsense wait":   {crmtwin.Fault{Status: 429, Header: after("99999999999999999999")}, crm.CallLimited, 24 * time.Hour},
		"a cut answer":    {crmtwin.Fault{Status: 200, Body: `{"results":[`, Cut: true}, crm.CallFailed, 0},
	}
	maps.Copy(cases, s.Troubles)
	secret := g.Access + " " + g.Refresh + " " + g.ClientSecret
	for name, c := range cases {
		fault := c.Fault
		fault.Body = strings.ReplaceAll(fault.Body, "SECRET", secret)
		for what, way := range s.ways(t.Context(), g) {
			s.Twin.Forget()
			s.Twin.Script(fault)
			e := Failed(t, g, way.call(), c.Kind, name, what)
			require.Equal(t, c.Retry, e.RetryAfter, "%s: %s", name, what)
			if e.Kind != crm.CallFailed {
				require.False(t, e.Lost, "%s: %s: it was refused", name, what)
			}
			if fault.Cut {
				require.Equal(t, way.changes, e.Lost, "%s: %s", name, what)
			}
			require.Len(t, s.Twin.Calls(), 1, "%s: %s: the caller alone asks again", name, what)
		}
	}
}

// hostile gives what no vendor should.
func (s Subject) hostile(t *testing.T) {
	g := Connect(t, s.Connector)
	s.Twin.Seed(object, s.contact("A"), Start())
	bodies := map[string]string{
		"HTML":         "<html><script>alert(1)</script>",
		"deep":         strings.Repeat("[", 100_000),
		"deep objects": strings.Repeat(`{"results":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"huge":         `{"results":["` + strings.Repeat("x", 9<<20) + `"]}`,
		"many":         `{"results":[` + strings.Repeat("1,", 700_000) + `1]}`,
		"not UTF-8":    "{\"results\":\"\xff\xfe\"}",
		"half":         `{"results":[{"id":"1"`,
		"two":          `{} {}`,
		"a text":       `"no"`,
		"wrong types":  `{"results":"none","records":7,"fields":{"a":1},"active":"maybe","hub_id":[],"errors":3}`,
		"odd records":  `{"results":[1,"x",null],"records":[1,"x"],"fields":[1]}`,
		"a number":     `7`,
	}
	for name, body := range bodies {
		for what, way := range s.ways(t.Context(), g) {
			s.Twin.Forget()
			s.Twin.Script(crmtwin.Fault{Status: 200, Body: body, Times: 3}) // of what is too long, less is asked for
			err := way.call()
			e := Failed(t, g, err, crm.CallFailed, name, what)
			require.Equal(t, way.changes, e.Lost, "%s: %s", name, what)
		}
	}
}

func (s Subject) slow(t *testing.T) {
	g := Connect(t, s.Connector)
	s.Twin.Seed(object, s.contact("A"), Start())
	for what := range s.ways(t.Context(), g) {
		s.Twin.Forget()
		s.Twin.Script(crmtwin.Fault{Hang: true})
		ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		way := s.ways(ctx, g)[what]
		err := way.call()
		stop()
		require.Equal(t, way.changes, Failed(t, g, err, crm.CallFailed, what).Lost, what)
	}
}
