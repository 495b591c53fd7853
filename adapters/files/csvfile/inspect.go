package csvfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
)

// headBytes is how much of a file its format and delimiter are told from.
const headBytes = 256 << 10

// Inspector is written the whole file while it is uploaded; it keeps the beginning, counts what tells the encodings apart, and keeps
// lines that are not UTF-8, so that a single accent a gigabyte into the file is not overlooked.
type Inspector struct {
	head      []byte
	size      int64
	rest      [utf8.UTFMax]byte // of a character that goes over the end of a block
	restLen   int
	multi     int64 // well-formed UTF-8 characters of several bytes
	malformed int64 // bytes that are not UTF-8
	zeros     [2]int64
	suspects  []byte // lines with malformed bytes, after the head
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

func (d *Inspector) countUTF8(block []byte) {
	p := block
	for d.restLen > 0 && len(p) > 0 {
		d.rest[d.restLen] = p[0]
		d.restLen++
		p = p[1:]
		if utf8.FullRune(d.rest[:d.restLen]) {
			carried := d.rest
			n := d.restLen
			d.restLen = 0
			d.scan(carried[:n], carried[:n])
		}
	}
	d.scan(block, p)
}

// scan counts the characters of p, which ends the block; what is not complete at its end is kept.
func (d *Inspector) scan(block, p []byte) {
	kept := 0
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
			if at := len(block) - len(p); at >= kept && d.size >= headBytes { // the head is kept anyway
				kept = d.suspect(block, at)
			}
		} else {
			d.multi++
		}
		p = p[n:]
	}
}

const suspectBytes = 512 // of a line, on each side

// suspect keeps the line around a byte that is not UTF-8, and returns where the line ends.
func (d *Inspector) suspect(block []byte, at int) int {
	line, end := lineAround(block, at)
	if len(d.suspects)+len(line) < guessSample {
		d.suspects = append(append(d.suspects, line...), '\n')
	}
	return end
}

// lineAround is the line that the byte is in, as far as it is in the block, and where it ends. Where it is cut, it begins and ends at a
// plain character, since one of several bytes may have been cut in two.
func lineAround(block []byte, at int) (line []byte, end int) {
	from, end := max(0, at-suspectBytes), min(len(block), at+suspectBytes)
	line = block[from:end]
	if i := bytes.LastIndexAny(block[from:at], "\r\n"); i >= 0 {
		line = block[from+i+1 : end]
	} else if from > 0 {
		line = bytes.TrimLeftFunc(line, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	if i := bytes.IndexAny(block[at:end], "\r\n"); i >= 0 {
		return line[:len(line)-(end-at-i)], at + i
	}
	if end < len(block) {
		line = bytes.TrimRightFunc(line, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	return line, end
}

// suspectLines are the lines that are not UTF-8: of the head, then of later parts of the file.
func (d *Inspector) suspectLines() []byte {
	var lines []byte
	for at := 0; at < len(d.head) && len(lines) < guessSample/2; {
		n := len(d.head) - at
		if i := bytes.IndexAny(d.head[at:], "\r\n"); i >= 0 {
			n = i + 1
		}
		if line := d.head[at : at+n]; !utf8.Valid(line) {
			lines = append(append(lines, line[:min(n, 2*suspectBytes)]...), '\n')
		}
		at += n
	}
	return append(lines, d.suspects...)
}

func asciiPrefix(p []byte) int {
	for i, c := range p {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(p)
}

// Parts of a UTF-8 file that may be malformed before it is taken for another encoding's, as one of so many characters.
const (
	fewMalformed  = 20 // surely UTF-8 with some broken bytes
	someMalformed = 2  // perhaps
)

// detectEncoding tells the file's encoding: by its byte order mark; else UTF-16 when every other byte is mostly zero; else UTF-8, unless
// too much of it is none. Then it guesses.
func (d *Inspector) detectEncoding() dataops.Detection {
	out := dataops.Detection{Reading: dataops.Reading{Encoding: d.utf16()}}
	if out.Reading.Encoding != "" {
		return out
	}
	out.Reading.Encoding = dataops.UTF8
	malformed := d.malformed
	if d.restLen > 0 {
		malformed++
	}
	marked := bomLen(d.head, dataops.UTF8) > 0
	multi := d.multi
	if marked {
		multi-- // the mark itself
	}
	if malformed == 0 {
		return out
	}
	lines := d.suspectLines()
	if len(lines) == 0 { // half a character at the very end
		lines = d.rest[:d.restLen]
	}
	var sure bool
	out.Guesses, sure = guess(lines)
	switch {
	case multi >= fewMalformed*malformed:
		out.Notices = append(out.Notices, dataops.Notice{
			Code:    dataops.NoticeEncodingMixed,
			Message: fmt.Sprintf("the file is UTF-8 but for %d bytes, which are no characters in it; the rows with them are left out", malformed),
		})
		return out
	case multi >= someMalformed*malformed:
		out.Unsure = true
		out.Notices = append(out.Notices, dataops.Notice{
			Code: dataops.NoticeEncodingMixed,
			Ask:  true,
			Message: fmt.Sprintf("%d characters of the file are UTF-8 and %d bytes are not; choose the encoding by how the values read", multi,
				malformed),
		})
		return out
	}
	out.Reading.Encoding = out.Guesses[0].Encoding
	out.Unsure = !sure || marked
	switch {
	case marked:
		out.Notices = append(out.Notices, wronglyMarked(out.Reading.Encoding))
	case !sure:
		out.Notices = append(out.Notices, dataops.Notice{
			Code:    dataops.NoticeEncodingUnsure,
			Ask:     true,
			Message: fmt.Sprintf("the encoding is not certain; it seems to be %s. Choose it by how the values read", out.Reading.Encoding),
		})
	}
	return out
}

func wronglyMarked(seems dataops.Encoding) dataops.Notice {
	return dataops.Notice{
		Code: dataops.NoticeEncodingMark,
		Ask:  true,
		Message: fmt.Sprintf("the file begins with the mark of UTF-8 but is not UTF-8; it seems to be %s. Choose the encoding by how the "+
			"values read", seems),
	}
}

// utf16 tells which UTF-16 the file is; "" if none.
func (d *Inspector) utf16() dataops.Encoding {
	for _, enc := range []dataops.Encoding{dataops.UTF16LE, dataops.UTF16BE} {
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
	return ""
}
