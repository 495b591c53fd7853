package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/morket/morket/domain/kernel"
)

// Archive is a place where a database's base backups and its write-ahead log since are kept, so that it can be brought to any moment
// since the first of them. Everything is packed by Zstandard and sealed by age to a key that lies there under the passphrase.
//
// What lies there:
//
//	key                          the key, sealed under the passphrase (recipient scrypt)
//	base_<time>                  files of the database, and base_<time>_keys the master and signing keys
//	base_<time>_info             what is told of it; without it the base is not whole
//	wal_<history>_<timeline>_<from>_<to>_<bytes>   a piece of the log; two restores may begin the same timeline, but each its own history
//	object_<key>                 an object
//	gone_<seconds>_<key>         since when the object is no longer needed
type Archive struct {
	store    ShelfStore
	clock    kernel.Clock
	identity *age.X25519Identity
}

// ArchivedBase is what is told of a base backup. Places in the log are bytes from its beginning.
type ArchivedBase struct {
	Name     string    `json:"name"`
	TakenAt  time.Time `json:"taken_at"` // when it was whole
	Version  string    `json:"version"`
	History  string    `json:"history"`
	Position int64     `json:"position"` // of the log of events when it was whole
	From     uint64    `json:"from"`
	To       uint64    `json:"to"`
	Timeline int32     `json:"timeline"`
	Bytes    int64     `json:"bytes"` // packed
}

// Piece is a piece of the write-ahead log.
type Piece struct {
	History  string
	Timeline int32
	From, To uint64
	Bytes    int64 // packed
}

const (
	keyObject    = "key"
	baseNamed    = "base_"
	keysTold     = "_keys"
	pieceNamed   = "wal_"
	pieceForm    = "_%08X_%016X_%016X_%d"
	objectNamed  = "object_"
	goneNamed    = "gone_"
	maxKeyObject = 4 << 10
)

func (p Piece) name() string {
	return pieceNamed + p.History + fmt.Sprintf(pieceForm, p.Timeline, p.From, p.To, p.Bytes)
}

// pieceOf reads a name.
func pieceOf(name string) (p Piece, is bool) {
	history, rest, found := strings.Cut(strings.TrimPrefix(name, pieceNamed), "_")
	p.History = history
	if n, err := fmt.Sscanf("_"+rest, pieceForm, &p.Timeline, &p.From, &p.To, &p.Bytes); !found || err != nil ||
		n != 4 { //nolint:mnd // all of the form
		return p, false
	}
	return p, p.name() == name && p.To > p.From
}

// ErrNoArchive says that nothing was archived at a place.
var ErrNoArchive = errors.New("there is no archive")

// OpenArchive opens the archive, or makes it when make is set; otherwise one that isn't there is ErrNoArchive.
func OpenArchive(ctx context.Context, store ShelfStore, passphrase string, clock kernel.Clock, makeIt bool) (*Archive, error) {
	a := &Archive{store: store, clock: clock}
	r, err := store.Open(ctx, keyObject, 0)
	switch {
	case kernel.KindOf(err) == kernel.KindNotFound && makeIt:
		return a, a.begin(ctx, passphrase)
	case kernel.KindOf(err) == kernel.KindNotFound:
		return nil, ErrNoArchive
	case err != nil:
		return nil, err
	}
	sealed, err := io.ReadAll(io.LimitReader(r, maxKeyObject))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	pass, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	pass.SetMaxWorkFactor(maxWorkFactor)
	opened, err := age.Decrypt(bytes.NewReader(sealed), pass)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its key can't be read: %w", ErrDamaged, err)
	}
	text, err := io.ReadAll(opened)
	if err == nil {
		a.identity, err = age.ParseX25519Identity(string(text))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its key can't be read: %w", ErrDamaged, err)
	}
	return a, nil
}

