package pgstore

import (
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5/pgtype"
)

// array builds a one-dimensional Postgres array in the binary format (array_send in Postgres' arrayfuncs.c): the number
// of dimensions, a null flag, the element's oid, the length and the lower bound, then each element with its length.
// Written by hand because a batch has thousands of elements.
type array struct {
	buf []byte
	n   uint32
}

const arrayHeader = 20

// reset empties the array. A buffer that one huge batch left behind is given up.
func (a *array) reset(oid uint32) {
	if cap(a.buf) > 4<<20 {
		a.buf = nil
	}
	a.n = 0
	a.buf = append(a.buf[:0], make([]byte, arrayHeader)...)
	binary.BigEndian.PutUint32(a.buf[8:], oid)
	binary.BigEndian.PutUint32(a.buf[16:], 1)
}

func (a *array) int4(v int) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, 4)
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(v))
}

func (a *array) int8(v int64) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, 8)
	a.buf = binary.BigEndian.AppendUint64(a.buf, uint64(v))
}

func (a *array) bool(v bool) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, 1)
	if v {
		a.buf = append(a.buf, 1)
	} else {
		a.buf = append(a.buf, 0)
	}
}

func (a *array) text(v string) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(len(v)))
	a.buf = append(a.buf, v...)
}

func (a *array) json(v []byte) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(len(v)))
	a.buf = append(a.buf, v...)
}

// bytes finishes the array.
func (a *array) bytes() []byte {
	if a.n == 0 { // an empty array has no dimension
		return a.buf[:12]
	}
	binary.BigEndian.PutUint32(a.buf[0:], 1)
	binary.BigEndian.PutUint32(a.buf[12:], a.n)
	return a.buf
}

// null stands for NULL in an array of numbers that are never negative.
const null = -1

var errShortArray = errors.New("the array ends too early")

// readInt8s reads an array of bigint.
func readInt8s(b []byte) ([]int64, error) {
	if len(b) < arrayHeader { // NULL or empty
		return nil, nil
	}
	n := int(binary.BigEndian.Uint32(b[12:]))
	out := make([]int64, 0, min(n, len(b)/4))
	b = b[arrayHeader:]
	for range n {
		if len(b) < 4 {
			return nil, errShortArray
		}
		size := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		switch {
		case size < 0:
			out = append(out, null)
		case len(b) < 8:
			return nil, errShortArray
		default:
			out = append(out, int64(binary.BigEndian.Uint64(b)))
			b = b[8:]
		}
	}
	return out, nil
}

// readTexts reads an array of text or json.
func readTexts(b []byte) ([]string, error) {
	var out []string
	if b == nil {
		return nil, nil
	}
	return out, pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.BinaryFormatCode, b, &out)
}
