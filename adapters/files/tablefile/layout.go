package tablefile

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Layout is what the columns of a file are: a table's columns, and after each that providers fill, if that is wanted, how sure its
// values are.
type Layout struct {
	columns []table.Column
	sure    []bool // of each column, whether it is followed by its two
	names   []string
}

// NewLayout makes the layout. A name that a column of the table has already gets a number.
func NewLayout(s table.Schema, columns []table.Column, sure bool) Layout {
	l := Layout{columns: columns, sure: make([]bool, len(columns))}
	filled, taken := map[kernel.ColumnID]bool{}, map[string]bool{}
	for _, c := range s.Columns {
		taken[strings.ToLower(c.Name)] = true
		if sure && c.Kind == table.Enrichment {
			filled[c.ID] = true
			var cfg enrichment.Config
			if json.Unmarshal(c.Enrichment, &cfg) == nil {
				for _, o := range cfg.Outputs {
					filled[o.ColumnID] = true
				}
			}
		}
	}
	free := func(name string) string {
		for n, try := 2, name; ; n++ {
			if key := strings.ToLower(try); !taken[key] {
				taken[key] = true
				return try
			}
			try = name + " " + strconv.Itoa(n)
		}
	}
	for i, c := range columns {
		l.names = append(l.names, c.Name)
		if l.sure[i] = filled[c.ID]; l.sure[i] {
			l.names = append(l.names, free(c.Name+" confidence (%)"), free(c.Name+" verified"))
		}
	}
	return l
}

// alone reports whether the file has one column.
func (l Layout) alone() bool { return len(l.names) == 1 }

// sureness are the i-th column's confidence in percent and whether it is verified, in digits and letters, each empty where not known.
func sureness(row gridview.ExportRow, i int) (confidence, verified string) {
	s := row.Sureness(i)
	if s.VerifiedBy == nil {
		return "", ""
	}
	if s.Confidence != nil {
		confidence = strings.TrimSuffix(enrichment.Percent(*s.Confidence), " %")
	}
	return confidence, strconv.FormatBool(s.Verified())
}
