package enrichmentview

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	f := &fold{
		jobs: map[kernel.RunID]*Job{}, records: map[cell]int{}, answers: map[question]int{}, replies: map[asked]int{},
		days: map[DayKey]*Day{}, shares: map[shareKey]*Share{}, seen: map[PatternKey]int64{},
	}
	purged, events := projections.SplitTables(events, table.Purged{})
	if err := f.load(ctx, w, events); err != nil {
		return err
	}
	for _, e := range events {
		if err := f.apply(e); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
	}
	if err := f.addDays(ctx, w); err != nil {
		return err
	}
	if err := f.learnShapes(ctx, w); err != nil {
		return err
	}
	if err := w.Save(ctx, f.batch()); err != nil || len(purged) == 0 {
		return err
	}
	return w.Forget(ctx, purged)
}

type cell struct {
	run kernel.RunID
	row kernel.RowID
	col kernel.ColumnID
}

type question struct {
	workspace      kernel.WorkspaceID
	provider, hash string
}

type asked struct {
	workspace kernel.WorkspaceID
	enrichment.Question
}

type shareKey struct {
	run      kernel.RunID
	provider string
}

// fold is a batch being made.
type fold struct {
	jobs    map[kernel.RunID]*Job
	out     Batch
	records map[cell]int
	answers map[question]int
	replies map[asked]int
	seenIn  []seenIn
	days    map[DayKey]*Day // what is added to each day
	shares  map[shareKey]*Share
	seen    map[PatternKey]int64
}

