package filterproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ServeHTTP implements http.Handler: a request of the browser.
func (s *Session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		s.tunnel(w, r)
		return
	}
	s.forward(w, r)
}

// refuse answers a request that is not carried out. 403 with the reason in a header, so that a test and a log can tell it from a site's.
func (s *Session) refuse(w http.ResponseWriter, r *http.Request, why string, err error) {
	s.refused.Add(1)
	s.cfg.Logger.DebugContext(r.Context(), "the browser was refused a connection", "host", r.Host, "why", why, "error", err)
	w.Header().Set("Morket-Refused", why)
	http.Error(w, why, http.StatusForbidden)
}

// hopByHop are headers between the browser and this proxy only (RFC 9110, 7.6.1).
func hopByHop() []string {
	return []string{
		"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade",
	}
}

// forward carries out a request for an http address.
func (s *Session) forward(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Scheme != "http" || r.URL.Host == "":
		s.refuse(w, r, "only http addresses are asked this way", nil)
		return
	case r.Header.Get("Upgrade") != "":
		s.refuse(w, r, "WebSockets and other upgrades are not carried", nil)
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI, out.Close = "", false
	drop(out.Header)
	res, err := s.transport.RoundTrip(out)
	if err != nil {
		s.refuse(w, r, "the address can't be reached", err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	drop(res.Header)
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, err = io.Copy(w, res.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the browser must not take a broken answer for a whole one
	}
}

func drop(h http.Header) {
	for _, name := range slices.Concat(h.Values("Connection"), hopByHop()) {
		for one := range strings.SplitSeq(name, ",") {
			h.Del(strings.TrimSpace(one))
		}
	}
}

// tunnel carries TLS to an address. The address is connected to only after the browser has shown what it wants to speak.
func (s *Session) tunnel(w http.ResponseWriter, r *http.Request) {
	// Connected to first: an address that is refused is answered as such, and nothing is told to a site before its greeting.
	target, err := s.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		s.refuse(w, r, "the address can't be reached", err)
		return
	}
	defer func() { _ = target.Close() }()
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		s.refuse(w, r, "no tunnel can be made", nil)
		return
	}
	client, buffered, err := hijacker.Hijack()
	if err != nil {
		return
	}
	s.running.Add(1)
	defer s.running.Done()
	stop := context.AfterFunc(s.life, func() { _ = client.Close() }) //nolint:contextcheck // it outlives its request
	defer stop()
	defer func() { _ = client.Close() }()
	if _, err := client.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		return
	}
	var early []byte
	if n := buffered.Reader.Buffered(); n > 0 {
		early, _ = buffered.Peek(n)
	}
	from := io.MultiReader(bytes.NewReader(early), client)
	seen, err := greeting(client, from)
	if err != nil {
		s.refused.Add(1)
		s.cfg.Logger.DebugContext(r.Context(), "the browser was refused a tunnel", "host", r.Host, "error", err)
		return
	}
	s.pipe(target, client, io.MultiReader(bytes.NewReader(seen), from))
}

var errNotTLS = errors.New("only TLS is tunnelled, and no WebSocket")

// greeting reads the TLS greeting and returns its bytes. It refuses what is no TLS, and what offers nothing but HTTP/1.1, as a browser does
// for a WebSocket only.
func greeting(client net.Conn, from io.Reader) ([]byte, error) {
	if err := client.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil { //nolint:forbidigo // of a socket
		return nil, err
	}
	recorded := &recorder{Reader: from}
	var protocols []string
	met := false
	server := tls.Server(recorded, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			protocols, met = h.SupportedProtos, true
			return nil, errNotTLS // the greeting has been read; the handshake is the site's
		},
	})
	_ = server.Handshake() //nolint:noctx // the deadline bounds it, and it always fails: see above
	if !met || len(protocols) > 0 && !slices.Contains(protocols, "h2") {
		return nil, errNotTLS
	}
	return recorded.seen.Bytes(), client.SetReadDeadline(time.Time{})
}

// recorder is a connection from which is read only; what was read stays.
type recorder struct {
	net.Conn
	io.Reader

	seen bytes.Buffer
}

const maxGreeting = 64 << 10

// Read implements net.Conn.
func (r *recorder) Read(p []byte) (int, error) {
	if r.seen.Len() > maxGreeting {
		return 0, errNotTLS
	}
	n, err := r.Reader.Read(p)
	r.seen.Write(p[:n])
	return n, err
}

// Write implements net.Conn; the alert that a failed handshake sends goes nowhere.
func (*recorder) Write(p []byte) (int, error) { return len(p), nil }

// SetWriteDeadline implements net.Conn.
func (*recorder) SetWriteDeadline(time.Time) error { return nil }

// pipe carries bytes both ways until one side ends.
func (s *Session) pipe(target, client net.Conn, from io.Reader) {
	done := make(chan struct{}, 2) //nolint:mnd // two ways
	copyTo := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		done <- struct{}{}
	}
	s.running.Go(func() { copyTo(target, from) })
	s.running.Go(func() { copyTo(client, target) })
	<-done
	// The other way has a moment to say its last; then both are cut.
	end := time.NewTimer(idleTimeout)
	defer end.Stop()
	select {
	case <-done:
	case <-end.C:
	case <-s.life.Done():
	}
}
