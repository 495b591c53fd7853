package boot

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
)

// leastFree is the share of a disk that must be free.
const leastFree = 0.05

// disks are the disks of the folders that the program writes to itself. That of a database elsewhere is its operator's to watch.
type disks struct {
	folders []folder
	stat    func(path string) (device uint64, free, size float64, err error)
}

type folder struct{ name, path string }

func newDisks(cfg config.Config) *disks {
	d := &disks{stat: statDisk, folders: []folder{{"data", cfg.DataDir}}}
	if !cfg.DatabaseURL.IsSet() {
		d.folders = append(d.folders, folder{"postgres", cfg.PostgresDir()})
	}
	if !cfg.S3URL.IsSet() {
		d.folders = append(d.folders, folder{"objects", cfg.ObjectsDir()})
	}
	return d
}

// statDisk asks for the disk of a folder; one that is not made yet is on that of its parent.
func statDisk(path string) (device uint64, free, size float64, err error) {
	var at syscall.Stat_t
	for err = syscall.Stat(path, &at); err != nil && filepath.Dir(path) != path; err = syscall.Stat(path, &at) {
		path = filepath.Dir(path)
	}
	var fs syscall.Statfs_t
	if err == nil {
		err = syscall.Statfs(path, &fs)
	}
	block := float64(fs.Bsize)
	free, size = float64(fs.Bavail)*block, float64(fs.Blocks)*block
	return uint64(at.Dev), free, size, err //nolint:unconvert // the device has other types elsewhere
}

// all tells how full each disk is, once for folders of the same one.
func (d *disks) all() (out []telemetry.Disk) {
	seen := map[uint64]bool{}
	for _, f := range d.folders {
		device, free, size, err := d.stat(f.path)
		if err != nil || size == 0 || seen[device] {
			continue
		}
		seen[device] = true
		out = append(out, telemetry.Disk{Folder: f.name, Free: free, Size: size})
	}
	return out
}

// check is readiness' question.
func (d *disks) check(context.Context) error {
	var full []string
	for _, disk := range d.all() {
		if disk.Free < leastFree*disk.Size {
			full = append(full, fmt.Sprintf("%s has %.1f %% (%.0f MB) left", disk.Folder, 100*disk.Free/disk.Size, disk.Free/(1<<20)))
		}
	}
	if len(full) == 0 {
		return nil
	}
	return fmt.Errorf("the disk is nearly full, make room or Morket stops taking writes: %s", strings.Join(full, "; "))
}

func (d *disks) dependency() httpapi.Dependency {
	return httpapi.Dependency{Name: "disk", Check: d.check}
}
