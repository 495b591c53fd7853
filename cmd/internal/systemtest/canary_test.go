package systemtest_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
)

// canary is a secret that nothing else can look like, in the forms in which it might get out.
type canary struct {
	secret string
	forms  []string
}

// newCanary makes a secret; its last four characters, which people may see, are in none of the forms.
func newCanary() canary {
	core := "cnry" + strings.ToLower(rand.Text())
	c := canary{secret: core + "WXYZ", forms: []string{core, strings.ToUpper(core), hex.EncodeToString([]byte(core))}}
	for shift := range 3 { // base64 of a longer text that holds it, at each of the three places where it can begin
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + core))
		c.forms = append(c.forms, text[4:len(text)-4])
	}
	return c
}

func (c canary) in(b []byte) bool { return c.context(b) != "" }

// context is what stands around the secret where it was found.
func (c canary) context(b []byte) string {
	const around = 300
	for _, form := range c.forms {
		if i := bytes.Index(b, []byte(form)); i >= 0 {
			return string(b[max(0, i-around):min(len(b), i+around)])
		}
	}
	return ""
}

// witness keeps what has been seen of the program from outside.
type witness struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	n     int
}

func (w *witness) see(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes.Write(b)
	w.n++
}

func (w *witness) seen() ([]byte, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.bytes.Bytes()), w.n
}

