package scrapeserver

import (
	"math"

	"github.com/morket/morket/domain/scrape"
)

// Result is how a task ended, as callers see it. With an error there may be a part of what was looked for.
type Result struct {
	URL      string         `json:"url"` // as it was asked for
	Target   scrape.Target  `json:"target"`
	FinalURL string         `json:"final_url,omitempty"`
	Status   int            `json:"status,omitempty"` // of the page
	Rendered bool           `json:"rendered"`
	Version  int            `json:"extractor_version,omitempty"`
	Fields   map[string]any `json:"fields"`
	Reasons  []string       `json:"reasons"` // why there is only a part
	Error    *Failure       `json:"error"`
	Requests []Request      `json:"requests"`
}

// Failure says why there is no page.
type Failure struct {
	Reason     scrape.Reason `json:"reason"`
	Message    string        `json:"message"`
	Status     int           `json:"status,omitempty"`
	RetryAfter int           `json:"retry_after_seconds,omitempty"`
}

// Request is one request that was made for the task: what robots.txt said and how long politeness held it back.
type Request struct {
	URL      string        `json:"url"`
	Domain   string        `json:"domain"`
	Robots   scrape.Robots `json:"robots"`
	Rendered bool          `json:"rendered"`
	Status   int           `json:"status,omitempty"`
	WaitedMS int64         `json:"waited_ms"`
	EveryMS  int64         `json:"every_ms,omitempty"`
	TookMS   int64         `json:"took_ms"`
	Bytes    int64         `json:"bytes,omitempty"`
	SHA256   string        `json:"sha256,omitempty"`
	Reason   scrape.Reason `json:"reason,omitempty"`
}

// ResultOf writes an outcome for callers.
func ResultOf(t scrape.Task, out scrape.Outcome) Result {
	r := Result{URL: t.URL, Target: t.Target, Fields: map[string]any{}, Reasons: []string{}, Requests: []Request{}}
	if p := out.Page; p != nil {
		r.FinalURL, r.Status, r.Rendered = p.URL, p.Status, p.Rendered
	}
	if e := out.Extract; e != nil {
		r.Version, r.Fields = e.Version, e.Fields
		r.Reasons = append(r.Reasons, e.Reasons...)
	}
	if f := out.Fault; f != nil {
		r.Error = &Failure{Reason: f.Reason, Message: f.Message, Status: f.Status, RetryAfter: int(math.Ceil(f.Retry.Seconds()))}
	}
	for _, f := range out.Fetches {
		r.Requests = append(r.Requests, Request{
			URL:      f.URL,
			Domain:   f.Domain,
			Robots:   f.Robots,
			Rendered: f.Rendered,
			Status:   f.Status,
			WaitedMS: f.Waited.Milliseconds(),
			EveryMS:  f.Every.Milliseconds(),
			TookMS:   f.Took.Milliseconds(),
			Bytes:    f.Bytes,
			SHA256:   f.Hash,
			Reason:   f.Reason,
		})
	}
	return r
}
