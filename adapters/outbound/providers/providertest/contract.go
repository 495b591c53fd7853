package providertest

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Canary is a key that a twin takes and that must be nowhere but in the header in which it is sent.
const Canary = "twin-canary-0123456789abcdef"

// Start serves a twin on this machine.
func Start(t testing.TB, twin http.Handler) (url string) {
	t.Helper()
	srv := httptest.NewServer(twin)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Wire is a client that may reach this machine.
func Wire() *wire.Client {
	client := safedial.NewClient(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 2 * time.Second})
	return wire.New(client, safedial.Body, "Morket/test", kernel.SystemClock{})
}

// Local completes a request with the canary as its key, to be sent to this machine.
func Local(ask enrichment.Request) enrichment.Request {
	if ask.Secret == nil {
		ask.Secret = map[string]string{"api_key": Canary}
	}
	if ask.Hosts == nil {
		ask.Hosts = []string{"127.0.0.1"}
	}
	ask.Key = "k1"
	return ask
}

// Twin is what the contract needs of a vendor's twin.
type Twin interface {
	Script(faults ...twins.Fault)
	Calls() []twins.Call
	Forget()
}

// Vendor is a provider of a vendor under the contract.
type Vendor struct {
	Caller enrichment.Caller
	Twin   Twin
	// Ask is a question that the twin answers; Path is where it goes.
	Ask  enrichment.Request
	Path string
}

// Contract requires what every provider of a vendor must fulfil: a sound description, an answer of the promised shape, one clear kind of
// trouble for each way in which an HTTP API fails, no call without a key that may be sent, and the key nowhere but in its header.
func Contract(t *testing.T, v Vendor) {
	t.Helper()
	d := v.Caller.Describe()
	t.Run("description", func(t *testing.T) {
		require.NoError(t, d.Validate())
		require.NotNil(t, d.Credential, "a vendor's providers share a kind of credential")
		require.Positive(t, d.Limits.Concurrency)
		require.Equal(t, d, v.Caller.Describe(), "always the same")
	})
	t.Run("shape", func(t *testing.T) { v.answers(t) })
	t.Run("trouble", func(t *testing.T) { v.trouble(t) })
	t.Run("the key is sent to its hosts only", func(t *testing.T) { v.hosts(t) })
	t.Run("hostile inputs", func(t *testing.T) { v.hostile(t) })
}

func (v Vendor) outputs(t *testing.T) []enrichment.Field {
	t.Helper()
	if c, ok := v.Caller.(enrichment.Configurable); ok {
		fields, err := c.CheckConfig(v.Ask.Config)
		require.NoError(t, err)
		return fields
	}
	return v.Caller.Describe().Outputs
}

func (v Vendor) answers(t *testing.T) {
	t.Helper()
	v.Twin.Forget()
	reply, err := v.Caller.Call(t.Context(), Local(v.Ask))
	require.NoError(t, err)
	require.NotEmpty(t, reply.Outputs)
	require.Empty(t, reply.LeftOut)
	require.NoError(t, enrichment.CheckReply(v.outputs(t), reply.Outputs))
	if c := reply.Confidence; c != nil {
		require.True(t, *c >= 0 && *c <= 1)
	}
	calls := v.Twin.Calls()
	require.Len(t, calls, 1, "one question is one call")
	require.Equal(t, v.Path, calls[0].Path)
	require.NotContains(t, calls[0].Query+calls[0].Body, Canary, "keys in addresses get into logs")
}

