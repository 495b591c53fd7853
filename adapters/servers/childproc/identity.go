package childproc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// Identity is an ordinary user that a child runs as when we are root.
type Identity struct {
	Name     string
	UID, GID uint32
}

// Unprivileged returns the user for a child that refuses to be root: nil when we are not root, else the user that called
// sudo, else the first of the names that exists, else nobody.
func Unprivileged(names ...string) (*Identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil means "as ourselves"
	}
	if id := os.Getenv("SUDO_UID"); id != "" && id != "0" {
		if u, err := user.LookupId(id); err == nil { // initdb refuses a uid that has no passwd entry
			return identityOf(u)
		}
	}
	for _, name := range append(names, "nobody") {
		if u, err := user.Lookup(name); err == nil {
			return identityOf(u)
		}
	}
	return nil, errors.New("running as root, and there is no ordinary user to run a child as")
}

func identityOf(u *user.User) (*Identity, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("uid of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("gid of %s: %w", u.Username, err)
	}
	return &Identity{Name: u.Username, UID: uint32(uid), GID: uint32(gid)}, nil
}

// Own makes the identity the owner of the file or folder; a nil identity owns what we own.
func (i *Identity) Own(path string) error {
	if i == nil {
		return nil
	}
	return os.Chown(path, int(i.UID), int(i.GID))
}

// Owns reports whether the file or folder is the identity's already; a nil identity owns all.
func (i *Identity) Owns(path string) (bool, error) {
	if i == nil {
		return true, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	uid, _, ok := ownerOf(info)
	return !ok || uid == i.UID, nil
}

// Blocked returns the first folder on the way to path that the identity may not pass, or "" if it can get there. Folders
// that do not exist yet don't block. Only owner, group and mode are looked at.
func (i *Identity) Blocked(path string) (string, error) {
	if i == nil {
		return "", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for _, dir := range ancestors(resolve(abs)) {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if info.IsDir() && !i.mayPass(info) {
			return dir, nil
		}
	}
	return "", nil
}

func (i *Identity) mayPass(info os.FileInfo) bool {
	uid, gid, ok := ownerOf(info)
	switch mode := info.Mode().Perm(); {
	case !ok:
		return true
	case uid == i.UID:
		return mode&0o100 != 0
	case gid == i.GID:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// ancestors returns every folder from the root down to path.
func ancestors(path string) []string {
	parent := filepath.Dir(path)
	if parent == path {
		return []string{path}
	}
	return append(ancestors(parent), path)
}
