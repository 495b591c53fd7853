// Package objectstore keeps big bodies — uploads, snapshots, recorded answers — in a folder. What is in it is primary
// data: it is backed up and erased with the log, never assumed to be rebuildable.
//
// An object has either a name that its owner chose ("uploads/ws_…/imp_…"), so that it can be erased with its owner, or the hash of
// its content. An object appears whole or not at all, and never changes.
package objectstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Folder keeps objects as files below a folder.
type Folder struct {
	objects  string
	incoming string
}

// staleAfter is the age at which what was left of an interrupted upload is removed.
const staleAfter = 24 * time.Hour

// New opens the store in dir, which is made if it isn't there, and clears away what interrupted uploads left.
func New(dir string, clock kernel.Clock) (*Folder, error) {
	f := &Folder{objects: filepath.Join(dir, "objects"), incoming: filepath.Join(dir, "incoming")}
	for _, d := range []string{f.objects, f.incoming} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("open the object store: %w", err)
		}
	}
	left, err := os.ReadDir(f.incoming)
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && clock.Now().Sub(info.ModTime()) > staleAfter {
			_ = os.Remove(filepath.Join(f.incoming, e.Name())) // tried again at the next start
		}
	}
	return f, nil
}

// Put stores what r has under the name. It streams: memory doesn't grow with the size. More than limit bytes is an error
// of kernel.KindTooLarge, a full disk one of kernel.KindUnavailable; nothing is left of either.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error) {
	if _, err := f.path(name); err != nil {
		return dataops.Object{}, err
	}
	return f.put(ctx, func(string) string { return name }, r, limit)
}

// PutContent stores what r has under its own hash; the same content is stored once.
func (f *Folder) PutContent(ctx context.Context, r io.Reader, limit int64) (dataops.Object, error) {
	return f.put(ctx, func(sum string) string { return "sha256/" + sum[:2] + "/" + sum }, r, limit)
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
	sum := sha256.New()
	size, err := copyLimited(ctx, io.MultiWriter(diskWriter{file}, sum), r, limit)
	if err != nil {
		return dataops.Object{}, err
	}
	if err := file.Sync(); err != nil {
		return dataops.Object{}, diskError(err)
	}
	if err := file.Close(); err != nil {
		return dataops.Object{}, diskError(err)
	}
	s := dataops.Object{Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}
	s.Key = key(s.SHA256)
	return s, f.keep(temp, s.Key)
}

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

// copyLimited copies until the end of r, the limit, or the end of ctx.
func copyLimited(ctx context.Context, w io.Writer, r io.Reader, limit int64) (int64, error) {
	buf := make([]byte, 256<<10)
	var total int64
	for {
		if err := ctx.Err(); err != nil {
			return total, fmt.Errorf("upload: %w", err)
		}
		n, err := r.Read(buf)
		if total += int64(n); total > limit {
			return total, kernel.E(kernel.KindTooLarge, "FILE_TOO_LARGE", "the file is larger than the %d MB that are taken", limit>>20)
		}
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return total, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return total, nil
		case err != nil:
			return total, kernel.E(kernel.KindMalformed, "UPLOAD_INTERRUPTED", "the upload broke off; send the file again").Because(err)
		}
	}
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
		return kernel.E(kernel.KindUnavailable, "DISK_FULL", "the server has no room left for the file; ask its operator to make some").Because(err)
	}
	return fmt.Errorf("object store: %w", err)
}

// Open reads an object from an offset on. A missing one is an error of kernel.KindNotFound.
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

// Delete removes an object; one that is not there is no error.
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

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,4}$`)

// path refuses every key that could lead out of the folder.
func (f *Folder) path(key string) (string, error) {
	if !keyForm.MatchString(key) {
		return "", fmt.Errorf("object store: %q is not a key", key)
	}
	return filepath.Join(f.objects, filepath.FromSlash(key)), nil
}
