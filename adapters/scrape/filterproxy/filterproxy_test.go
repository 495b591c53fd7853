package filterproxy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/filterproxy"
)

// dialer knows names; what it does not know it refuses.
type dialer map[string]string

// DialContext implements filterproxy.Dialer.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, ok := d[address]
	if !ok {
		return nil, errors.New("refused")
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

func session(t *testing.T, d dialer, maxBytes int64) *filterproxy.Session {
	t.Helper()
	s, err := filterproxy.Open(t.Context(), filterproxy.Config{Dialer: d, MaxBytes: maxBytes, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func client(s *filterproxy.Session, roots *x509.CertPool, protocols ...string) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.Addr()}), DisableKeepAlives: true, ForceAttemptHTTP2: len(protocols) == 0,
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", NextProtos: protocols, MinVersion: tls.VersionTLS12},
	}}
}

func TestRequestsAreCarriedOnlyWhereTheDialerGoes(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Proxy-Authorization", "Keep-Alive", "X-Named-By-Connection"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s was carried", name)
			}
		}
		_, _ = io.WriteString(w, "from "+r.Host)
	})
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	s := session(t, dialer{"site.test:80": plain.Listener.Addr().String(), "site.test:443": secure.Listener.Addr().String()}, 0)
	for _, c := range []struct {
		name, address string
		protocols     []string
		header        http.Header
		ok            bool
	}{
		{name: "http", address: "http://site.test/", ok: true},
		{name: "https", address: "https://site.test/", ok: true},
		{name: "headers between two hops stay there", address: "http://site.test/", ok: true, header: http.Header{"Proxy-Authorization": {"x"}, "Keep-Alive": {"x"}, "Connection": {"X-Named-By-Connection"}, "X-Named-By-Connection": {"x"}}},
		{name: "an unknown host", address: "http://inside.test/"},
		{name: "an unknown host by https", address: "https://inside.test/"},
		{name: "another port", address: "https://site.test:8443/"},
		{name: "an upgrade", address: "http://site.test/", header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}},
		{name: "a greeting as of a WebSocket", address: "https://site.test/", protocols: []string{"http/1.1"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.address, nil)
		require.NoError(t, err)
		req.Header = c.header
		before := s.Stats().Refused
		res, err := client(s, roots, c.protocols...).Do(req)
		if err == nil {
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			require.Equal(t, c.ok, res.StatusCode == http.StatusOK, "%s: %s %s", c.name, res.Status, body)
		} else {
			require.False(t, c.ok, "%s: %v", c.name, err)
		}
		require.Equal(t, !c.ok, s.Stats().Refused > before, c.name)
	}
}

// raw speaks to the proxy by hand and returns all that comes back.
func raw(t *testing.T, s *filterproxy.Session, text string) string {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	b, _ := io.ReadAll(bufio.NewReader(c))
	return string(b)
}

func TestTunnelsCarryNothingButTLS(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 10)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b, _ := io.ReadAll(c)
			reached <- string(b)
		}
	}()
	s := session(t, dialer{"site.test:80": l.Addr().String()}, 0)
	for name, text := range map[string]string{
		"a WebSocket without TLS":    "CONNECT site.test:80 HTTP/1.1\r\nHost: site.test:80\r\n\r\nGET / HTTP/1.1\r\nHost: site.test\r\nUpgrade: websocket\r\n\r\n",
		"another protocol":           "CONNECT site.test:80 HTTP/1.1\r\nHost: site.test:80\r\n\r\nHELO me\r\n",
		"a greeting that is too big": "CONNECT site.test:80 HTTP/1.1\r\nHost: site.test:80\r\n\r\n\x16\x03\x01\xff\xff\x01\xff\xff\xff" + strings.Repeat("a", 1<<17),
	} {
		out := raw(t, s, text)
		require.True(t, strings.HasPrefix(out, "HTTP/1.1 200"), name)
		require.Empty(t, <-reached, name)
	}
	for name, text := range map[string]string{
		"an address of its own": "GET / HTTP/1.1\r\nHost: " + s.Addr() + "\r\nConnection: close\r\n\r\n",
		"a file":                "GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"FTP":                   "GET ftp://site.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		require.Contains(t, raw(t, s, text), "403 Forbidden", name)
	}
}

func TestASessionHasALimitAndAnEnd(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			<-release
			return
		}
		for range 64 {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(func() { close(release); server.Close() })
	s := session(t, dialer{"site.test:80": server.Listener.Addr().String()}, 1<<20)
	res, err := client(s, nil).Get("http://site.test/")
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	require.Error(t, err, "an answer that is cut must not look whole")
	require.LessOrEqual(t, n, int64(1<<20))
	other := session(t, dialer{"site.test:80": server.Listener.Addr().String()}, 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := client(other, nil).Get("http://site.test/wait"); err == nil {
			_ = res.Body.Close()
		}
	}()
	require.Eventually(t, func() bool { return other.Stats().Bytes > 0 }, 5*time.Second, time.Millisecond)
	other.Close()
	<-done
}
