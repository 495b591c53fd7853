package rabbitchild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where to run the broker.
type Config struct {
	Dir    string // all its files; kept, so that a broker started on it again has its queues
	Bin    string // the rabbitmq-server script; empty: FindBin
	Port   int    // of AMQP on 127.0.0.1; 0: any free one
	Logger *slog.Logger
}

// Server is a running broker.
type Server struct {
	broker, epmd *childproc.Process
	port         int
	plan         plan
}

// The broker's only account. It listens on the loopback address alone.
const user, password = "morket", "morket"

// FindBin returns the broker's start script. It must be the one in the library folder: the wrapper in sbin changes the
// user and forks.
func FindBin() (string, error) {
	patterns := []string{
		"/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server",
		"/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server", "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
	}
	if own := os.Getenv("RABBITMQ_BIN"); own != "" {
		patterns = []string{own}
	}
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err == nil && len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", errors.New("RabbitMQ is not installed: install rabbitmq-server, or set RABBITMQ_BIN to its start script")
}

const readyWithin = 3 * time.Minute // a busy machine takes many times the usual 6 s

// Start runs the broker and returns when it takes connections, in about 6 s.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	var err error
	if cfg.Bin == "" {
		if cfg.Bin, err = FindBin(); err != nil {
			return nil, err
		}
	}
	epmd, err := exec.LookPath("epmd")
	if err != nil {
		return nil, fmt.Errorf("RabbitMQ needs Erlang's epmd: %w", err)
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, err
	}
	ports, err := childproc.FreePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	if cfg.Port == 0 {
		cfg.Port = ports[0]
	}
	p := plan{cfg: cfg, dist: ports[1], epmd: ports[2]}
	if err := p.files(); err != nil {
		return nil, fmt.Errorf("RabbitMQ's files: %w", err)
	}
	s := &Server{port: cfg.Port, plan: p}
	// An epmd of our own, else the broker leaves one behind as a daemon that outlives everything.
	s.epmd, err = childproc.Start(ctx, childproc.Config{
		Name: "epmd", Path: epmd, Args: []string{"-port", strconv.Itoa(p.epmd), "-address", "127.0.0.1"},
		Dir: cfg.Dir, Env: p.env(), LogFile: filepath.Join(cfg.Dir, "epmd.log"), Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	s.broker, err = childproc.Start(ctx, childproc.Config{
		Name: "rabbitmq", Path: cfg.Bin, Dir: cfg.Dir, Env: p.env(), LogFile: filepath.Join(cfg.Dir, "rabbitmq.log"),
		PidFile: filepath.Join(cfg.Dir, "morket.pid"), Logger: cfg.Logger, ReadyWithin: readyWithin,
		Ready: func(ctx context.Context, _ int) error { return answers(ctx, s.URL()) },
	})
	if err != nil {
		return nil, errors.Join(err, s.epmd.Stop())
	}
	return s, nil
}

// answers is nil when the broker lets us in.
func answers(_ context.Context, url string) error {
	c, err := amqp.DialConfig(url, amqp.Config{Dial: amqp.DefaultDial(childproc.AnswerWithin)})
	if err != nil {
		return err
	}
	return c.Close()
}

// URL returns the broker's AMQP address with its credentials.
func (s *Server) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/"}
	return u.String()
}

// Port returns the AMQP port.
func (s *Server) Port() int { return s.port }

// Control runs rabbitmqctl with the arguments on the broker, within some seconds.
func (s *Server) Control(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(s.plan.cfg.Bin), "rabbitmqctl"), args...)
	cmd.Dir, cmd.Env = s.plan.cfg.Dir, s.plan.env()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("rabbitmqctl %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.broker.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.broker.Err() }

// Stop ends the broker in order, within some seconds.
func (s *Server) Stop() error { return errors.Join(s.broker.Stop(), s.epmd.Stop()) }

// Kill ends the broker at once, as a crash would, and returns when it is gone.
func (s *Server) Kill() error {
	s.broker.Kill()
	<-s.broker.Done()
	return s.epmd.Stop()
}

// plan is a broker about to be started.
type plan struct {
	cfg        Config
	dist, epmd int
}

const conf = `listeners.tcp.1 = 127.0.0.1:%d
default_user = ` + user + `
default_pass = ` + password + `
default_vhost = /
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
loopback_users = none
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 200MB
log.console = true
log.console.level = warning
log.file = false
`

func (p plan) path(name string) string { return filepath.Join(p.cfg.Dir, name) }

func (p plan) files() error {
	for _, dir := range []string{"mnesia", "log", "home"} {
		if err := os.MkdirAll(p.path(dir), 0o700); err != nil {
			return err
		}
	}
	return errors.Join(
		os.WriteFile(p.path("enabled_plugins"), []byte("[].\n"), 0o600),
		os.WriteFile(p.path("rabbitmq.conf"), fmt.Appendf(nil, conf, p.cfg.Port), 0o600),
	)
}

func (p plan) env() []string {
	return childproc.Env(
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8",
		"HOME="+p.path("home"), // the Erlang cookie lives here
		"RABBITMQ_CONF_ENV_FILE="+os.DevNull,
		// The node's name is that of its data, so it must be the same at the next start, on any port.
		"RABBITMQ_NODENAME=morket@localhost",
		"RABBITMQ_CONFIG_FILE="+p.path("rabbitmq.conf"), "RABBITMQ_ADVANCED_CONFIG_FILE="+p.path("none.config"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+p.path("enabled_plugins"), "RABBITMQ_FEATURE_FLAGS_FILE="+p.path("feature_flags"),
		"RABBITMQ_GENERATED_CONFIG_DIR="+p.path("generated"), "RABBITMQ_MNESIA_BASE="+p.path("mnesia"),
		"RABBITMQ_LOG_BASE="+p.path("log"), "RABBITMQ_PID_FILE="+p.path("pid"),
		"RABBITMQ_DIST_PORT="+strconv.Itoa(p.dist), "ERL_EPMD_PORT="+strconv.Itoa(p.epmd), "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 2:2",
		"RUNNING_UNDER_SYSTEMD=true", // the script then execs the VM, so our child is the broker itself
	)
}
