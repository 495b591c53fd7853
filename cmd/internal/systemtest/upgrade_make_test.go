//go:build dumps

package systemtest_test

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// TestMakeADump has the release at MORKET_TEST_RELEASE, built into MORKET_TEST_RELEASE_BINARY, work until it is killed in the middle of a
// run and an import, and keeps what it leaves in testdata/upgrade. What a release doesn't know yet it isn't asked for.
func TestMakeADump(t *testing.T) {
	release := need(t, "MORKET_TEST_RELEASE")
	binary = need(t, "MORKET_TEST_RELEASE_BINARY")
	url := freshDatabase(t)
	s := newServer(t, append(upgradeSettings(), "DATABASE_URL="+url)...)
	newAnswerer(t, answeredThen)
	s.start()
	m := &maker{server: s, c: register(t, s, upgradedUser), was: installation{Release: release}}
	m.was.Workspace = m.c.ws[strings.LastIndexByte(m.c.ws, '/')+1:]
	m.c.call(http.StatusCreated, http.MethodPost, m.c.ws+"/credits/grants", map[string]any{"amount_mc": 100_000, "note": "for the run"})
	m.table()
	m.webhook()
	m.run()
	m.imports()
	s.kill()
	m.keep(url)
}

const answeredThen = 8

type maker struct {
	*server
	c      *client
	was    installation
	rows   []string
	note   string
	people tableInfo
}

// known makes a request that a release may not know.
func (m *maker) known(method, path string, body, into any, headers ...string) bool {
	m.t.Helper()
	r, err := m.c.try(m.t.Context(), method, m.c.ws+path, body, headers...)
	require.NoError(m.t, err)
	if r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed {
		return false
	}
	require.Less(m.t, r.Status, 300, "%s %s: %s", method, path, r.Raw)
	m.c.wrote(r)
	require.NoError(m.t, json.Unmarshal(r.Data, into))
	return true
}

func (m *maker) table() {
	var made tableInfo
	require.True(m.t, m.known(http.MethodPost, "/tables", map[string]any{"name": "People", "columns": []any{
		map[string]any{"name": "Key", "type": "text"}, map[string]any{"name": "Note", "type": "text"},
	}}, &made))
	m.people = m.c.table(made.ID)
	m.was.Table, m.note = made.ID, m.people.column("Note")
	var ops []any
	for i := range 24 {
		key := fmt.Sprintf("%s %d", m.was.Release, i)
		m.was.Keys, ops = append(m.was.Keys, key), append(ops, map[string]any{"op": "insert", "cells": map[string]any{"Key": key}})
	}
	var rows struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}
	require.True(m.t, m.known(http.MethodPost, "/tables/"+made.ID+"/rows:batch", map[string]any{"operations": ops}, &rows))
	for _, r := range rows.Results {
		m.rows = append(m.rows, r.RowID)
	}
}

func (m *maker) webhook() {
	var made struct {
		ID string `json:"id"`
	}
	if m.known(http.MethodPost, "/webhooks", map[string]any{"url": "http://127.0.0.1:9/nobody", "ordered": true, "types": []string{"table.cells_edited"}}, &made) {
		m.was.Webhook = made.ID
	}
	for i := range 12 {
		m.was.Note = "note " + strconv.Itoa(i)
		m.c.edit(m.was.Table, m.rows[0], m.note, m.was.Note)
	}
	if made.ID != "" {
		m.was.Edits = 12
	}
}

