package dataopscmd

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// named is a column's name and what was done to it.
type named struct {
	name      string
	blank     bool
	shortened bool
	twin      string // the name that it would have had
}

// uniqueNames gives every column a name of its own that a table takes. A name that is made up is none that the file itself has.
func uniqueNames(names []string, unescape bool) []named {
	out, taken := make([]named, len(names)), map[string]bool{}
	made := make([]bool, len(names))
	for i, raw := range names {
		n := named{name: cleanHeader(raw, unescape)}
		if runes := []rune(n.name); len(runes) > table.MaxNameChars {
			n.name, n.shortened = strings.TrimSpace(string(runes[:table.MaxNameChars])), true
		}
		n.blank = n.name == ""
		key := kernel.NameKey(n.name)
		made[i] = n.blank || taken[key]
		taken[key], out[i] = true, n
	}
	for i := range out {
		if !made[i] {
			continue
		}
		n := &out[i]
		if n.blank {
			n.name = "Column " + strconv.Itoa(i+1)
		}
		base := []rune(n.name)
		for k := 2; taken[kernel.NameKey(n.name)]; k++ {
			n.twin = string(base)
			tail := " " + strconv.Itoa(k)
			n.name = string(base[:min(len(base), table.MaxNameChars-len(tail))]) + tail
		}
		taken[kernel.NameKey(n.name)] = true
	}
	return out
}

// cleanHeader makes a header's text fit to be a column's name: in one line, without control characters.
func cleanHeader(name string, unescape bool) string {
	name = strings.Join(strings.Fields(name), " ")
	if unescape {
		name = dataops.UnescapeFormula(name)
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFEFF {
			return -1
		}
		return r
	}, name)
	if !strings.ContainsFunc(name, unicode.IsGraphic) {
		return "" // nothing of it is seen
	}
	return name
}

const listedNames = 5

// nameNotices says what was done to names.
func nameNotices(names []named) []dataops.Notice {
	var blank, twins, long []string
	for i, n := range names {
		switch {
		case n.blank:
			blank = append(blank, "“"+n.name+"”")
		case n.twin != "":
			twins = append(twins, "“"+n.name+"”")
		}
		if n.shortened {
			long = append(long, fmt.Sprintf("%d “%s”", i+1, n.name))
		}
	}
	var out []dataops.Notice
	for _, say := range []struct {
		names        []string
		one, several string
	}{
		{blank, "a column has no name and is called %s", "%d columns have no name and are called %s"},
		{twins, "a column has the name of another and is called %s", "%d columns have the name of another and are called %s"},
		{long, "the name of column %s was shortened to 100 characters", "%d names were shortened to 100 characters: of columns %s"},
	} {
		switch n := len(say.names); {
		case n == 1:
			out = append(out, dataops.Notice{Code: dataops.NoticeNames, Message: fmt.Sprintf(say.one, say.names[0])})
		case n > 1:
			out = append(out, dataops.Notice{Code: dataops.NoticeNames, Message: fmt.Sprintf(say.several, n, listing(say.names))})
		}
	}
	return out
}

// listing joins the first names of a list.
func listing(names []string) string {
	if len(names) > listedNames {
		return strings.Join(names[:listedNames], ", ") + fmt.Sprintf(" and %d more", len(names)-listedNames)
	}
	return strings.Join(names, ", ")
}
