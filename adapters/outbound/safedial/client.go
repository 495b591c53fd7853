package safedial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Config says what may be reached beyond the defaults. The zero value is for production.
type Config struct {
	// Ports that may be connected to; 80 and 443 when empty.
	Ports []int
	// Allow are addresses that may be reached although they are not public, on any port. It is for development and tests.
	Allow []netip.Prefix
	// AllowPorts are single ports of addresses that may be reached although they are not public, for development too.
	AllowPorts []netip.AddrPort
	// Resolver looks names up; the system's when nil.
	Resolver *net.Resolver
	// Redirects that are followed; 5 when 0, none when negative.
	Redirects int
	Timeout   time.Duration // of a whole request; 20 s when 0
	Connect   time.Duration // of one connection with its look-up; 5 s when 0
	Headers   time.Duration // until an answer begins; 15 s when 0
}

// ErrRefused says that the address is not one that may be reached.
var ErrRefused = errors.New("the address is not on the public internet")

// Dialer connects to public addresses only.
type Dialer struct {
	cfg    Config
	dialer *net.Dialer
}

// NewDialer makes a dialer.
func NewDialer(cfg Config) *Dialer {
	if len(cfg.Ports) == 0 {
		cfg.Ports = []int{80, 443}
	}
	if cfg.Redirects == 0 {
		cfg.Redirects = 5
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 20 * time.Second
	}
	if cfg.Headers <= 0 {
		cfg.Headers = 15 * time.Second
	}
	if cfg.Connect <= 0 {
		cfg.Connect = 5 * time.Second
	}
	d := &Dialer{cfg: cfg}
	d.dialer = &net.Dialer{Timeout: cfg.Connect, KeepAlive: 30 * time.Second, Resolver: cfg.Resolver, Control: d.control}
	return d
}

// DialContext connects to host:port. Only TCP is possible.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return d.dialer.DialContext(ctx, network, address)
	default:
		return nil, fmt.Errorf("%w: %s is not TCP", ErrRefused, network)
	}
}

// control is called with each resolved address before it is connected to.
func (d *Dialer) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrRefused, address)
	}
	return d.Check(ap)
}

// Check says whether the address may be connected to.
func (d *Dialer) Check(ap netip.AddrPort) error {
	ip := ap.Addr().WithZone("").Unmap()
	for _, p := range d.cfg.Allow {
		if p.Contains(ip) {
			return nil
		}
	}
	if slices.Contains(d.cfg.AllowPorts, netip.AddrPortFrom(ip, ap.Port())) {
		return nil
	}
	if !Public(ip) {
		return fmt.Errorf("%w: %s", ErrRefused, ip)
	}
	for _, port := range d.cfg.Ports {
		if int(ap.Port()) == port {
			return nil
		}
	}
	return fmt.Errorf("%w: port %d is not one of %v", ErrRefused, ap.Port(), d.cfg.Ports)
}

const (
	maxHeaderBytes = 64 << 10
	maxIdle        = 100
)

// NewClient makes a client on a dialer of its own. Its redirects, too, reach public addresses only, and only by http and https. Bodies
// are not limited here: read them through Body.
func NewClient(cfg Config) *http.Client {
	d := NewDialer(cfg)
	return &http.Client{
		Timeout: d.cfg.Timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: maxIdle, MaxIdleConnsPerHost: 4,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: d.cfg.Headers,
			MaxResponseHeaderBytes: maxHeaderBytes, ExpectContinueTimeout: time.Second,
		},
		CheckRedirect: d.redirect,
	}
}

func (d *Dialer) redirect(req *http.Request, via []*http.Request) error {
	if d.cfg.Redirects < 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > d.cfg.Redirects {
		return fmt.Errorf("more than %d redirects", d.cfg.Redirects)
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme == "http" && req.Header.Get("Authorization") != "" {
		req.Header.Del("Authorization") // a secret must not leave in the clear
	}
	return CheckURL(req.URL)
}

// CheckURL refuses what needs no look-up to be refused: other schemes, names and passwords in the address, no host.
func CheckURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: the scheme %q is not http or https", ErrRefused, u.Scheme)
	case u.Hostname() == "":
		return fmt.Errorf("%w: it names no host", ErrRefused)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user name", ErrRefused)
	case strings.ContainsAny(u.Hostname(), " \t\r\n\x00"):
		return fmt.Errorf("%w: the host is not a name", ErrRefused)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%w: the port is not a number", ErrRefused)
		}
	}
	return nil
}
