// Package s3child runs an S3-compatible server as a child process, for tests and for machines without Docker: S3Proxy
// (Apache-2.0), which serves a folder. It needs Java 11 or newer, and Maven to fetch it once. It listens on 127.0.0.1 only.
package s3child

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

	"github.com/morket/morket/adapters/servers/childproc"
)

// Config says where to run the server.
type Config struct {
	Dir      string // its objects and its log; kept
	Jar      string // S3Proxy; empty: S3PROXY_JAR, else the one in CacheDir, which is fetched if need be
	CacheDir string // empty: morket in the user's cache folder
	Port     int    // on 127.0.0.1; 0: any free one. A restart with the same port lets clients go on.
	Logger   *slog.Logger
}

// Server is a running S3 server.
type Server struct {
	process *childproc.Process
	port    int
}

const version = "2.6.0"

// The server's only account. It listens on the loopback address alone.
const accessKey, secretKey = "morket", "morket-secret"

// ErrNoJava says that there is no Java to run the server with.
var ErrNoJava = errors.New("java is not installed (Debian: apt-get install openjdk-17-jre-headless maven)")

// Fetch puts S3Proxy (40 MB) into cacheDir through Maven, unless it is there, and returns its path.
func Fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	if cacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cacheDir = filepath.Join(user, "morket")
	}
	name := "s3proxy-" + version + "-jar-with-dependencies.jar"
	jar := filepath.Join(cacheDir, "s3proxy-"+version, name)
	if _, err := os.Stat(jar); err == nil {
		return jar, nil
	}
	if err := os.MkdirAll(filepath.Dir(jar), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(jar), "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mvn := childproc.Tool{Name: "mvn", Dir: dir, Logger: log, Args: []string{
		"-B", "-q", "dependency:copy", "-Dartifact=org.gaul:s3proxy:" + version + ":jar:jar-with-dependencies", "-DoutputDirectory=" + dir,
	}}
	if err := mvn.Run(ctx); err != nil {
		return "", fmt.Errorf("fetch S3Proxy: %w", err)
	}
	return jar, os.Rename(filepath.Join(dir, name), jar)
}

const conf = `s3proxy.authorization=aws-v2-or-v4
s3proxy.endpoint=http://127.0.0.1:%d
s3proxy.identity=` + accessKey + `
s3proxy.credential=` + secretKey + `
jclouds.provider=filesystem-nio2
jclouds.identity=unused
jclouds.credential=unused
jclouds.filesystem.basedir=%s
`

// Start runs the server and returns when it takes connections, in about 3 s.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, ErrNoJava
	}
	if cfg.Jar == "" {
		cfg.Jar = os.Getenv("S3PROXY_JAR")
	}
	if cfg.Jar == "" {
		if cfg.Jar, err = Fetch(ctx, cfg.CacheDir, cfg.Logger); err != nil {
			return nil, err
		}
	}
	if cfg.Port == 0 {
		if cfg.Port, err = childproc.FreePort(ctx); err != nil {
			return nil, err
		}
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, err
	}
	data, settings := filepath.Join(cfg.Dir, "data"), filepath.Join(cfg.Dir, "s3proxy.conf")
	err = errors.Join(os.MkdirAll(data, 0o700), os.WriteFile(settings, fmt.Appendf(nil, conf, cfg.Port, data), 0o600))
	if err != nil {
		return nil, fmt.Errorf("S3Proxy's files: %w", err)
	}
	s := &Server{port: cfg.Port}
	s.process, err = childproc.Start(ctx, childproc.Config{
		Name: "s3", Path: java, Dir: cfg.Dir, Env: childproc.Env("HOME=" + cfg.Dir), LogFile: filepath.Join(cfg.Dir, "s3.log"),
		PidFile: filepath.Join(cfg.Dir, "s3.pid"), Logger: cfg.Logger, Ready: s.answers, ReadyWithin: 2 * time.Minute,
		Args: []string{"-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", cfg.Jar, "--properties", settings},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// answers is nil when the server takes connections.
func (s *Server) answers(ctx context.Context, _ int) error {
	conn, err := (&net.Dialer{Timeout: childproc.AnswerWithin}).DialContext(ctx, "tcp", s.address())
	if err != nil {
		return err
	}
	return conn.Close()
}

func (s *Server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the address of a bucket, which need not exist, with the credentials.
func (s *Server) URL(bucket string) string {
	u := url.URL{Scheme: "http", User: url.UserPassword(accessKey, secretKey), Host: s.address(), Path: "/" + bucket}
	return u.String()
}

// Port returns the server's port.
func (s *Server) Port() int { return s.port }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err returns how the server ended.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the server in order. Java's exit code after a signal is not 0, which is no fault.
func (s *Server) Stop() error { return s.process.Stop() }

// Kill ends the server as a crash would.
func (s *Server) Kill() { s.process.Kill() }
