package eventstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of an append and of a read.
const (
	MaxEventBytes  = 16 << 20 // of one event's data
	MaxAppendBytes = 64 << 20 // of everything in one append
	MaxReadBytes   = 4 << 20  // of data and metadata that one read returns; the event that crosses it is the last one
	MaxNameBytes   = 512      // of a stream's name, an event's type, an idempotency key, a fingerprint
	MaxJSONDepth   = 256      // of nested objects and arrays
)

// Check says what is wrong with the append, as an error of kernel.KindInvalid or kernel.KindTooLarge. Every store calls
// it first, so that what one store refuses no other takes, and nothing gets into the log that a read model in Postgres
// could not hold: text with a NUL character, half of a surrogate pair, or bytes that are not UTF-8.
func (a Append) Check() error {
	if err := checkOptionalName("idempotency key", a.Meta.IdempotencyKey); err != nil {
		return err
	}
	if err := checkOptionalName("fingerprint", a.Meta.Fingerprint); err != nil {
		return err
	}
	if err := checkOptionalName("workspace", string(a.Meta.Workspace)); err != nil {
		return err
	}
	if len(a.Result) > 0 {
		if problem := CheckJSON(a.Result); problem != "" {
			return kernel.Invalid("result", "%s", problem)
		}
	}
	for _, s := range a.Streams {
		if err := s.check(); err != nil {
			return err
		}
	}
	if total := a.size(); total > MaxAppendBytes {
		return tooLarge("the change", total, MaxAppendBytes)
	}
	return nil
}

// CheckChain is Check for appends that are carried out together.
func CheckChain(chain []Append) error {
	keys := map[string]bool{}
	total := 0
	for _, a := range chain {
		if err := a.Check(); err != nil {
			return err
		}
		if key := a.Meta.IdempotencyKey; key != "" {
			if keys[key] {
				return kernel.Invalid("idempotency key", "%q is there twice in a chain", key)
			}
			keys[key] = true
		}
		total += a.size()
	}
	if total > MaxAppendBytes {
		return tooLarge("the chain", total, MaxAppendBytes)
	}
	return nil
}

// size is what Check counts against MaxAppendBytes.
func (a Append) size() int {
	total := len(a.Result)
	for _, s := range a.Streams {
		for _, e := range s.Events {
			total += len(e.Data)
		}
	}
	return total
}

func (s StreamAppend) check() error {
	if err := checkName("stream", string(s.Stream)); err != nil {
		return err
	}
	if s.Stream.Category() == "" || s.Stream.ID() == "" {
		return kernel.Invalid("stream", "%q is not a category, a hyphen and an id", s.Stream)
	}
	if s.Expected < Any {
		return kernel.Invalid("stream", "%s cannot have the version %d", s.Stream, s.Expected)
	}
	for i, e := range s.Events {
		if err := e.check(fmt.Sprintf("%s event %d", s.Stream, i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (e EventData) check(where string) error {
	if err := checkName("event type", e.Type); err != nil {
		return err
	}
	if len(e.Data) > MaxEventBytes {
		return tooLarge(where, len(e.Data), MaxEventBytes)
	}
	if trimmed := strings.TrimLeft(string(e.Data[:min(len(e.Data), 64)]), " \t\r\n"); !strings.HasPrefix(trimmed, "{") {
		return kernel.Invalid(where, "the data is not a JSON object")
	}
	if problem := CheckJSON(e.Data); problem != "" {
		return kernel.Invalid(where, "%s", problem)
	}
	return nil
}

func tooLarge(what string, size, limit int) error {
	return kernel.E(kernel.KindTooLarge, "TOO_LARGE", "%s has %d bytes; at most %d are taken at once", what, size, limit)
}

func checkName(what, s string) error {
	if s == "" {
		return kernel.Invalid(what, "is empty")
	}
	return checkOptionalName(what, s)
}

func checkOptionalName(what, s string) error {
	if len(s) > MaxNameBytes {
		return kernel.Invalid(what, "is longer than %d bytes", MaxNameBytes)
	}
	if !utf8.ValidString(s) {
		return kernel.Invalid(what, "is not UTF-8")
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return kernel.Invalid(what, "holds a control character")
		}
	}
	return nil
}

// CheckJSON says what keeps the JSON text out of the log, or "": it is not JSON, is nested deeper than MaxJSONDepth, or
// holds text that Postgres cannot store (see Append.Check).
func CheckJSON(b []byte) string {
	if !utf8.Valid(b) {
		return "the JSON is not UTF-8"
	}
	if problem := scanJSON(b); problem != "" {
		return problem
	}
	if !json.Valid(b) {
		return "this is not valid JSON"
	}
	return ""
}

// scanJSON looks for what is JSON by its grammar (RFC 8259) and yet is refused. On text that is not JSON its answer
// means nothing.
func scanJSON(b []byte) string {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			skip, problem := scanEscape(b[i:])
			if problem != "" {
				return problem
			}
			i += skip
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxJSONDepth {
				return fmt.Sprintf("the JSON is nested deeper than %d", MaxJSONDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return ""
}

// scanEscape looks at the escape at the start of b and says how many bytes follow its backslash.
func scanEscape(b []byte) (skip int, problem string) {
	if len(b) < 6 || b[1] != 'u' {
		return 1, ""
	}
	unit := hex4(b[2:6])
	switch {
	case unit == 0:
		return 0, "the text holds a NUL character, which cannot be stored"
	case unit >= 0xDC00 && unit <= 0xDFFF:
		return 0, "the text holds half of a surrogate pair"
	case unit >= 0xD800 && unit <= 0xDBFF:
		if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
			return 0, "the text holds half of a surrogate pair"
		}
		if low := hex4(b[8:12]); low < 0xDC00 || low > 0xDFFF {
			return 0, "the text holds half of a surrogate pair"
		}
		return 11, ""
	}
	return 5, ""
}

// hex4 reads four hexadecimal digits, -1 if they are not.
func hex4(b []byte) int {
	n := 0
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | int(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | int(c-'A'+10)
		default:
			return -1
		}
	}
	return n
}
