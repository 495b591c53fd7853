package enrichmentview

import (
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// JobFilter picks jobs; zero fields pick all.
type JobFilter struct {
	Table  kernel.TableID
	Tables []kernel.TableID // only these, if not empty
	State  enrichment.RunState
	Before kernel.RunID // older ones only
	Limit  int
}

// RecordFilter picks records of a job; zero fields pick all.
type RecordFilter struct {
	State   enrichment.MarkState
	Message string
	Row     kernel.RowID
	After   enrichment.Cell // only those behind it
	Limit   int
}
