package gridview

import "encoding/json"

// Groups is a window of the groups of a query's rows, as a tree is read: each group before those in it.
type Groups struct {
	Groups []RowGroup `json:"groups"`
	Total  int64      `json:"total" doc:"Groups of all levels, in this window or not."`
}

// RowGroup is a group of rows. Its rows lie together in a list that is grouped in the same way.
type RowGroup struct {
	Level      int               `json:"level" doc:"0 for the outermost groups; a group is in the last one before it of a lower level."`
	Value      json.RawMessage   `json:"value" doc:"The value that the rows share, or one of several that are told apart by case and accents only; of dates, the first day of the group; null for empty cells."`
	Count      int64             `json:"count" doc:"Rows."`
	Aggregates []json.RawMessage `json:"aggregates" doc:"In the order in which they were asked for; null where no cell has a value."`
}
