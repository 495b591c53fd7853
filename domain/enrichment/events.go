package enrichment

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Events lists one of each event of this module.
func Events() []kernel.Event {
	return []kernel.Event{
		RunStarted{},
		RunRecordsAdded{},
		RunPageStarted{},
		RunCallsSent{},
		RunPageStopped{},
		RunAnswersRecorded{},
		RunPaused{},
		RunResumed{},
		RunCancelRequested{},
		RunRetried{},
		RunFinished{},
		AutoRunsStarted{},
	}
}

// Plan is a column of a run with its waterfall as it was when the run was asked for: later changes of the column don't
// reach a run that is under way.
type Plan struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Config   Config          `json:"config"`
}

// Prices are what an accepted answer of each provider costs, by the provider's slug.
type Prices map[string]kernel.Credits

// Any reports whether any answer costs something.
func (p Prices) Any() bool {
	for _, price := range p {
		if price > 0 {
			return true
		}
	}
	return false
}

// RunStarted says that a run was asked for: which columns, for which rows, for how much at most. The run is pending
// until its first page starts.
type RunStarted struct {
	RunID   kernel.RunID   `json:"run_id"`
	TableID kernel.TableID `json:"table_id,omitempty"` // empty: the records came with the request
	Plans   []Plan         `json:"plans"`              // in the order in which a row's columns are asked
	// Selection says which rows; see Selection for when it is looked at.
	Selection  Selection      `json:"selection"`
	Estimate   Estimate       `json:"estimate"`
	Prices     Prices         `json:"prices_mc,omitempty"`      // of the estimate, which hold until the run ends; a run from before they were kept has none
	MaxCredits kernel.Credits `json:"max_credits_mc,omitempty"` // 0: no limit of its own
	Reserved   kernel.Credits `json:"reserved_mc,omitempty"`
	By         kernel.UserID  `json:"by,omitempty"` // on whose behalf the run works
	// Auto says that the run was started by itself, for rows that were made or changed; it is on nobody's behalf.
	Auto bool      `json:"auto_run,omitempty"`
	At   time.Time `json:"at"`
}

// EventType implements kernel.Event.
func (RunStarted) EventType() string { return "run.started.v1" }

// Record is a record that came with the request instead of from a table; its fields are the columns.
type Record struct {
	RowID  kernel.RowID               `json:"row_id"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// RunRecordsAdded holds records that came with the request, in the order of their row ids.
type RunRecordsAdded struct {
	RunID   kernel.RunID `json:"run_id"`
	Records []Record     `json:"records"`
}

// EventType implements kernel.Event.
func (RunRecordsAdded) EventType() string { return "run.records_added.v1" }

// RunPageStarted is the intent: the providers are about to be asked for these cells, which become "running". A page that was
// cut by a crash starts again under its number with the rows that are left. A page whose rows need different columns has an
// event per set of columns, all in one append.
type RunPageStarted struct {
	RunID   kernel.RunID      `json:"run_id"`
	TableID kernel.TableID    `json:"table_id,omitempty"`
	Page    int               `json:"page"`
	Rows    []kernel.RowID    `json:"rows"` // ascending
	Columns []kernel.ColumnID `json:"columns"`
	// Next is the row id after which the next page begins.
	Next  kernel.RowID `json:"next"`
	Again bool         `json:"again,omitempty"` // after a crash or a pause, with what is left
	// Noted says that RunCallsSent names the calls of the page; of one from before that, any cell may have been asked.
	Noted bool      `json:"noted,omitempty"`
	At    time.Time `json:"at"`
}

// EventType implements kernel.Event.
func (RunPageStarted) EventType() string { return "run.page_started.v1" }

// RunCallsSent is appended right before calls are made of which it matters how often they are: that step of the waterfall is about to be
// asked for each of the rows and columns. What is not answered afterwards may have reached the provider, and nothing else.
type RunCallsSent struct {
	RunID   kernel.RunID      `json:"run_id"`
	Page    int               `json:"page"`
	Step    int               `json:"step"` // from 0
	Rows    []kernel.RowID    `json:"rows"`
	Columns []kernel.ColumnID `json:"columns"`
}

// EventType implements kernel.Event.
func (RunCallsSent) EventType() string { return "run.calls_sent.v1" }

// RunPageStopped says that no call for the page is under way any more, and that what is not answered is asked again when the page goes
// on: it was left in order, or its worker was lost (Killed) and what may not be asked twice has been marked.
type RunPageStopped struct {
	RunID kernel.RunID `json:"run_id"`
	Page  int          `json:"page"`
	// Killed is how many workers have been lost over the page so far.
	Killed int `json:"killed,omitempty"`
	// Doubt says that what is not answered may have been asked, and the answer lost. So it is too where workers were lost.
	Doubt bool `json:"doubt,omitempty"`
	// A page that waits names the cells that can't be asked before Until, an event per set of columns, all in one append; they are
	// then "rate_limited". Reason says why, in words.
	TableID kernel.TableID    `json:"table_id,omitempty"`
	Rows    []kernel.RowID    `json:"rows,omitempty"` // ascending
	Columns []kernel.ColumnID `json:"columns,omitempty"`
	Until   *time.Time        `json:"until,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	At      *time.Time        `json:"at,omitempty"` // of a page that waits
}

