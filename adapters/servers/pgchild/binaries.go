package pgchild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/servers/childproc"
)

// minMajor is the oldest PostgreSQL that Morket's SQL runs on.
const minMajor = 15

// ErrNoBinaries says that no PostgreSQL of a usable version is installed.
var ErrNoBinaries = fmt.Errorf("no PostgreSQL %d or newer is installed", minMajor)

// FindBinDir returns the folder with the newest usable initdb and postgres on this machine: PG_BIN when it is set, else the
// distributions' folders, else PATH. It answers ErrNoBinaries when there is none.
func FindBinDir(ctx context.Context) (string, error) { return findBinDir(ctx, 0) }

// findBinDir looks for the given major version; 0 is the newest.
func findBinDir(ctx context.Context, major int) (string, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		if _, err := majorOf(ctx, dir); err != nil {
			return "", fmt.Errorf("PG_BIN=%s: %w", dir, err)
		}
		return dir, nil
	}
	best, bestMajor := "", 0
	for _, dir := range candidates() {
		m, err := majorOf(ctx, dir)
		if err != nil || m < minMajor || m <= bestMajor || (major != 0 && m != major) {
			continue
		}
		best, bestMajor = dir, m
	}
	if best == "" {
		return "", ErrNoBinaries
	}
	return best, nil
}

func candidates() []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
		`C:\Program Files\PostgreSQL\*\bin`,
	} {
		matches, err := filepath.Glob(pattern)
		if err == nil { // the patterns are constants: only a malformed one is an error
			dirs = append(dirs, matches...)
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func executable(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

// majorOf asks the server in dir for its version; both initdb and postgres must be there.
func majorOf(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(executable(dir, "initdb")); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, executable(dir, "postgres"), "--version")
	cmd.Env = childproc.Env()
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("postgres --version in %s: %w", dir, err)
	}
	match := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("postgres --version in %s says %q", dir, out)
	}
	return strconv.Atoi(string(match[1]))
}

// binaries chooses what to run: cfg.BinDir, else an installed version that fits the data folder, else a fetched one.
func binaries(ctx context.Context, cfg Config, dataMajor int, as *childproc.Identity) (string, error) {
	if cfg.BinDir != "" {
		return cfg.BinDir, nil
	}
	dir, err := findBinDir(ctx, dataMajor)
	if errors.Is(err, ErrNoBinaries) && dataMajor != 0 && dataMajor != fetchedMajor {
		if dir, err = FindBinDir(ctx); err == nil {
			return dir, nil // the versions are compared, and the difference explained, once
		}
	}
	if !errors.Is(err, ErrNoBinaries) {
		return dir, err
	}
	cache, err := reachableCache(cfg, as)
	if err != nil {
		return "", err
	}
	return Fetch(ctx, cache, cfg.Logger)
}
