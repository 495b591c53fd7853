package httpapi

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

var _ enrichment.Hosted = (*Provider)(nil)

// HostOf implements enrichment.Hosted. No input may stand in the host, so the config alone decides it.
func (*Provider) HostOf(config json.RawMessage) string {
	c, err := parse(config)
	if err != nil {
		return ""
	}
	u, err := url.Parse(enrichment.Expand(c.URL, func(string) string { return "x" }))
	if err != nil {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}
