package pgchild

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/servers/childproc"
)

// lockFile is where a server writes its pid, which keeps a second one out.
func lockFile(data string) string { return filepath.Join(data, "postmaster.pid") }

// readLock returns the pid in the lock file: 0 in one that a loss of power tore.
func readLock(data string) (pid int, exists bool, err error) {
	b, err := os.ReadFile(lockFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid < 0 {
		return 0, true, nil //nolint:nilerr // it names nobody
	}
	return pid, true, nil
}

// serves reports whether the process may be a server on the data folder. The server itself only asks whether the pid exists,
// and so takes for living what is dead: a zombie, where nobody reaps (a container's first process, often), and another
// program that got the same pid.
func serves(pid int, data string) bool {
	if pid == 0 {
		return false
	}
	other, lives := childproc.Look(pid)
	if !lives || !strings.HasPrefix(strings.ToLower(other.Name), "postgres") {
		return false
	}
	here, err := filepath.EvalSymlinks(data)
	return err != nil || other.Dir == "" || other.Dir == here
}

// removeStaleLock removes the lock file of a server that no longer lives. Its sessions, if some still end, are kept out by the
// shared memory block that is named after the data folder.
func removeStaleLock(ctx context.Context, log *slog.Logger, data string) error {
	pid, exists, err := readLock(data)
	if err != nil || !exists || serves(pid, data) {
		return err
	}
	log.InfoContext(ctx, "the lock of a PostgreSQL that no longer lives is removed", "pid", pid, "data", data)
	if err := os.Remove(lockFile(data)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// heldByALeftover reports whether a server could not start because of one that is dead or dying.
func heldByALeftover(err error, data string) bool {
	if strings.Contains(err.Error(), "shared memory block") {
		return true
	}
	if !strings.Contains(err.Error(), "postmaster.pid") {
		return false
	}
	pid, exists, failed := readLock(data)
	return failed == nil && (!exists || !serves(pid, data))
}
