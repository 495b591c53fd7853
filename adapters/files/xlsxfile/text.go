package xlsxfile

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// attr returns the value of an attribute, as it stands.
func attr(attrs []byte, name string) ([]byte, bool) {
	for {
		attrs = bytes.TrimLeft(attrs, " \t\r\n")
		eq := bytes.IndexByte(attrs, '=')
		if eq < 0 {
			return nil, false
		}
		key := bytes.TrimRight(attrs[:eq], " \t\r\n")
		rest := bytes.TrimLeft(attrs[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil, false
		}
		if i := bytes.IndexByte(key, ':'); i >= 0 && name != "r:id" {
			key = key[i+1:]
		}
		if string(key) == name || name == "r:id" && bytes.HasSuffix(key, []byte(":id")) {
			return rest[1 : end+1], true
		}
		attrs = rest[end+2:]
	}
}

func attrText(attrs []byte, name string) string {
	v, _ := attr(attrs, name)
	return string(appendText(nil, v))
}

func attrInt(attrs []byte, name string, otherwise int) int {
	v, ok := attr(attrs, name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(string(v))
	if err != nil {
		return otherwise
	}
	return n
}

// appendText appends text with its entities replaced; one that is unknown stays as it is.
func appendText(b, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(b, text...)
		}
		b = append(b, text[:i]...)
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), longestEntity)], ';')
		if end < 0 {
			b, text = append(b, '&'), text[1:]
			continue
		}
		r, ok := entity(text[1:end])
		if ok {
			b = utf8.AppendRune(b, r)
		} else {
			b = append(b, text[:end+1]...)
		}
		text = text[end+1:]
	}
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	r := rune(n)
	return r, err == nil && n != 0 && utf8.ValidRune(r)
}

// unescape replaces _xHHHH_ in place (ECMA-376, ST_Xstring), as far as text can hold the character.
func unescape(b []byte) []byte {
	const length = 7
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return b
	}
	out := b[:i]
	for i < len(b) {
		if b[i] == '_' && len(b)-i >= length && isEscape(string(b[i:i+length])) {
			n, err := strconv.ParseUint(string(b[i+2:i+length-1]), 16, 16)
			if r := rune(n); err == nil && n != 0 && utf8.ValidRune(r) {
				var char [utf8.UTFMax]byte
				out = append(out, char[:utf8.EncodeRune(char[:], r)]...) // shorter than what it replaces
				i += length
				continue
			}
		}
		out = append(out, b[i])
		i++
	}
	return out
}
