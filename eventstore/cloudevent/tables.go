package cloudevent

import (
	"context"
	"encoding/json"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// Tables finds out which table an event belongs to: the one that its data names, or for the events of an import or a run that name
// none, the one that the job works on.
type Tables struct {
	log  StreamReader
	jobs *lru.Cache[eventstore.StreamID, kernel.TableID]
}

// StreamReader reads the beginning of a job's stream.
type StreamReader interface {
	ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error)
}

// NewTables makes one that reads jobs' streams from the log and remembers them.
func NewTables(log StreamReader) *Tables {
	return &Tables{log: log, jobs: cached.New[eventstore.StreamID, kernel.TableID](maxJobs)}
}

const (
	maxJobs   = 10_000
	jobsStart = 100 // events within which a job's start lies: a file may be looked at again a few times before
)

// Of returns the event's table, empty if it belongs to none. An import belongs to none until it has started.
func (t *Tables) Of(ctx context.Context, r eventstore.Recorded) (kernel.TableID, error) {
	if id := named(r.Data); id != "" {
		return id, nil
	}
	switch r.Stream.Category() {
	case "import", "run":
	default:
		return "", nil
	}
	if r.Type == "import.uploaded.v1" || r.Type == "import.previewed.v1" {
		return "", nil
	}
	id, ok := t.jobs.Get(r.Stream)
	if ok {
		return id, nil
	}
	events, err := t.log.ReadStream(ctx, r.Stream, 0, jobsStart)
	if err != nil {
		return "", fmt.Errorf("find the table of %s: %w", r.Stream, err)
	}
	for _, e := range events {
		if id = named(e.Data); id != "" {
			break
		}
	}
	t.jobs.Add(r.Stream, id)
	return id, nil
}

// named returns the table that the data names.
func named(data json.RawMessage) kernel.TableID {
	var id kernel.TableID
	s := kernel.ScanJSON(data)
	s.Object(func(key string) {
		if key == "table_id" {
			id = kernel.TableID(s.Text())
			return
		}
		s.Value()
	})
	if s.Fail {
		var e struct {
			TableID kernel.TableID `json:"table_id"`
		}
		if json.Unmarshal(data, &e) != nil {
			return ""
		}
		return e.TableID
	}
	return id
}