// EventType implements kernel.Event.
func (RunPageStopped) EventType() string { return "run.page_stopped.v1" }

// MarkState is what became of a cell.
type MarkState string

// The states in which a run leaves a cell.
const (
	MarkValue   MarkState = "value"   // an answer was accepted
	MarkEmpty   MarkState = "empty"   // every provider was asked and none had an answer
	MarkError   MarkState = "error"   // no answer, and at least one provider failed
	MarkSkipped MarkState = "skipped" // the condition was not met, or the run stopped before
)

// Mark says what became of one cell.
type Mark struct {
	RowID    kernel.RowID    `json:"row_id"`
	ColumnID kernel.ColumnID `json:"column_id"`
	State    MarkState       `json:"state"`
	Message  string          `json:"message,omitempty"`
}

// Provenance says how one cell's outcome came about.
type Provenance struct {
	RowID      kernel.RowID    `json:"row_id"`
	ColumnID   kernel.ColumnID `json:"column_id"`
	Provider   string          `json:"provider,omitempty"` // whose answer was accepted
	Attempts   []Attempt       `json:"attempts,omitempty"` // in the order of the waterfall
	CreditsMC  kernel.Credits  `json:"credits_mc"`
	LatencyMS  int64           `json:"latency_ms"`
	Confidence *float64        `json:"confidence,omitempty"` // 0 to 1; as the provider says, raised where others agree
	// VerifiedBy is the accepted answer's evidence: none where it is empty, and not known of answers from before it was kept.
	VerifiedBy []Evidence `json:"verified_by,omitzero"`
	SourceURL  string     `json:"source_url,omitempty"`
	AnswerHash string     `json:"answer_hash,omitempty"` // SHA-256, hex, of the outputs; the debit names it
	Cached     bool       `json:"cached,omitempty"`      // the answer was reused, for free
	// Input is what the accepted provider, or else the last one, was asked; left out when it is long.
	Input json.RawMessage `json:"input,omitempty"`
	// Outputs are all fields that the accepted provider answered, kept so that the same question need not be paid twice; left
	// out when they are long or the provider's terms forbid it. In the log they are sealed (RunAnswersRecorded.Kept); here they
	// stand in the first events only, which were written before there were keys.
	Outputs   json.RawMessage `json:"outputs,omitempty"`
	InputHash string          `json:"input_hash,omitempty"`
	// Best is the best answer that was not good enough to be accepted, kept like Outputs. It is never charged.
	Best json.RawMessage `json:"best,omitempty"`
	// Replies are what the providers replied that were asked, on its way into RunAnswersRecorded.Kept; never in the clear in the log.
	Replies []RecordedReply `json:"-"`
	// Sights are what the replies looked like, on their way into RunAnswersRecorded.Shapes.
	Sights []Sight `json:"-"`
	// Exchanges are the HTTP requests that were made, with their answers. They never stand in the log in the clear.
	Exchanges []Exchange `json:"-"`
}

// Sureness says how sure the accepted answer is.
func (p Provenance) Sureness() Sureness {
	return Sureness{Confidence: p.Confidence, VerifiedBy: p.VerifiedBy}
}

// KeptAnswer is what is kept of a cell's provider answers, sealed.
type KeptAnswer struct {
	Index int    `json:"index"` // of the cell in Provenance
	Body  []byte `json:"body"`  // a sealed AnswerBody
	// Asked are the questions whose replies are in the body, in their order.
	Asked []Question `json:"asked,omitempty"`
}

// TakeStories takes the stories out of the attempts, by the attempt's index; nil where there are none. The attempts are copied before
// they are changed, since others hold them.
func (p *Provenance) TakeStories() (stories map[int]Story) {
	for i, a := range p.Attempts {
		if len(a.Story) == 0 {
			continue
		}
		if stories == nil {
			stories, p.Attempts = map[int]Story{}, slices.Clone(p.Attempts)
		}
		stories[i], p.Attempts[i].Story = a.Story, nil
	}
	return stories
}

