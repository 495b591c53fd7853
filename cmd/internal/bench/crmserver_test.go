package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/morket/morket/cmd/internal/config"
)

// ownServer is the program as a process of its own, which can be killed in the middle of its work.
type ownServer struct {
	exe   string
	cfg   config.Config
	env   []string // beside what follows from cfg
	cmd   *exec.Cmd
	log   *os.File
	ended chan error
}

// start runs the program; what signs in waits until it is ready.
func (s *ownServer) start() error {
	var err error
	if s.log, err = os.OpenFile(s.cfg.DataDir+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	s.cmd = exec.Command(s.exe, "serve")
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.environment(), s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the server: %w", err), s.log.Close())
	}
	s.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan<- error) { ended <- cmd.Wait() }(s.cmd, s.ended)
	return nil
}

// environment is ours without the addresses of servers, which the program starts itself.
func (s *ownServer) environment() []string {
	own := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{
			"DATABASE_URL", "AMQP_URL", "REDIS_URL", "S3_URL", "CLICKHOUSE_URL", "OPENSEARCH_URL", "SMTP_URL", "AMQP_PREFIX",
			"TEMPORAL_ADDRESS",
		}, name)
	})
	own = append(own, "MORKET_DATA_DIR="+s.cfg.DataDir, "MORKET_HTTP_ADDR="+s.cfg.HTTPAddr, "MORKET_PUBLIC_URL="+s.cfg.PublicURL,
		"MORKET_LOG_FORMAT=json", "MORKET_ROLES="+config.RoleAll)
	for _, kind := range []string{"GENERAL", "GRID", "AUTH", "ENRICHMENT", "ADMIN"} {
		own = append(own, "MORKET_RATE_"+kind+"=0")
	}
	return append(own, s.env...)
}

const goneWithin = time.Minute

// kill ends the process as a crash does, and waits until its own Postgres and Temporal are gone too.
func (s *ownServer) kill(ctx context.Context) error {
	children := s.children()
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	if err := <-s.ended; err == nil {
		return errors.New("the server ended in order before it was killed")
	}
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	for slices.ContainsFunc(children, func(pid int) bool { return syscall.Kill(pid, 0) == nil }) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the server's parts to end: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return s.log.Close()
}

// stop ends the process in order.
func (s *ownServer) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return errors.Join(fmt.Errorf("stop the server: %w", err), s.log.Close())
	}
	err := <-s.ended
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 { // it says so after an interrupt
		err = nil
	}
	return errors.Join(err, s.log.Close())
}

func (s *ownServer) children() []int {
	var out []int
	for _, name := range []string{"postgres", "temporal"} {
		text, err := os.ReadFile(filepath.Join(s.cfg.DataDir, name, name+".pid"))
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(text), "\n")
		if pid, err := strconv.Atoi(first); err == nil && pid > 1 {
			out = append(out, pid)
		}
	}
	return out
}
