package dataops

import (
	"fmt"
	"strings"
)

// Kept counts what an undo left alone, by what had changed it after the import.
type Kept struct {
	Edited   int64 `json:"edited,omitempty" doc:"Rows that somebody changed."`
	Enriched int64 `json:"enriched,omitempty" doc:"Rows that an enrichment wrote to."`
	Imported int64 `json:"imported,omitempty" doc:"Rows that another import wrote to."`
	Cells    int64 `json:"cells,omitempty" doc:"Cells of updated rows that no longer hold what the import wrote."`
}

// Total is how many rows and cells that are.
func (k Kept) Total() int64 { return k.Edited + k.Enriched + k.Imported + k.Cells }

// Plus adds up.
func (k Kept) Plus(l Kept) Kept {
	return Kept{Edited: k.Edited + l.Edited, Enriched: k.Enriched + l.Enriched, Imported: k.Imported + l.Imported, Cells: k.Cells + l.Cells}
}

// UndoCounts says what an undo has done.
type UndoCounts struct {
	Removed  int64  `json:"removed" doc:"Rows taken out."`
	Reverted int64  `json:"reverted" doc:"Cells that have their earlier value again."`
	Kept     int64  `json:"kept" doc:"Rows and cells left alone because they were changed after the import."`
	KeptBy   Kept   `json:"kept_by" doc:"What changed them."`
	Message  string `json:"message" doc:"The same in words."`
}

// newUndoCounts puts the numbers into words. Undos of earlier versions know how much they kept, but not why.
func newUndoCounts(removed, reverted, kept int64, by Kept, reason string) *UndoCounts {
	u := &UndoCounts{Removed: removed, Reverted: reverted, Kept: kept, KeptBy: by}
	done := []string{counted(removed, "row") + " taken out of the table"}
	if reverted > 0 {
		done = append(done, counted(reverted, "cell")+" given the value before")
	}
	u.Message = sentence(done)
	if reason != "" {
		u.Message += ": " + reason
		return u
	}
	var why []string
	for _, k := range []struct {
		n    int64
		what string
	}{
		{by.Edited, counted(by.Edited, "row") + " edited since"},
		{by.Enriched, counted(by.Enriched, "row") + " that an enrichment has written to"},
		{by.Imported, counted(by.Imported, "row") + " that another import has written to"},
		{by.Cells, counted(by.Cells, "cell") + " changed since"},
		{kept - by.Total(), counted(kept-by.Total(), "row or cell") + " changed since"},
	} {
		if k.n > 0 {
			why = append(why, k.what)
		}
	}
	if len(why) > 0 {
		u.Message += "; kept: " + sentence(why)
	}
	return u
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %s", n, strings.ReplaceAll(what, "row or cell", "rows or cell")+"s")
}

// sentence joins parts as one says them.
func sentence(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
