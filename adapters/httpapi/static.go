package httpapi

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
)

// ServeUI serves the built user interface: files by their path, and the application's page for every other path, whose
// routes are the browser's. Assets have their content's hash in their names, so browsers may keep them.
func (a *API) ServeUI(files fs.FS) {
	var zipped sync.Map // path → gzip of the file; the build is small and fixed
	a.echo.GET("/*", func(c echo.Context) error {
		p := strings.TrimPrefix(path.Clean("/"+c.Param("*")), "/")
		if p == "api" || strings.HasPrefix(p, "api/") {
			return kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is nothing at %s", c.Request().URL.Path)
		}
		info, err := fs.Stat(files, p)
		if err != nil || info.IsDir() {
			if path.Ext(p) != "" || p == "assets" || strings.HasPrefix(p, "assets/") { // never the page in a file's place
				return kernel.E(kernel.KindNotFound, "NOT_FOUND", "there is no file %s", p)
			}
			p = "index.html"
		}
		body, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Cache-Control", "no-cache")
		if strings.HasPrefix(p, "assets/") {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		h.Set("Content-Type", contentType(p))
		h.Set("Vary", "Accept-Encoding")
		if small, ok := compressed(&zipped, p, body); ok && strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = small
		}
		return c.Blob(http.StatusOK, contentType(p), body)
	})
}

func contentType(p string) string {
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressed(cache *sync.Map, p string, body []byte) ([]byte, bool) {
	switch path.Ext(p) {
	case ".html", ".js", ".css", ".svg", ".json", ".map":
	default:
		return nil, false
	}
	if z, ok := cache.Load(p); ok {
		b, ok := z.([]byte)
		return b, ok
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, false
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil {
		return nil, false
	}
	cache.Store(p, b.Bytes())
	return b.Bytes(), true
}
