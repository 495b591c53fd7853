package crmtwin

import (
	"net/http"
	"strings"
	"sync"
)

// Gate lets what is asked of a stand-in through, and holds up one call at the place where its caller is to be killed.
type Gate struct {
	mu      sync.Mutex
	path    string // how the path of the call ends
	skip    int    // calls before
	after   bool   // the call is carried out before it is held up
	reached chan struct{}
	release chan struct{}
}

// Hold has the next call but skip whose path ends so held up: reached is closed when it is there, and release lets it go, without an
// answer.
func (g *Gate) Hold(path string, skip int, after bool) (reached <-chan struct{}, release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.path, g.skip, g.after = path, skip, after
	g.reached, g.release = make(chan struct{}), make(chan struct{})
	return g.reached, sync.OnceFunc(func() { close(g.release) })
}

// Around is the stand-in behind the gate.
func (g *Gate) Around(standIn http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(standIn, w, r) })
}

func (g *Gate) serve(standIn http.Handler, w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	mine := g.path != "" && strings.HasSuffix(r.URL.Path, g.path)
	if mine && g.skip > 0 {
		g.skip--
		mine = false
	}
	reached, release, after := g.reached, g.release, g.after
	if mine {
		g.path = ""
	}
	g.mu.Unlock()
	if !mine {
		standIn.ServeHTTP(w, r)
		return
	}
	if after {
		standIn.ServeHTTP(discarded{http.Header{}}, r)
	}
	close(reached)
	<-release
	panic(http.ErrAbortHandler)
}

// discarded is an answer that doesn't come.
type discarded struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d discarded) Header() http.Header { return d.header }

// WriteHeader implements http.ResponseWriter.
func (discarded) WriteHeader(int) {}

// Write implements http.ResponseWriter.
func (discarded) Write(b []byte) (int, error) { return len(b), nil }
