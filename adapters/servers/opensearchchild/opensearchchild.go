// Package opensearchchild runs an OpenSearch node as a child process, for tests and for machines without Docker. Its jars come from
// Maven Central, its main class is in node/. It listens on 127.0.0.1 only and has no accounts.
package opensearchchild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where to run the node.
type Config struct {
	Dir      string // its data and its log; kept. Empty: a temporary folder that goes with the node
	CacheDir string // for what is fetched; empty: morket in the user's cache folder
	Port     int    // of HTTP on 127.0.0.1; 0: any free one. A restart with the same port lets clients go on.
	Logger   *slog.Logger
}

// Server is a running node.
type Server struct {
	process *childproc.Process
	port    int
	discard string
}

const readyWithin = 3 * time.Minute // a busy machine takes many times the usual 6 s

// Start runs the node and returns when it answers, in about 6 s. Fetching it the first time comes on top.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s := &Server{}
	if err := s.start(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("opensearch: %w", err), s.remove())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, cfg Config) error {
	java, err := exec.LookPath("java")
	if err != nil {
		return ErrNoJava
	}
	if cfg.CacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		cfg.CacheDir = filepath.Join(user, "morket")
	}
	jars, err := Fetch(ctx, cfg.CacheDir, cfg.Logger)
	if err != nil {
		return err
	}
	if cfg.Dir == "" {
		if cfg.Dir, err = os.MkdirTemp("", "morket-opensearch-"); err != nil {
			return err
		}
		s.discard = cfg.Dir
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	if s.port = cfg.Port; s.port == 0 {
		if s.port, err = childproc.FreePort(ctx); err != nil {
			return err
		}
	}
	path := filepath.Join(jars, "classes") + string(os.PathListSeparator) + filepath.Join(jars, "lib", "*")
	s.process, err = childproc.Start(ctx, childproc.Config{
		Name: "opensearch", Path: java, Dir: cfg.Dir, Env: childproc.Env("HOME=" + cfg.Dir), LogFile: filepath.Join(cfg.Dir, "opensearch.log"),
		PidFile: filepath.Join(cfg.Dir, "opensearch.pid"), StopSignal: syscall.SIGTERM, Grace: 15 * time.Second,
		Ready: childproc.ReadyByHTTP(s.URL() + "/_cluster/health"), ReadyWithin: readyWithin, Logger: cfg.Logger,
		Args: []string{
			"-Xms256m", "-Xmx768m", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + cfg.Dir, "-cp", path, "SearchNode",
			cfg.Dir, strconv.Itoa(s.port),
		},
	})
	return err
}

// URL returns the node's address.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// Port returns the HTTP port.
func (s *Server) Port() int { return s.port }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the node in order; a temporary folder is removed.
func (s *Server) Stop() error { return errors.Join(s.process.Stop(), s.remove()) }

// Kill ends the node as a crash would.
func (s *Server) Kill() { s.process.Kill() }

func (s *Server) remove() error {
	if s.discard == "" {
		return nil
	}
	return os.RemoveAll(s.discard)
}