// begin makes the key.
func (a *Archive) begin(ctx context.Context, passphrase string) (err error) {
	if a.identity, err = age.GenerateX25519Identity(); err != nil {
		return fmt.Errorf("make the archive's key: %w", err)
	}
	pass, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("seal the archive's key: %w", err)
	}
	pass.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, pass)
	if err == nil {
		_, err = io.WriteString(w, a.identity.String())
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return fmt.Errorf("seal the archive's key: %w", err)
	}
	_, err = a.store.Put(ctx, keyObject, &sealed, maxKeyObject)
	return err
}

// seal packs and seals what write writes.
func (a *Archive) seal(w io.Writer, write func(io.Writer) error) error {
	sealed, err := age.Encrypt(w, a.identity.Recipient())
	if err != nil {
		return fmt.Errorf("seal what is archived: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("pack what is archived: %w", err)
	}
	if err := write(packed); err != nil {
		return errors.Join(err, packed.Close())
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return sealed.Close()
}

// put stores what write writes and returns its size there.
func (a *Archive) put(ctx context.Context, name string, write func(io.Writer) error) (int64, error) {
	r, w := io.Pipe()
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		w.CloseWithError(a.seal(w, write))
	}()
	o, err := a.store.Put(ctx, name, r, math.MaxInt64)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	<-wrote
	return o.Size, err
}

// opened is something archived that is being read.
type opened struct {
	*zstd.Decoder
	stored io.Closer
}

// Close ends the reading.
func (o opened) Close() error {
	o.Decoder.Close()
	return o.stored.Close()
}

func (a *Archive) open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := a.store.Open(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	sealed, err := age.Decrypt(r, a.identity)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDamaged, name, err), r.Close())
	}
	z, err := zstd.NewReader(sealed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return opened{z, r}, nil
}

// PutPiece archives a piece of the log.
func (a *Archive) PutPiece(ctx context.Context, p Piece, data []byte) (Piece, error) {
	var sealed bytes.Buffer
	err := a.seal(&sealed, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return p, err
	}
	p.Bytes = int64(sealed.Len())
	_, err = a.store.Put(ctx, p.name(), &sealed, p.Bytes)
	return p, err
}

// PutBase archives a base backup: write writes it and says where it lies in the log. It is there when it is whole.
func (a *Archive) PutBase(
	ctx context.Context, b ArchivedBase, keys Keys, write func(io.Writer) (from, to uint64, timeline int32, err error),
	head func(context.Context) (int64, error),
) (ArchivedBase, error) {
	b.Name = baseNamed + a.clock.Now().UTC().Format(nameTime)
	var err error
	b.Bytes, err = a.put(ctx, b.Name, func(w io.Writer) (err error) {
		b.From, b.To, b.Timeline, err = write(w)
		return err
	})
	if err != nil {
		return b, fmt.Errorf("archive a base backup: %w", err)
	}
	if _, err := a.put(ctx, b.Name+keysTold, func(w io.Writer) error { return json.NewEncoder(w).Encode(keys) }); err != nil {
		return b, fmt.Errorf("archive the keys: %w", err)
	}
	if b.Position, err = head(ctx); err != nil { // not before: the base holds no later one
		return b, err
	}
	b.TakenAt = a.clock.Now().UTC()
	text, err := json.Marshal(b)
	if err == nil {
		_, err = a.store.Put(ctx, b.Name+told, bytes.NewReader(text), maxTold)
	}
	return b, err
}

// OpenBase reads a base backup, and the keys of its time.
func (a *Archive) OpenBase(ctx context.Context, b ArchivedBase) (io.ReadCloser, Keys, error) {
	var keys Keys
	r, err := a.open(ctx, b.Name+keysTold)
	if err != nil {
		return nil, keys, err
	}
	err = json.NewDecoder(io.LimitReader(r, maxKeys)).Decode(&keys)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, keys, fmt.Errorf("%w: its keys can't be read: %w", ErrDamaged, err)
	}
	r, err = a.open(ctx, b.Name)
	return r, keys, err
}
