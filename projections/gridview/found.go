package gridview

import "github.com/morket/morket/domain/kernel"

// MaxHits is how many rows an answer of a text search lists at most.
const MaxHits = 500

// TextSearch says where and how a text is looked for in the cells of a query's rows.
type TextSearch struct {
	From      int64 // the place in the order to begin at
	Backwards bool  // from there to the first row
	Limit     int   // of rows, at most MaxHits
}

// Found is where a text stands in the rows that a query selects.
type Found struct {
	Cells int64 `json:"cells" doc:"Cells that match, in all rows that the query selects."`
	Rows  int64 `json:"rows"`
	Hits  []Hit `json:"hits" doc:"Rows with a match, the one next to the start first."`
}

// Hit is a row with matching cells.
type Hit struct {
	Place   int64             `json:"place" doc:"The row's offset in the order."`
	Row     kernel.RowID      `json:"row_id"`
	First   int64             `json:"first" doc:"The number of its first matching cell among all, from 1."`
	Columns []kernel.ColumnID `json:"columns"`
}
