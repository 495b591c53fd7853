//nolint:bodyclose // get closes the bodies at the test's end
package safedial_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/morket/morket/adapters/outbound/safedial"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{
		"8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.0", "223.255.255.255",
		"2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
	} {
		require.True(t, safedial.Public(netip.MustParseAddr(ip)), ip)
	}
	for name, ips := range map[string][]string{
		"this network":  {"0.0.0.0", "0.1.2.3"},
		"private":       {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1"},
		"loopback":      {"127.0.0.1", "127.255.255.254", "::1"},
		"link-local":    {"169.254.0.1", "fe80::1", "fe80::1%eth0", "febf::1"},
		"metadata":      {"169.254.169.254", "fd00:ec2::254", "192.0.0.192", "168.63.129.16", "100.100.100.200"},
		"carrier NAT":   {"100.64.0.1", "100.127.255.255"},
		"multicast":     {"224.0.0.1", "239.255.255.255", "ff02::1"},
		"reserved":      {"240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"},
		"unique local":  {"fc00::1", "fdff::1"},
		"site-local":    {"fec0::1"},
		"unspecified":   {"::"},
		"mapped":        {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"},
		"compatible":    {"::127.0.0.1", "::a00:1"},
		"translated":    {"::ffff:0:127.0.0.1"},
		"NAT64":         {"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"},
		"6to4":          {"2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::"},
		"Teredo":        {"2001:0:1::" + "80ff:fffe", "2001:0:4136:e378:8000:63bf:f5ff:fffe"},
		"outside 2000:": {"4000::1", "1::1"},
	} {
		for _, ip := range ips {
			require.False(t, safedial.Public(netip.MustParseAddr(ip)), "%s %s", name, ip)
		}
	}
	require.False(t, safedial.Public(netip.Addr{}))
}

func TestPorts(t *testing.T) {
	t.Parallel()
	d := safedial.NewDialer(safedial.Config{})
	require.NoError(t, d.Check(netip.MustParseAddrPort("8.8.8.8:80")))
	require.NoError(t, d.Check(netip.MustParseAddrPort("[2606:4700::1111]:443")))
	for _, a := range []string{"8.8.8.8:22", "8.8.8.8:25", "8.8.8.8:6379", "8.8.8.8:8080"} {
		require.ErrorIs(t, d.Check(netip.MustParseAddrPort(a)), safedial.ErrRefused, a)
	}
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func get(t *testing.T, c *http.Client, address string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	res, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	return res, err
}

func TestLoopbackIsRefusedInEveryDisguise(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	port := srv.URL[strings.LastIndexByte(srv.URL, ':'):]
	c := safedial.NewClient(safedial.Config{Connect: 500 * time.Millisecond})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "127.1.2.3", "169.254.169.254", "[64:ff9b::7f00:1]"} {
		res, err := get(t, c, "http://"+host+port)
		if err == nil {
			_ = res.Body.Close()
		}
		require.ErrorIs(t, err, safedial.ErrRefused, host)
	}
	require.Zero(t, hits.Load())
}

func TestRedirectsAreCheckedToo(t *testing.T) {
	t.Parallel()
	var inner atomic.Int32
	secret := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	require.NoError(t, err)
	secret.Listener = l
	secret.Start()
	defer secret.Close()
	for _, target := range []string{secret.URL, "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http://user:pass@example.com/"} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) }))
		_, err := get(t, safedial.NewClient(safedial.Config{Allow: loopback()}), srv.URL)
		require.ErrorIs(t, err, safedial.ErrRefused, target)
		srv.Close()
	}
	require.Zero(t, inner.Load())
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer srv.Close()
	_, err := get(t, safedial.NewClient(safedial.Config{Allow: loopback()}), srv.URL)
	require.ErrorContains(t, err, "more than 5 redirects")
	require.EqualValues(t, 6, n.Load())
	res, err := get(t, safedial.NewClient(safedial.Config{Allow: loopback(), Redirects: -1}), srv.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, res.StatusCode)
}

func TestNoProxyIsUsed(t *testing.T) {
	t.Parallel()
	tr, ok := safedial.NewClient(safedial.Config{}).Transport.(*http.Transport)
	require.True(t, ok)
	require.Nil(t, tr.Proxy)
}

// A name that is public when somebody looks and private when the connection is made: the check is on the connection.
func TestDNSRebinding(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answer(server, func() netip.Addr {
			if asked.Add(1) <= 1 {
				return netip.MustParseAddr("93.184.216.34")
			}
			return netip.MustParseAddr("127.0.0.1")
		})
		return client, nil
	}}
	ips, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example.")
	require.NoError(t, err)
	require.True(t, safedial.Public(ips[0]), "the first look is harmless")
	_, err = get(t, safedial.NewClient(safedial.Config{Resolver: resolver}), "http://rebind.example./")
	require.ErrorIs(t, err, safedial.ErrRefused)
}

// answer serves DNS over a stream: A records from next, nothing else.
func answer(conn net.Conn, next func() netip.Addr) {
	defer func() { _ = conn.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		buf := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := io.ReadFull(conn, buf); err != nil {
			return
		}
		out := reply(buf, next)
		if _, err := conn.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...)); err != nil {
			return
		}
	}
}

// reply is the DNS message that answers the question, if it is for an A record, with the next address.
func reply(question []byte, next func() netip.Addr) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}, Body: &dnsmessage.AResource{A: next().As4()},
		}}
	}
	out, _ := m.Pack()
	return out
}

func TestANameServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(reply(buf[:n], func() netip.Addr { return netip.MustParseAddr("127.0.0.1") }), from)
		}
	}()
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer site.Close()
	address := "http://shop.example" + site.URL[strings.LastIndexByte(site.URL, ':'):]
	resolver := safedial.NewResolver(server.LocalAddr().String())

	_, err = get(t, safedial.NewClient(safedial.Config{Resolver: resolver}), address)
	require.ErrorIs(t, err, safedial.ErrRefused, "its answers are judged like any other's")
	res, err := get(t, safedial.NewClient(safedial.Config{Resolver: resolver, Allow: loopback()}), address)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Same(t, net.DefaultResolver, safedial.NewResolver(""))
}

func TestBodyIsLimitedAfterDecompression(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.Copy(z, io.LimitReader(zeros{}, 50<<20)) // 50 MB in 50 KB
		_ = z.Close()
	}))
	defer srv.Close()
	res, err := get(t, safedial.NewClient(safedial.Config{Allow: loopback()}), srv.URL)
	require.NoError(t, err)
	body, cut, err := safedial.Body(res, 1<<20)
	require.NoError(t, err)
	require.True(t, cut)
	require.Len(t, body, 1<<20)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Big", string(bytes.Repeat([]byte("x"), 200<<10)))
	}))
	defer srv.Close()
	_, err := get(t, safedial.NewClient(safedial.Config{Allow: loopback()}), srv.URL)
	require.Error(t, err)
}

func TestOnlyTCP(t *testing.T) {
	t.Parallel()
	_, err := safedial.NewDialer(safedial.Config{}).DialContext(t.Context(), "unix", "/run/docker.sock")
	require.ErrorIs(t, err, safedial.ErrRefused)
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"ftp://x.de", "javascript:alert(1)", "http://", "//x.de", "https://a:b@x.de", "http://x.de:99999"} {
		u, err := url.Parse(bad)
		if err == nil {
			require.ErrorIs(t, safedial.CheckURL(u), safedial.ErrRefused, bad)
		}
	}
	u, err := url.Parse("https://example.com/a?b=c")
	require.NoError(t, err)
	require.NoError(t, safedial.CheckURL(u))
}
