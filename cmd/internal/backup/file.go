package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// partial ends the name of a file that is not whole yet.
const partial = ".partial"

// WriteFile makes the file with what write writes. It gets its name when it is whole and on the disk; until then, and after a crash,
// it is called path.partial. A failed one is removed.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	half := path + partial
	f, err := os.OpenFile(half, os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // G703: the operator names the file
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("another backup writes %s: %w", half, err), f.Close())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(half)) //nolint:gosec // G703: likewise
		}
		err = errors.Join(err, f.Close())
	}()
	if err := f.Truncate(0); err != nil { // of an attempt that was killed
		return err
	}
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(half, path); err != nil { //nolint:gosec // G703: the operator names the file
		return err
	}
	dir, err := os.Open(filepath.Dir(path)) //nolint:gosec // G703: the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // the name is durable only with its folder
}
