package systemtest_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	temporal "go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// need is the address of a real server that the tests are told of.
func need(t *testing.T, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	require.NotEmpty(t, value, "%s is not set: run these tests with make, which starts the servers", variable)
	return value
}

// freshDatabase makes a database for the test on the server at MORKET_TEST_DATABASE_URL.
func freshDatabase(t *testing.T) string {
	t.Helper()
	at := need(t, "MORKET_TEST_DATABASE_URL")
	name := "roles_" + strings.ToLower(rand.Text())
	admin := func(sql string) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		c, err := pgx.Connect(ctx, at)
		require.NoError(t, err)
		defer func() { _ = c.Close(ctx) }()
		_, err = c.Exec(ctx, sql)
		require.NoError(t, err)
	}
	admin("CREATE DATABASE " + name)
	t.Cleanup(func() { admin("DROP DATABASE " + name + " WITH (FORCE)") })
	u, err := url.Parse(at)
	require.NoError(t, err)
	u.Path = "/" + name
	q := u.Query()
	q.Set("pool_max_conns", "12") // many processes share the server
	u.RawQuery = q.Encode()
	return u.String()
}

// freshNamespace makes a namespace for the test in the Temporal at MORKET_TEST_TEMPORAL_ADDRESS.
func freshNamespace(t *testing.T) (address, name string) {
	t.Helper()
	address, name = need(t, "MORKET_TEST_TEMPORAL_ADDRESS"), "roles-"+strings.ToLower(rand.Text())
	c, err := temporal.NewNamespaceClient(temporal.Options{HostPort: address})
	require.NoError(t, err)
	defer c.Close()
	err = c.Register(t.Context(), &workflowservice.RegisterNamespaceRequest{Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
	require.NoError(t, err)
	return address, name
}

// external is the environment of the processes of one installation on the Postgres and the Temporal that the tests share.
func external(t *testing.T) []string {
	t.Helper()
	key := func() string {
		var b [32]byte
		_, err := rand.Read(b[:])
		require.NoError(t, err)
		return base64.StdEncoding.EncodeToString(b[:])
	}
	address, namespace := freshNamespace(t)
	return []string{
		"DATABASE_URL=" + freshDatabase(t), "TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=" + namespace,
		"MORKET_MASTER_KEY=" + key(), "MORKET_JWT_KEYS=" + key(),
	}
}

// grown is external with the shared RabbitMQ, kept apart from other installations by names of its own.
func grown(t *testing.T) []string {
	t.Helper()
	return append(external(t), "AMQP_URL="+need(t, "MORKET_TEST_AMQP_URL"), "AMQP_PREFIX=test."+strings.ToLower(rand.Text())+".")
}

func TestTheRolesInProcessesOfTheirOwn(t *testing.T) {
	t.Parallel()
	env := grown(t)
	front, other := newServer(t, env...), newServer(t, env...)
	front.args, other.args = []string{"serve", "--roles", "api"}, []string{"serve", "--roles", "api"}
	shared := "MORKET_DATA_DIR=" + front.dir // uploads are in it
	back := newServer(t, append(env, shared)...)
	back.args = []string{"serve", "--roles", "relay,projector,worker"}
	back.start()
	front.start()
	other.start()

	c := signUp(t, front)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Shared", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	name := table.column("Name")
	line := in[struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}](c, http.StatusOK, http.MethodPost, "/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{map[string]any{"op": "insert", "cells": map[string]any{"Name": "first"}}}})
	id := line.Results[0].RowID
	value := func() string {
		return text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+id, nil).Cells[name])
	}
	require.Equal(t, "first", value())

	elsewhere := *c
	elsewhere.base = other.url
	patches := watchCells(t, &elsewhere, table.ID)
	c.edit(table.ID, id, name, "second")
	sees(t, patches, "second")
	require.Equal(t, "second", value())

	back.kill()
	c.edit(table.ID, id, name, "while nobody projects")
	stale, err := c.try(t.Context(), http.MethodGet, c.ws+"/tables/"+table.ID+"/rows/"+id, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, stale.Status)
	require.True(t, stale.Meta.Stale, "a read says that it is behind: %s", stale.Raw)

	next := newServer(t, append(env, shared)...)
	next.args = back.args
	next.start()
	began := time.Now()
	require.Equal(t, "while nobody projects", value())
	sees(t, patches, "while nobody projects")
	t.Logf("another process had caught up after %s", time.Since(began))
	i := begin(c, front, file(badEvery-1))
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	require.Equal(t, "completed", done.State)
	require.Equal(t, int64(badEvery-1), c.count(done.TableID))
	next.verify()
}

// watchCells opens the table's live stream and hands out the values of its patches.
func watchCells(t *testing.T, c *client, table string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+c.ws+"/tables/"+table+"/stream", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // the reader closes it
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Contains(t, res.Header.Get("Content-Type"), "text/event-stream")
	values, opened := make(chan string, 100), make(chan struct{})
	go func() {
		defer res.Body.Close()
		defer close(values)
		lines := bufio.NewScanner(res.Body)
		for first := true; lines.Scan(); {
			if first { // the stream has begun: what happens from now on is in it
				close(opened)
				first = false
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var patch struct {
				Cols map[string][]string `json:"cols"`
			}
			if !ok || json.Unmarshal([]byte(data), &patch) != nil {
				continue
			}
			for _, column := range patch.Cols {
				for _, v := range column {
					values <- v
				}
			}
		}
	}()
	select {
	case <-opened:
	case <-time.After(doneWithin):
		t.Fatal("the stream does not begin")
	}
	return values
}

// sees waits until the value comes by.
func sees(t *testing.T, values <-chan string, want string) {
	t.Helper()
	late := time.After(doneWithin)
	for {
		select {
		case v, ok := <-values:
			require.True(t, ok, "the stream has ended before %q came", want)
			if v == want {
				return
			}
		case <-late:
			t.Fatalf("%q did not come over the stream", want)
		}
	}
}