// faults are what any HTTP API may answer, with the kind of trouble that it is.
func faults() map[string]struct {
	fault twins.Fault
	kind  enrichment.CallKind
	lost  bool
} {
	type row = struct {
		fault twins.Fault
		kind  enrichment.CallKind
		lost  bool
	}
	html := map[string]string{"Content-Type": "text/html"}
	return map[string]row{
		"a refused key": {twins.Fault{
			Status: 401,
			Body:   "no " + Canary,
			Header: map[string]string{"Content-Type": "text/plain"},
		}, enrichment.CallUnauthorized, false},
		"a broken server": {twins.Fault{Status: 500, Body: Canary}, enrichment.CallFailed, false},
		"a gateway":       {twins.Fault{Status: 502, Body: "<html>" + Canary, Header: html}, enrichment.CallFailed, false},
		"maintenance": {twins.Fault{
			Status: 503,
			Body:   "{}",
			Header: map[string]string{"Retry-After": "9"},
		}, enrichment.CallRateLimited, false},
		"another address": {twins.Fault{
			Status: 302,
			Header: map[string]string{"Location": "http://169.254.169.254/"},
		}, enrichment.CallBadReply, false},
		"HTML":             {twins.Fault{Status: 200, Body: "<html>" + Canary, Header: html}, enrichment.CallBadReply, false},
		"nothing":          {twins.Fault{Status: 200}, enrichment.CallBadReply, false},
		"a list":           {twins.Fault{Status: 200, Body: `[1]`}, enrichment.CallBadReply, false},
		"two values":       {twins.Fault{Status: 200, Body: `{} {}`}, enrichment.CallBadReply, false},
		"another encoding": {twins.Fault{Status: 200, Body: "{\"a\":\"\xe9\"}"}, enrichment.CallBadReply, false},
		"a deep answer": {twins.Fault{
			Status: 200,
			Body:   strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300),
		}, enrichment.CallBadReply, false},
		"a long answer":      {twins.Fault{Status: 200, Body: `{"a":"` + strings.Repeat("x", 2<<20) + `"}`}, enrichment.CallBadReply, false},
		"a broken line":      {twins.Fault{Status: 200, Body: `{"a"`, Cut: true}, enrichment.CallFailed, true},
		"a lost answer":      {twins.Fault{Lost: true}, enrichment.CallFailed, true},
		"an unknown refusal": {twins.Fault{Status: 418, Body: `{"error":"` + Canary + `"}`}, enrichment.CallBadInput, false},
	}
}

func (v Vendor) trouble(t *testing.T) {
	t.Helper()
	for name, c := range faults() {
		v.Twin.Forget()
		v.Twin.Script(c.fault)
		reply, err := v.Caller.Call(t.Context(), Local(v.Ask))
		require.Error(t, err, "%s: %v", name, reply.Outputs)
		ce := enrichment.AsCallError(err)
		require.Equal(t, c.kind, ce.Kind, "%s: %s", name, ce.Message)
		require.Equal(t, c.lost, ce.Lost, name)
		require.NotContains(t, ce.Message, Canary, name)
		require.NotContains(t, ce.Message, "127.0.0.1", "%s: an address in an error may hold a key", name)
		if c.fault.Header["Retry-After"] != "" {
			require.Equal(t, 9*time.Second, ce.RetryAfter, name)
		}
		require.Len(t, v.Twin.Calls(), 1, "%s: the engine alone asks again", name)
	}
	v.Twin.Forget()
	v.Twin.Script(twins.Fault{Status: 200, Body: `{}`, Times: 2}) // a model is told once that its answer doesn't fit
	reply, err := v.Caller.Call(t.Context(), Local(v.Ask))
	if err != nil {
		require.Equal(t, enrichment.CallBadReply, enrichment.AsCallError(err).Kind)
	}
	require.Empty(t, reply.Outputs, "an empty object is no answer")
}

func (v Vendor) hosts(t *testing.T) {
	t.Helper()
	v.Twin.Forget()
	for name, ask := range map[string]enrichment.Request{
		"no hosts":    {Hosts: []string{}},
		"other hosts": {Hosts: []string{"example.com"}},
		"no key":      {Secret: map[string]string{"username": "x"}},
		"a bad key":   {Secret: map[string]string{"api_key": Canary + "\r\nX-Evil: 1"}},
	} {
		ask.Inputs, ask.Config, ask.Further = v.Ask.Inputs, v.Ask.Config, v.Ask.Further
		_, err := v.Caller.Call(t.Context(), Local(ask))
		require.Error(t, err, name)
		require.Equal(t, enrichment.CallUnauthorized, enrichment.AsCallError(err).Kind, name)
		require.NotContains(t, err.Error(), Canary, name)
	}
	require.Empty(t, v.Twin.Calls(), "nothing is sent")
}

func (v Vendor) hostile(t *testing.T) {
	t.Helper()
	outputs := v.outputs(t)
	for _, text := range hostileTexts() {
		in := map[string]string{}
		for name := range v.Ask.Inputs {
			in[name] = text
		}
		reply, err := v.Caller.Call(t.Context(), Local(enrichment.Request{Inputs: in, Config: v.Ask.Config, Further: v.Ask.Further}))
		if err != nil {
			var ce *enrichment.CallError
			require.ErrorAs(t, err, &ce, "%.40q", text)
			continue
		}
		require.NoError(t, enrichment.CheckReply(outputs, reply.Outputs), "%.40q", text)
	}
}

// Asked asks with the canary and requires an answer of the promised shape.
func Asked(t testing.TB, p enrichment.Caller, inputs map[string]string) enrichment.Reply {
	t.Helper()
	reply, err := p.Call(t.Context(), Local(enrichment.Request{Inputs: inputs}))
	require.NoError(t, err)
	require.NoError(t, enrichment.CheckReply(p.Describe().Outputs, reply.Outputs))
	return reply
}
