package csvfile

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
)

// badByte stands, in decoded text, for a byte of the file that is no character. It is not valid UTF-8, so the check that
// finds malformed UTF-8 finds it too.
const badByte = 0xFF

// bomLen returns how long the byte order mark at the start of the file is.
func bomLen(head []byte, enc dataops.Encoding) int64 {
	marks := map[dataops.Encoding]string{dataops.UTF8: "\xEF\xBB\xBF", dataops.UTF16LE: "\xFF\xFE", dataops.UTF16BE: "\xFE\xFF"}
	if m := marks[enc]; m != "" && bytes.HasPrefix(head, []byte(m)) {
		return int64(len(m))
	}
	return 0
}

// decoder returns src as UTF-8, and a function that tells how many bytes of src a piece of the result was.
func decoder(src io.Reader, enc dataops.Encoding) (io.Reader, func([]byte) int64) {
	switch enc {
	case dataops.UTF16LE, dataops.UTF16BE:
		return &transcoder{src: src, decode: utf16Decoder(enc == dataops.UTF16BE)}, utf16Len
	case dataops.Windows1252:
		return &transcoder{src: src, decode: decode1252}, singleByteLen
	default:
		return src, func(b []byte) int64 { return int64(len(b)) }
	}
}

// transcoder reads src in blocks and decodes them.
type transcoder struct {
	src    io.Reader
	decode func(dst, raw []byte, last bool) (out []byte, used int)
	raw    []byte // not decoded yet
	out    []byte // decoded, not handed out yet
	outBuf []byte
	err    error
}

const blockBytes = 64 << 10

// Read implements io.Reader.
func (t *transcoder) Read(p []byte) (int, error) {
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.fill()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

func (t *transcoder) fill() {
	if cap(t.raw) < blockBytes {
		t.raw = append(make([]byte, 0, blockBytes), t.raw...)
	}
	n, err := t.src.Read(t.raw[len(t.raw):blockBytes])
	t.raw = t.raw[:len(t.raw)+n]
	t.err = err
	out, used := t.decode(t.outBuf[:0], t.raw, err == io.EOF)
	t.outBuf, t.out = out, out
	t.raw = t.raw[:copy(t.raw, t.raw[used:])]
}

// utf16Decoder decodes UTF-16. Half of a surrogate pair becomes the three bytes that WTF-8 gives it (which UTF-8 does not
// allow), so that it stays visible and keeps its length in the file.
func utf16Decoder(bigEndian bool) func(dst, raw []byte, last bool) ([]byte, int) {
	hi, lo := 1, 0
	if bigEndian {
		hi, lo = 0, 1
	}
	return func(dst, raw []byte, last bool) ([]byte, int) {
		i := 0
		for ; i+2 <= len(raw); i += 2 {
			u := rune(raw[i+hi])<<8 | rune(raw[i+lo])
			switch {
			case u < utf8.RuneSelf:
				dst = append(dst, byte(u))
			case !utf16.IsSurrogate(u):
				dst = utf8.AppendRune(dst, u)
			case u < 0xDC00 && i+4 > len(raw) && !last:
				return dst, i
			default:
				if i+4 <= len(raw) {
					if r := utf16.DecodeRune(u, rune(raw[i+2+hi])<<8|rune(raw[i+2+lo])); r != utf8.RuneError {
						dst = utf8.AppendRune(dst, r)
						i += 2
						continue
					}
				}
				dst = append(dst, 0xE0|byte(u>>12), 0x80|byte(u>>6)&0xBF, 0x80|byte(u)&0xBF)
			}
		}
		if last && i < len(raw) {
			dst, i = append(dst, badByte), len(raw)
		}
		return dst, i
	}
}

// utf16Len returns how many bytes of UTF-16 the decoded text was.
func utf16Len(b []byte) int64 {
	var n int64
	for _, c := range b {
		switch {
		case c == badByte:
			n++
		case c >= 0xF0:
			n += 4
		case c&0xC0 != 0x80:
			n += 2
		}
	}
	return n
}

// high1252 has the characters 0x80 to 0x9F of Windows-1252; zero marks the five bytes that mean nothing. The others are
// those of Latin-1. Source: unicode.org, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT.
var high1252 = [32]rune{ //nolint:gochecknoglobals // a constant table
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
}

func decode1252(dst, raw []byte, _ bool) ([]byte, int) {
	for _, c := range raw {
		switch {
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		case c >= 0xA0:
			dst = utf8.AppendRune(dst, rune(c))
		case high1252[c-0x80] == 0:
			dst = append(dst, badByte)
		default:
			dst = utf8.AppendRune(dst, high1252[c-0x80])
		}
	}
	return dst, len(raw)
}

// singleByteLen returns how many bytes of a one-byte encoding the decoded text was.
func singleByteLen(b []byte) int64 {
	var n int64
	for _, c := range b {
		if c&0xC0 != 0x80 {
			n++
		}
	}
	return n
}
