package redischild

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where to run the server.
type Config struct {
	Dir    string // its log; made if it isn't there
	Bin    string // the redis-server program; empty: FindBin
	Port   int    // on 127.0.0.1; 0: any free one. A restart with the same port lets clients reconnect.
	Logger *slog.Logger
}

// Server is a running Redis.
type Server struct {
	process *childproc.Process
	port    int
}

// FindBin returns the program: REDIS_BIN when it is set, else the one on PATH.
func FindBin() (string, error) {
	name := "redis-server"
	if own := os.Getenv("REDIS_BIN"); own != "" {
		name = own
	}
	bin, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("redis-server is not installed: install it, or set REDIS_BIN to it")
	}
	return bin, nil
}

// memory is what the server may use. At the limit the keys that expire soonest go first: all of ours expire.
const memory = "256mb"

// Start runs the server and returns when it answers, within 0.1 s.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	var err error
	if cfg.Bin == "" {
		if cfg.Bin, err = FindBin(); err != nil {
			return nil, err
		}
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	if cfg.Port == 0 {
		if cfg.Port, err = childproc.FreePort(ctx); err != nil {
			return nil, err
		}
	}
	s := &Server{port: cfg.Port}
	s.process, err = childproc.Start(ctx, childproc.Config{
		Name: "redis", Path: cfg.Bin, Dir: cfg.Dir, Env: childproc.Env(), LogFile: filepath.Join(cfg.Dir, "redis.log"),
		PidFile: filepath.Join(cfg.Dir, "redis.pid"), Logger: cfg.Logger, Ready: s.answers,
		Args: []string{
			"--bind", "127.0.0.1", "--port", strconv.Itoa(cfg.Port), "--dir", cfg.Dir, "--daemonize", "no", "--save", "",
			"--appendonly", "no", "--maxmemory", memory, "--maxmemory-policy", "volatile-ttl", "--unixsocket", "",
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// answers is nil when the server answers PING (Redis serialization protocol, inline commands).
func (s *Server) answers(ctx context.Context, _ int) error {
	ctx, cancel := context.WithTimeout(ctx, childproc.AnswerWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address())
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "+PONG") {
		return fmt.Errorf("redis answers %q", line)
	}
	return nil
}

func (s *Server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the server's address.
func (s *Server) URL() string { return "redis://" + s.address() + "/0" }

// Port returns the server's port.
func (s *Server) Port() int { return s.port }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the server in order.
func (s *Server) Stop() error { return s.process.Stop() }

// Kill ends the server as a crash would.
func (s *Server) Kill() { s.process.Kill() }
