// Package ui holds the built user interface, so that the binary can serve it without any file beside it.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the built interface, and whether it was built: a checkout without `npm run build` holds only a placeholder.
func Dist() (fs.FS, bool) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist, false
	}
	_, err = fs.Stat(sub, "index.html")
	return sub, err == nil
}
