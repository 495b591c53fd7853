package systemtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/opensearchchild"
)

// found is how many rows a search finds, -1 while OpenSearch can't answer.
func (c *client) found(q string) int64 {
	c.t.Helper()
	r, err := c.try(c.t.Context(), http.MethodPost, c.ws+"/search", map[string]any{"q": q, "limit": 1})
	require.NoError(c.t, err)
	if r.Status == http.StatusServiceUnavailable {
		require.Contains(c.t, r.Error.Message, "OpenSearch", "a store that can't answer is named")
		require.NotEmpty(c.t, r.Header.Get("Retry-After"))
		return -1
	}
	require.Equal(c.t, http.StatusOK, r.Status, "%s", r.Raw)
	var body struct {
		Meta struct {
			Total int64 `json:"total"`
		} `json:"meta"`
	}
	require.NoError(c.t, json.Unmarshal(r.Raw, &body))
	return body.Meta.Total
}

// burst adds rows that the word burst finds.
func (c *client) burst(table tableInfo, n int) {
	c.t.Helper()
	ops := make([]any, n)
	for i := range ops {
		ops[i] = map[string]any{"op": "insert", "cells": map[string]any{"Company": fmt.Sprintf("Burst %d", i)}}
	}
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/rows:batch", map[string]any{"operations": ops})
}

func TestOpenSearchIsKilledEmptiedAndLosesItsIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node, err := opensearchchild.Start(t.Context(), opensearchchild.Config{Dir: dir})
	require.NoError(t, err)
	start := func() {
		node, err = opensearchchild.Start(t.Context(), opensearchchild.Config{Dir: dir, Port: node.Port()})
		require.NoError(t, err)
	}
	defer func() { require.NoError(t, node.Stop()) }()
	s := newServer(t, "OPENSEARCH_URL="+node.URL()+"/faults")
	s.start()
	c := demo(t, s)
	table := c.sample()
	finds := func(what string, n int64) {
		t.Helper()
		s.eventually(doneWithin, what, func() bool { return c.found("burst") == n })
	}
	s.eventually(doneWithin, "the sample is found", func() bool { return c.found("company:microsoft") == 1 })

	const batch = 500
	c.burst(table, batch)
	node.Kill()
	c.burst(table, batch)
	require.Equal(t, int64(-1), c.found("burst"))
	h, err := s.readiness()
	require.NoError(t, err)
	require.True(t, h.Ready, "everything but searches goes on: %+v", h)
	start()
	finds("what was written while OpenSearch was down", 2*batch)

	drop(t, node)
	finds("everything, after the index was deleted", 2*batch)
	c.burst(table, 1)
	finds("what came after that", 2*batch+1)

	require.NoError(t, node.Stop())
	require.NoError(t, os.RemoveAll(dir))
	start()
	finds("everything, after OpenSearch was emptied", 2*batch+1)
	s.verify()
}

// operate asks a server itself, as its operator does, and returns its answer.
func operate(t *testing.T, method, address, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s", answer)
	return answer
}

// drop deletes every index as an operator might.
func drop(t *testing.T, node *opensearchchild.Server) {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal(operate(t, http.MethodGet, node.URL()+"/_alias", ""), &all))
	dropped := 0
	for name := range all {
		if strings.HasPrefix(name, "faults_") {
			operate(t, http.MethodDelete, node.URL()+"/"+name, "")
			dropped++
		}
	}
	require.Positive(t, dropped)
}
