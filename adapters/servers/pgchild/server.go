package pgchild

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where and how to run the server.
type Config struct {
	BinDir   string // with initdb and postgres; empty: FindBinDir, else Fetch
	DataDir  string // kept between runs; empty: a temporary folder that Stop removes
	CacheDir string // for fetched binaries; empty: the user's cache folder
	Port     int    // on 127.0.0.1; 0: any free one
	// Fast gives up durability (no fsync) and the password. It is for tests.
	Fast bool
	// MaxConnections is how many clients may be connected; 0 is plenty for one product. A bench has a connection for each client.
	MaxConnections int
	Logger         *slog.Logger

	within time.Duration // until it takes connections; 0: startWithin
}

// Server is a running PostgreSQL.
type Server struct {
	process  *childproc.Process
	place    place
	port     int
	password string
}

// Start runs the server, after making its data folder if there is none, and returns when it takes connections: in about
// 1.5 s with a new folder, 0.1 s later. A data folder of another major version is a *VersionError; one that a living process
// uses is childproc.ErrInUse.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	as, err := childproc.Unprivileged("postgres")
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	at, err := prepare(cfg, as)
	if err != nil {
		return nil, fmt.Errorf("postgres: data folder: %w", err)
	}
	s, err := start(ctx, cfg, at, as)
	if err != nil {
		return nil, errors.Join(err, at.discard())
	}
	return s, nil
}

func start(ctx context.Context, cfg Config, at place, as *childproc.Identity) (*Server, error) {
	major, err := dataMajor(at.data())
	if err != nil {
		return nil, err
	}
	bin, err := binaries(ctx, cfg, major, as)
	if err != nil {
		return nil, err
	}
	binMajor, err := majorOf(ctx, bin)
	if err != nil {
		return nil, err
	}
	if major == 0 {
		if err := initialise(ctx, cfg, bin, at, as); err != nil {
			return nil, err
		}
	} else if major != binMajor {
		return nil, &VersionError{Dir: at.data(), Data: major, Binary: binMajor}
	}
	password, err := os.ReadFile(passwordFile(at.data()))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if cfg.Port == 0 {
		if cfg.Port, err = childproc.FreePort(ctx); err != nil {
			return nil, err
		}
	}
	process, err := launch(ctx, cfg, bin, at, as)
	if err != nil {
		return nil, err
	}
	cfg.Logger.InfoContext(ctx, "PostgreSQL runs", "version", binMajor, "port", cfg.Port, "data", at.data(), "pid", process.Pid())
	return &Server{process: process, place: at, port: cfg.Port, password: string(password)}, nil
}

// launch starts the server, again for some seconds while sessions of a crashed one still hold its shared memory: they end
// once they notice, and two servers on one data folder would destroy it, so the server itself refuses until then. The same goes
// for the lock of a server that is just ending.
func launch(ctx context.Context, cfg Config, bin string, at place, as *childproc.Identity) (*childproc.Process, error) {
	within := cmp.Or(cfg.within, startWithin)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(leftoverEvery)
	defer tick.Stop()
	for {
		if err := removeStaleLock(ctx, cfg.Logger, at.data()); err != nil {
			return nil, fmt.Errorf("postgres: %w", err)
		}
		process, err := childproc.Start(ctx, childproc.Config{
			Name: "postgres", Path: executable(bin, "postgres"), Args: arguments(cfg, at.data()),
			Dir: at.data(), Env: childproc.Env("HOME=" + at.data()), As: as, LogFile: at.log(), PidFile: at.pidFile(),
			// SIGINT is a fast shutdown: it ends the clients' sessions and writes a checkpoint. SIGTERM would wait for the clients.
			StopSignal: syscall.SIGINT, DeathSignal: syscall.SIGINT, Grace: stopGrace, ReadyWithin: within,
			Ready:  func(_ context.Context, pid int) error { return acceptsConnections(at.data(), pid) },
			Logger: cfg.Logger,
		})
		if err == nil || !heldByALeftover(err, at.data()) {
			return process, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

const (
	stopGrace     = 20 * time.Second
	startWithin   = 2 * time.Minute // recovery after a crash replays at most max_wal_size
	leftoverEvery = 200 * time.Millisecond
)

func passwordFile(data string) string { return filepath.Join(data, "morket.password") }

// initialise makes the data folder. initdb works in a sibling that is renamed at the end, so that a crash in the middle
// leaves no half-made folder behind. The order of text is that of its bytes everywhere; what a letter is follows Unicode where
// the system knows a locale for it, else ASCII: then a search within text of another script has no index.
func initialise(ctx context.Context, cfg Config, bin string, at place, as *childproc.Identity) error {
	fresh := at.data() + ".new"
	if err := os.Remove(at.data()); err != nil { // it is empty, else it would not be gone
		return fmt.Errorf("initdb: %w", err)
	}
	args := []string{"-D", fresh, "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-instructions"}
	password := rand.Text()
	if cfg.Fast {
		args = append(args, "-A", "trust", "--no-sync")
	} else {
		secret := fresh + ".password"
		defer os.Remove(secret)
		if err := errors.Join(os.WriteFile(secret, []byte(password), secretMode), as.Own(secret)); err != nil {
			return fmt.Errorf("initdb: %w", err)
		}
		args = append(args, "-A", "scram-sha-256", "--pwfile", secret)
	}
	var failed error
	for _, letters := range []string{"C.UTF-8", "UTF-8", "C"} { // on Linux, on macOS, anywhere
		if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, dataMode), as.Own(fresh)); err != nil {
			return fmt.Errorf("initdb: %w", err)
		}
		failed = initdb(ctx, at, childproc.Config{
			Path: executable(bin, "initdb"), Args: append(args, "--lc-ctype="+letters), Dir: fresh, Env: childproc.Env("HOME=" + fresh), As: as,
		})
		if failed == nil || ctx.Err() != nil {
			break
		}
	}
	if failed != nil {
		return failed
	}
	if !cfg.Fast {
		if err := errors.Join(os.WriteFile(passwordFile(fresh), []byte(password), secretMode), as.Own(passwordFile(fresh))); err != nil {
			return fmt.Errorf("initdb: %w", err)
		}
	}
	return os.Rename(fresh, at.data())
}

// initdb runs through the same starter as the server, so that it is dropped to the same user and dies with us.
func initdb(ctx context.Context, at place, cfg childproc.Config) error {
	cfg.Name, cfg.LogFile, cfg.PidFile = "initdb", at.log(), at.pidFile()
	process, err := childproc.Start(ctx, cfg)
	if err != nil {
		return err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		return errors.Join(ctx.Err(), process.Stop())
	}
	if err := process.Err(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, childproc.Tail(at.log()))
	}
	return nil
}

