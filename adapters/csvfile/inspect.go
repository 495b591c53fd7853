package csvfile

import (
	"bytes"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
)

// headBytes is how much of a file its format and delimiter are told from.
const headBytes = 256 << 10

// Inspector is written the whole file while it is uploaded; it keeps the beginning and counts what tells the encodings
// apart, so that a single accent a gigabyte into the file is not overlooked.
type Inspector struct {
	head      []byte
	size      int64
	rest      [utf8.UTFMax]byte // of a character that goes over the end of a block
	restLen   int
	multi     int64 // well-formed UTF-8 characters of several bytes
	malformed int64 // bytes that are not UTF-8
	undefined int64 // bytes that mean nothing in Windows-1252
	zeros     [2]int64
}

// Write implements io.Writer; it never fails.
func (d *Inspector) Write(p []byte) (int, error) {
	if room := headBytes - len(d.head); room > 0 {
		d.head = append(d.head, p[:min(room, len(p))]...)
	}
	d.countBytes(p)
	d.countUTF8(p)
	d.size += int64(len(p))
	return len(p), nil
}

func (d *Inspector) countBytes(p []byte) {
	if bytes.IndexByte(p, 0) >= 0 {
		for i, c := range p {
			if c == 0 {
				d.zeros[(d.size+int64(i))&1]++
			}
		}
	}
}

func (d *Inspector) countUTF8(p []byte) {
	for d.restLen > 0 && len(p) > 0 {
		d.rest[d.restLen] = p[0]
		d.restLen++
		p = p[1:]
		if utf8.FullRune(d.rest[:d.restLen]) {
			carried := d.rest
			n := d.restLen
			d.restLen = 0
			d.scan(carried[:n])
		}
	}
	d.scan(p)
}

// scan counts the characters of p; what is not complete at its end is kept.
func (d *Inspector) scan(p []byte) {
	for len(p) > 0 {
		if n := asciiPrefix(p); n > 0 {
			p = p[n:]
			continue
		}
		if !utf8.FullRune(p) {
			d.restLen = copy(d.rest[:], p)
			return
		}
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			d.malformed++
			if p[0] >= 0x80 && p[0] < 0xA0 && high1252[p[0]-0x80] == 0 {
				d.undefined++
			}
		} else {
			d.multi++
		}
		p = p[n:]
	}
}

func asciiPrefix(p []byte) int {
	for i, c := range p {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(p)
}

// Encoding tells the file's encoding: by its byte order mark; else UTF-16 when every other byte is mostly zero; else UTF-8,
// unless it has more bytes that are no UTF-8 than characters that are.
func (d *Inspector) Encoding() dataops.Encoding {
	for _, enc := range []dataops.Encoding{dataops.UTF8, dataops.UTF16LE, dataops.UTF16BE} {
		if bomLen(d.head, enc) > 0 {
			return enc
		}
	}
	even, odd := d.zeros[0], d.zeros[1]
	if total := even + odd; total > 0 && total*50 >= d.size {
		if odd >= 9*even {
			return dataops.UTF16LE
		}
		if even >= 9*odd {
			return dataops.UTF16BE
		}
	}
	malformed := d.malformed
	if d.restLen > 0 {
		malformed++
	}
	if malformed > d.multi {
		return dataops.Windows1252
	}
	return dataops.UTF8
}
