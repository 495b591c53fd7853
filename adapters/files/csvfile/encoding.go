package csvfile

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"

	"github.com/morket/morket/domain/dataops"
)

// badByte stands, in decoded text, for a byte of the file that is no character. It is not valid UTF-8, so the check that
// finds malformed UTF-8 finds it too.
const badByte = 0xFF

// The tables are golang.org/x/text's; decoding is ours, since reading can begin again at any record and so has to know how many
// bytes of the file each piece of text was.
func singleByte(enc dataops.Encoding) *charmap.Charmap {
	return map[dataops.Encoding]*charmap.Charmap{
		"windows-1250":   charmap.Windows1250,
		"windows-1251":   charmap.Windows1251,
		"windows-1252":   charmap.Windows1252,
		"windows-1253":   charmap.Windows1253,
		"windows-1254":   charmap.Windows1254,
		"windows-1255":   charmap.Windows1255,
		"windows-1256":   charmap.Windows1256,
		"windows-1257":   charmap.Windows1257,
		"windows-1258":   charmap.Windows1258,
		"windows-874":    charmap.Windows874,
		"iso-8859-2":     charmap.ISO8859_2,
		"iso-8859-3":     charmap.ISO8859_3,
		"iso-8859-4":     charmap.ISO8859_4,
		"iso-8859-5":     charmap.ISO8859_5,
		"iso-8859-6":     charmap.ISO8859_6,
		"iso-8859-7":     charmap.ISO8859_7,
		"iso-8859-8":     charmap.ISO8859_8,
		"iso-8859-10":    charmap.ISO8859_10,
		"iso-8859-13":    charmap.ISO8859_13,
		"iso-8859-14":    charmap.ISO8859_14,
		"iso-8859-15":    charmap.ISO8859_15,
		"iso-8859-16":    charmap.ISO8859_16,
		"koi8-r":         charmap.KOI8R,
		"koi8-u":         charmap.KOI8U,
		"macintosh":      charmap.Macintosh,
		"x-mac-cyrillic": charmap.MacintoshCyrillic,
		"ibm437":         charmap.CodePage437,
		"ibm850":         charmap.CodePage850,
		"ibm852":         charmap.CodePage852,
		"ibm866":         charmap.CodePage866,
	}[enc]
}

func multiByte(enc dataops.Encoding) encoding.Encoding {
	return map[dataops.Encoding]encoding.Encoding{
		"shift_jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP, "gbk": simplifiedchinese.GBK, "gb18030": simplifiedchinese.GB18030,
		"big5": traditionalchinese.Big5, "euc-kr": korean.EUCKR,
	}[enc]
}

// bomLen returns how long the byte order mark at the start of the file is. The mark of UTF-8 is also skipped before what turns out
// to be in another encoding.
func bomLen(head []byte, enc dataops.Encoding) int64 {
	mark := BOM
	switch enc { //nolint:exhaustive // all others have the mark of UTF-8 or none
	case dataops.UTF16LE:
		mark = "\xFF\xFE"
	case dataops.UTF16BE:
		mark = "\xFE\xFF"
	}
	if bytes.HasPrefix(head, []byte(mark)) {
		return int64(len(mark))
	}
	return 0
}

// decoder returns src as UTF-8, and a function that tells how many bytes of src the next piece of the result was. It has to be
// asked about each piece once, in order.
func decoder(src io.Reader, enc dataops.Encoding) (io.Reader, func([]byte) int64) {
	switch enc { //nolint:exhaustive // the others follow
	case dataops.UTF8:
		return src, func(b []byte) int64 { return int64(len(b)) }
	case dataops.UTF16LE, dataops.UTF16BE:
		return &transcoder{src: src, decode: utf16Decoder(enc == dataops.UTF16BE)}, utf16Len
	}
	if table := singleByte(enc); table != nil {
		return &transcoder{src: src, decode: singleByteDecoder(table)}, singleByteLen
	}
	if e := multiByte(enc); e != nil {
		m := &multiByteDecoder{chars: e.NewDecoder()}
		return &transcoder{src: src, decode: m.decode}, m.rawLen
	}
	return src, func(b []byte) int64 { return int64(len(b)) }
}

