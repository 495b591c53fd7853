package parquetfile

import (
	"encoding/binary"
	"math/bits"
)

// int128 is a number of 128 bits in two's complement.
type int128 struct{ hi, lo uint64 }

// Int64 is the number, where it fits.
func (n int128) Int64() int64 { return int64(n.lo) }

// bytes is the number in big-endian order, as DECIMAL has it.
func (n int128) bytes() (b [decimalBytes]byte) {
	binary.BigEndian.PutUint64(b[:8], n.hi)
	binary.BigEndian.PutUint64(b[8:], n.lo)
	return b
}

// unscaled is the number of plain notation without its point: 1.5 of scale 2 is 150. false if it has more digits.
func unscaled(n []byte, precision, scale int) (out int128, ok bool) {
	negative := len(n) > 0 && n[0] == '-'
	if negative {
		n = n[1:]
	}
	after, digits, point := 0, 0, false
	for _, c := range n {
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return out, false
		case point && after == scale:
			if c != '0' {
				return out, false
			}
			continue
		case point:
			after++
		}
		out = out.times10(uint64(c - '0'))
		if digits > 0 || c != '0' {
			digits++
		}
	}
	for ; after < scale; after++ {
		out = out.times10(0)
		if digits > 0 {
			digits++
		}
	}
	if negative {
		out = out.negated()
	}
	return out, digits <= precision && len(n) > 0
}

func (n int128) times10(plus uint64) int128 {
	const ten = 10
	carry, lo := bits.Mul64(n.lo, ten)
	lo, c := bits.Add64(lo, plus, 0)
	return int128{hi: n.hi*ten + carry + c, lo: lo}
}

func (n int128) negated() int128 {
	lo, c := bits.Add64(^n.lo, 1, 0)
	hi, _ := bits.Add64(^n.hi, 0, c)
	return int128{hi: hi, lo: lo}
}

// Digits are how many digits a number in plain notation has before and after its point, without zeros around it.
func Digits(n []byte) (before, after int) {
	if len(n) > 0 && n[0] == '-' {
		n = n[1:]
	}
	zeros, point, seen := 0, false, false
	for _, c := range n {
		switch {
		case c == '.':
			point = true
		case point:
			if after++; c == '0' {
				zeros++
			} else {
				zeros = 0
			}
		case c != '0' || seen:
			seen = true
			before++
		}
	}
	return before, after - zeros
}
