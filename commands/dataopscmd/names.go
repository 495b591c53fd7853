package dataopscmd

import (
	"fmt"
	"strconv"
	"strings"

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

// uniqueNames gives every column a name of its own that a table takes.
func uniqueNames(names []string, unescape bool) []named {
	out, seen := make([]named, len(names)), map[string]bool{}
	for i, raw := range names {
		n := named{name: cleanHeader(raw, unescape)}
		if n.name == "" {
			n.name, n.blank = "Column "+strconv.Itoa(i+1), true
		}
		if runes := []rune(n.name); len(runes) > table.MaxNameChars {
			n.name, n.shortened = strings.TrimSpace(string(runes[:table.MaxNameChars])), true
		}
		unique := n.name
		for k := 2; seen[kernel.NameKey(unique)]; k++ {
			n.twin = n.name
			tail := " " + strconv.Itoa(k)
			runes := []rune(n.name)
			unique = string(runes[:min(len(runes), table.MaxNameChars-len(tail))]) + tail
		}
		n.name = unique
		seen[kernel.NameKey(unique)] = true
		out[i] = n
	}
	return out
}

// cleanHeader makes a header's text fit to be a column's name: in one line, without control characters.
func cleanHeader(name string, unescape bool) string {
	name = strings.Join(strings.Fields(name), " ")
	if unescape {
		name = dataops.UnescapeFormula(name)
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFEFF {
			return -1
		}
		return r
	}, name)
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
