package table

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// MaxDescription is how many characters say what a table is for.
const MaxDescription = 1000

// Details are what is said of a table besides its name; nil leaves a thing as it is.
type Details struct {
	Description *string
	Owner       *kernel.UserID // that it is a member is for the caller to see to
}

// Describe changes what is said of the table.
func (t *Table) Describe(d Details, step Step) error {
	e := DetailsChanged{
		TableID: t.s.ID, Description: t.s.About, Owner: t.s.Owner, OldDescription: t.s.About, OldOwner: t.s.Owner, Step: step,
	}
	if d.Description != nil {
		text := strings.TrimSpace(*d.Description)
		if n := utf8.RuneCountInString(text); n > MaxDescription {
			return kernel.Invalid("description", "the text has %d characters; at most %d are possible", n, MaxDescription)
		}
		hidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
		if !utf8.ValidString(text) || strings.ContainsFunc(text, hidden) {
			return kernel.Invalid("description", "the text holds control characters; remove them")
		}
		e.Description = text
	}
	if d.Owner != nil {
		e.Owner = *d.Owner
	}
	if e.Description == e.OldDescription && e.Owner == e.OldOwner {
		return nil
	}
	return t.Record(t, e)
}

// DescribeBack takes a DetailsChanged back; what has been changed again since is a conflict, unless forced.
func (t *Table) DescribeBack(e DetailsChanged, force bool, step Step) error {
	var d Details
	if e.Description != e.OldDescription {
		d.Description = &e.OldDescription
	}
	if e.Owner != e.OldOwner {
		d.Owner = &e.OldOwner
	}
	if !force && (d.Description != nil && t.s.About != e.Description || d.Owner != nil && t.s.Owner != e.Owner) {
		return kernel.E(kernel.KindConflict, "CHANGED_SINCE",
			"the table's description or owner has been changed since; undo that first, or force it")
	}
	return t.Describe(d, step)
}
