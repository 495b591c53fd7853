package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

// onServer runs the steps that need the whole product: a server with its own Postgres and Temporal, spoken to over HTTP.
func (r *run) onServer(ctx context.Context) error {
	return r.onFresh(ctx, "data", smallSheet(), usualRows, func(b *serverBench) error {
		imports := func(ctx context.Context) ([]Ratio, error) {
			return r.profiled(StepImport, func() ([]Ratio, error) { return b.imports(ctx) })
		}
		if err := r.step(ctx, StepImport, imports); err != nil {
			return err
		}
		if err := r.step(ctx, StepBytes, b.bytes); err != nil {
			return err
		}
		if err := r.step(ctx, StepGrid, b.grid); err != nil {
			return err
		}
		if err := r.step(ctx, StepRun, func(ctx context.Context) ([]Ratio, error) {
			return r.profiled(StepRun, func() ([]Ratio, error) { return b.runs(ctx) })
		}); err != nil {
			return err
		}
		return r.step(ctx, StepWorkflow, b.workflows)
	})
}

// onFresh measures a sheet on a server of its own.
func (r *run) onFresh(ctx context.Context, folder string, s sheet, rows int, measure func(*serverBench) error) (err error) {
	cfg, err := r.serverConfig(ctx, folder)
	if err != nil {
		return err
	}
	if err := reachSlow(&cfg); err != nil {
		return err
	}
	c, stop, err := r.serve(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	b := &serverBench{client: c, run: r, sheet: s, size: cmp.Or(r.Rows, rows), effort: effort{rounds: 3, round: 4 * time.Second}}
	if b.size > usualRows {
		b.rounds = 1
	}
	return measure(b)
}

// serve runs a server until stop is called, and signs in to it. It logs requests as in production.
func (r *run) serve(ctx context.Context, cfg config.Config) (c *client, stop func() error, err error) {
	logs, err := os.Create(cfg.DataDir + ".log")
	if err != nil {
		return nil, nil, err
	}
	serving, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- boot.ServeLogging(serving, cfg, slog.New(slog.NewJSONHandler(logs, nil)), io.Discard)
	}()
	stop = func() error {
		if c != nil {
			c.pool.Close()
		}
		end()
		err := <-ended
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, logs.Close())
	}
	if c, err = r.signIn(ctx, cfg, ended); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return c, stop, nil
}

// serverConfig is the configuration of a server with everything embedded, in a folder of the bench's, without rate limits.
func (r *run) serverConfig(ctx context.Context, folder string) (config.Config, error) {
	port, err := childproc.FreePort(ctx)
	if err != nil {
		return config.Config{}, err
	}
	cfg := r.Server
	cfg.DataDir = filepath.Join(r.dir, folder)
	cfg.HTTPAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	cfg.PublicURL = "http://" + cfg.HTTPAddr
	cfg.Roles = []string{config.RoleAll}
	cfg.RateGeneral = 0 // and so none of the others
	cfg.AMQPPrefix, cfg.TemporalAddress = "", ""
	for _, url := range []*config.Secret{&cfg.DatabaseURL, &cfg.AMQPURL, &cfg.RedisURL, &cfg.S3URL, &cfg.ClickHouseURL, &cfg.OpenSearchURL} {
		*url = config.Secret{}
	}
	return cfg, os.MkdirAll(cfg.DataDir, 0o755)
}

// startWithin is how long the server and its parts may take to start; the first time it fetches Temporal.
const startWithin = 5 * time.Minute

// signIn waits until the server and its Temporal run, and signs in as the demo user.
func (r *run) signIn(ctx context.Context, cfg config.Config, ended chan error) (*client, error) {
	c := &client{base: cfg.PublicURL, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		select {
		case err := <-ended:
			ended <- err
			return nil, fmt.Errorf("the server has ended: %w", err)
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the server: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
		var ready struct {
			Dependencies map[string]struct{ State string }
		}
		if err := c.plain(ctx, "/readiness", &ready); err == nil && ready.Dependencies["temporal"].State == "ok" && c.login(ctx) == nil {
			break
		}
	}
	running, ok := boot.Running(cfg.DataDir)
	if !ok {
		return nil, errors.New("the server has left no runtime file")
	}
	c.temporal = running.Temporal
	var err error
	if c.pool, err = pgxpool.New(ctx, running.DatabaseURL+"&pool_max_conns=40"); err != nil {
		return nil, err
	}
	return c, nil
}

// client speaks to the server as the demo user, and to its database for the limits.
type client struct {
	base, token, workspace string
	temporal               string // host:port
	agent, key             string // of the requests: User-Agent and Idempotency-Key; empty: none
	http                   *http.Client
	pool                   *pgxpool.Pool
}

func (c *client) plain(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(into)
}

// login gets a new access token, which is good for 15 minutes.
func (c *client) login(ctx context.Context) error {
	var in struct {
		Token string `json:"access_token"`
	}
	body, err := json.Marshal(map[string]string{"email": boot.DemoEmail, "password": boot.DemoPassword})
	if err != nil {
		return err
	}
	if _, err := c.do(ctx, http.MethodPost, "/auth/login", bytes.NewReader(body), &in); err != nil {
		return err
	}
	c.token = in.Token
	var me struct {
		Workspaces []struct{ ID string }
	}
	if _, err := c.do(ctx, http.MethodGet, "/auth/me", nil, &me); err != nil {
		return err
	}
	if len(me.Workspaces) == 0 {
		return errors.New("the demo user has no workspace yet")
	}
	c.workspace = "/workspaces/" + me.Workspaces[0].ID
	return nil
}

// open sends a request below /api/v1 and returns an answer of status 2xx, whose body the caller closes.
func (c *client) open(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if c.agent != "" {
		req.Header.Set("User-Agent", c.agent)
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		answer, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		_ = res.Body.Close()
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return res, nil
}

// do sends a request and reads the data of its answer into into, if that is not nil. It returns the position of a write.
func (c *client) do(ctx context.Context, method, path string, body io.Reader, into any) (position int64, err error) {
	res, err := c.open(ctx, method, path, body)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	position, _ = strconv.ParseInt(res.Header.Get("Morket-Position"), 10, 64)
	if into == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return position, err
	}
	answer := struct {
		Data any `json:"data"`
	}{into}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return position, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return position, nil
}

func (c *client) get(ctx context.Context, path string, into any) error {
	_, err := c.do(ctx, http.MethodGet, path, nil, into)
	return err
}

func (c *client) send(ctx context.Context, method, path string, body, into any) (int64, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return c.do(ctx, method, path, bytes.NewReader(b), into)
}