// AnswerKeys is the prefix of the subjects whose keys seal answers.
const AnswerKeys = "answers/"

// AnswerKey is the subject whose key seals the answers that a workspace gets in a month (UTC). Destroying the key makes them
// unreadable, in the log and wherever they were copied to.
func AnswerKey(ws kernel.WorkspaceID, at time.Time) string {
	return AnswerKeys + string(ws) + "/" + at.UTC().Format("2006-01")
}

// RunAnswersRecorded holds outcomes: the accepted values by output column, what became of each asked cell, and how. A
// row that has no value for one of the chunk's columns is left alone there, so the chunk of an event holds only rows with a
// value in each of its columns.
type RunAnswersRecorded struct {
	RunID      kernel.RunID   `json:"run_id"`
	TableID    kernel.TableID `json:"table_id,omitempty"`
	Page       int            `json:"page"`
	Chunk      kernel.Chunk   `json:"chunk"`
	Marks      []Mark         `json:"marks"`
	Provenance []Provenance   `json:"provenance"`
	// Kept are the answers themselves, for cells that have one that may be kept, sealed by the key of the subject KeptFor.
	Kept    []KeptAnswer `json:"kept,omitempty"`
	KeptFor string       `json:"kept_for,omitempty"`
	// Shapes are what the replies of vendors looked like, without their values.
	Shapes  []ReplyShapes  `json:"shapes,omitempty"`
	SpentMC kernel.Credits `json:"spent_mc,omitempty"` // debited by the same append
	At      time.Time      `json:"at"`
}

// EventType implements kernel.Event.
func (RunAnswersRecorded) EventType() string { return "run.answers_recorded.v1" }

// RunPaused says that the run shall stop asking until it is resumed; calls under way finish.
type RunPaused struct {
	RunID kernel.RunID `json:"run_id"`
	At    time.Time    `json:"at"`
}

// EventType implements kernel.Event.
func (RunPaused) EventType() string { return "run.paused.v1" }

// RunResumed says that a paused run shall go on.
type RunResumed struct {
	RunID kernel.RunID `json:"run_id"`
	At    time.Time    `json:"at"`
}

// EventType implements kernel.Event.
func (RunResumed) EventType() string { return "run.resumed.v1" }

// RunCancelRequested says that the run shall end; calls under way finish and are kept.
type RunCancelRequested struct {
	RunID kernel.RunID `json:"run_id"`
	At    time.Time    `json:"at"`
}

// EventType implements kernel.Event.
func (RunCancelRequested) EventType() string { return "run.cancel_requested.v1" }

// RunRetried says that a finished run goes on with the records that failed, or with those of them that failed for one reason.
type RunRetried struct {
	RunID    kernel.RunID   `json:"run_id"`
	Round    int            `json:"round"` // 1 for the first retry
	Records  int64          `json:"records"`
	Reason   string         `json:"reason,omitempty"` // the message of the records; empty for all that failed
	Reserved kernel.Credits `json:"reserved_mc,omitempty"`
	Prices   Prices         `json:"prices_mc,omitempty"` // of the retry's estimate
	At       time.Time      `json:"at"`
}

// EventType implements kernel.Event.
func (RunRetried) EventType() string { return "run.retried.v1" }

// RunFinished ends the run, or a retry of it. What was reserved and not spent is released by the same append.
type RunFinished struct {
	RunID   kernel.RunID   `json:"run_id"`
	TableID kernel.TableID `json:"table_id,omitempty"`
	State   RunState       `json:"state"`
	Reason  string         `json:"reason,omitempty"` // why it did not complete, in words
	At      time.Time      `json:"at"`
}

// EventType implements kernel.Event.
func (RunFinished) EventType() string { return "run.finished.v1" }

// AutoRunsStarted says that the changes of one source up to a position have been looked at, and which runs were started for
// them. It is in the append of those runs, at an exact version of the stream AutoStream-<source>, so that no change is
// answered twice, however often it is read.
type AutoRunsStarted struct {
	TableID kernel.TableID `json:"table_id"`
	Through int64          `json:"through"` // the log position of the last change that was looked at
	Runs    []kernel.RunID `json:"runs"`
}

// EventType implements kernel.Event.
func (AutoRunsStarted) EventType() string { return "auto_run.started.v1" }

// AutoStream is the category of the streams that hold AutoRunsStarted; the id is that of the table whose cells were edited, or of
// the import or the run that ended.
const AutoStream = "autorun"
