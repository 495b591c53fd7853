package systemtest_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/adapters/servers/opensearchchild"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/adapters/servers/s3child"
)

// keeper is a server beside Morket that keeps files in a folder of the test's own.
type keeper struct {
	dir, setting string
	stop         func() error
}

// keepers start together, since each takes its time.
func keepers(t *testing.T) map[string]*keeper {
	t.Helper()
	out := map[string]*keeper{}
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed []error
	for name, start := range map[string]func(ctx context.Context, dir string) (setting string, stop func() error, err error){
		"clickhouse": func(ctx context.Context, dir string) (string, func() error, error) {
			s, err := clickhousechild.Start(ctx, clickhousechild.Config{DataDir: dir})
			if err != nil {
				return "", nil, err
			}
			return "CLICKHOUSE_URL=" + s.URL() + "/erased", s.Stop, nil
		},
		"opensearch": func(ctx context.Context, dir string) (string, func() error, error) {
			s, err := opensearchchild.Start(ctx, opensearchchild.Config{Dir: dir})
			if err != nil {
				return "", nil, err
			}
			return "OPENSEARCH_URL=" + s.URL() + "/erased", s.Stop, nil
		},
		"rabbitmq": func(ctx context.Context, dir string) (string, func() error, error) {
			s, err := rabbitchild.Start(ctx, rabbitchild.Config{Dir: dir})
			if err != nil {
				return "", nil, err
			}
			return "AMQP_URL=" + s.URL(), s.Stop, nil
		},
		"redis": func(ctx context.Context, dir string) (string, func() error, error) {
			s, err := redischild.Start(ctx, redischild.Config{Dir: dir})
			if err != nil {
				return "", nil, err
			}
			return "REDIS_URL=" + s.URL(), s.Stop, nil
		},
		"objects": func(ctx context.Context, dir string) (string, func() error, error) {
			s, err := s3child.Start(ctx, s3child.Config{Dir: dir})
			if err != nil {
				return "", nil, err
			}
			return "S3_URL=" + s.URL("erased"), s.Stop, nil
		},
	} {
		dir := t.TempDir()
		all.Go(func() {
			setting, stop, err := start(t.Context(), dir)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
				return
			}
			out[name] = &keeper{dir, setting, sync.OnceValue(stop)}
		})
	}
	all.Wait()
	t.Cleanup(func() {
		for _, k := range out {
			_ = k.stop()
		}
	})
	require.Empty(t, failed)
	return out
}

// holding lists the files below the folders that tell of the person.
func holding(t *testing.T, secret canary, dirs ...string) (out []string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				if os.IsNotExist(err) { // a server that runs removes files
					err = nil
				}
				return err
			}
			b, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil
			}
			if found := secret.context(b); found != "" {
				out = append(out, path+": "+found)
			}
			return err
		})
		require.NoError(t, err)
	}
	return out
}

// inRedis lists the keys that tell of the person, or whose values do.
func inRedis(t *testing.T, secret canary, setting string) (out []string) {
	t.Helper()
	o, err := redis.ParseURL(setting[len("REDIS_URL="):])
	require.NoError(t, err)
	client := redis.NewClient(o)
	defer func() { _ = client.Close() }()
	for keys := client.Scan(t.Context(), 0, "*", 100).Iterator(); keys.Next(t.Context()); {
		var value string
		switch kind := client.Type(t.Context(), keys.Val()).Val(); kind {
		case "string":
			value = client.Get(t.Context(), keys.Val()).Val()
		case "hash":
			b, err := json.Marshal(client.HGetAll(t.Context(), keys.Val()).Val())
			require.NoError(t, err)
			value = string(b)
		default:
			value = client.Dump(t.Context(), keys.Val()).Val()
		}
		if secret.in([]byte(keys.Val() + value)) {
			out = append(out, keys.Val()+": "+value)
		}
	}
	return out
}

