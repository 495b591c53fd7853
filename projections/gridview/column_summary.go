package gridview

import "encoding/json"

// The most that a summary lists.
const (
	SummaryBuckets = 20
	SummaryValues  = 10
)

// ColumnSummary is what the values of a column come to in the rows that a query selects. Numbers are exact decimals, written as text.
type ColumnSummary struct {
	Rows     int64           `json:"rows"`
	Filled   int64           `json:"filled" doc:"Rows with a value in the column."`
	Distinct int64           `json:"distinct" doc:"Different values; texts are told apart by their first 200 characters, without regard to case."`
	Sum      string          `json:"sum,omitempty" doc:"Of numbers, exact."`
	Average  string          `json:"average,omitempty" doc:"Of numbers, to 16 digits or 6 decimals."`
	Min      json.RawMessage `json:"min,omitempty" doc:"Of numbers and dates; as the cell has it."`
	Max      json.RawMessage `json:"max,omitempty"`
	// Histogram is of numbers and dates with more than one value: ranges of equal width from Min to Max.
	Histogram []Bucket `json:"histogram,omitempty"`
	// Top is of all others: the most frequent values, the most frequent first.
	Top []ValueCount `json:"top,omitempty"`
}

// Bucket is a range of a histogram: from From on, up to the next bucket's From or, of the last one, to the maximum with it.
type Bucket struct {
	From  json.RawMessage `json:"from"`
	Count int64           `json:"count"`
}

// ValueCount is a value and how many rows have it.
type ValueCount struct {
	Value json.RawMessage `json:"value"`
	Count int64           `json:"count"`
}
