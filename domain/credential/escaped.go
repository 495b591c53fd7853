package credential

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blankEscaped blanks a form of which any characters are escaped, each in its own way: a server that writes JSON within JSON, HTML or an
// address escapes some and leaves others. Line breaks (of base64 in mails) and signs that are not seen may stand between them.
func blankEscaped(s, form string) string {
	var out strings.Builder
	at := 0
	for i := 0; i < len(s); {
		if c := lowerByte(s[i]); c == form[0] || c == '%' || c == '\\' || c == '&' {
			if end := matchEscaped(s, i, form); end > 0 {
				out.WriteString(s[at:i])
				out.WriteString(blank)
				at, i = end, end
				continue
			}
		}
		i++
	}
	if at == 0 {
		return s
	}
	return out.String() + s[at:]
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// matchEscaped returns where the form that begins at i ends, or 0.
func matchEscaped(s string, i int, form string) int {
	for k := 0; k < len(form); {
		if k > 0 {
			i = skipUnseen(s, i)
		}
		if i >= len(s) {
			return 0
		}
		if c := s[i]; c != '%' && c != '\\' && c != '&' {
			if lowerByte(c) != form[k] {
				return 0
			}
			k, i = k+1, i+1
			continue
		}
		text, n := unescape(s[i:])
		text = lower(text)
		switch {
		case text != "" && strings.HasPrefix(form[k:], text):
			k, i = k+len(text), i+n
		case s[i] == form[k]:
			k, i = k+1, i+1
		default:
			return 0
		}
	}
	return i
}

// skipUnseen passes over line breaks, also escaped ones, and format characters.
func skipUnseen(s string, i int) int {
	for i < len(s) && (s[i] < ' ' || s[i] >= utf8.RuneSelf || s[i] == '\\') {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\r' || r == '\n' || unicode.Is(unicode.Cf, r):
			i += n
		case r == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == 'r'):
			i += 2
		default:
			return i
		}
	}
	return i
}

const (
	longestEntity = 12 // bytes of an HTML entity, as &#x0010FFFF; is
	mostTimes     = 16 // backslashes before a character, and how often a percent sign may have been escaped again
)

// unescape reads the escape at the text's beginning: what it stands for and its length. The text is empty where there is none.
func unescape(s string) (text string, n int) {
	switch s[0] {
	case '%': // %2F, and %252F where it was escaped again
		n = 1
		for n < 2*mostTimes && strings.HasPrefix(s[n:], "25") {
			n += 2
		}
		if b, ok := hexByte(s, n); ok {
			return string([]byte{b}), n + 2
		}
	case '\\': // JSON within JSON doubles the backslashes
		for n < min(len(s), mostTimes) && s[n] == '\\' {
			n++
		}
		return unescapeJSON(s, n)
	case '&':
		if end := strings.IndexByte(s[:min(len(s), longestEntity)], ';'); end > 0 {
			if text = html.UnescapeString(s[:end+1]); text != s[:end+1] {
				return text, end + 1
			}
		}
	}
	return "", 0
}

func unescapeJSON(s string, n int) (string, int) {
	switch {
	case n >= len(s):
		return "", 0
	case s[n] == 'u' && n+5 <= len(s):
		if v, err := strconv.ParseUint(s[n+1:n+5], 16, 32); err == nil {
			return string(rune(v)), n + 5
		}
	case s[n] == 'x':
		if b, ok := hexByte(s, n+1); ok {
			return string([]byte{b}), n + 3
		}
	case s[n] == '"' || s[n] == '/' || s[n] == '\'':
		return s[n : n+1], n + 1
	case n > 1:
		return `\`, n
	}
	return "", 0
}

func hexByte(s string, n int) (byte, bool) {
	if n+2 > len(s) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[n:n+2], 16, 8)
	return byte(v), err == nil
}