// indiscreet is a service that repeats the secret which it is shown wherever it can.
func indiscreet(t *testing.T, secret string) (at string, shown func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization") + r.Header.Get("X-Key") + r.URL.RawQuery
		mu.Lock()
		if strings.Contains(got, secret) {
			n++
		}
		mu.Unlock()
		w.Header().Set("X-Echo", got)
		switch r.URL.Path {
		case "/ok":
			_ = json.NewEncoder(w).Encode(map[string]any{"answer": "fine, " + got + " " + base64.StdEncoding.EncodeToString([]byte("user:"+got)) + " " + hex.EncodeToString([]byte(got)) + " " + url.QueryEscape(got)})
		case "/moved":
			http.Redirect(w, r, "/elsewhere?"+got, http.StatusFound)
		case "/nonsense":
			_, _ = fmt.Fprintf(w, "this is no JSON: %s", got)
		default:
			http.Error(w, "who is "+got+"?", http.StatusUnauthorized)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// queue collects what integrators get.
func queue(t *testing.T, s *server, url, exchange string, events *witness) {
	t.Helper()
	conn, err := amqp.Dial(url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	var ch *amqp.Channel
	s.eventually(doneWithin, "the exchange", func() bool { // asking for one that isn't there closes the channel
		ch, err = conn.Channel()
		require.NoError(t, err)
		return ch.ExchangeDeclarePassive(exchange, amqp.ExchangeTopic, true, false, false, false, nil) == nil
	})
	q, err := ch.QueueDeclare("", false, true, true, false, nil)
	require.NoError(t, err)
	require.NoError(t, ch.QueueBind(q.Name, "#", exchange, false, nil))
	messages, err := ch.Consume(q.Name, "", true, true, false, false, nil)
	require.NoError(t, err)
	go func() {
		for m := range messages {
			events.see(append([]byte(fmt.Sprint(m.Headers)), m.Body...))
		}
	}()
}

// A secret that is stored, used, rotated, mistyped and deleted, and that a service repeats in its errors, is found nowhere: not in an
// answer of the API, a log line, an event, a table, a dead letter, a trace, a message, or a workflow's history.
func TestASecretIsFoundNowhere(t *testing.T) {
	t.Parallel()
	secret, broker, prefix := newCanary(), need(t, "MORKET_TEST_AMQP_URL"), strings.ToLower(rand.Text())+"."
	var answers, traces, events witness
	collected := newReceiver(t)
	service, shown := indiscreet(t, secret.secret)
	s := newServer(t, "MORKET_LOG_LEVEL=debug", "MORKET_DIAL_ALLOW=127.0.0.1/32", "AMQP_URL="+broker, "AMQP_PREFIX="+prefix, "OTEL_EXPORTER_OTLP_ENDPOINT="+collected.URL)
	s.start()
	queue(t, s, broker, prefix+"morket.events", &events)
	c := demo(t, s)
	ask := func(method, path string, body any) reply {
		r, err := c.try(t.Context(), method, c.ws+path, body)
		require.NoError(t, err)
		c.wrote(r)
		answers.see(fmt.Appendf(nil, "%v %s\n", r.Header, r.Raw))
		return r
	}
	id := keep(t, ask, secret.secret)
	enrich(t, s, c, ask, service, id)
	require.Equal(t, http.StatusOK, ask(http.MethodPost, "/credentials/"+id+"/rotate", map[string]any{"secret": map[string]string{"api_key": secret.secret + "2"}}).Status)
	require.Equal(t, http.StatusOK, ask(http.MethodPost, "/credentials/"+id+"/test", nil).Status)
	for _, path := range []string{"/credentials", "/credits/transactions", "/enrichment-jobs", "/changes?after=0", "/members"} {
		ask(http.MethodGet, path, nil)
	}
	require.Equal(t, http.StatusOK, ask(http.MethodDelete, "/credentials/"+id, nil).Status)
	require.Positive(t, shown(), "the service has been shown the secret, so it was used")
	s.eventually(doneWithin, "traces and messages", func() bool {
		collected.mu.Lock()
		defer collected.mu.Unlock()
		_, messages := events.seen()
		return len(collected.spans) > 0 && messages > 10
	})
	requireNotInTables(t, s, secret)
	s.stop()
	for _, span := range collected.spans {
		traces.see([]byte(span.String()))
	}
	for name, w := range map[string]*witness{"the API's answers": &answers, "traces": &traces, "messages": &events} {
		b, n := w.seen()
		require.Positive(t, n, name)
		require.Empty(t, secret.context(b), name)
	}
	requireNotInFiles(t, s, secret)
}

// keep stores the secret, after some tries that are refused.
func keep(t *testing.T, ask func(string, string, any) reply, secret string) string {
	t.Helper()
	for name, body := range map[string]any{
		"wrong place":   map[string]any{"provider": "http_api", "name": "a", "secret": map[string]string{"api_key": ""}, "api_key": secret},
		"wrong name":    map[string]any{"provider": "http_api", "name": "a", "secret": map[string]string{"A B": secret}},
		"wrong type":    map[string]any{"provider": "http_api", "name": "a", "secret": secret},
		"no provider":   map[string]any{"provider": "nobody", "name": "a", "secret": map[string]string{"api_key": secret}},
		"too long":      map[string]any{"provider": "http_api", "name": "a", "secret": map[string]string{"api_key": secret + strings.Repeat("x", 20<<10)}},
		"not even JSON": raw(`{"secret": "` + secret),
	} {
		r := ask(http.MethodPost, "/credentials", body)
		require.GreaterOrEqual(t, r.Status, 400, name)
	}
	r := ask(http.MethodPost, "/credentials", map[string]any{"provider": "http_api", "name": "Indiscreet", "secret": map[string]string{"api_key": secret}, "hosts": []string{"127.0.0.1"}})
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Raw)
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal(r.Data, &made))
	return made.ID
}

// enrich uses the secret in all ways in which a key can be sent, against answers that repeat it and an address where nobody is.
func enrich(t *testing.T, s *server, c *client, ask func(string, string, any) reply, service, credential string) {
	t.Helper()
	table := c.sample()
	var columns []string
	for i, step := range []struct{ auth, url string }{
		{"bearer", service + "/ok"}, {"header", service + "/refuse"}, {"query", service + "/nonsense"}, {"query", "http://127.0.0.1:1/nobody"}, {"query", service + "/moved"},
	} {
		config := map[string]any{"url": step.url, "auth": map[string]string{"kind": step.auth, "name": "X-Key"}, "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}}
		body := map[string]any{"name": fmt.Sprintf("Asked %d", i), "type": "text", "config": map[string]any{
			"steps": []any{map[string]any{"provider": "http_api", "credential_id": credential, "config": config, "output": "answer"}},
		}}
		r := ask(http.MethodPost, "/tables/"+table.ID+"/enrichment-columns", body)
		require.Equal(t, http.StatusCreated, r.Status, "%s", r.Raw)
		var col column
		require.NoError(t, json.Unmarshal(r.Data, &col))
		columns = append(columns, col.ID)
		if i == 0 { // further failures would have the provider given a rest
			ask(http.MethodPost, "/tables/"+table.ID+"/enrichment-preview", map[string]any{"config": body["config"], "row_id": c.rows(table.ID, "limit=1")[0].ID})
		}
	}
	r := ask(http.MethodPost, "/enrichment-jobs", map[string]any{"table_id": table.ID, "columns": columns, "first": 1})
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Raw)
	var job struct{ ID, State string }
	require.NoError(t, json.Unmarshal(r.Data, &job))
	s.eventually(doneWithin, "the run's end", func() bool {
		r := c.call(http.StatusOK, http.MethodGet, c.ws+"/enrichment-jobs/"+job.ID, nil)
		require.NoError(t, json.Unmarshal(r.Data, &job))
		return job.State == "completed" || job.State == "partially_completed" || job.State == "failed"
	})
	require.Equal(t, "partially_completed", job.State, "%s", ask(http.MethodGet, "/enrichment-jobs/"+job.ID+"/records", nil).Raw)
	ask(http.MethodGet, "/tables/"+table.ID+"/rows?limit=3", nil)
}

// requireNotInTables looks through every table of the database: the log with its commands and snapshots, read models, dead letters, keys.
func requireNotInTables(t *testing.T, s *server, secret canary) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "runtime.json"))
	require.NoError(t, err)
	var running struct {
		DatabaseURL string `json:"database_url"`
	}
	require.NoError(t, json.Unmarshal(b, &running))
	conn, err := pgx.Connect(t.Context(), running.DatabaseURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, tables, "log.commands")
	require.Contains(t, tables, "projection.parked")
	var like []string
	for _, form := range secret.forms {
		like = append(like, "%"+form+"%")
	}
	for _, table := range tables {
		var n int
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` x WHERE x::text LIKE ANY ($1)`, like).Scan(&n))
		require.Zero(t, n, table)
	}
}

// requireNotInFiles looks through all that the program has written: its log, Temporal's histories, the raw files of Postgres, keys.
func requireNotInFiles(t *testing.T, s *server, secret canary) {
	t.Helper()
	history, began := false, time.Now()
	err := filepath.WalkDir(filepath.Dir(s.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		history = history || strings.Contains(path, "temporal") && bytes.Contains(b, []byte("enrichment.run"))
		require.False(t, secret.in(b), path)
		return nil
	})
	require.NoError(t, err)
	require.True(t, history, "the run's history has been looked at")
	t.Logf("looked through the files in %s", time.Since(began))
}
