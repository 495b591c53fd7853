package csvfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/eventstore"
)

// jsonReader reads objects: of JSON Lines, one on each line, blank lines between them allowed; or of a JSON document.
type jsonReader struct {
	objects interface {
		next() ([]byte, dataops.Record, error)
	}
	index   map[string]int
	fields  [][]byte
	unknown map[string]bool // told about already
	seen    []bool          // the fields of this record
	only    bool            // the keys are asked for, not the values
}

// maxUnknown is how many keys that no column stands for are told about.
const maxUnknown = dataops.MaxColumns + 1

func newJSONReader(s *scanner, o dataops.ReadOptions) *jsonReader {
	keys := o.Keys
	r := &jsonReader{
		objects: lines{s},
		only:    o.OnlyKeys,
		index:   make(map[string]int, len(keys)),
		fields:  make([][]byte, len(keys)),
		seen:    make([]bool, len(keys)),
		unknown: map[string]bool{},
	}
	if o.Reading.Format == dataops.JSON {
		r.objects = &elements{s: s}
	}
	for i, k := range keys {
		r.index[k] = i
	}
	return r
}

// Next implements dataops.Records.
func (r *jsonReader) Next() (dataops.Record, error) {
	for {
		text, rec, err := r.objects.next()
		if err != nil || rec.Problem != "" {
			return rec, err
		}
		if r.only && knownKeys(text, r.unknown) {
			continue
		}
		clear(r.fields)
		clear(r.seen)
		twice := ""
		rec.Problem = eachMember(text, func(key string, value []byte) {
			if i, ok := r.index[key]; ok {
				if r.seen[i] {
					twice = key
				}
				r.fields[i], r.seen[i] = value, true
			} else if !r.unknown[key] && len(r.unknown) < maxUnknown {
				r.unknown[key] = true
				rec.Unknown = append(rec.Unknown, key)
			}
		})
		if rec.Problem == "" && twice != "" {
			rec.Problem = fmt.Sprintf("has the key %q twice", twice)
		}
		if rec.Problem != "" {
			rec.Excerpt = excerpt(text)
		} else {
			rec.Fields = r.fields
		}
		return rec, nil
	}
}

// nextLine consumes a line. The record has its place, and a problem if the line is longer than a record may be.
func nextLine(s *scanner) ([]byte, dataops.Record, error) {
	n, ending, ok := s.line()
	if s.err != nil {
		return nil, dataops.Record{}, fmt.Errorf("read the file: %w", s.err)
	}
	if n == 0 && ending == 0 {
		return nil, dataops.Record{}, io.EOF
	}
	rec := dataops.Record{Line: s.at.Line + 1}
	if !ok {
		rec.Problem, rec.Excerpt = tooLong(), excerpt(s.buf[s.start:s.start+n])
		s.take(n, 0)
		s.dropLine()
		rec.Next = s.at
		return nil, rec, nil
	}
	text := s.take(n+ending, 1)[:n]
	rec.Next = s.at
	return text, rec, nil
}

// eachMember calls fn with each member of the JSON object; the value is its exact text. It says what is wrong with the
// object; fn may have been called before that is known.
func eachMember(text []byte, fn func(key string, value []byte)) string {
	if !utf8.Valid(text) {
		return "holds bytes that are no characters in the file's encoding"
	}
	if problem := eventstore.CheckJSON(text); problem != "" {
		return problem
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "is not a JSON object"
	}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return "is not a JSON object"
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return "is not valid JSON"
		}
		if len(value) > dataops.MaxFieldBytes {
			return fmt.Sprintf("the value of %q has %d bytes; a cell takes at most %d", key, len(value), dataops.MaxFieldBytes)
		}
		if bytes.Equal(value, []byte("null")) {
			value = nil
		}
		fn(key, value)
	}
	return ""
}

// knownKeys passes over the values of an object, without understanding them, and reports whether all of its keys are known. It answers
// false to anything that has to be looked at closely.
func knownKeys(text []byte, known map[string]bool) bool {
	depth, key := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[':
			depth++
			key = depth == 1
		case '}', ']':
			depth--
		case ',':
			key = depth == 1
		case '"':
			from := i + 1
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					if key {
						return false
					}
					i++
				}
			}
			if i >= len(text) || key && !known[string(text[from:i])] {
				return false
			}
			key = false
		}
	}
	return depth == 0
}
