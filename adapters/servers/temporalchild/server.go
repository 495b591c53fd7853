package temporalchild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where and how to run the server.
type Config struct {
	Binary   string // empty: FindBinary, else Fetch
	DataDir  string // log and database; empty: a temporary folder that Stop removes
	CacheDir string // for a fetched binary; empty: the user's cache folder
	// Namespace exists once the server is ready; "morket" when empty.
	Namespace string
	Port      int // on 127.0.0.1; 0: any free one. A restart with the same port lets clients reconnect.
	// UIPort shows Temporal's own web interface on 127.0.0.1; 0: none.
	UIPort int
	// Fast gives up durability. It is for tests.
	Fast   bool
	Logger *slog.Logger
}

// Server is a running Temporal server.
type Server struct {
	process   *childproc.Process
	port      int
	namespace string
	discard   string
}

// Start runs the server and returns once its namespace can be used, after about 2 s. Fetching it the first time comes on
// top. A data folder that a living process uses is childproc.ErrInUse.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, discard, err := complete(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("temporal: %w", err)
	}
	s, err := start(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, remove(discard))
	}
	s.discard = discard
	return s, nil
}

// complete fills in what the caller left open; discard is the temporary data folder, if there is one.
func complete(ctx context.Context, cfg Config) (_ Config, discard string, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Namespace == "" {
		cfg.Namespace = "morket"
	}
	if cfg.CacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return cfg, "", err
		}
		cfg.CacheDir = filepath.Join(user, "morket")
	}
	if cfg.Binary == "" {
		cfg.Binary, err = FindBinary(ctx, cfg.CacheDir)
		if errors.Is(err, ErrNoBinary) {
			cfg.Binary, err = Fetch(ctx, cfg.CacheDir, cfg.Logger)
		}
		if err != nil {
			return cfg, "", err
		}
	}
	if cfg.DataDir == "" {
		cfg.DataDir, err = os.MkdirTemp("", "morket-temporal-")
		return cfg, cfg.DataDir, err
	}
	if cfg.DataDir, err = filepath.Abs(cfg.DataDir); err != nil {
		return cfg, "", err
	}
	return cfg, "", os.MkdirAll(cfg.DataDir, 0o700)
}

func start(ctx context.Context, cfg Config) (*Server, error) {
	ports, err := childproc.FreePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	if cfg.Port == 0 {
		cfg.Port = ports[0]
	}
	// The HTTP interface answers 200 for the namespace once the frontend serves and the namespace is registered.
	ready := childproc.ReadyByHTTP(fmt.Sprintf("http://127.0.0.1:%d/api/v1/namespaces/%s", ports[1], cfg.Namespace))
	process, err := childproc.Start(ctx, childproc.Config{
		Name: "temporal", Path: cfg.Binary, Args: arguments(cfg, ports[1], ports[2]), Dir: cfg.DataDir,
		Env:     childproc.Env("HOME="+cfg.DataDir, "GOMAXPROCS="+strconv.Itoa(runtime.GOMAXPROCS(0))),
		LogFile: filepath.Join(cfg.DataDir, "temporal.log"), PidFile: filepath.Join(cfg.DataDir, "temporal.pid"),
		StopSignal: syscall.SIGTERM, Grace: 15 * time.Second, Ready: ready, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	cfg.Logger.InfoContext(ctx, "Temporal runs", "port", cfg.Port, "namespace", cfg.Namespace, "data", cfg.DataDir, "pid", process.Pid())
	return &Server{process: process, port: cfg.Port, namespace: cfg.Namespace}, nil
}

func arguments(cfg Config, httpPort, metricsPort int) []string {
	args := []string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(cfg.Port), "--http-port", strconv.Itoa(httpPort),
		"--metrics-port", strconv.Itoa(metricsPort), "--db-filename", filepath.Join(cfg.DataDir, "temporal.db"),
		"--namespace", cfg.Namespace, "--sqlite-pragma", "journal_mode=WAL", "--log-level", "error",
	}
	if cfg.Fast {
		args = append(args, "--sqlite-pragma", "synchronous=OFF")
	} else {
		args = append(args, "--sqlite-pragma", "synchronous=FULL")
	}
	if cfg.UIPort == 0 {
		return append(args, "--headless")
	}
	return append(args, "--ui-port", strconv.Itoa(cfg.UIPort))
}

// Address returns host:port of the frontend.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Namespace returns the namespace that was made at start.
func (s *Server) Namespace() string { return s.namespace }

// Port returns the frontend's port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// Pid returns the process id of the server.
func (s *Server) Pid() int { return s.process.Pid() }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the server; its workflows go on at the next start on the same data folder. A temporary one is removed.
func (s *Server) Stop() error { return errors.Join(s.process.Stop(), remove(s.discard)) }

// Kill ends the server as a crash would.
func (s *Server) Kill() { s.process.Kill() }

func remove(dir string) error {
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}
