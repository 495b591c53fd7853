package searchread

import (
	"bytes"
	"strconv"
	"unicode/utf16"

	"github.com/morket/morket/domain/kernel"
)

// clean replaces what JSON can say and jsonb can't hold: a NUL character and half of a surrogate pair by U+FFFD, and numbers without
// end by texts. Only cells of JSON columns may have such, those characters only in an escape.
func clean(b []byte) []byte {
	b = cleanNumbers(b)
	if !bytes.Contains(b, []byte(`\u`)) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 >= len(b) {
			out = append(out, b[i])
			continue
		}
		r, ok := escaped(b, i)
		switch {
		case !ok:
			out = append(out, b[i], b[i+1])
			i++
		case utf16.IsSurrogate(r):
			low, ok := escaped(b, i+6)
			if ok && utf16.DecodeRune(r, low) != '\ufffd' {
				out = append(out, b[i:i+12]...)
				i += 11
				continue
			}
			out = append(out, `\ufffd`...)
			i += 5
		case r == 0:
			out = append(out, `\ufffd`...)
			i += 5
		default:
			out = append(out, b[i:i+6]...)
			i += 5
		}
	}
	return out
}

// cleanNumbers makes texts of numbers that jsonb refuses, or writes out with 100,000 digits.
func cleanNumbers(b []byte) []byte {
	if _, ok := kernel.NumbersFit(b); ok {
		return b
	}
	var out []byte
	from := 0
	kernel.EachNumber(b, func(number []byte, at int) bool {
		if !kernel.NumberFits(string(number)) {
			out = append(append(append(append(out, b[from:at]...), '"'), number...), '"')
			from = at + len(number)
		}
		return true
	})
	return append(out, b[from:]...)
}

// escaped reads the escape \uXXXX at b[i].
func escaped(b []byte, i int) (rune, bool) {
	if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
	return rune(n), err == nil
}
