package systemtest_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// besideItsPostgres are the servers that a grown installation has beside the embedded Postgres, which alone is archived.
func besideItsPostgres(t *testing.T) []string {
	t.Helper()
	own := "system_" + strings.ToLower(rand.Text())
	return []string{
		"AMQP_URL=" + need(t, "MORKET_TEST_AMQP_URL"), "AMQP_PREFIX=" + own + ".",
		"CLICKHOUSE_URL=" + need(t, "MORKET_TEST_CLICKHOUSE_URL") + "/" + own, "OPENSEARCH_URL=" + need(t, "MORKET_TEST_OPENSEARCH_URL") + "/" + own,
	}
}

// The archive of a grown installation in a bucket: drilled while the server runs, then restored to a moment before what the search, the
// analytics and RabbitMQ have seen.
func TestAnArchiveInABucketIsProvedAndRestored(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	for _, d := range []string{temp, filepath.Dir(temp)} { // Postgres may run as another user
		require.NoError(t, os.Chmod(d, 0o755))
	}
	archive := bucket(t)
	env := append(besideItsPostgres(t), passphrase, "S3_URL="+bucket(t), "TMPDIR="+temp)
	s := newServer(t, append(env, "MORKET_ARCHIVE_TARGET="+archive, "MORKET_ARCHIVE_EVERY=1s")...)
	s.start()
	c := signUp(t, s)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Kept", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	s.eventually(doneWithin, "there is a base backup", func() bool { return s.metric("morket_archive_oldest_timestamp_seconds") > 0 })
	imported := begin(c, s, file(savedRecords)).await("the import has ended", func(n importInfo) bool { return n.State == "partially_completed" })
	name := table.column("Name")
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{map[string]any{"op": "insert", "cells": map[string]any{"Name": "before"}}}})
	id := c.rows(table.ID, "limit=1")[0].ID
	before := c.at
	for i := range 3 {
		c.edit(table.ID, id, name, fmt.Sprint("after ", i))
	}
	last, wrote := c.at, time.Now()
	s.eventually(doneWithin, "all of it is archived", func() bool {
		return s.metric("morket_archive_last_success_timestamp_seconds") > float64(wrote.Unix()+1)
	})
	t.Logf("archived %s after it was written", time.Since(wrote).Round(time.Millisecond))
	s.eventually(doneWithin, "the search has it", func() bool { return c.found("after") == 1 })

	out, code := s.tool("drill", "--until", "latest", archive)
	require.Zero(t, code, out)
	require.Contains(t, out, "the archive is good")
	require.NotContains(t, out, "BAD")
	at := restoredAt.FindStringSubmatch(out)
	require.NotNil(t, at, out)
	drilled, err := strconv.ParseInt(at[1], 10, 64)
	require.NoError(t, err)
	require.GreaterOrEqual(t, drilled, last)
	t.Log(out)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
	out, code = s.tool("drill", "--until", strconv.FormatInt(drilled+1000, 10), archive)
	require.NotZero(t, code)
	require.Contains(t, out, "the archive ends at position")
	s.kill()
	require.NoError(t, os.RemoveAll(s.dir))

	began := time.Now()
	again := newServer(t, env...)
	out, code = again.tool("restore", "--until", strconv.FormatInt(before, 10), archive)
	require.Zero(t, code, out)
	again.start()
	c.base, c.at = again.url, before
	require.JSONEq(t, `"before"`, string(c.rows(table.ID, "limit=1")[0].Cells[name]))
	require.Equal(t, imported.Counts.Imported, c.count(imported.TableID))
	again.eventually(doneWithin, "the search is as the log", func() bool { return c.found("before") == 1 && c.found("after") == 0 })
	t.Logf("restored, ready and everything right after %s: %s", time.Since(began).Round(time.Millisecond), out)
	c.edit(table.ID, id, name, "in the new history")
	again.verify()
}
