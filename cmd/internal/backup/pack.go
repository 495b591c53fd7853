package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

const (
	// workFactor is the cost of trying a passphrase, as a power of two: with it scrypt takes 128 MB and half a second (OWASP's
	// Password Storage Cheat Sheet names it). A file may ask for at most maxWorkFactor.
	workFactor    = 17
	maxWorkFactor = 19
	// pieceBytes is the size at which a body is cut, and what one holds in memory.
	pieceBytes = 1 << 20
	// window is how far back the packer looks. A file may ask for at most maxWindow.
	window    = 1 << 20
	maxWindow = 8 << 20
)

// packer writes bodies of any length into a file.
type packer struct {
	tar    *tar.Writer
	zstd   *zstd.Encoder
	sealed io.WriteCloser
	at     time.Time
}

func newPacker(w io.Writer, passphrase string, work int, at time.Time) (*packer, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal the backup: %w", err)
	}
	recipient.SetWorkFactor(work)
	p := &packer{at: at}
	if p.sealed, err = age.Encrypt(w, recipient); err != nil {
		return nil, fmt.Errorf("seal the backup: %w", err)
	}
	if p.zstd, err = zstd.NewWriter(p.sealed, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, fmt.Errorf("pack the backup: %w", err)
	}
	p.tar = tar.NewWriter(p.zstd)
	return p, nil
}

// close ends the file. One that was not closed can't be read to its end.
func (p *packer) close() error {
	if err := p.tar.Close(); err != nil {
		return err
	}
	if err := p.zstd.Close(); err != nil {
		return err
	}
	return p.sealed.Close()
}

func (p *packer) json(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	b := p.body(name)
	if _, err := b.Write(text); err != nil {
		return err
	}
	_, err = b.close()
	return err
}

// body begins one. It has to be closed before the next one begins.
func (p *packer) body(name string) *body {
	return &body{packer: p, name: name, sum: newSummer()}
}

// body is an io.Writer that is cut into files.
type body struct {
	packer *packer
	name   string
	pieces int
	buf    bytes.Buffer
	sum    *summer
}

// Write implements io.Writer.
func (b *body) Write(p []byte) (int, error) {
	b.sum.add(p)
	b.buf.Write(p)
	if b.buf.Len() < pieceBytes {
		return len(p), nil
	}
	return len(p), b.flush()
}

func (b *body) flush() error {
	b.pieces++
	err := b.packer.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: fmt.Sprintf("%s.%06d", b.name, b.pieces), Size: int64(b.buf.Len()), Mode: 0o600, ModTime: b.packer.at,
	})
	if err != nil {
		return err
	}
	_, err = b.buf.WriteTo(b.packer.tar)
	return err
}

func (b *body) close() (Sum, error) {
	if b.pieces == 0 || b.buf.Len() > 0 {
		if err := b.flush(); err != nil {
			return Sum{}, err
		}
	}
	return b.sum.of(b.name), nil
}

// summer adds up a body. A row of COPY's text format is a line.
type summer struct {
	hash        hash.Hash
	bytes, rows int64
}

func newSummer() *summer { return &summer{hash: sha256.New()} }

func (s *summer) add(p []byte) {
	s.hash.Write(p)
	s.bytes += int64(len(p))
	s.rows += int64(bytes.Count(p, []byte{'\n'}))
}

func (s *summer) of(name string) Sum {
	return Sum{Name: name, Bytes: s.bytes, Rows: s.rows, SHA256: hex.EncodeToString(s.hash.Sum(nil))}
}

// objectSums adds up objects without keeping them in mind.
type objectSums struct {
	lines *summer
	bytes int64
}

func newObjectSums() *objectSums { return &objectSums{lines: newSummer()} }

func (o *objectSums) add(object Sum) {
	o.lines.add(fmt.Appendf(nil, "%s %d %s\n", object.Name, object.Bytes, object.SHA256))
	o.bytes += object.Bytes
}

func (o *objectSums) sum() Sum {
	s := o.lines.of("objects")
	s.Bytes = o.bytes
	return s
}
