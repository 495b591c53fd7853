package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"time"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/table"
)

const (
	slowAnswer  = time.Second // that the slow provider takes
	slowRows    = 600
	slowAtOnce  = 64
	slowLeast   = 50 // cells a second
	slowSetting = "http_api=64/0"
)

// reachSlow lets the server ask the slow provider, which is on this machine, many times at once.
func reachSlow(cfg *config.Config) error {
	cfg.DialAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	return cfg.ProviderLimits.UnmarshalText([]byte(slowSetting))
}

// slowProvider runs a column over some rows whose provider takes its time.
func (b *serverBench) slowProvider(ctx context.Context) ([]Ratio, error) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-time.After(slowAnswer):
			_, _ = w.Write([]byte(`{"answer":"yes"}`))
		case <-req.Context().Done():
		}
	}))
	defer server.Close()
	col, err := b.asking(ctx, "Slow answer", server.URL, nil)
	if err != nil {
		return nil, err
	}
	j, took, _, err := b.runJob(ctx, col, slowRows)
	if err != nil {
		return nil, err
	}
	rate, limit := slowRows/took.Seconds(), slowAtOnce/slowAnswer.Seconds()
	return []Ratio{{
		Name:    "provider of 1 s latency",
		Value:   rate,
		Limit:   limit,
		Ratio:   rate / limit,
		Unit:    "cells/s",
		AtLeast: slowLeast,
		Failed:  j.Counts.Succeeded != slowRows,
		Note:    fmt.Sprintf("%d rows, %s; limit: the calls at once by their latency", slowRows, slowSetting),
	}}, nil
}

// asking makes a column that asks a server of this machine.
func (b *serverBench) asking(ctx context.Context, name, server string, pace *enrichment.Pace) (table.Column, error) {
	request, err := json.Marshal(map[string]any{
		"method":  http.MethodGet,
		"url":     server + "/?q={{company}}",
		"outputs": map[string]any{"answer": map[string]any{"path": "$.answer"}},
	})
	if err != nil {
		return table.Column{}, err
	}
	never := 0
	return b.enrichmentColumn(ctx, name, enrichment.Config{
		Steps: []enrichment.Step{{
			Provider: "http_api",
			Config:   request,
			Inputs:   map[string]enrichment.Input{"company": {Column: b.columns[b.sheet.unique].ID}},
			Output:   "answer",
			Pace:     pace,
		}},
		CacheDays: &never,
	})
}

// normalised makes the column of a provider that opens no connection.
func (b *serverBench) normalised(ctx context.Context, name string) (table.Column, error) {
	never := 0
	return b.enrichmentColumn(ctx, name, enrichment.Config{
		Steps: []enrichment.Step{{
			Provider: "company_name_normalise",
			Inputs:   map[string]enrichment.Input{"company": {Column: b.columns[b.sheet.company].ID}},
			Output:   "name",
		}},
		CacheDays: &never,
	})
}

const (
	limitedRate = 50 // calls a second that the step lets itself make
	limitedRows = 1500
	limitedBar  = 48 // calls a second that it must make
)

// limitedProvider runs a column whose step has a rate, and looks at the provider's side how well that is used and kept.
func (b *serverBench) limitedProvider(ctx context.Context) ([]Ratio, error) {
	var mu sync.Mutex
	var calls []time.Time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		calls = append(calls, time.Now())
		mu.Unlock()
		_, _ = w.Write([]byte(`{"answer":"yes"}`))
	}))
	defer server.Close()
	col, err := b.asking(ctx, "Limited answer", server.URL, &enrichment.Pace{PerSecond: limitedRate, Concurrency: slowAtOnce})
	if err != nil {
		return nil, err
	}
	j, _, _, err := b.runJob(ctx, col, limitedRows)
	if err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	if len(calls) < 2 {
		return nil, fmt.Errorf("the provider was asked %d times", len(calls))
	}
	rate := float64(len(calls)-1) / calls[len(calls)-1].Sub(calls[0]).Seconds()
	most := mostWithin(calls, time.Second)
	complete := j.Counts.Succeeded == limitedRows && len(calls) == limitedRows
	return []Ratio{
		{
			Name: "provider limited to 50 calls a second", Value: rate, Limit: limitedRate, Ratio: rate / limitedRate, Unit: "calls/s",
			AtLeast: limitedBar, Failed: !complete, Note: fmt.Sprintf("%d rows, at the provider's side", limitedRows),
		},
		{
			Name: "the same, most in any second", Value: float64(most), Limit: limitedRate, Ratio: float64(most) / limitedRate, Unit: "calls",
			AtMost: limitedRate, Note: "in every window of a second that begins with a call",
		},
	}, nil
}

// mostWithin is the most of the sorted moments that any window of the length holds.
func mostWithin(at []time.Time, length time.Duration) (most int) {
	from := 0
	for i, t := range at {
		for t.Sub(at[from]) >= length {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
