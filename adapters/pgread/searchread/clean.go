package searchread

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// clean replaces what JSON can say and jsonb can't hold, a NUL character and half of a surrogate pair, by U+FFFD. Only cells of
// JSON columns may have such, and only in an escape.
func clean(b []byte) []byte {
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

// escaped reads the escape \uXXXX at b[i].
func escaped(b []byte, i int) (rune, bool) {
	if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
	return rune(n), err == nil
}
