package robots_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/scrape/robots"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// The cases are those of RFC 9309 with its examples, and what other readers were reported for.
func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text      string
		yes, no   string // paths, with spaces between them
		delay     time.Duration
		agentNote string
	}{
		"nothing said":                         {text: "", yes: "/ /x"},
		"for all":                              {text: "User-agent: *\nDisallow: /private", yes: "/ /pub /Private", no: "/private /private/x /privateer"},
		"our group wins over that for all":     {text: "User-agent: *\nDisallow: /\n\nUser-agent: Morket\nDisallow: /x", yes: "/ /y", no: "/x"},
		"its name in any case":                 {text: "user-AGENT: MORKET/2.0\nDISALLOW: /x", yes: "/y", no: "/x"},
		"a name that begins like ours":         {text: "User-agent: morketbot\nDisallow: /\nUser-agent: mork\nDisallow: /", yes: "/"},
		"a name that ours begins":              {text: "User-agent: mor\nDisallow: /", yes: "/"},
		"our empty group allows all":           {text: "User-agent: *\nDisallow: /\nUser-agent: morket\nDisallow:", yes: "/ /x"},
		"a group of several names":             {text: "User-agent: a\nUser-agent: morket\nUser-agent: b\nDisallow: /x", yes: "/y", no: "/x"},
		"groups of one name belong together":   {text: "User-agent: morket\nDisallow: /x\nUser-agent: z\nDisallow: /\nUser-agent: morket\nDisallow: /y", yes: "/z", no: "/x /y"},
		"other lines don't end a group's head": {text: "User-agent: morket\nSitemap: https://a/b\nUser-agent: b\nDisallow: /x", no: "/x"},
		"the longest rule decides":             {text: "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", yes: "/a/b /a/bx", no: "/a /a/x /a/b/c"},
		"allow wins a tie":                     {text: "User-agent: *\nDisallow: /page\nAllow: /page", yes: "/page"},
		"allow before a tie":                   {text: "User-agent: *\nAllow: /page\nDisallow: /page", yes: "/page"},
		"stars":                                {text: "User-agent: *\nDisallow: /*.php\nDisallow: /a*b*c", yes: "/x.ph /acb", no: "/x.php /d/x.php?y /axbyc /abc"},
		"an end":                               {text: "User-agent: *\nDisallow: /x$\nDisallow: /*.gif$", yes: "/x/ /x?y /a.gif?b /a.gifx", no: "/x /a.gif /b/a.gif"},
		"a dollar that is no end":              {text: "User-agent: *\nDisallow: /a$b", yes: "/a", no: "/a$b"},
		"a star alone":                         {text: "User-agent: *\nDisallow: *\nAllow: /ok", yes: "/ok /okay", no: "/ /x"},
		"spellings of one path":                {text: "User-agent: *\nDisallow: /%7Ejoe/\nDisallow: /caf%c3%a9\nDisallow: /a%3cd\nDisallow: /ö", yes: "/joe/ /cafe", no: "/~joe/ /%7ejoe/ /café /caf%C3%A9 /a%3Cd /%C3%B6"},
		"an encoded slash is no slash":         {text: "User-agent: *\nDisallow: /a%2Fb", yes: "/a/b", no: "/a%2fb"},
		"queries":                              {text: "User-agent: *\nDisallow: /*?session=", yes: "/a?b=1", no: "/a?session=1"},
		"comments and odd ends of lines":       {text: "\ufeff# hi\rUser-agent: * # all\r\nDisallow: /x # not this\r\rDisallow: /y", yes: "/z", no: "/x /y"},
		"rules before any name":                {text: "Disallow: /\nUser-agent: b\nDisallow: /", yes: "/"},
		"lines that are none":                  {text: "<html>\nUser-agent *\nUser-agent: *\nnonsense\nDisallow: /x", yes: "/", no: "/x"},
		"robots.txt itself":                    {text: "User-agent: *\nDisallow: /", yes: "/robots.txt", no: "/"},
		"a pause":                              {text: "User-agent: *\nCrawl-delay: 2.5", yes: "/", delay: 2500 * time.Millisecond},
		"a pause that is too long":             {text: "User-agent: *\nCrawl-delay: 1e99", yes: "/", delay: time.Minute},
		"pauses that are none":                 {text: "User-agent: *\nCrawl-delay: -1\nCrawl-delay: NaN\nCrawl-delay: x", yes: "/"},
		"what comes after the limit":           {text: "User-agent: *\nDisallow: /x\n" + strings.Repeat("#"+strings.Repeat("a", 98)+"\n", 5200) + "Disallow: /y", yes: "/y", no: "/x"},
		"a line that the limit cuts":           {text: "User-agent: *\n#" + strings.Repeat("a", robots.MaxBytes-30) + "\nDisallow: /" + strings.Repeat("b", 100), yes: "/ /b"},
	} {
		rules := robots.Parse([]byte(c.text), "Morket")
		for path := range strings.FieldsSeq(c.yes) {
			require.True(t, rules.Allowed(path), "%s: %s must be allowed", name, path)
		}
		for path := range strings.FieldsSeq(c.no) {
			require.False(t, rules.Allowed(path), "%s: %s must not be allowed", name, path)
		}
		require.Equal(t, c.delay, rules.Delay, name)
	}
}

