//go:build unix

package childproc

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

func credential(as *Identity) *syscall.Credential {
	if as == nil {
		return nil
	}
	return &syscall.Credential{Uid: as.UID, Gid: as.GID} // no Groups: supplementary groups are dropped too
}

func interrupt(p *os.Process, sig syscall.Signal) error { return p.Signal(sig) }

// killGroup kills the child and what it started; a group that is gone already is what we want.
func killGroup(p *os.Process) {
	if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err != nil {
		_ = p.Kill() // the process may not lead a group of its own
	}
}

// openLocked opens the file and takes an exclusive flock(2) on it, which ends with this process.
func openLocked(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, logFileMode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unlock gives the lock back. Closing is not enough: a child that was forked and has not executed its program yet shares the
// file with us for a moment.
func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// ownerOf returns the owner of a file.
func ownerOf(info os.FileInfo) (uid, gid uint32, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Uid, st.Gid, true
}

// FileID tells a file from a copy of it: its inode, which a rename keeps; "" where that can't be told.
func FileID(info os.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return strconv.FormatUint(st.Ino, 10)
}
