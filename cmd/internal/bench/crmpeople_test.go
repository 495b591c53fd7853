package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// gate lets what is asked of a stand-in through, and holds up one call at the place where its caller is to be killed.
type gate struct {
	inner http.Handler

	mu      sync.Mutex
	path    string // how the path of the call ends
	skip    int    // calls before
	after   bool   // the call is carried out before it is held up
	reached chan struct{}
	release chan struct{}
}

// hold has the next call but skip whose path ends so held up: reached is closed when it is there, and release lets it go.
func (g *gate) hold(path string, skip int, after bool) (reached <-chan struct{}, release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.path, g.skip, g.after = path, skip, after
	g.reached, g.release = make(chan struct{}), make(chan struct{})
	return g.reached, sync.OnceFunc(func() { close(g.release) })
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
		g.inner.ServeHTTP(w, r)
		return
	}
	if after {
		g.inner.ServeHTTP(discarded{http.Header{}}, r)
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

func textOf(body io.Reader) (string, error) {
	const most = 1 << 20
	b, err := io.ReadAll(io.LimitReader(body, most))
	return string(b), err
}

// personOf are the values of a person, by the columns' names.
func personOf(n int) map[string]string {
	return map[string]string{
		"Email": "person" + strconv.Itoa(n) + "@company" + strconv.Itoa(n%997) + ".example", "First name": fmt.Sprintf("First %d", n),
		"Company": fmt.Sprintf("Company %d", n%997),
	}
}

// fill makes the table.
func (b *crmBench) fill(ctx context.Context) error {
	var made struct {
		ID      string
		Columns []struct{ ID, Name string }
	}
	columns := []any{
		map[string]any{"name": "Email", "type": "email"},
		map[string]any{"name": "First name", "type": "text"},
		map[string]any{"name": "Company", "type": "text"},
	}
	if _, err := b.send(ctx, http.MethodPost, b.workspace+"/tables", map[string]any{"name": "People", "columns": columns}, &made); err != nil {
		return err
	}
	b.table = made.ID
	for _, c := range made.Columns {
		b.cells[c.Name] = c.ID
	}
	const atOnce = 2_000
	for from := 0; from < b.size; from += atOnce {
		var operations []any
		for n := from; n < min(from+atOnce, b.size); n++ {
			operations = append(operations, map[string]any{"op": "insert", "cells": personOf(n)})
		}
		body := map[string]any{"operations": operations}
		if _, err := b.send(ctx, http.MethodPost, b.workspace+"/tables/"+b.table+"/rows:batch", body, nil); err != nil {
			return err
		}
	}
	return nil
}
