package scrapeserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/scrapeserver"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// queue answers by the address's host.
type queue struct{ within time.Duration }

// Do implements scrapeserver.Queue.
func (q *queue) Do(_ context.Context, ws kernel.WorkspaceID, t scrape.Task, _ int) scrape.Outcome {
	q.within = t.Within
	switch t.URL {
	case "https://busy.test/":
		f := scrape.Fail(scrape.ReasonBusy, "as many wait as may")
		f.Retry = 1500 * time.Millisecond
		return scrape.Outcome{Fault: f}
	case "https://no.test/":
		return scrape.Outcome{Fault: scrape.Fail(scrape.ReasonRobots, "robots.txt forbids it").Because(errors.New("secret detail")), Fetches: []scrape.Fetch{{URL: t.URL, Robots: scrape.RobotsDisallowed}}}
	default:
		return scrape.Outcome{Page: &scrape.Page{URL: t.URL, Status: 200}, Extract: &scrape.Extract{Target: t.Target, Version: 1, Fields: map[string]any{"title": string(ws), "author": nil}}}
	}
}

// jobs has one job, of two pages, of which the first is read.
type jobs struct{ started int }

// Start implements scrapeserver.Jobs.
func (j *jobs) Start(_ context.Context, meta kernel.Meta, c scrapecmd.Start) (commands.Result[scrapecmd.Started], error) {
	switch {
	case c.Tasks[0].URL == "https://full.test/":
		full := kernel.E(kernel.KindUnavailable, "QUEUE_FULL", "full")
		full.RetryAfter = time.Second
		return commands.Result[scrapecmd.Started]{}, full
	case meta.IdempotencyKey != "":
		j.started++
	}
	return commands.Result[scrapecmd.Started]{Value: scrapecmd.Started{Job: "scr_1"}, Position: 7, Replayed: j.started > 1}, nil
}

// Cancel implements scrapeserver.Jobs.
func (*jobs) Cancel(context.Context, kernel.Meta, scrape.JobID) error { return nil }

// Job implements scrapeserver.Jobs.
func (*jobs) Job(_ context.Context, id scrape.JobID) (*scrape.Job, error) {
	if id != "scr_1" {
		return nil, kernel.NotFound("job", string(id))
	}
	return &scrape.Job{
		ID: id, State: scrape.StateRunning, Tasks: []scrape.Task{{URL: "https://a.test/"}, {URL: "https://b.test/"}}, Pages: map[int]scrape.PageRead{0: {}},
	}, nil
}

// Result implements scrapeserver.Jobs.
func (*jobs) Result(_ context.Context, job *scrape.Job, index int) (scrape.Outcome, bool, error) {
	if index > 0 {
		return scrape.Outcome{}, false, nil
	}
	return scrape.Outcome{Page: &scrape.Page{URL: job.Tasks[index].URL}, Extract: &scrape.Extract{Fields: map[string]any{"title": "read"}}}, true, nil
}

const key = "0123456789abcdef0123456789abcdef"

