package childproc

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func sysProcAttr(as *Identity, death syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(as), Setpgid: true, Pdeathsig: death}
}

// Look returns what runs under a process id. A zombie, whose parent has not asked how it ended, does not live.
func Look(pid int) (Other, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Other{}, false
	}
	// "42 (name) S …"; a name may hold brackets and spaces (proc_pid_stat(5)).
	_, rest, _ := strings.Cut(string(b), "(")
	end := strings.LastIndex(rest, ") ")
	if end < 0 || end+2 >= len(rest) || strings.ContainsRune("ZXx", rune(rest[end+2])) {
		return Other{}, false
	}
	dir, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil {
		dir = "" // another user's
	}
	return Other{Name: rest[:end], Dir: dir}, true
}

// executableName returns the file name of what a process runs; false when it does not live (a zombie does not).
func executableName(pid int) (string, bool) {
	target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return "", false
	}
	return strings.TrimSuffix(filepath.Base(target), " (deleted)"), true
}
