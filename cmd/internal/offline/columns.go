package offline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hbollon/go-edlib"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// columns are those of the file and, after them, those that requests add.
type columns struct {
	names    []string
	unnamed  bool // the file has no header
	original int  // how many are the file's
}

// id names a column to the engine. The control character keeps it apart from what people call columns.
func id(index int) kernel.ColumnID { return kernel.ColumnID("\x1f" + strconv.Itoa(index)) }

func indexOf(id kernel.ColumnID) int {
	n, err := strconv.Atoi(strings.TrimPrefix(string(id), "\x1f"))
	if err != nil {
		return -1
	}
	return n
}

func (c *columns) forEngine() enrichment.Columns {
	out := make(enrichment.Columns, len(c.names))
	for i, name := range c.names {
		out[i] = enrichment.Column{ID: id(i), Name: name}
	}
	return out
}

// has reports whether a column has exactly this name.
func (c *columns) has(name string) bool { return slices.Contains(c.names, name) }

// find finds the column that somebody named: by its name, its name in other case, or #number. Its error says what there is.
func (c *columns) find(ref string) (int, error) {
	for _, same := range []func(string) bool{
		func(n string) bool { return n == ref },
		func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(ref)) },
	} {
		var hits []string
		at := -1
		for i, n := range c.names {
			if same(n) {
				hits, at = append(hits, "#"+strconv.Itoa(i+1)), i
			}
		}
		switch len(hits) {
		case 0:
		case 1:
			return at, nil
		default:
			return 0, fmt.Errorf("%d columns are called %q; write %s instead of the name", len(hits), ref, strings.Join(hits, " or "))
		}
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(ref, "#")); err == nil && strings.HasPrefix(ref, "#") {
		if n >= 1 && n <= len(c.names) {
			return n - 1, nil
		}
		return 0, fmt.Errorf("there is no column %s; the file has %d columns", ref, c.original)
	}
	return 0, c.unknown(ref)
}

func (c *columns) unknown(ref string) error {
	hint := ""
	if c.unnamed {
		hint = "; the file seems to have no header, say --header yes if its first line is one"
	}
	return fmt.Errorf("there is no column %q%s; the columns are %s%s", ref, didYouMean(ref, c.names), list(c.names), hint)
}

const listed = 40

// list names things in a sentence.
func list(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == listed {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if strings.ContainsAny(n, `,="`) || strings.TrimSpace(n) != n || n == "" || strings.Contains(n, "->") {
			n = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
		}
		b.WriteString(n)
	}
	return b.String()
}

// didYouMean names what is spelt most like the word, if anything is.
func didYouMean(word string, names []string) string {
	best, closest := "", max(1, len(word)/3)
	for _, n := range names {
		if d := edlib.OSADamerauLevenshteinDistance(strings.ToLower(word), strings.ToLower(n)); d < closest || best == "" && d == closest {
			best, closest = n, d
		}
	}
	if best == "" || closest >= max(len(word), len(best)) {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}