func TestTheAPI(t *testing.T) {
	t.Parallel()
	q := &queue{}
	var missing error
	h, err := scrapeserver.New(scrapeserver.Config{
		Queue: q, Jobs: &jobs{}, Known: func(t scrape.Target) bool { return t == scrape.TargetPage }, Key: key, Ready: func(context.Context) error { return missing }, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) }),
	})
	require.NoError(t, err)
	const ws = `"workspace_id":"ws_01JZZZZZZZZZZZZZZZZZZZZZZA"`
	for name, c := range map[string]struct {
		method, path, key, body string
		status                  int
		holds, retry            string
	}{
		"no key":                     {"POST", "/scrape/sync", "", `{}`, 401, "UNAUTHORIZED", ""},
		"a key that is not good":     {"POST", "/scrape/sync", key + "x", `{}`, 401, "UNAUTHORIZED", ""},
		"nothing told without a key": {"GET", "/nowhere", "", ``, 401, "UNAUTHORIZED", ""},
		"metrics need the key":       {"GET", "/metrics", "", ``, 401, "UNAUTHORIZED", ""},
		"metrics":                    {"GET", "/metrics", key, ``, 200, "metrics", ""},
		"health needs none":          {"GET", "/health", "", ``, 200, "ok", ""},
		"ready":                      {"GET", "/readiness", "", ``, 200, "ready", ""},
		"an unknown path":            {"GET", "/nowhere", key, ``, 404, "NOT_FOUND", ""},
		"a page":                     {"POST", "/scrape/sync", key, `{` + ws + `,"url":"https://a.test/"}`, 200, `"fields":{"author":null,"title":"ws_01JZZZZZZZZZZZZZZZZZZZZZZA"}`, ""},
		"a page that can't be read":  {"POST", "/scrape/sync", key, `{` + ws + `,"url":"https://no.test/","target":"page"}`, 200, `"reason":"robots_disallow","message":"robots.txt forbids it"}`, ""},
		"a full queue":               {"POST", "/scrape/sync", key, `{` + ws + `,"url":"https://busy.test/"}`, 503, "QUEUE_FULL", "2"},
		"no workspace":               {"POST", "/scrape/sync", key, `{"url":"https://a.test/"}`, 422, "workspace_id", ""},
		"no address":                 {"POST", "/scrape/sync", key, `{` + ws + `,"url":"file:///etc/passwd"}`, 422, "url", ""},
		"an unknown target":          {"POST", "/scrape/sync", key, `{` + ws + `,"url":"a.test","target":"cats"}`, 422, "target", ""},
		"too short a time":           {"POST", "/scrape/sync", key, `{` + ws + `,"url":"a.test","timeout_seconds":4}`, 422, "timeout_seconds", ""},
		"too long a time":            {"POST", "/scrape/sync", key, `{` + ws + `,"url":"a.test","timeout_seconds":121}`, 422, "timeout_seconds", ""},
		"an unknown member":          {"POST", "/scrape/sync", key, `{` + ws + `,"url":"a.test","proxy":"x"}`, 400, "MALFORMED_BODY", ""},
		"a page in the background":   {"POST", "/scrape", key, `{` + ws + `,"url":"a.test"}`, 202, `{"job_id":"scr_1"}`, ""},
		"many pages":                 {"POST", "/scrape/batch", key, `{` + ws + `,"tasks":[{"url":"a.test"},{"url":"b.test"}],"callback_url":"https://c.test/"}`, 202, `{"job_id":"scr_1"}`, ""},
		"many, and no room":          {"POST", "/scrape/batch", key, `{` + ws + `,"tasks":[{"url":"https://full.test/"}]}`, 503, "QUEUE_FULL", "1"},
		"many for no workspace":      {"POST", "/scrape/batch", key, `{"tasks":[{"url":"a.test"}]}`, 422, "workspace_id", ""},
		"a job":                      {"GET", "/scrape/jobs/scr_1", key, ``, 200, `"state":"running","pages":2,"read":1,"failed":0`, ""},
		"a job with its page":        {"GET", "/scrape/scr_1", key, ``, 200, `"title":"read"`, ""},
		"an unknown job":             {"GET", "/scrape/jobs/scr_2", key, ``, 404, "NOT_FOUND", ""},
		"results":                    {"GET", "/scrape/jobs/scr_1/results", key, ``, 200, `,null],"error":null,"meta":{}`, ""},
		"results, a page of them":    {"GET", "/scrape/jobs/scr_1/results?limit=1", key, ``, 200, `"next_cursor":"1"`, ""},
		"too many results":           {"GET", "/scrape/jobs/scr_1/results?limit=21", key, ``, 422, "limit", ""},
		"a cancellation":             {"POST", "/scrape/jobs/scr_1/cancel", key, ``, 200, `"id":"scr_1"`, ""},
		"of one page":                {"POST", "/scrape/scr_1/cancel", key, ``, 200, `"id":"scr_1"`, ""},
		"no job without the key":     {"GET", "/scrape/scr_1", "", ``, 401, "UNAUTHORIZED", ""},
		"no JSON":                    {"POST", "/scrape/sync", key, `hello`, 400, "MALFORMED_BODY", ""},
		"two objects":                {"POST", "/scrape/sync", key, `{` + ws + `,"url":"a.test"}{}`, 400, "MALFORMED_BODY", ""},
		"a large body":               {"POST", "/scrape/sync", key, `{"url":"` + strings.Repeat("a", 2<<20) + `"}`, 413, "BODY_TOO_LARGE", ""},
	} {
		req := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		req.Header.Set("X-Service-Key", c.key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		require.Equal(t, c.status, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, w.Body.String(), c.holds, name)
		require.NotContains(t, w.Body.String(), "secret", name)
		require.Equal(t, c.retry, w.Header().Get("Retry-After"), name)
		if c.path != "/metrics" {
			require.True(t, json.Valid(w.Body.Bytes()), name)
		}
	}
	require.Equal(t, time.Minute, q.within, "a page has a minute when nothing else is said")
	missing = errors.New("the log can't be reached")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readiness", nil))
	require.Equal(t, 503, w.Code)
}
