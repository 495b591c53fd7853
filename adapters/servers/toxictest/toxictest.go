// Package toxictest puts a TCP proxy between the code under test and a real server, and makes the way between them slow,
// silent or broken while it is being used.
package toxictest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// Proxy is a way to a server. It begins healthy.
type Proxy struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

// New makes a way to the server at upstream (host:port), which ends with the test.
func New(t testing.TB, upstream string) *Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p := &Proxy{t: t, proxy: toxiproxy.NewProxy(server, "way", "127.0.0.1:0", upstream)}
	require.NoError(t, p.proxy.Start())
	t.Cleanup(p.proxy.Stop)
	return p
}

// Address is where the proxy listens; it stays the same.
func (p *Proxy) Address() string { return p.proxy.Listen }

// Cut breaks every connection and refuses new ones.
func (p *Proxy) Cut() { p.proxy.Stop() }

// Mend undoes Cut.
func (p *Proxy) Mend() {
	p.t.Helper()
	require.NoError(p.t, p.proxy.Start())
}

// Slow delays every answer by d.
func (p *Proxy) Slow(d time.Duration) {
	p.t.Helper()
	p.add(fmt.Sprintf(`{"name":"slow","type":"latency","attributes":{"latency":%d}}`, d.Milliseconds()))
}

// Silence takes what is sent and answers nothing, on connections that stay open.
func (p *Proxy) Silence() {
	p.t.Helper()
	p.add(`{"name":"silence","type":"timeout","attributes":{"timeout":0}}`)
}

// Reset breaks each connection with a TCP reset as soon as something is sent over it.
func (p *Proxy) Reset() {
	p.t.Helper()
	p.add(`{"name":"reset","type":"reset_peer","attributes":{"timeout":0}}`)
}

func (p *Proxy) add(toxic string) {
	p.t.Helper()
	_, err := p.proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	require.NoError(p.t, err)
}

// Heal undoes Slow, Silence and Reset.
func (p *Proxy) Heal() { p.proxy.Toxics.ResetToxics(p.t.Context()) }
