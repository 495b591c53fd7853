package tablecmd

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// readValue is Reader.Value for a value as the client sent it. Text that the log can't hold (NUL, half of a surrogate pair, bytes that
// are not UTF-8) is this value's error: the JSON decoder would replace it without a word.
func readValue(reader table.Reader, col table.Column, raw json.RawMessage, createOptions bool) (json.RawMessage, []string, error) {
	if bytes.Contains(raw, []byte(`\u`)) || !utf8.Valid(raw) {
		if problem := eventstore.CheckJSON(raw); problem != "" {
			return nil, nil, &table.ValueError{Message: problem + "; remove it"}
		}
	}
	return reader.Value(col, raw, createOptions)
}

// storable makes a message that names what the client sent fit to be kept with the answer.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
