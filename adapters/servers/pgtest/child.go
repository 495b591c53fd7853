package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/morket/morket/adapters/servers/childproc"
	"github.com/morket/morket/adapters/servers/pgchild"
)

// child is the test process's own server, started at first use. It dies with the process.
//
//nolint:gochecknoglobals // one server per test process is the point
var child = sync.OnceValues(startChild)

// maxChildren is how many test processes of one user may have a server at once.
const maxChildren = 64

// startChild takes the first data folder that no other test process uses, so that folders are reused and don't pile up.
func startChild() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for i := range maxChildren {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("morket-pgtest-%d-%d", os.Getuid(), i))
		server, err := pgchild.Start(ctx, pgchild.Config{DataDir: dir, Fast: true})
		if errors.Is(err, childproc.ErrInUse) {
			continue
		}
		if err != nil {
			return "", err
		}
		return server.DSN(), nil
	}
	return "", fmt.Errorf("%d test processes have a Postgres each already", maxChildren)
}