// parrot answers and takes everything, and always tells of the person.
func parrot(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := "nothing"
		if key := r.URL.Query().Get("key"); strings.HasPrefix(key, "ada.") {
			answer = "analytical engine of " + key
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"answer": answer, "note": "ada.lovelace@example.com called"})
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// leave leaves traces of the person wherever something of rows goes that a file alone doesn't reach: answers of a provider, what came to a
// workflow's address, a merge, searches and views, and what receivers of webhooks have said.
func leave(t *testing.T, s *server, c *client, table tableInfo, service string) {
	t.Helper()
	hook := in[column](c, http.StatusCreated, http.MethodPost, "/webhooks", map[string]any{"url": service + "/", "types": []string{"table.cells_edited.v1"}}).ID
	email, name := table.column("Email"), table.column("Name")
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{
		map[string]any{"op": "insert", "cells": map[string]any{"Name": "Ada Lovelace", "Email": "ada.lovelace@example.com", "Notes": "Lovelace again"}},
	}})
	scan := in[dedupJob](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/duplicate-scans", map[string]any{
		"threshold": 0.8, "keys": []any{map[string]any{"column_id": email, "match": "email"}},
	})
	d := &deduping{c, s, table}
	require.Equal(t, 1, d.ended(scan.ID).Groups)
	require.Equal(t, "completed", d.merge(scan.ID, map[string]any{"min_score": 0.8}).State)
	asks := map[string]any{
		"provider": "http_api", "output": "answer", "inputs": map[string]any{"key": map[string]any{"column": email}},
		"config": map[string]any{"url": service + "/?key={{key}}", "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}},
	}
	answers := in[column](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/enrichment-columns", map[string]any{
		"name": "Answer", "type": "text", "config": map[string]any{"steps": []any{asks}},
	}).ID
	finishedJob(s, c, map[string]any{"table_id": table.ID, "columns": []string{answers}})
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/search/saved", map[string]any{"name": "One", "query": map[string]any{"q": "Ada Lovelace"}})
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/tables/"+table.ID+"/views", map[string]any{
		"name": "Hers", "shared": true, "filter": map[string]any{"column": name, "op": "is", "value": "Ada Lovelace"},
	})
	c.edit(table.ID, c.rows(table.ID, "limit=1")[0].ID, table.column("Notes"), "the last of the analytical engine")
	s.eventually(doneWithin, "the receiver has answered", func() bool {
		r := c.call(http.StatusOK, http.MethodGet, c.ws+"/webhooks/"+hook+"/deliveries?limit=1", nil)
		var list []struct{ State string }
		require.NoError(t, json.Unmarshal(r.Data, &list))
		return len(list) == 1 && list[0].State == "delivered"
	})
	a := &automating{s: s, c: c, table: table}
	flow := "/workflows/" + in[column](c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "Inbound", "graph": chained(
		step("go", "webhook", map[string]any{"table_id": table.ID, "column_id": email, "fields": map[string]any{email: "lead.email", name: "lead.name"}}),
		step("mark", "update_cells", map[string]any{"set": map[string]any{table.column("Notes"): "came"}}),
	)}).ID
	path := in[struct{ Path string }](c, http.StatusCreated, http.MethodPost, flow+"/hook", map[string]any{}).Path
	c.call(http.StatusOK, http.MethodPost, c.ws+flow+"/publish", map[string]any{"version": 1})
	require.Equal(t, http.StatusAccepted, a.post(path, "one", `{"lead":{"email":"ada.lovelace@example.com","name":"Ada King Lovelace"}}`))
	a.ended(flow, 1)
}

// A person who came by a file, a provider, an address of a workflow and edits is erased by the command, and nothing is left in any store that
// Morket keeps something in: neither for a question nor in the bytes of its files, nor in a backup that is restored.
func TestAPersonIsInNoStoresBytesAfterAnErasure(t *testing.T) {
	t.Parallel()
	beside, service, her := keepers(t), parrot(t), ada()
	settings := []string{passphrase, "MORKET_DIAL_ALLOW=127.0.0.1/32"}
	for _, k := range beside {
		settings = append(settings, k.setting)
	}
	s := newServer(t, settings...)
	s.start()
	c := signUp(t, s)
	table, _ := peopled(t, s, c)
	leave(t, s, c, table, service)
	s.eventually(doneWithin, "the search has her", func() bool { return c.found("lovelace") > 0 })
	grace := "limit=10&filter=" + url.QueryEscape(`{"column":"`+table.column("Name")+`","op":"is","value":"Grace Hopper"}`)
	others := c.rows(table.ID, grace)
	require.Len(t, others, 1)
	for name, dir := range map[string]string{"Postgres": s.dir, "RabbitMQ": beside["rabbitmq"].dir, "objects": beside["objects"].dir} {
		require.NotEmpty(t, holding(t, her, dir), "%s is looked through where it keeps things", name)
	}
	require.NotEmpty(t, inRedis(t, her, beside["redis"].setting), "a sample of what came to the workflow")

	key := in[struct {
		Key string `json:"key"`
	}](c, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "privacy", "role": "admin"}).Key
	dir := t.TempDir()
	held, certificate := filepath.Join(dir, "held.json"), filepath.Join(dir, "certificate.json")
	out, code := s.tool("erase", "--server", s.url, "--key", key, "--email", "ada.lovelace@example.com", "--phone", "+44 20 7946 0958",
		"--yes", "--out", held, "--certificate", certificate)
	require.Zero(t, code, out)
	require.Contains(t, out, "the certificate is")
	b, err := os.ReadFile(held)
	require.NoError(t, err)
	for _, has := range []string{"ada.lovelace@example.com", "a.lovelace@example.org", "Lovelace it is", "analytical engine of ada", "Ada King Lovelace"} {
		require.Contains(t, string(b), has)
	}
	require.NotContains(t, string(b), "compilers", "of others only what mentions her")
	c.at = 0
	require.EqualValues(t, 2, c.count(table.ID))
	left := c.rows(table.ID, grace)
	require.Equal(t, others[0].Cells[table.column("Email")], left[0].Cells[table.column("Email")])
	require.Zero(t, c.found("lovelace"))
	require.EqualValues(t, 1, c.found("hopper"))
	requireNotInTables(t, s, her)
	require.Empty(t, inRedis(t, her, beside["redis"].setting))
	s.verify()

	backup := filepath.Join(dir, "morket.backup")
	out, code = s.tool("backup", backup)
	require.Zero(t, code, out)
	_, _ = s.stop()
	for _, name := range []string{"clickhouse", "opensearch", "rabbitmq", "redis", "objects"} {
		require.NoError(t, beside[name].stop(), name)
	}
	again, err := rabbitchild.Start(t.Context(), rabbitchild.Config{Dir: beside["rabbitmq"].dir}) // a new file of its log, as the certificate says
	require.NoError(t, err)
	require.NoError(t, again.Stop())
	restored := newServer(t, passphrase)
	out, code = restored.tool("restore", backup)
	require.Zero(t, code, out)
	dirs := []string{filepath.Dir(s.dir), restored.dir}
	for _, k := range beside {
		dirs = append(dirs, k.dir)
	}
	require.Empty(t, holding(t, her, dirs...))
}
