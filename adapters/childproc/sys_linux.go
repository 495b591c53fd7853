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

// executableName returns the file name of what a process runs; false when it does not live (a zombie does not).
func executableName(pid int) (string, bool) {
	target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return "", false
	}
	return strings.TrimSuffix(filepath.Base(target), " (deleted)"), true
}