// arguments are the settings of a server that shares its machine with us and has us as its only client.
func arguments(cfg Config, data string) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off", "log_min_messages=warning",
		"shared_buffers=256MB", maxWAL(freeOn(data)), mostReserved(freeOn(data)), "wal_compression=on", "max_connections=100", "jit=off",
		"random_page_cost=1.1", "checkpoint_timeout=15min",
	}
	if cfg.Fast {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300",
			"max_wal_size=512MB", "shared_buffers=128MB")
	} else {
		settings = append(settings, "fsync=on", "synchronous_commit=on", "full_page_writes=on", "commit_delay=0")
	}
	if cfg.MaxConnections > 0 {
		settings = append(settings, "max_connections="+strconv.Itoa(cfg.MaxConnections)) // the last one counts
	}
	args := []string{"-D", data, "-p", strconv.Itoa(cfg.Port)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// acceptsConnections reads postmaster.pid: its first line is the server's pid, and its eighth starts with "ready" once the
// server takes connections (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_PM_STATUS).
func acceptsConnections(data string, pid int) error {
	b, err := os.ReadFile(lockFile(data))
	if err != nil {
		return err
	}
	lines := bytes.Split(b, []byte("\n"))
	if len(lines) < 8 || strings.TrimSpace(string(lines[0])) != strconv.Itoa(pid) || !bytes.HasPrefix(lines[7], []byte("ready")) {
		return errors.New("still starting")
	}
	return nil
}

// DSN returns the URL of the database "postgres" as the superuser "postgres". It holds the password.
func (s *Server) DSN() string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "sslmode=disable"}
	if s.password != "" {
		u.User = url.UserPassword("postgres", s.password)
	}
	u.Host = "127.0.0.1:" + strconv.Itoa(s.port)
	return u.String()
}

// Port returns the port on 127.0.0.1; a restart with the same one lets clients reconnect.
func (s *Server) Port() int { return s.port }

// Pid returns the process id of the server.
func (s *Server) Pid() int { return s.process.Pid() }

// DataDir returns the folder that is kept between runs, which is not Config.DataDir when that could not be reached.
func (s *Server) DataDir() string { return s.place.dir }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop shuts the server down: clients are disconnected, everything committed is on disk. A temporary data folder is removed.
func (s *Server) Stop() error {
	return errors.Join(s.process.Stop(), s.place.discard())
}

// Kill ends the server as a crash would; the next Start recovers.
func (s *Server) Kill() { s.process.Kill() }

func (p place) discard() error {
	if !p.ephemeral {
		return nil
	}
	return os.RemoveAll(p.dir)
}

// Version returns the major version of the PostgreSQL in a bin folder.
func Version(ctx context.Context, binDir string) (int, error) {
	if _, err := exec.LookPath(executable(binDir, "postgres")); err != nil {
		return 0, err
	}
	return majorOf(ctx, binDir)
}
