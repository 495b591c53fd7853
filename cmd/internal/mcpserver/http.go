package mcpserver

import (
	"crypto/sha256"
	"net/http"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/morket/morket/cmd/internal/client"
)

// Bounds of what comes over HTTP.
const (
	maxRequest = 1 << 20 // bytes of a call
	maxClients = 1_000   // keys whose clients are kept: those used last
)

// Handler serves the tools over HTTP (Streamable HTTP). Each request acts by the API key that it brings, and by nothing else: the handler
// has no key and keeps no session, so that none can be taken over. open makes a client of a key.
func Handler(open func(key string) (*client.Client, error), version string) (http.Handler, error) {
	clients, err := lru.New[[sha256.Size]byte, *mcp.Server](maxClients)
	if err != nil {
		return nil, err
	}
	// A client is kept for its connections, and because its reads wait for its last write.
	serverOf := func(r *http.Request) *mcp.Server {
		key, ok := bearer(r)
		id := sha256.Sum256([]byte(key))
		if s, known := clients.Get(id); known || !ok {
			return s
		}
		c, err := open(key)
		if err != nil { // no key looks like that
			return nil
		}
		s := New(c, version)
		clients.Add(id, s)
		return s
	}
	tools := mcp.NewStreamableHTTPHandler(serverOf, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: maxRequest,
		DisableLocalhostProtection: true, // a browser has no key to send by itself, and a proxy with TLS stands before a local address
	})
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if serverOf(r) == nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="Morket"`)
			http.Error(w, "send an API key: Authorization: Bearer mk_…; make one under Settings → API keys", http.StatusUnauthorized)
			return
		}
		tools.ServeHTTP(w, r)
	})), nil
}

// bearer is the API key of a request.
func bearer(r *http.Request) (string, bool) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return key, ok && strings.EqualFold(scheme, "Bearer") && key != ""
}