// A file of stars is compared in a time that grows with its length only.
func TestHostileRulesAreComparedSoon(t *testing.T) {
	t.Parallel()
	text := "User-agent: *\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 40)+"*b\n", 6000)
	rules := robots.Parse([]byte(text), "morket")
	began := time.Now()
	require.True(t, rules.Allowed("/"+strings.Repeat("a", 100_000)))
	require.Less(t, time.Since(began), 2*time.Second)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /a*b$"), "/axb")
	f.Fuzz(func(_ *testing.T, text []byte, path string) {
		robots.Parse(text, "morket").Allowed(path)
	})
}

func TestWhatAServerAnswers(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch host, _, _ := strings.Cut(r.Host, ":"); {
		case r.URL.Path == "/elsewhere":
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /x"))
		case host == "localhost":
			http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
		case r.Header.Get("User-Agent") != "Morket/1 (+https://example.com)":
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	t.Cleanup(server.Close)
	clock := kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	c, err := robots.New(robots.Config{Client: server.Client(), Body: safedial.Body, Agent: "Morket/1 (+https://example.com)", Token: "Morket", Clock: clock})
	require.NoError(t, err)
	check := func(address string) scrape.Verdict {
		u, err := url.Parse(address)
		require.NoError(t, err)
		v, err := c.Check(t.Context(), u)
		require.NoError(t, err)
		return v
	}
	v := check(server.URL + "/")
	require.Equal(t, scrape.RobotsAway, v.Robots)
	require.Equal(t, 10*time.Minute, v.Retry)
	local := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	require.Equal(t, scrape.RobotsAllowed, check(local+"/").Robots)
	require.Equal(t, scrape.RobotsDisallowed, check(local+"/x?y=1").Robots)
	before := asked.Load()
	for range 3 {
		check(local + "/z")
	}
	require.Equal(t, before, asked.Load(), "it is read once")
	clock.Advance(25 * time.Hour)
	check(local + "/z")
	require.Greater(t, asked.Load(), before, "and again after a day")
	server.Close()
	clock.Advance(25 * time.Hour)
	require.Equal(t, scrape.RobotsAway, check(local+"/z").Robots)
}

// Statuses by their class.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]scrape.Robots{
		200: scrape.RobotsDisallowed, 204: scrape.RobotsAllowed, 301: scrape.RobotsAllowed, 401: scrape.RobotsAllowed, 403: scrape.RobotsAllowed, 404: scrape.RobotsAllowed,
		410: scrape.RobotsAllowed, 429: scrape.RobotsAway, 500: scrape.RobotsAway, 503: scrape.RobotsAway,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if status == http.StatusOK {
				_, _ = w.Write([]byte("User-agent: *\nDisallow: /"))
			}
		}))
		c, err := robots.New(robots.Config{Client: server.Client(), Body: safedial.Body, Token: "Morket", Clock: kernel.SystemClock{}})
		require.NoError(t, err)
		u, err := url.Parse(server.URL + "/page")
		require.NoError(t, err)
		v, err := c.Check(t.Context(), u)
		server.Close()
		require.NoError(t, err)
		require.Equal(t, want, v.Robots, status)
	}
}
