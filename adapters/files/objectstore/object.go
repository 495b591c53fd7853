// Package objectstore keeps big bodies — uploads, snapshots, recorded answers — in a folder or in an S3-compatible store. What
// is in it is primary data: it is backed up and erased with the log, never assumed to be rebuildable.
//
// An object has either a name that its owner chose ("uploads/ws_…/imp_…"), so that it can be erased with its owner, or the hash of
// its content. An object appears whole or not at all, and never changes.
package objectstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Store keeps objects. Every implementation passes objectstoretest.
type Store interface {
	// Put stores what r has under the name. It streams: memory doesn't grow with the size. More than limit bytes is an error of
	// kernel.KindTooLarge, a store that is full or away one of kernel.KindUnavailable; nothing is left of either.
	Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error)
	// PutContent stores what r has under its own hash; the same content is stored once.
	PutContent(ctx context.Context, r io.Reader, limit int64) (dataops.Object, error)
	// Open reads an object from an offset on. A missing one is an error of kernel.KindNotFound.
	Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error)
	// List calls do with the key of every object that was there when it began, in no certain order, and ends with do's error. One
	// that comes or goes meanwhile may be among them.
	List(ctx context.Context, do func(key string) error) error
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Sweep removes what interrupted uploads left more than a day ago.
	Sweep(ctx context.Context) error
	// Check tells whether the store can be used.
	Check(ctx context.Context) error
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*S3)(nil)
)

// staleAfter is the age at which what was left of an interrupted upload is removed.
const staleAfter = 24 * time.Hour

// incomingKeys begins the names of objects that are still to get theirs.
const incomingKeys = "incoming/"

func contentKey(sum string) string { return "sha256/" + sum[:2] + "/" + sum }

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,4}$`)

// checkKey refuses every key that could mean another place than it says.
func checkKey(key string) error {
	if !keyForm.MatchString(key) {
		return fmt.Errorf("object store: %q is not a key", key)
	}
	return nil
}

// meter reads an upload: it counts and hashes what goes by, and ends with an error that the uploader may see when there is too
// much of it, when it breaks off, or when ctx ends.
type meter struct {
	ctx   context.Context //nolint:containedctx // a reader has no other way to it
	r     io.Reader
	limit int64
	size  int64
	sum   hash.Hash
	err   error // why it ended early
}

func newMeter(ctx context.Context, r io.Reader, limit int64) *meter {
	return &meter{ctx: ctx, r: r, limit: limit, sum: sha256.New()}
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if err := m.ctx.Err(); err != nil {
		m.err = fmt.Errorf("upload: %w", err)
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.sum.Write(p[:n])
	switch m.size += int64(n); {
	case m.size > m.limit:
		m.err = kernel.E(kernel.KindTooLarge, "FILE_TOO_LARGE", "the file is larger than the %d MB that are taken", m.limit>>20)
		return 0, m.err
	case err != nil && !errors.Is(err, io.EOF):
		m.err = kernel.E(kernel.KindMalformed, "UPLOAD_INTERRUPTED", "the upload broke off; send the file again").Because(err)
		return n, m.err
	}
	return n, err
}

func (m *meter) object(key string) dataops.Object {
	return dataops.Object{Key: key, Size: m.size, SHA256: hex.EncodeToString(m.sum.Sum(nil))}
}
