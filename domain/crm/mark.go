package crm

import (
	"crypto/sha256"
	"encoding/base64"
)

// Mark tells what a column and a field had when they were last in step. It holds digests, which say whether a value is still the same and
// nothing more. The zero Mark says that they never were.
type Mark struct {
	Ours   string `json:"o,omitempty"` // of the cell, in the field's form
	Theirs string `json:"t,omitempty"`
}

// digestBytes is how long a digest is: two values have the same one by chance once in 2^64.
const digestBytes = 8

// digest is a value's of a record's field. The record and the field are in it, so that equal values of two records don't show.
func digest(record string, f Field, value string) string {
	sum := sha256.Sum256([]byte(record + "\x00" + f.Name + "\x00" + canon(f.Type, value)))
	return base64.RawURLEncoding.EncodeToString(sum[:digestBytes])
}

func markOf(record string, f Field, ours, theirs string) Mark {
	return Mark{digest(record, f, ours), digest(record, f, theirs)}
}

// oursMoved reports whether the cell has another value than it had.
func (m Mark) oursMoved(record string, f Field, value string) bool {
	return m.Ours != digest(record, f, value)
}

// theirsMoved reports whether the field has another value than it had.
func (m Mark) theirsMoved(record string, f Field, value string) bool {
	return m.Theirs != digest(record, f, value)
}

// mark notes that a mapping is in step.
func (e *Entry) mark(m Mapping, mark Mark) {
	if !m.Pulls() {
		return
	}
	if e.Marks == nil {
		e.Marks = map[string]Mark{}
	}
	e.Marks[m.key()] = mark
}

// Written are the marks of a pushed entry: what was the same already, and what the push has made so.
func (p Plan) Written(e Entry, r Result) map[string]Mark {
	out := Entry{Marks: e.Marks}
	if r.State != OutcomeSynced {
		return e.Marks
	}
	for _, c := range e.Changes {
		for _, m := range p.Definition.Mappings {
			if m.Field != c.Field || !m.Pushes() {
				continue
			}
			f, ok := FieldOf(p.Fields, c.Field)
			if !ok {
				continue
			}
			theirs, ok := r.Stored[c.Field]
			if !ok {
				theirs = c.After
			}
			out.mark(m, markOf(r.ID, f, c.After, theirs))
		}
	}
	return out.Marks
}
