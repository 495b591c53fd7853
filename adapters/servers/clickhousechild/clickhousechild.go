package clickhousechild

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

//go:embed server.py
var script []byte

// Config says where and how to run the engine.
type Config struct {
	DataDir  string // empty: a temporary folder that Stop removes
	CacheDir string // where the engine is fetched to; empty: morket in the user's cache folder
	Port     int    // on 127.0.0.1; 0: any free one
	Logger   *slog.Logger
}

// Server is a running engine.
type Server struct {
	process *childproc.Process
	port    int
	discard string
}

func (c Config) complete() (_ Config, discard string, err error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.CacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return c, "", err
		}
		c.CacheDir = filepath.Join(user, "morket")
	}
	if c.DataDir == "" {
		c.DataDir, err = os.MkdirTemp("", "morket-clickhouse-")
		return c, c.DataDir, err
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return c, "", err
	}
	return c, "", os.MkdirAll(c.DataDir, 0o700)
}

const readyWithin = 3 * time.Minute // a busy machine takes many times the usual second

// Start runs the engine and returns when it answers, after about a second. Fetching it the first time comes on top.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, discard, err := cfg.complete()
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	s, err := start(ctx, cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("clickhouse: %w", err), remove(discard))
	}
	s.discard = discard
	return s, nil
}

func start(ctx context.Context, cfg Config) (*Server, error) {
	python, err := Find(cfg.CacheDir)
	if errors.Is(err, ErrNoEngine) {
		python, err = Fetch(ctx, cfg.CacheDir, cfg.Logger)
	}
	if err != nil {
		return nil, err
	}
	if cfg.Port == 0 {
		ports, err := childproc.FreePorts(ctx, 1)
		if err != nil {
			return nil, err
		}
		cfg.Port = ports[0]
	}
	file := filepath.Join(cfg.DataDir, "server.py")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		return nil, err
	}
	s := &Server{port: cfg.Port}
	s.process, err = childproc.Start(ctx, childproc.Config{
		Name:        "clickhouse",
		Path:        python,
		Args:        []string{file, filepath.Join(cfg.DataDir, "data"), strconv.Itoa(cfg.Port)},
		Dir:         cfg.DataDir,
		Env:         childproc.Env("HOME=" + cfg.DataDir),
		LogFile:     filepath.Join(cfg.DataDir, "clickhouse.log"),
		PidFile:     filepath.Join(cfg.DataDir, "clickhouse.pid"),
		Ready:       childproc.ReadyByHTTP(s.URL() + "/ping"),
		ReadyWithin: readyWithin,
		Logger:      cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	cfg.Logger.InfoContext(ctx, "ClickHouse's engine runs", "port", cfg.Port, "data", cfg.DataDir, "pid", s.process.Pid())
	return s, nil
}

// URL returns the engine's address.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// Port returns the engine's port.
func (s *Server) Port() int { return s.port }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the engine in order.
func (s *Server) Stop() error { return errors.Join(s.process.Stop(), remove(s.discard)) }

// Kill ends the engine at once, as a crash would, and returns when it is gone. Its data stays.
func (s *Server) Kill() {
	s.process.Kill()
	<-s.process.Done()
}

func remove(dir string) error {
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}
