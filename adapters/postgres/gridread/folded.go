package gridread

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Texts are compared, ordered and searched by their folded form (kernel.Fold). That of a text of ASCII letters is its lower case,
// which Postgres finds itself under the collation C. Others have it written beside them: in _k, by short column id. So a row without
// such texts, as most are, has no _k and its indexes are as small as those of the texts themselves. The form is made here and not by a
// collation of the server's: it is the same on every server, with any libraries, and no update of them breaks an index.

// foldsText reports whether values of the type have a folded form.
func foldsText(t table.Type) bool { return t.Textual() || t == table.User }

// foldedText is the expression of a column's text as it is searched, in the lower case of _k or as it is.
func foldedText(id kernel.ColumnID) string {
	return fmt.Sprintf(`(coalesce(_k ->> '%s', %s) COLLATE "C")`, short(string(id)), column(id))
}

// foldedForm returns the folded form of a canonical value that must be written beside it; false for all others.
func foldedForm(t table.Type, v json.RawMessage) (string, bool) {
	if !foldsText(t) || !beyondASCII(v) {
		return "", false
	}
	s, ok := table.TextOf(v)
	if !ok || !beyondASCII([]byte(s)) {
		return "", false
	}
	return kernel.Fold(s), true
}

func beyondASCII(v []byte) bool {
	for _, c := range v {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return bytes.Contains(v, []byte(`\u`))
}

// appendFolded appends an entry of _k to the object that is being written; the first one begins it.
func appendFolded(b []byte, id kernel.ColumnID, form string) []byte {
	if len(b) == 0 {
		b = append(b, '{')
	} else {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), short(string(id))...), '"', ':')
	return table.AppendQuoted(b, form)
}

// setFolded is the assignment that replaces the entries of some columns in _k by those of v.k, null for none.
func setFolded(ids []kernel.ColumnID) string {
	var list []byte
	for i, id := range ids {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, short(string(id))...)
	}
	return fmt.Sprintf(`_k = CASE WHEN t._k IS NULL AND v.k IS NULL THEN NULL
ELSE NULLIF((COALESCE(t._k, '{}'::jsonb) - '{%s}'::text[]) || COALESCE(v.k::jsonb, '{}'::jsonb), '{}'::jsonb) END`, list)
}

// foldedKeys are the sort keys of texts, as Postgres finds them in a column; nil for an empty one.
func foldedKeys(values []json.RawMessage) []*string {
	out := make([]*string, len(values))
	for i, v := range values {
		if s, ok := table.TextOf(v); ok {
			key := clipped([]string{kernel.Fold(s)})[0]
			out[i] = &key
		}
	}
	return out
}
