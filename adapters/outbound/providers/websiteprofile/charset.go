package websiteprofile

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// decode makes text of a page by its byte order mark, its Content-Type, what it says of itself, else by what its bytes are: UTF-8, or
// Windows-1252. Unlike charset.DetermineEncoding it reads a meta element wherever one stands before the body, as browsers do, and does
// not believe a name that the bytes contradict.
func decode(body []byte, contentType string) string {
	enc, name, bom := charset.DetermineEncoding(body[:min(len(body), 4)], "")
	if !bom {
		enc, name = declared(body, contentType)
	}
	switch sound, broken := countUTF8(body); {
	case bom:
	case enc == nil && broken <= sound/fewBroken, name == "utf-8" && broken <= sound, name == "windows-1252" && sound > 0 && broken == 0:
		enc = encoding.Nop
	case enc == nil, name == "utf-8":
		enc, _ = charset.Lookup("windows-1252")
	}
	text, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		text = body
	}
	out := strings.ReplaceAll(strings.ToValidUTF8(string(text), "\ufffd"), "\x00", "")
	return strings.TrimPrefix(out, "\ufeff")
}

// fewBroken characters of UTF-8 for each byte that is none make a page UTF-8: by chance, other encodings have next to none.
const fewBroken = 2

// declared returns the encoding that the header or the page names; nil if none does.
func declared(body []byte, contentType string) (encoding.Encoding, string) {
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if enc, name := charset.Lookup(params["charset"]); enc != nil {
			return enc, name
		}
	}
	return metaCharset(body)
}

// maxPrescan is how far into a page a meta element may name its encoding.
const maxPrescan = 64 << 10

// metaCharset reads <meta charset> and <meta http-equiv="Content-Type">. One that names UTF-16 can't be in UTF-16, or it could not have
// been read.
func metaCharset(body []byte) (encoding.Encoding, string) {
	z := html.NewTokenizer(bytes.NewReader(body[:min(len(body), maxPrescan)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil, ""
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			if string(name) == "body" {
				return nil, ""
			}
			if string(name) != "meta" || !more {
				continue
			}
			enc, label := charset.Lookup(label(z))
			if strings.HasPrefix(label, "utf-16") {
				enc, label = charset.Lookup("utf-8")
			}
			if enc != nil {
				return enc, label
			}
		default:
		}
	}
}

// label is what a meta element says the encoding is; "" if it speaks of something else.
func label(z *html.Tokenizer) string {
	named, content, pragma := "", "", false
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "charset":
			named = string(value)
		case "content":
			content = string(value)
		case "http-equiv":
			pragma = strings.EqualFold(string(value), "content-type")
		}
	}
	if named != "" || !pragma {
		return named
	}
	_, after, _ := strings.Cut(strings.ToLower(content), "charset")
	after, _, _ = strings.Cut(strings.TrimLeft(after, " \t\r\n="), ";")
	return strings.Trim(after, " \t\r\n'\"")
}

// countUTF8 counts the characters of several bytes, and the bytes that are part of none. A character that is cut off at the end is
// neither.
func countUTF8(b []byte) (sound, broken int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r != utf8.RuneError || n > 1:
			sound++
		case utf8.FullRune(b):
			broken++
		}
		b = b[n:]
	}
	return sound, broken
}
