package clickhousechild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/morket/morket/adapters/servers/childproc"
)

// What is fetched: the engine alone; pandas and pyarrow, which it asks for, are not needed here.
const (
	wheel = "chdb-core==26.9.0"
	cache = "chdb-26.9.0"
)

// ErrNoEngine says that the engine is not in the cache folder.
var ErrNoEngine = errors.New("ClickHouse's engine is not installed")

// Find returns the Python of an environment that has the engine, in the cache folder.
func Find(cacheDir string) (string, error) {
	python := filepath.Join(cacheDir, cache, "bin", "python")
	if _, err := os.Stat(filepath.Join(cacheDir, cache, "complete")); err != nil {
		return "", ErrNoEngine
	}
	return python, nil
}

// Fetch makes that environment through pip (about 20 s, 500 MB on the disk) and returns its Python.
func Fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	dir := filepath.Join(cacheDir, cache)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(cacheDir, 0o755)); err != nil {
		return "", err
	}
	log.InfoContext(ctx, "fetching ClickHouse's engine", "through", "pip", "what", wheel, "takes", "20 seconds")
	python := filepath.Join(dir, "bin", "python")
	for _, tool := range []childproc.Tool{
		{Name: "python3", Args: []string{"-m", "venv", dir}},
		{Name: python, Args: []string{"-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", wheel}},
		{Name: python, Args: []string{"-c", "import chdb"}},
	} {
		tool.Dir, tool.Logger = cacheDir, log
		if err := tool.Run(ctx); err != nil {
			return "", fmt.Errorf("%w and could not be fetched (it needs Python 3 with venv and pip; or set CLICKHOUSE_URL to a server): %w",
				ErrNoEngine, err)
		}
	}
	return python, os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}
