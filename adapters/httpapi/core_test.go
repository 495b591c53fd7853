package httpapi_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
)

func TestTheEnvelope(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := f.call(http.MethodGet, notes, "", "X-Request-Id", "mine-1")
	require.Equal(t, http.StatusOK, r.status, r.raw)
	require.JSONEq(t, `{"success":true,"data":[{"text":"owner","n":0}],"error":null,"meta":{"request_id":"mine-1","next_cursor":"next"}}`, r.raw)
	r = f.call(http.MethodPost, batch, `{"text":"<b>&é\u2028"}`)
	require.Equal(t, http.StatusCreated, r.status, r.raw)
	require.Equal(t, "1", r.header.Get("Morket-Position"))
	require.Equal(t, int64(1), r.Meta.Position)
	require.JSONEq(t, `{"text":"<b>&é\u2028","n":1}`, string(r.Data))
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
		require.Equal(t, want, r.header.Get(name))
	}
	require.Equal(t, "a,b\n", f.call(http.MethodGet, "/workspaces/"+ws+"/export", "").raw)
}

func TestRequestIDsAreMadeWhenTheyAreNotFit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, bad := range []string{"", "a b", strings.Repeat("x", 101), "é", "a\tb"} {
		require.Regexp(t, `^req_`, f.call(http.MethodGet, notes, "", "X-Request-Id", bad).Meta.RequestID)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.fails(f.call(http.MethodGet, "/nothing", ""), http.StatusNotFound, "NOT_FOUND")
	f.fails(f.call(http.MethodGet, notes+"/", ""), http.StatusNotFound, "NOT_FOUND")
	f.fails(f.call(http.MethodPatch, notes, "{}"), http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	f.fails(f.call(http.MethodGet, notes+"?fail=payment", ""), http.StatusPaymentRequired, "INSUFFICIENT_CREDITS")
	f.fails(f.call(http.MethodPost, batch, `{"text":"conflict"}`), http.StatusConflict, "CONFLICT")
	busy := f.call(http.MethodGet, notes+"?fail=busy", "")
	f.fails(busy, http.StatusServiceUnavailable, "BUSY")
	require.Equal(t, "1", busy.header.Get("Retry-After"))
	f.fails(f.call(http.MethodGet, notes+"?fail=short+of+memory", ""), http.StatusServiceUnavailable, "BUSY")
	for _, how := range []string{"full+database", "full+disk", "full+quota"} {
		r := f.call(http.MethodGet, notes+"?fail="+how, "")
		f.fails(r, http.StatusServiceUnavailable, "DISK_FULL")
		require.Equal(t, "30", r.header.Get("Retry-After"))
		require.NotContains(t, r.raw, "secret")
	}
	for _, how := range []string{"plain", "panic"} {
		r := f.call(http.MethodGet, notes+"?fail="+how, "")
		f.fails(r, http.StatusInternalServerError, "INTERNAL")
		require.NotContains(t, r.raw, "secret")
		require.NotContains(t, r.raw, ".go")
	}
	require.Contains(t, f.out.String(), "the secret of the house", "the log keeps the cause")
}

func TestWhoMayCome(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const auth = "Authorization"
	for _, header := range []string{"", "Bearer ", "Bearer eve", "Basic ann", "Bearerann", "ann"} {
		f.fails(f.call(http.MethodGet, notes, "", auth, header), http.StatusUnauthorized, "UNAUTHORIZED")
	}
	for _, header := range []string{"bearer ann", "BEARER ann", "Bearer  ann"} { // RFC 9110: in any case, after one or more spaces
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "", auth, header).status, header)
	}
	f.fails(f.call(http.MethodPost, batch, `{"text":"x"}`, auth, "Bearer bob"), http.StatusForbidden, "FORBIDDEN")
	f.fails(f.call(http.MethodPost, batch, `{"text":"x"}`, auth, "Bearer key"), http.StatusForbidden, "FORBIDDEN")
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "", auth, "Bearer key").status)
	f.fails(f.call(http.MethodGet, "/workspaces/ws_x/notes", "", auth, "Bearer key"), http.StatusNotFound, "NOT_FOUND")
	f.fails(f.call(http.MethodGet, "/workspaces/ws_x/notes", ""), http.StatusNotFound, "NOT_FOUND")
	f.fails(f.call(http.MethodGet, "/admin/x", ""), http.StatusForbidden, "FORBIDDEN")
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, "/admin/x", "", auth, "Bearer operator").status)
	require.Zero(t, f.done)
}

func TestARepeatActsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.call(http.MethodPost, batch, `{"text":"a"}`, "Idempotency-Key", "k")
	again := f.call(http.MethodPost, batch, `{"text":"a"}`, "Idempotency-Key", "k")
	require.Equal(t, first.status, again.status)
	require.Equal(t, first.Data, again.Data)
	require.Equal(t, first.header.Get("Morket-Position"), again.header.Get("Morket-Position"))
	require.Empty(t, first.header.Get("Idempotent-Replayed"))
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, 1, f.done)
	f.fails(f.call(http.MethodPost, batch, `{"text":"b"}`, "Idempotency-Key", "k"), http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, `{"text":"a"}`, "Idempotency-Key", "k2").status)
	for _, bad := range []string{"a b", strings.Repeat("k", 101), "é"} {
		f.fails(f.call(http.MethodPost, batch, `{"text":"a"}`, "Idempotency-Key", bad), http.StatusBadRequest, "MALFORMED")
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return `{"text":"a","any":` + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) + "}"
	}
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"NUL escaped":          {`{"text":"a\u0000"}`, 422, "INVALID_TEXT"},
		"NUL bare":             {"{\"text\":\"a\x00\"}", 422, "INVALID_TEXT"},
		"half a pair":          {`{"text":"\ud83d"}`, 422, "INVALID_TEXT"},
		"halves swapped":       {`{"text":"\ude00\ud83d"}`, 422, "INVALID_TEXT"},
		"half, then another":   {`{"text":"\ud83dA"}`, 422, "INVALID_TEXT"},
		"half in a key":        {`{"text":"a","any":{"\ud83d":1}}`, 422, "INVALID_TEXT"},
		"not UTF-8":            {"{\"text\":\"\xff\"}", 400, "INVALID_UTF8"},
		"too deep":             {deep(64), 400, "MALFORMED"},
		"too long":             {`{"text":"` + strings.Repeat("x", 1000) + `"}`, 413, "BODY_TOO_LARGE"},
		"cut off":              {`{"text":"a"`, 400, "MALFORMED"},
		"not JSON":             {`text=a`, 400, "MALFORMED"},
		"two values":           {`{"text":"a"}{"text":"b"}`, 400, "MALFORMED"},
		"empty":                {``, 400, "MALFORMED"},
		"null":                 {`null`, 422, "VALIDATION_FAILED"},
		"a list":               {`[]`, 422, "VALIDATION_FAILED"},
		"a missing field":      {`{}`, 422, "VALIDATION_FAILED"},
		"a wrong type":         {`{"text":7}`, 422, "VALIDATION_FAILED"},
		"an unknown field":     {`{"text":"a","txet":"b"}`, 422, "VALIDATION_FAILED"},
		"out of range":         {`{"text":"a","count":-1}`, 422, "VALIDATION_FAILED"},
		"a fraction":           {`{"text":"a","count":1.5}`, 422, "VALIDATION_FAILED"},
		"a number like no int": {`{"text":"a","count":1e400}`, 422, "VALIDATION_FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			r := f.call(http.MethodPost, batch, c.body)
			f.fails(r, c.status, c.code)
			require.Zero(t, f.done)
			require.NotContains(t, f.out.String(), `"level":"ERROR"`)
		})
	}
	f := newFixture(t)
	for _, good := range []string{`{"text":"\ud83d\ude00"}`, `{"text":"😀"}`, `{"text":"\\u0000"}`, deep(62), ` {"text":"a"} `} {
		require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, good).status, good)
	}
	r := f.call(http.MethodPost, batch, `{"text":"`+strings.Repeat("x", 21)+`"}`)
	f.fails(r, 422, "VALIDATION_FAILED")
	require.Equal(t, "text", r.Error.Details[0].Field)
	require.Equal(t, []kernel.Detail{{Field: "text", Message: "is missing"}}, f.call(http.MethodPost, batch, `{}`).Error.Details)
	f.fails(f.call(http.MethodPost, batch, `{"text":"a"}`, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	f.fails(f.call(http.MethodPost, batch, `{"text":"a"}`, "Content-Type", ""), http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, `{"text":"a"}`, "Content-Type", "application/json; charset=utf-8").status)
}

