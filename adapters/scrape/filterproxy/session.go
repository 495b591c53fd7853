package filterproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Dialer connects to what may be reached and refuses the rest; safedial.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Config says what a session may do.
type Config struct {
	Dialer   Dialer
	MaxBytes int64 // in both directions together; 64 MB when 0
	MaxConns int   // to the network at once; 64 when 0
	Logger   *slog.Logger
}

const (
	defaultBytes  = 64 << 20
	defaultConns  = 64
	headerTimeout = 10 * time.Second
	maxHeader     = 64 << 10
	helloTimeout  = 10 * time.Second
	idleTimeout   = 30 * time.Second
)

// Session is the proxy of one task. It listens on a loopback address of its own, so that what comes there is the task's.
type Session struct {
	cfg       Config
	listener  net.Listener
	server    *http.Server
	transport *http.Transport
	life      context.Context //nolint:containedctx // everything of the session ends with it
	end       context.CancelFunc
	slots     chan struct{}
	bytes     atomic.Int64
	refused   atomic.Int64
	running   sync.WaitGroup
}

// Stats is what a session has done.
type Stats struct {
	Bytes   int64
	Refused int // connections and requests
}

// Open starts a session; Close ends it. ctx bounds nothing but the start and gives its values.
func Open(ctx context.Context, cfg Config) (*Session, error) {
	if cfg.Dialer == nil || cfg.Logger == nil {
		return nil, errors.New("a filtering proxy needs a dialer and a logger")
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = defaultBytes
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = defaultConns
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	s := &Session{cfg: cfg, listener: l, slots: make(chan struct{}, cfg.MaxConns)}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.transport = &http.Transport{
		DialContext:            s.dial,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		ResponseHeaderTimeout:  idleTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    2, //nolint:mnd // a task ends soon
	}
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return s.life },
	}
	s.running.Go(func() { _ = s.server.Serve(l) })
	return s, nil
}

// Addr is where the session listens, host:port.
func (s *Session) Addr() string { return s.listener.Addr().String() }

// Stats tells what the session has done so far.
func (s *Session) Stats() Stats {
	return Stats{Bytes: s.bytes.Load(), Refused: int(s.refused.Load())}
}

// Close ends the session with all its connections and returns once nothing of it is left.
func (s *Session) Close() {
	s.end()
	_ = s.server.Close()
	s.transport.CloseIdleConnections()
	s.running.Wait()
}

var errTooMuch = errors.New("the page has transferred more than it may")

// dial connects to the network through the dialer, within the limits. What it returns counts and ends with the session.
func (s *Session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.life.Done():
		return nil, s.life.Err()
	}
	conn, err := s.cfg.Dialer.DialContext(ctx, network, address)
	if err != nil {
		<-s.slots
		return nil, err
	}
	m := &metered{Conn: conn, session: s}
	m.stop = context.AfterFunc(s.life, func() { _ = m.Close() }) //nolint:contextcheck // it outlives its request
	return m, nil
}

// metered counts what goes over a connection and ends it when the session has had enough.
type metered struct {
	net.Conn

	session *Session
	stop    func() bool
	once    sync.Once
}

// Read implements net.Conn.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	return n, m.count(n, err)
}

// Write implements net.Conn.
func (m *metered) Write(p []byte) (int, error) {
	n, err := m.Conn.Write(p)
	return n, m.count(n, err)
}

func (m *metered) count(n int, err error) error {
	if m.session.bytes.Add(int64(n)) > m.session.cfg.MaxBytes {
		_ = m.Close()
		return errTooMuch
	}
	return err
}

// Close implements net.Conn.
func (m *metered) Close() error {
	err := net.ErrClosed
	m.once.Do(func() {
		m.stop()
		err = m.Conn.Close()
		<-m.session.slots
	})
	return err
}

// CloseWrite tells the other side that nothing more comes.
func (m *metered) CloseWrite() error {
	if c, ok := m.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

var _ io.Closer = (*metered)(nil)
