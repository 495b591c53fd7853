//go:build unix

package childproc

import "golang.org/x/sys/unix"

// FreeBytes returns how much room the disk of a folder has left for us.
func FreeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil //nolint:unconvert // the types differ between systems
}