func TestNoBodyMakesTheServerFail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.OneOf(rapid.String(), rapid.StringMatching(`\{"text":"[\\a-z0-9u]{0,12}"(,"any":\{\})?\}`),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 60), func(b []byte) string { return string(b) })).Draw(rt, "body")
		r := f.call(http.MethodPost, batch, body)
		require.Less(rt, r.status, 500, "%q: %s", body, r.raw)
	})
}

func TestQueries(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, bad := range []string{"?limit=0", "?limit=101", "?limit=x", "?unknown=1", "?limit=1&limti=2"} {
		f.fails(f.call(http.MethodGet, notes+bad, ""), http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
	for _, good := range []string{"", "?limit=100", "?cursor=x", "?min_position=5"} {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes+good, "").status, good)
	}
}

func TestMinPosition(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := f.call(http.MethodGet, notes, "", "Morket-Min-Position", "5")
	require.False(t, r.Meta.Stale)
	for _, late := range []reply{f.call(http.MethodGet, notes, "", "Morket-Min-Position", "6"), f.call(http.MethodGet, notes+"?min_position=6", "")} {
		require.Equal(t, http.StatusOK, late.status)
		require.True(t, late.Meta.Stale)
		require.Equal(t, int64(5), late.Meta.Position)
	}
	for _, bad := range []string{"x", "-1", "1.5", "99999999999999999999"} {
		f.fails(f.call(http.MethodGet, notes, "", "Morket-Min-Position", bad), http.StatusBadRequest, "MALFORMED")
	}
	f.fails(f.call(http.MethodGet, "/workspaces/"+ws+"/export", "", "Morket-Min-Position", "6"), http.StatusServiceUnavailable, "STALE")
}

// models are read models by name, with how far they are.
type models map[string]int64

func (m models) Wait(_ context.Context, name string, position int64) (int64, bool) {
	return m[name], m[name] >= position
}

func TestTheReadModelThatIsBehindDecides(t *testing.T) {
	t.Parallel()
	for _, m := range []models{{"notes": 7, "labels": 6}, {"notes": 6, "labels": 7}} {
		f := newFixture(t, func(c *httpapi.Config) { c.Positions = m })
		require.False(t, f.call(http.MethodGet, notes+"?min_position=6", "").Meta.Stale)
		late := f.call(http.MethodGet, notes+"?min_position=7", "")
		require.True(t, late.Meta.Stale)
		require.EqualValues(t, 6, late.Meta.Position)
	}
}

// catchingUp is a read model that moves when somebody waits for it, unless it is stuck.
type catchingUp struct {
	at    int64
	stuck bool
}

func (p *catchingUp) Wait(_ context.Context, _ string, position int64) (int64, bool) {
	if !p.stuck {
		p.at = max(p.at, position)
	}
	return p.at, p.at >= position
}

func TestWhatWasJustMadeIsFound(t *testing.T) {
	t.Parallel()
	p := &catchingUp{}
	f := newFixture(t, func(c *httpapi.Config) { c.Positions = p })
	const one = "/workspaces/" + ws + "/notes/1"
	f.fails(f.call(http.MethodGet, one, ""), http.StatusNotFound, "NOT_FOUND")
	require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, `{"text":"a"}`).status)
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, one, "").status)
	require.EqualValues(t, 1, p.at)

	late := &catchingUp{stuck: true}
	f = newFixture(t, func(c *httpapi.Config) { c.Positions = late })
	require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, `{"text":"a"}`).status)
	f.fails(f.call(http.MethodGet, one, ""), http.StatusNotFound, "NOT_FOUND")
}

func TestAPathEndsWhereTheEndpointDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *httpapi.Config) { c.Positions = &catchingUp{at: 1} })
	require.Equal(t, http.StatusCreated, f.call(http.MethodPost, batch, `{"text":"a"}`).status)
	for _, more := range []string{"/2", "/", "/2/3"} {
		f.fails(f.call(http.MethodGet, "/workspaces/"+ws+"/notes/1"+more, ""), http.StatusNotFound, "NOT_FOUND")
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *httpapi.Config) { c.Limits = map[httpapi.Class]int{httpapi.Auth: 5, httpapi.General: 2} })
	for range 5 {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, "/ping", "").status)
	}
	// The address is the connection's: a header does not make another client of it.
	r := f.call(http.MethodGet, "/ping", "", "X-Forwarded-For", "8.8.8.8", "X-Real-Ip", "8.8.4.4")
	f.fails(r, http.StatusTooManyRequests, "RATE_LIMITED")
	require.Equal(t, "12", r.header.Get("Retry-After"))
	f.clock.Advance(12 * time.Second)
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, "/ping", "").status)
	f.fails(f.call(http.MethodGet, "/ping", ""), http.StatusTooManyRequests, "RATE_LIMITED")

	for range 2 {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "").status)
	}
	f.fails(f.call(http.MethodGet, notes, ""), http.StatusTooManyRequests, "RATE_LIMITED")
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "", "Authorization", "Bearer bob").status)
}

func TestAddressesBehindAProxy(t *testing.T) {
	t.Parallel()
	_, trusted, err := net.ParseCIDR("192.0.2.0/24") // httptest's client is 192.0.2.1
	require.NoError(t, err)
	f := newFixture(t, func(c *httpapi.Config) { c.Proxies = []*net.IPNet{trusted} })
	require.JSONEq(t, `"203.0.113.9"`, string(f.call(http.MethodGet, "/ping", "", "X-Forwarded-For", "6.6.6.6, 203.0.113.9").Data))
	f = newFixture(t)
	require.JSONEq(t, `"192.0.2.1"`, string(f.call(http.MethodGet, "/ping", "", "X-Forwarded-For", "203.0.113.9").Data))
}

func TestCORS(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *httpapi.Config) { c.Origins = []string{"https://app.example"} })
	r := f.call(http.MethodOptions, notes, "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	require.Equal(t, http.StatusNoContent, r.status)
	require.Equal(t, "https://app.example", r.header.Get("Access-Control-Allow-Origin"))
	for _, origin := range []string{"https://evil.example", "null", ""} {
		require.Empty(t, f.call(http.MethodGet, notes, "", "Origin", origin).header.Get("Access-Control-Allow-Origin"))
	}
}

func TestTheOpenAPIDocument(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raw := f.call(http.MethodGet, "/openapi.json", "", "Authorization", "").raw
	doc, err := libopenapi.NewDocument([]byte(raw))
	require.NoError(t, err)
	require.Regexp(t, `^3\.1`, doc.GetVersion())
	model, err := doc.BuildV3Model()
	require.NoError(t, err)
	paths := 0
	for pair := model.Model.Paths.PathItems.First(); pair != nil; pair = pair.Next() {
		paths++
		require.NotContains(t, pair.Key(), `\`)
	}
	require.Equal(t, 6, paths)
	require.Contains(t, raw, "notes:batch")
	require.Contains(t, raw, `"Idempotency-Key"`)
	require.Contains(t, raw, "rows.edit")
	require.Equal(t, raw, newFixture(t).call(http.MethodGet, "/openapi.json", "").raw, "it does not change from start to start")
}
