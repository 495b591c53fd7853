package objectstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Folder keeps objects as files below a folder.
type Folder struct {
	clock    kernel.Clock
	objects  string
	incoming string
}

// NewFolder opens the store in dir, which is made if it isn't there.
func NewFolder(dir string, clock kernel.Clock) (*Folder, error) {
	f := &Folder{clock: clock, objects: filepath.Join(dir, "objects"), incoming: filepath.Join(dir, "incoming")}
	for _, d := range []string{f.objects, f.incoming} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("open the object store: %w", err)
		}
	}
	return f, nil
}

// Check implements Store.
func (f *Folder) Check(context.Context) error {
	_, err := os.Stat(f.objects)
	return err
}

// Sweep implements Store.
func (f *Folder) Sweep(ctx context.Context) error {
	return f.SweepBefore(ctx, f.clock.Now().Add(-staleAfter))
}

// SweepBefore is Sweep for what was left before the time.
func (f *Folder) SweepBefore(_ context.Context, before time.Time) error {
	left, err := os.ReadDir(f.incoming)
	if err != nil {
		return fmt.Errorf("object store: %w", err)
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(f.incoming, e.Name())) // tried again at the next sweep
		}
	}
	return nil
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error) {
	if _, err := f.path(name); err != nil {
		return dataops.Object{}, err
	}
	return f.put(ctx, func(string) string { return name }, r, limit)
}

// PutContent implements Store.
func (f *Folder) PutContent(ctx context.Context, r io.Reader, limit int64) (dataops.Object, error) {
	return f.put(ctx, contentKey, r, limit)
}

func (f *Folder) put(ctx context.Context, key func(sum string) string, r io.Reader, limit int64) (_ dataops.Object, err error) {
	var name [16]byte
	if _, err := rand.Read(name[:]); err != nil {
		return dataops.Object{}, fmt.Errorf("name an upload: %w", err)
	}
	temp := filepath.Join(f.incoming, hex.EncodeToString(name[:]))
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return dataops.Object{}, diskError(err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(temp)
		}
	}()
	m := newMeter(ctx, r, limit)
	if _, err := io.CopyBuffer(diskWriter{file}, m, make([]byte, copyBytes)); err != nil {
		return dataops.Object{}, err
	}
	if err := file.Sync(); err != nil {
		return dataops.Object{}, diskError(err)
	}
	if err := file.Close(); err != nil {
		return dataops.Object{}, diskError(err)
	}
	o := m.object("")
	o.Key = key(o.SHA256)
	return o, f.keep(temp, o.Key)
}

// copyBytes is what an upload holds in memory.
const copyBytes = 256 << 10

// keep gives a complete file its place.
func (f *Folder) keep(temp, key string) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return diskError(err)
	}
	if err := os.Rename(temp, path); err != nil {
		return diskError(err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return diskError(err)
	}
	err = dir.Sync() // the name is durable only with its folder
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return diskError(err)
	}
	return nil
}

// diskWriter gives the disk's errors the form that an uploader may see.
type diskWriter struct{ w io.Writer }

// Write implements io.Writer.
func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err != nil {
		return n, diskError(err)
	}
	return n, nil
}

func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return kernel.E(kernel.KindUnavailable, "DISK_FULL",
			"the server has no room left for the file; ask its operator to make some").Because(err)
	}
	return fmt.Errorf("object store: %w", err)
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, key string, offset int64) (io.ReadCloser, error) {
	path, err := f.path(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kernel.NotFound("object", key)
	}
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("object store: %w", err)
	}
	return file, nil
}

// List implements Store.
func (f *Folder) List(ctx context.Context, do func(key string) error) error {
	return filepath.WalkDir(f.objects, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != f.objects: // it has gone meanwhile
			return nil
		case err != nil:
			return diskError(err)
		case ctx.Err() != nil:
			return ctx.Err()
		case !entry.Type().IsRegular():
			return nil
		}
		key, err := filepath.Rel(f.objects, path)
		if err != nil {
			return err
		}
		if key = filepath.ToSlash(key); keyForm.MatchString(key) { // else it is not a file of ours
			return do(key)
		}
		return nil
	})
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("object store: %w", err)
	}
	return nil
}

// path refuses every key that could lead out of the folder.
func (f *Folder) path(key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	return filepath.Join(f.objects, filepath.FromSlash(key)), nil
}
