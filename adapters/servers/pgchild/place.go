package pgchild

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/servers/childproc"
)

const (
	dirMode     = 0o755
	dataMode    = 0o700
	secretMode  = 0o600
	versionFile = "PG_VERSION"
)

// Where root keeps what an ordinary user must reach when the wanted place lies under a folder closed to that user, such as
// root's home.
const (
	rootData  = "/var/lib/morket"
	rootCache = "/var/cache/morket"
)

// place is where a server keeps its things.
type place struct {
	dir       string // pid file, log and data folder
	ephemeral bool   // removed on Stop
}

func (p place) data() string    { return filepath.Join(p.dir, "data") }
func (p place) log() string     { return filepath.Join(p.dir, "postgres.log") }
func (p place) pidFile() string { return filepath.Join(p.dir, "postgres.pid") }

// prepare makes the folders, elsewhere if the server's user can't reach the wanted ones, and says so.
func prepare(cfg Config, as *childproc.Identity) (place, error) {
	p := place{dir: cfg.DataDir}
	if cfg.DataDir == "" {
		dir, err := os.MkdirTemp("", "morket-postgres-")
		if err != nil {
			return p, err
		}
		p = place{dir: dir, ephemeral: true}
		if err := os.Chmod(dir, dirMode); err != nil { // the data folder inside is closed
			return p, err
		}
	}
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return p, err
	}
	blocked, err := as.Blocked(filepath.Join(dir, "data"))
	if err != nil {
		return p, err
	}
	p.dir = dir
	if blocked != "" && blocked != p.data() {
		if p.dir, err = elsewhere(dir); err != nil {
			return p, err
		}
		cfg.Logger.Warn("PostgreSQL's data is kept elsewhere: PostgreSQL refuses to run as root, and its user can't enter a folder on the way",
			"wanted", dir, "used", p.dir, "closed_folder", blocked, "user", as.Name)
	}
	if err := os.MkdirAll(p.dir, dirMode); err != nil {
		return p, err
	}
	if err := os.MkdirAll(p.data(), dataMode); err != nil {
		return p, err
	}
	return p, ownTree(p.data(), as)
}

// elsewhereFile lies in the wanted folder and names the one that is used, so that the data is found after the wanted one was moved.
const elsewhereFile = "elsewhere"

func elsewhere(wanted string) (string, error) {
	path := filepath.Join(wanted, elsewhereFile)
	said, err := os.ReadFile(path)
	if used := strings.TrimSpace(string(said)); err == nil && filepath.Dir(used) == rootData {
		if major, err := dataMajor(place{dir: used}.data()); err != nil || major != 0 {
			return used, err
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	sum := sha256.Sum256([]byte(wanted))
	used := filepath.Join(rootData, "postgres-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(wanted, dirMode); err != nil {
		return "", err
	}
	return used, os.WriteFile(path, []byte(used+"\n"), secretMode)
}

// ownTree gives the data folder to whom the server runs as. A folder that another user made (a run with and without sudo,
// a restored copy) changes hands whole.
func ownTree(data string, as *childproc.Identity) error {
	if owns, err := as.Owns(data); err != nil || owns {
		return err
	}
	return filepath.WalkDir(data, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return as.Own(path)
	})
}

// reachableCache returns a folder for fetched binaries that the server's user can reach.
func reachableCache(cfg Config, as *childproc.Identity) (string, error) {
	cache := cfg.CacheDir
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(user, "morket")
	}
	cache, err := filepath.Abs(cache)
	if err != nil {
		return "", err
	}
	blocked, err := as.Blocked(cache)
	if err != nil || blocked == "" {
		return cache, err
	}
	return rootCache, nil
}

// dataMajor returns the major version that made the data folder, 0 for a new one.
func dataMajor(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("%s in %s: %w", versionFile, data, err)
	}
	return major, nil
}

// VersionError says that a data folder was made by another major version of PostgreSQL, which can't be started on it.
type VersionError struct {
	Dir          string
	Data, Binary int
}

// Error says what to do.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the data in %s is PostgreSQL %d's, and the server at hand is %d: install PostgreSQL %d or set PG_BIN to its bin "+
		"folder; "+
		"or move the data over with pg_dump and pg_restore; the data was left as it is", e.Dir, e.Data, e.Binary, e.Data)
}