// decodeText decodes a piece of a file.
func decodeText(raw []byte, enc dataops.Encoding) []byte {
	r, _ := decoder(bytes.NewReader(raw), enc)
	text, err := io.ReadAll(r)
	if err != nil { // a bytes.Reader doesn't fail
		return nil
	}
	return text
}

// Decode makes UTF-8 of a piece of a file; what is no character becomes U+FFFD, except in UTF-8, which stays as it is.
func Decode(raw []byte, enc dataops.Encoding) string {
	text := decodeText(raw, enc)
	if enc == dataops.UTF8 {
		return string(text)
	}
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
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

// singleByteDecoder decodes an encoding with one byte a character. Bytes that mean nothing in it, or a control character that no
// text holds (U+0080 to U+009F), are bad.
func singleByteDecoder(table *charmap.Charmap) func(dst, raw []byte, last bool) ([]byte, int) {
	var high [utf8.RuneSelf]string
	for i := range high {
		high[i] = string([]byte{badByte})
		if r := table.DecodeByte(byte(utf8.RuneSelf + i)); r != utf8.RuneError && r >= 0xA0 {
			high[i] = string(r)
		}
	}
	return func(dst, raw []byte, _ bool) ([]byte, int) {
		for _, c := range raw {
			if c < utf8.RuneSelf {
				dst = append(dst, c)
			} else {
				dst = append(dst, high[c-utf8.RuneSelf]...)
			}
		}
		return dst, len(raw)
	}
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

// multiByteDecoder decodes an encoding of East Asia, whose characters have one to four bytes. How many can't be told from the text, so
// it keeps, for each decoded byte that has not been asked about, how many bytes of the file it was: all of a character's at its first.
type multiByteDecoder struct {
	chars transform.Transformer
	lens  []byte
	from  int // in lens, of what has not been asked about
}

const maxCharBytes = 4

func (m *multiByteDecoder) decode(dst, raw []byte, last bool) ([]byte, int) {
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			dst, m.lens = append(dst, raw[i]), append(m.lens, 1)
			i++
			continue
		}
		text, n := m.char(raw[i:])
		switch {
		case n == 0 && !last && len(raw)-i < maxCharBytes:
			return dst, i
		case n == 0:
			dst, m.lens, n = append(dst, badByte), append(m.lens, 1), 1
		default:
			dst, m.lens = append(dst, text...), append(m.lens, byte(n))
			for range len(text) - 1 {
				m.lens = append(m.lens, 0)
			}
		}
		i += n
	}
	return dst, len(raw)
}

// char decodes the character at the start of raw; n is 0 if there is none, or none that is whole.
func (m *multiByteDecoder) char(raw []byte) (text []byte, n int) {
	var out [2 * utf8.UTFMax]byte
	for k := 1; k <= min(maxCharBytes, len(raw)); k++ {
		made, used, err := m.chars.Transform(out[:], raw[:k], false)
		if used == 0 && errors.Is(err, transform.ErrShortSrc) {
			continue
		}
		if used != k || bytes.HasPrefix(out[:made], []byte("\uFFFD")) {
			return nil, 0
		}
		return out[:made], k
	}
	return nil, 0
}

func (m *multiByteDecoder) rawLen(b []byte) int64 {
	var n int64
	for _, l := range m.lens[m.from : m.from+len(b)] {
		n += int64(l)
	}
	m.from += len(b)
	if m.from > len(m.lens)/2 && m.from >= blockBytes {
		m.lens = m.lens[:copy(m.lens, m.lens[m.from:])]
		m.from = 0
	}
	return n
}