func (f *fold) load(ctx context.Context, w Writer, events []eventstore.Recorded) error {
	var ids []kernel.RunID
	for _, e := range events {
		if id := kernel.RunID(e.Stream.ID()); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	jobs, err := w.Jobs(ctx, ids)
	if err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	for i := range jobs {
		f.jobs[jobs[i].ID] = &jobs[i]
	}
	return nil
}

func (f *fold) apply(r eventstore.Recorded) error {
	if r.Type == (enrichment.RunStarted{}).EventType() {
		return f.started(r)
	}
	j := f.jobs[kernel.RunID(r.Stream.ID())]
	if j == nil {
		return fmt.Errorf("the run %s has not started", r.Stream.ID())
	}
	j.Position = r.Position
	switch r.Type {
	case (enrichment.RunPageStarted{}).EventType():
		if j.State == enrichment.RunPending {
			j.State = enrichment.RunRunning
		}
		if j.StartedAt == nil {
			at := r.RecordedAt
			j.StartedAt = &at
		}
	case (enrichment.RunAnswersRecorded{}).EventType():
		return f.answered(j, r)
	case (enrichment.RunPaused{}).EventType():
		j.State = enrichment.RunPausedState
	case (enrichment.RunResumed{}).EventType():
		j.State = enrichment.RunRunning
	case (enrichment.RunCancelRequested{}).EventType():
		j.Cancelling = true
	case (enrichment.RunRetried{}).EventType():
		return j.retried(r)
	case (enrichment.RunFinished{}).EventType():
		return j.finished(r)
	default:
		return fmt.Errorf("unknown type %s", r.Type)
	}
	return nil
}

func (f *fold) started(r eventstore.Recorded) error {
	var e enrichment.RunStarted
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	j := &Job{
		ID: e.RunID, Workspace: r.Workspace, Table: e.TableID, State: enrichment.RunPending, Estimate: e.Estimate,
		Over:   e.Selection.Over(),
		Counts: enrichment.Counts{Total: e.Estimate.Records}, Reserved: e.Reserved,
		StartedBy: e.By, Auto: e.Auto, CreatedAt: r.RecordedAt, Position: r.Position, Columns: []kernel.ColumnID{},
	}
	if j.Estimate.PerProvider == nil {
		j.Estimate.PerProvider = []enrichment.ProviderEstimate{}
	}
	for _, p := range e.Plans {
		j.Columns = append(j.Columns, p.ColumnID)
	}
	f.jobs[j.ID] = j
	return nil
}

func (j *Job) retried(r eventstore.Recorded) error {
	var e enrichment.RunRetried
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	j.Round, j.State, j.Cancelling, j.Reserved, j.Reason, j.FinishedAt = e.Round, enrichment.RunPending, false, e.Reserved, "", nil
	j.Counts.Retry(e.Records)
	return nil
}

func (j *Job) finished(r eventstore.Recorded) error {
	var e enrichment.RunFinished
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	at := r.RecordedAt
	j.State, j.Reason, j.FinishedAt, j.Reserved, j.Cancelling = e.State, e.Reason, &at, 0, false
	j.Counts.End(e.State)
	return nil
}

func (f *fold) answered(j *Job, r eventstore.Recorded) error {
	var e enrichment.RunAnswersRecorded
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	if len(e.Marks) != len(e.Provenance) {
		return fmt.Errorf("%d marks and %d provenances", len(e.Marks), len(e.Provenance))
	}
	j.Spent += e.SpentMC
	j.Reserved = max(0, j.Reserved-e.SpentMC)
	values, kept := valuesOf(e.Chunk), keptOf(e)
	for i, m := range e.Marks {
		p := e.Provenance[i]
		j.Counts.Add(m.State, p.Cached)
		f.record(Record{
			Run: j.ID, Row: m.RowID, Column: m.ColumnID, State: m.State, Message: m.Message, Input: kernel.OrNull(p.Input),
			Attempts: p.Attempts,
			Answer:   kernel.OrNull(values[cell{row: m.RowID, col: m.ColumnID}]), Kept: kept[i],
			Provider: p.Provider, Credits: p.CreditsMC, LatencyMS: p.LatencyMS,
			Confidence: p.Confidence,
			VerifiedBy: p.VerifiedBy, SourceURL: p.SourceURL, Cached: p.Cached, At: r.RecordedAt, Position: r.Position,
			Again: j.Round > 0,
		})
		if p.InputHash != "" && len(kept[i].Body) > 0 {
			f.answer(Answer{
				Workspace: j.Workspace, Provider: p.Provider, InputHash: p.InputHash, Kept: kept[i], Confidence: p.Confidence,
				VerifiedBy: p.VerifiedBy, SourceURL: p.SourceURL, At: r.RecordedAt,
			})
		}
		f.attempts(j.Workspace, r.RecordedAt, p)
		f.share(j.ID, p)
		f.pattern(j.Workspace, p, values[cell{row: m.RowID, col: m.ColumnID}])
	}
	f.recorded(j, e)
	for _, s := range e.Shapes {
		f.seenIn = append(f.seenIn, seenIn{ShapeKey{j.Workspace, s.Provider, s.Of}, s, r.RecordedAt})
	}
	j.Counts.Total = max(j.Counts.Total, j.Counts.Done)
	return nil
}

// recorded notes where the replies are that the event keeps.
func (f *fold) recorded(j *Job, e enrichment.RunAnswersRecorded) {
	for _, k := range e.Kept {
		if k.Index < 0 || k.Index >= len(e.Marks) {
			continue
		}
		for _, q := range k.Asked {
			r := Reply{Workspace: j.Workspace, Question: q, Run: j.ID, Row: e.Marks[k.Index].RowID, Column: e.Marks[k.Index].ColumnID}
			at := asked{j.Workspace, q}
			if i, ok := f.replies[at]; ok {
				f.out.Replies[i] = r
				continue
			}
			f.replies[at] = len(f.out.Replies)
			f.out.Replies = append(f.out.Replies, r)
		}
	}
}

// keptOf are the answers that the event keeps, by the cell's index.
func keptOf(e enrichment.RunAnswersRecorded) []Kept {
	out := make([]Kept, len(e.Provenance))
	for i, p := range e.Provenance {
		if len(p.Outputs) > 0 {
			out[i].Body = p.Outputs
		}
	}
	for _, k := range e.Kept {
		if k.Index >= 0 && k.Index < len(out) {
			out[k.Index] = Kept{Body: k.Body, For: e.KeptFor}
		}
	}
	return out
}

func valuesOf(c kernel.Chunk) map[cell]json.RawMessage {
	out := make(map[cell]json.RawMessage, c.Cells())
	for col, vs := range c.Cols {
		for i, v := range vs {
			out[cell{row: c.Rows[i], col: col}] = v
		}
	}
	return out
}

func (f *fold) record(r Record) {
	if r.Attempts == nil {
		r.Attempts = []enrichment.Attempt{}
	}
	k := cell{r.Run, r.Row, r.Column}
	if i, ok := f.records[k]; ok {
		r.Again = r.Again && f.out.Records[i].Again
		f.out.Records[i] = r
		return
	}
	f.records[k] = len(f.out.Records)
	f.out.Records = append(f.out.Records, r)
}

func (f *fold) answer(a Answer) {
	k := question{a.Workspace, a.Provider, a.InputHash}
	if i, ok := f.answers[k]; ok {
		f.out.Answers[i] = a
		return
	}
	f.answers[k] = len(f.out.Answers)
	f.out.Answers = append(f.out.Answers, a)
}

func (f *fold) batch() Batch {
	for _, k := range slices.SortedFunc(maps.Keys(f.seen), func(a, b PatternKey) int {
		return strings.Compare(string(a.Workspace)+a.Domain+string(a.Pattern), string(b.Workspace)+b.Domain+string(b.Pattern))
	}) {
		f.out.Patterns = append(f.out.Patterns, PatternSeen{k, f.seen[k]})
	}
	for _, k := range slices.SortedFunc(maps.Keys(f.shares), func(a, b shareKey) int {
		return strings.Compare(string(a.run)+a.provider, string(b.run)+b.provider)
	}) {
		f.out.Shares = append(f.out.Shares, *f.shares[k])
	}
	ids := make([]string, 0, len(f.jobs))
	for id := range f.jobs {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	for _, id := range ids {
		f.out.Jobs = append(f.out.Jobs, *f.jobs[kernel.RunID(id)])
	}
	return f.out
}
