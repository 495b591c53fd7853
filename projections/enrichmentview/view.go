// Package enrichmentview keeps what people see of runs: jobs with their progress, what became of each record and how, how providers have
// been doing, and the answers that may be reused.
package enrichmentview

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "enrichment"

// Job is a run as of its last event.
type Job struct {
	ID         kernel.RunID
	Workspace  kernel.WorkspaceID
	Table      kernel.TableID
	Columns    []kernel.ColumnID
	State      enrichment.RunState
	Cancelling bool
	Round      int
	Counts     enrichment.Counts
	Spent      kernel.Credits
	Reserved   kernel.Credits // what is left of what was reserved, 0 when the run has ended
	Estimate   enrichment.Estimate
	Over       enrichment.Over
	Reason     string
	StartedBy  kernel.UserID
	Auto       bool // started by itself
	CreatedAt  time.Time
	StartedAt  *time.Time
	FinishedAt *time.Time
	Position   int64
}

// Record is what became of one cell of a run.
type Record struct {
	Run        kernel.RunID
	Row        kernel.RowID
	Column     kernel.ColumnID
	State      enrichment.MarkState
	Message    string
	Input      json.RawMessage // null when it was not kept
	Attempts   []enrichment.Attempt
	Answer     json.RawMessage // the cell's value, null without one
	Kept       Kept
	Outputs    json.RawMessage       // all fields of the accepted answer as a reader gets them, null when they can't be read (any more)
	Exchanges  []enrichment.Exchange // as a reader gets them, none when they can't be read (any more)
	Provider   string
	Credits    kernel.Credits
	LatencyMS  int64
	Confidence *float64
	VerifiedBy []enrichment.Evidence // as of enrichment.Sureness
	SourceURL  string
	Cached     bool
	At         time.Time
	Position   int64
	// Again says that the run may have a record of the cell already: it is in a retry.
	Again bool
}

// Reply says which record has the newest reply to a question, in what it keeps.
type Reply struct {
	Workspace kernel.WorkspaceID
	enrichment.Question
	Run    kernel.RunID
	Row    kernel.RowID
	Column kernel.ColumnID
}

// Answer is an accepted answer that may be reused for the same question.
type Answer struct {
	Workspace  kernel.WorkspaceID
	Provider   string
	InputHash  string
	Kept       Kept
	Confidence *float64
	VerifiedBy []enrichment.Evidence
	SourceURL  string
	At         time.Time
}

// Kept is what a provider answered, as the log has it; the zero value is nothing.
type Kept struct {
	Body []byte
	// For is the subject whose key seals the Body, an enrichment.AnswerBody. Empty: the Body is the outputs' JSON in the clear.
	For string
}

// DayKey names a provider's day in a workspace (UTC).
type DayKey struct {
	Workspace kernel.WorkspaceID
	Provider  string
	Day       time.Time
}

// Buckets is how many latency classes are counted: the n-th holds calls of less than 2^n ms, the last one all slower ones.
const Buckets = 16

// Day is how a provider did on a day.
type Day struct {
	DayKey
	Asked   int64 // records for which it was asked
	Hits    int64 // of them, accepted answers
	Failed  int64 // of them, ended in trouble
	Calls   int64 // with retries
	Credits kernel.Credits
	Latency [Buckets]int64
}

// Bucket is the latency class of ms.
func Bucket(ms int64) int {
	n := 0
	for ms >= 1<<n && n < Buckets-1 {
		n++
	}
	return n
}

// ShapeKey names what is asked of a provider in a workspace, as its replies are learnt.
type ShapeKey struct {
	Workspace kernel.WorkspaceID
	Provider  string
	Of        string
}

// Shape is what has been learnt of replies.
type Shape struct {
	ShapeKey
	enrichment.Shape
}

// DriftDays is how long a change of a provider's replies is told.
const DriftDays = 14

// Drift is a change of a provider's replies in a workspace.
type Drift struct {
	Provider string `json:"provider"`
	enrichment.Drift
}

// Share is what a provider has done in a job so far, retries included.
type Share struct {
	Run      kernel.RunID
	Provider string
	Asked    int64 // cells for which it was asked, or an answer of it was at hand
	Hits     int64 // of them, accepted answers
	Failed   int64 // of them, ended in trouble
	Calls    int64
	Credits  kernel.Credits
	Cost     enrichment.Micros // on the workspace's own bill
}

// Failure is how many of a job's cells failed for one reason.
type Failure struct {
	Message string
	Cells   int64
}

// Batch is what a run of events changes. Jobs and days replace those before.
type Batch struct {
	Jobs    []Job
	Records []Record // each cell at most once
	Answers []Answer // each question at most once
	Days    []Day
	Replies []Reply // each question at most once
	Shapes  []Shape // replace those before
	// Shares are to be added to what is there; each at most once.
	Shares []Share
	// Patterns are how often patterns of addresses were seen, to be added to what is there; each at most once.
	Patterns []PatternSeen
}

// PatternKey names a pattern of the addresses of a domain in a workspace.
type PatternKey struct {
	Workspace kernel.WorkspaceID
	Domain    string
	Pattern   enrichment.MailPattern
}

// PatternSeen is how often a verified answer was an address by the pattern.
type PatternSeen struct {
	PatternKey
	Count int64
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Jobs returns those of the jobs that exist.
	Jobs(ctx context.Context, ids []kernel.RunID) ([]Job, error)
	// Days returns those of the days that exist.
	Days(ctx context.Context, keys []DayKey) ([]Day, error)
	// Shapes returns those of the shapes that exist.
	Shapes(ctx context.Context, keys []ShapeKey) ([]Shape, error)
	Save(ctx context.Context, b Batch) error
	// Forget removes the records of the tables' runs, with the replies in them. The jobs stay: they say what credits were spent on.
	Forget(ctx context.Context, tables []kernel.TableID) error
}

// Projector folds runs.
type Projector struct {
	open func(projections.Tx) (Writer, error)
}

// New makes the projector; open turns the store's transaction into a Writer.
func New(open func(projections.Tx) (Writer, error)) *Projector { return &Projector{open} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 8 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return []string{
		(enrichment.RunStarted{}).EventType(), (enrichment.RunPageStarted{}).EventType(), (enrichment.RunAnswersRecorded{}).EventType(),
		(enrichment.RunPaused{}).EventType(),
		(enrichment.RunResumed{}).EventType(), (enrichment.RunCancelRequested{}).EventType(), (enrichment.RunRetried{}).EventType(),
		(enrichment.RunFinished{}).EventType(),
		(table.Purged{}).EventType(),
	}
}
