package table

import (
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// Link says into which row another one was merged, and by which job. The row that was merged is hidden as one in the trash is, but stays
// for as long as the merge does.
type Link struct {
	Into  kernel.RowID   `json:"into,omitempty"`
	Merge kernel.DedupID `json:"merge,omitempty"`
}

// Merged reports whether there is a link.
func (l Link) Merged() bool { return l.Merge != "" }

// LinksOf are the links of rows, in their order; nil if no row has one.
func LinksOf(rows []kernel.RowID, links map[kernel.RowID]Link) []Link {
	if !slices.ContainsFunc(rows, func(r kernel.RowID) bool { return links[r].Merged() }) {
		return nil
	}
	out := make([]Link, len(rows))
	for i, r := range rows {
		out[i] = links[r]
	}
	return out
}
