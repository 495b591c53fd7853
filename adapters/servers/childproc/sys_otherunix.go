//go:build unix && !linux

package childproc

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sysProcAttr has no parent-death signal here: the next start stops a stale child by its pid file.
func sysProcAttr(as *Identity, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(as), Setpgid: true}
}

// Look returns what runs under a process id. A zombie, whose parent has not asked how it ended, does not live.
func Look(pid int) (Other, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-o", "stat=,comm=", "-p", strconv.Itoa(pid)).Output()
	state, name, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !found || strings.HasPrefix(state, "Z") {
		return Other{}, false
	}
	return Other{Name: filepath.Base(strings.TrimSpace(name))}, true
}

// executableName returns the file name of what a process runs; false when it does not live.
func executableName(pid int) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	name := strings.TrimSpace(string(out))
	if err != nil || name == "" {
		return "", false
	}
	return filepath.Base(name), true
}
