package backup

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// unpacker reads the bodies of a file one after the other.
type unpacker struct {
	sealed io.Reader
	zstd   *zstd.Decoder
	tar    *tar.Reader
	next   *tar.Header // the file that begins the next body; nil: it has not been looked for
	name   string      // of the present body
	piece  int
	sum    *summer
	ended  bool
}

func newUnpacker(r io.Reader, passphrase string) (*unpacker, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	u := &unpacker{}
	var wrong *age.NoIdentityMatchError
	switch u.sealed, err = age.Decrypt(r, identity); {
	case errors.As(err, &wrong):
		return nil, ErrPassphrase
	case err != nil:
		return nil, fmt.Errorf("%w (%w)", ErrForeign, err)
	}
	u.zstd, err = zstd.NewReader(u.sealed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("unpack the backup: %w", err)
	}
	u.tar = tar.NewReader(u.zstd)
	return u, nil
}

func (u *unpacker) close() { u.zstd.Close() }

// peek returns the name of the next body, "" at the end of the file, after what is left of the present one was read.
func (u *unpacker) peek() (string, error) {
	if u.ended {
		return "", nil
	}
	if u.next == nil {
		h, err := u.tar.Next()
		if errors.Is(err, io.EOF) {
			u.ended = true
			return "", u.end()
		}
		if err != nil {
			return "", damaged(err)
		}
		u.next = h
	}
	name, _, err := u.nextPiece()
	return name, err
}

// end reads on to the end of the file, which has nothing behind the tar: only there it shows whether all is there.
func (u *unpacker) end() error {
	for _, r := range []io.Reader{u.zstd, u.sealed} {
		n, err := io.Copy(io.Discard, io.LimitReader(r, 1))
		if err != nil {
			return damaged(err)
		}
		if n > 0 {
			return fmt.Errorf("%w: something follows its end", ErrDamaged)
		}
	}
	return nil
}

func (u *unpacker) nextPiece() (name string, piece int, err error) {
	dot := strings.LastIndexByte(u.next.Name, '.')
	if dot < 0 || u.next.Typeflag != tar.TypeReg {
		return "", 0, fmt.Errorf("%w: it has %.100q", ErrDamaged, u.next.Name)
	}
	piece, err = strconv.Atoi(u.next.Name[dot+1:])
	if err != nil {
		return "", 0, fmt.Errorf("%w: it has %.100q", ErrDamaged, u.next.Name)
	}
	return u.next.Name[:dot], piece, nil
}

// begin begins the next body, which must have the name. It is read with Read.
func (u *unpacker) begin(name string) error {
	found, err := u.peek()
	if err != nil {
		return err
	}
	_, piece := "", 0
	if found != "" {
		_, piece, _ = u.nextPiece() // peek has looked at it
	}
	if found != name || piece != 1 {
		return fmt.Errorf("%w: it has %.100q where %q belongs", ErrDamaged, found, name)
	}
	u.name, u.piece, u.next, u.sum = name, 1, nil, newSummer()
	return nil
}

// Read implements io.Reader over all files of the present body.
func (u *unpacker) Read(p []byte) (int, error) {
	for {
		if u.next != nil || u.ended {
			return 0, io.EOF
		}
		n, err := u.tar.Read(p)
		if err != nil && !errors.Is(err, io.EOF) {
			return n, damaged(err)
		}
		if n > 0 {
			u.sum.add(p[:n])
			return n, nil
		}
		if err == nil {
			continue
		}
		name, err := u.peek()
		if err != nil {
			return 0, err
		}
		if name != u.name || u.ended {
			return 0, io.EOF
		}
		if _, piece, _ := u.nextPiece(); piece != u.piece+1 {
			return 0, fmt.Errorf("%w: pieces of %s are missing", ErrDamaged, u.name)
		}
		u.piece, u.next = u.piece+1, nil
	}
}

// sumUp reads what is left of the present body and returns its sum.
func (u *unpacker) sumUp() (Sum, error) {
	if _, err := io.Copy(io.Discard, u); err != nil {
		return Sum{}, err
	}
	return u.sum.of(u.name), nil
}

// small reads a whole body of at most limit bytes.
func (u *unpacker) small(name string, limit int64) ([]byte, error) {
	if err := u.begin(name); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(u, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%w: %s is too large", ErrDamaged, name)
	}
	return text, err
}

// damaged is the error of something that could not be read although the passphrase was right.
func damaged(err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, err)
}
