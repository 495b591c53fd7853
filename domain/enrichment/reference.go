package enrichment

import (
	"regexp"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Column is what an expression or template may refer to.
type Column struct {
	ID   kernel.ColumnID
	Name string
	Type string
}

// reference is {{Name}} or {{col_…}}; blanks around the name don't count.
var reference = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// References lists what the text refers to, in order, each once.
func References(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			out = append(out, m[1])
		}
	}
	return out
}

// Expand replaces each reference by what value answers for it.
func Expand(text string, value func(ref string) string) string {
	return reference.ReplaceAllStringFunc(text, func(m string) string {
		return value(reference.FindStringSubmatch(m)[1])
	})
}

// Columns finds columns by what people write.
type Columns []Column

// Find finds a column by its id, its name, or its name in other case when only one has it.
func (cs Columns) Find(ref string) (Column, bool) {
	var loose []Column
	for _, c := range cs {
		if string(c.ID) == ref || c.Name == ref {
			return c, true
		}
		if strings.EqualFold(c.Name, ref) {
			loose = append(loose, c)
		}
	}
	if len(loose) == 1 {
		return loose[0], true
	}
	return Column{}, false
}

// Pin rewrites references by name into references by id, so that renaming a column breaks nothing. It answers the references
// that are no column.
func (cs Columns) Pin(text string) (pinned string, unknown []string) {
	pinned = reference.ReplaceAllStringFunc(text, func(m string) string {
		ref := reference.FindStringSubmatch(m)[1]
		c, ok := cs.Find(ref)
		if !ok {
			unknown = append(unknown, ref)
			return m
		}
		return "{{" + string(c.ID) + "}}"
	})
	return pinned, unknown
}
