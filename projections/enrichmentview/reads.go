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
