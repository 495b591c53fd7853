package childproc

import (
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sysProcAttr puts the child into a process group of its own. Windows has no parent-death signal: the next start stops a
// stale child by its pid file.
func sysProcAttr(_ *Identity, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// interrupt ends the process: Windows can't ask one that has no console. What we run recovers from that.
func interrupt(p *os.Process, _ syscall.Signal) error { return p.Kill() }

// killGroup ends the process and what it started.
func killGroup(p *os.Process) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if exec.CommandContext(ctx, "taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run() != nil {
		_ = p.Kill()
	}
}

// openLocked opens the file without sharing it, so that a second opener is refused while this process lives.
func openLocked(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const sharingViolation = syscall.Errno(32)
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == sharingViolation {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// unlock has nothing to do: closing the file opens it to others.
func unlock(*os.File) error { return nil }

// Look returns what runs under a process id.
func Look(pid int) (Other, bool) {
	name, ok := executableName(pid)
	return Other{Name: strings.TrimSuffix(name, ".exe")}, ok
}

// executableName returns the file name of what a process runs; false when it does not live.
func executableName(pid int) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tasklist", "/NH", "/FO", "CSV", "/FI", "PID eq "+strconv.Itoa(pid)).Output()
	if err != nil {
		return "", false
	}
	record, err := csv.NewReader(strings.NewReader(string(out))).Read()
	if err != nil || len(record) < 2 {
		return "", false
	}
	return record[0], true
}

// ownerOf knows no owner on Windows.
func ownerOf(os.FileInfo) (uid, gid uint32, ok bool) { return 0, 0, false }

// FileID tells a file from a copy of it; here it can't.
func FileID(os.FileInfo) string { return "" }