func (m *maker) run() {
	var money struct {
		Balance int64 `json:"balance_mc"`
	}
	m.known(http.MethodGet, "/credits", nil, &money)
	m.was.Credits = money.Balance
	step := map[string]any{
		"provider": "http_api", "output": "answer", "inputs": map[string]any{"key": map[string]any{"column": m.people.column("Key")}},
		"config": map[string]any{"method": "GET", "url": "http://" + deskAt + "/?key={{key}}", "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}},
	}
	var col column
	require.True(m.t, m.known(http.MethodPost, "/tables/"+m.was.Table+"/enrichment-columns", map[string]any{"name": "Asked", "type": "text", "config": map[string]any{"steps": []any{step}}}, &col))
	m.was.Column = col.ID
	var job jobInfo
	require.True(m.t, m.known(http.MethodPost, "/enrichment-jobs", map[string]any{"table_id": m.was.Table, "columns": []string{col.ID}, "scope": "rows", "row_ids": m.rows}, &job))
	m.was.Run = job.ID
	m.eventually(doneWithin, "some answers", func() bool {
		job = in[jobInfo](m.c, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+m.was.Run, nil)
		return job.Counts.Done >= answeredThen
	})
	m.was.Answered = job.Counts.Done
}

func (m *maker) imports() {
	const n = 3000
	m.was.Rows = n
	var text strings.Builder
	text.WriteString("Key,Number\n")
	for i := range n {
		fmt.Fprintf(&text, "key-%d,%d\n", i, i*7)
	}
	var up importInfo
	require.True(m.t, m.known(http.MethodPost, "/imports?filename=people.csv", raw(text.String()), &up, "Content-Type", "text/csv"))
	m.was.Import = up.ID
	mapping := []any{
		map[string]any{"index": 0, "new_column": map[string]any{"name": "Key", "type": "text"}},
		map[string]any{"index": 1, "new_column": map[string]any{"name": "Number", "type": "number"}},
	}
	require.True(m.t, m.known(http.MethodPost, "/imports/"+up.ID+"/commit", map[string]any{"new_table": map[string]any{"name": "Imported"}, "header": true, "mapping": mapping}, &up))
	m.eventually(5*time.Second, "the import has begun", func() bool {
		up = in[importInfo](m.c, http.StatusOK, http.MethodGet, "/imports/"+up.ID, nil)
		return up.Counts.Imported > 0 || up.State != "importing"
	})
}

// Names of what the dump must not depend on.
var (
	slashed = regexp.MustCompile(`(?m)^\\.*\n`)
	owner   = regexp.MustCompile(`(CREATE POLICY owner ON \S+) TO \w+ `)
	timeout = regexp.MustCompile(`(?m)^SET transaction_timeout.*\n`)
)

func (m *maker) keep(url string) {
	at := plain(m.t, url)
	m.state(at)
	cmd := exec.Command("pg_dump", "--inserts", "--rows-per-insert=200", "--no-owner", "--no-comments", "--exclude-table-data=*.processes", at)
	cmd.Stderr = os.Stderr
	sql, err := cmd.Output()
	require.NoError(m.t, err)
	sql = timeout.ReplaceAll(owner.ReplaceAll(slashed.ReplaceAll(sql, nil), []byte("$1 TO CURRENT_USER ")), nil)
	f, err := os.Create("testdata/upgrade/" + m.was.Release + ".tar.zst")
	require.NoError(m.t, err)
	z, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	require.NoError(m.t, err)
	to := tar.NewWriter(z)
	put := func(name string, body []byte) {
		require.NoError(m.t, to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body))}))
		_, err := to.Write(body)
		require.NoError(m.t, err)
	}
	state, err := json.MarshalIndent(m.was, "", "  ")
	require.NoError(m.t, err)
	m.t.Logf("%s, %d bytes of SQL", state, len(sql))
	put(stateFile, state)
	put(dumpFile, sql)
	objects := filepath.Join(m.dir, "objects")
	require.NoError(m.t, filepath.WalkDir(objects, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		require.NoError(m.t, err)
		name, err := filepath.Rel(m.dir, path)
		put(filepath.ToSlash(name), body)
		return err
	}))
	require.NoError(m.t, to.Close())
	require.NoError(m.t, z.Close())
	require.NoError(m.t, f.Close())
}

// state tells what was under way, and requires that it was.
func (m *maker) state(url string) {
	conn, err := pgx.Connect(m.t.Context(), url)
	require.NoError(m.t, err)
	defer func() { _ = conn.Close(m.t.Context()) }()
	for _, kind := range []string{"run.finished", "run.completed", "import.completed", "import.finished"} {
		var n int
		require.NoError(m.t, conn.QueryRow(m.t.Context(), `SELECT count(*) FROM log.events WHERE type LIKE $1 || '.%'`, kind).Scan(&n))
		require.Zero(m.t, n, kind)
	}
}
