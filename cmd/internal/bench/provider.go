package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
	request, err := json.Marshal(map[string]any{
		"method":  http.MethodGet,
		"url":     server.URL + "/?q={{company}}",
		"outputs": map[string]any{"answer": map[string]any{"path": "$.answer"}},
	})
	if err != nil {
		return nil, err
	}
	never := 0
	col, err := b.enrichmentColumn(ctx, "Slow answer", enrichment.Config{
		Steps: []enrichment.Step{{
			Provider: "http_api",
			Config:   request,
			Inputs:   map[string]enrichment.Input{"company": {Column: b.columns[b.sheet.unique].ID}},
			Output:   "answer",
		}},
		CacheDays: &never,
	})
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

// normalised makes the column of a provider that opens no connection.
func (b *serverBench) normalised(ctx context.Context) (table.Column, error) {
	never := 0
	return b.enrichmentColumn(ctx, "Clean name", enrichment.Config{
		Steps: []enrichment.Step{{
			Provider: "company_name_normalise",
			Inputs:   map[string]enrichment.Input{"company": {Column: b.columns[b.sheet.company].ID}},
			Output:   "name",
		}},
		CacheDays: &never,
	})
}
