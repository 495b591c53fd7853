package workflow

import (
	"bytes"
	"math/bits"
)

// Mask is a set of a batch's rows, a bit for each, the first row in the lowest bit of the first byte. It has no zero bytes at its end.
type Mask []byte

// FullMask has the first n rows.
func FullMask(n int) Mask {
	m := bytes.Repeat([]byte{0xff}, n/8)
	if n%8 > 0 {
		m = append(m, 1<<(n%8)-1)
	}
	return m
}

// With is the mask with a row more.
func (m Mask) With(i int) Mask {
	for len(m) <= i/8 {
		m = append(m, 0)
	}
	m[i/8] |= 1 << (i % 8)
	return m
}

// Has reports whether the row is in the mask.
func (m Mask) Has(i int) bool { return i/8 < len(m) && m[i/8]&(1<<(i%8)) != 0 }

// Or has the rows of both.
func (m Mask) Or(o Mask) Mask {
	out := make(Mask, max(len(m), len(o)))
	copy(out, m)
	for i, b := range o {
		out[i] |= b
	}
	return out
}

// And has the rows that are in both.
func (m Mask) And(o Mask) Mask {
	out := make(Mask, min(len(m), len(o)))
	for i := range out {
		out[i] = m[i] & o[i]
	}
	return out.trimmed()
}

// Split parts it into masks of at most n rows each.
func (m Mask) Split(n int) []Mask {
	var out []Mask
	for i, count := 0, 0; i < 8*len(m); i++ {
		if !m.Has(i) {
			continue
		}
		if count%n == 0 {
			out = append(out, nil)
		}
		count++
		out[len(out)-1] = out[len(out)-1].With(i)
	}
	return out
}

// But has the rows that are not in the other.
func (m Mask) But(o Mask) Mask {
	out := make(Mask, len(m))
	copy(out, m)
	for i := range min(len(m), len(o)) {
		out[i] &^= o[i]
	}
	return out.trimmed()
}

func (m Mask) trimmed() Mask {
	for len(m) > 0 && m[len(m)-1] == 0 {
		m = m[:len(m)-1]
	}
	return m
}

// Count is how many rows it has.
func (m Mask) Count() int {
	n := 0
	for _, b := range m {
		n += bits.OnesCount8(b)
	}
	return n
}

// Empty reports whether it has none.
func (m Mask) Empty() bool { return m.Count() == 0 }
