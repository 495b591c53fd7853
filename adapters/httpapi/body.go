package httpapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
)

// summedBody is a body that is fingerprinted while it is read: it is too large to be held.
type summedBody struct {
	io.ReadCloser
	sum hash.Hash
}

// summedKey is where a request keeps it: others may be around it.
const summedKey = "morket.summed"

// Read implements io.Reader.
func (b *summedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sum.Write(p[:n])
	return n, err
}

func (b *summedBody) fingerprint() string { return hex.EncodeToString(b.sum.Sum(nil)) }

// Fingerprint returns the fingerprint of a request whose body the handler has read to its end.
func Fingerprint(ctx context.Context, meta kernel.Meta) string {
	if b, ok := Echo(ctx).Get(summedKey).(*summedBody); ok {
		return b.fingerprint()
	}
	return meta.Fingerprint
}

// maxDepth is how deep JSON in a request may be nested.
const maxDepth = 64

// defaultBodyWithin is how long a JSON body may take to arrive: a client that dribbles it would hold its connection for ever.
const defaultBodyWithin = 30 * time.Second

// bodyInTime ends the reading of a body that takes too long, and with it the connection; stop must be called after the reading.
func (a *API) bodyInTime(c echo.Context) (stop func() bool) {
	conn := http.NewResponseController(c.Response())
	return time.AfterFunc(a.cfg.BodyWithin, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) }).Stop // long ago
}

// readBody reads a JSON body of at most limit bytes and refuses what would be changed or lost on its way into the log:
// bytes that are not UTF-8, NUL, a lone surrogate, nesting without end. With ownText, only the nesting.
func readBody(r *http.Request, limit int64, ownText bool) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, kernel.E(kernel.KindMalformed, "MALFORMED", "the body could not be read to its end").Because(err)
	}
	if int64(len(body)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return body, checkJSONText(body, ownText)
}

// checkJSONText scans JSON once for text that Go's decoder would silently replace.
func checkJSONText(b []byte, onlyDepth bool) error {
	if !onlyDepth && !utf8.Valid(b) {
		return kernel.E(kernel.KindMalformed, "INVALID_UTF8", "the body is not valid UTF-8")
	}
	if i := bytes.IndexByte(b, 0); i >= 0 && !onlyDepth {
		return errText(i, "a NUL byte")
	}
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			n, err := checkEscape(b, i)
			if onlyDepth {
				n, err = 1, nil
			}
			if err != nil {
				return err
			}
			i += n
		case !inString && (c == '{' || c == '['):
			if depth++; depth > maxDepth {
				return kernel.E(kernel.KindMalformed, "MALFORMED", "the JSON is nested deeper than %d levels", maxDepth)
			}
		case !inString && (c == '}' || c == ']'):
			depth--
		}
	}
	return nil
}

// checkEscape looks at the escape that starts at b[i] and returns how many bytes beyond b[i] belong to it.
func checkEscape(b []byte, i int) (int, error) {
	if i+1 >= len(b) || b[i+1] != 'u' {
		return 1, nil
	}
	r, ok := hex4(b, i+2)
	switch {
	case !ok:
		return 1, nil // the decoder will say what is wrong
	case r == 0:
		return 0, errText(i, "a NUL character (\\u0000)")
	case !utf16.IsSurrogate(r):
		return 5, nil
	}
	if i+7 < len(b) && b[i+6] == '\\' && b[i+7] == 'u' {
		if low, ok := hex4(b, i+8); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return 11, nil
		}
	}
	return 0, errText(i, fmt.Sprintf("half of a surrogate pair (\\u%04x)", r))
}

func errText(at int, what string) error {
	return kernel.E(kernel.KindInvalid, "INVALID_TEXT", "the body has %s at byte %d, which no value can hold; remove it", what, at)
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
