package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// State is where a run stands.
type State string

// The states. The last four are final until the run is resumed.
const (
	Running   State = "running"
	Paused    State = "paused"
	Completed State = "completed"
	Partial   State = "partially_completed" // some rows left the run because of errors, or there were too many
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final reports whether the run has ended.
func (s State) Final() bool { return s != Running && s != Paused && s != "" }

// Bounds of a run.
const (
	BatchRows = 500     // rows of a batch
	MaxRows   = 100_000 // of a run
	MaxChain  = 3       // workflows that lead to one another
	MaxReason = 500     // bytes
)

// Batch is rows that go through the graph together. Its rows never change; what nodes make of them are masks over it.
type Batch struct {
	Table kernel.TableID
	Rows  []kernel.RowKey
}

// Pick are the ids of the rows in the mask.
func (b Batch) Pick(m Mask) []kernel.RowID {
	out := make([]kernel.RowID, 0, m.Count())
	for i, key := range b.Rows {
		if m.Has(i) {
			out = append(out, key.RowID())
		}
	}
	return out
}

// work names what a node does: the same node with another hash does something else.
type work struct {
	node NodeID
	hash string
}

// outcome is what a node has made of rows, by batch.
type outcome struct {
	done     []Mask
	out      map[string][]Mask
	gathered bool   // of a source: it has no further rows
	next     string // of a source: where its next page begins
	cut      bool
}

// Run is one going through of a graph.
type Run struct {
	kernel.Root
	started   Started
	graph     Graph
	order     []Node
	hashes    map[NodeID]string // of the graph's nodes
	version   int
	round     int
	state     State
	batches   []Batch
	places    map[kernel.RowKey]int // a row's batch times BatchRows plus its place in it
	outcomes  map[work]*outcome
	failed    map[NodeID][]Mask
	broken    map[NodeID]bool // sources that failed
	failures  int             // rows that left the run in this round
	asked     map[NodeID]EnrichmentAsked
	waits     map[NodeID]WaitBegun
	spent     map[NodeID]kernel.Credits
	acts      map[NodeID]int // events of the node's work
	again     map[NodeID]int // how often the node was to do its work again
	killed    int
	cancelled bool
	ended     Ended
}

// NewRun returns a run without events.
func NewRun() *Run {
	return &Run{
		places: map[kernel.RowKey]int{}, outcomes: map[work]*outcome{}, failed: map[NodeID][]Mask{}, broken: map[NodeID]bool{},
		asked: map[NodeID]EnrichmentAsked{}, waits: map[NodeID]WaitBegun{}, spent: map[NodeID]kernel.Credits{}, acts: map[NodeID]int{},
		again: map[NodeID]int{},
	}
}

// In reports whether the run is one of the workspace's.
func (r *Run) In(ws kernel.WorkspaceID) bool { return r.state != "" && r.started.Workspace == ws }

// Started is how the run began.
func (r *Run) Started() Started { return r.started }

// Graph is what the run goes through in its present round.
func (r *Run) Graph() Graph { return r.graph }

// Version is the number of the graph's version.
func (r *Run) Version() int { return r.version }

// Round counts how often the run was resumed.
func (r *Run) Round() int { return r.round }

// State is where it stands.
func (r *Run) State() State { return r.state }

// Cancelling is true from the request to the end.
func (r *Run) Cancelling() bool { return r.cancelled && !r.state.Final() }

// Ended is how it ended last.
func (r *Run) Ended() Ended { return r.ended }

// Batches are the rows that it has.
func (r *Run) Batches() []Batch { return r.batches }

// Rows is how many rows it has.
func (r *Run) Rows() int { return len(r.places) }

// Spent is what the node's enrichments have cost in this run.
func (r *Run) Spent(node NodeID) kernel.Credits { return r.spent[node] }

// Acts counts what the node has done so far. With it a step has a name of its own that a repeat after a crash has too.
func (r *Run) Acts(node NodeID) int { return r.acts[node] }

// Again counts how often people have had the node do all its work again. What is done for a row has a name of its own by it, which stays
// when the row is tried again after an error.
func (r *Run) Again(node NodeID) int { return r.again[node] }

// Asked is the enrichment that the node waits for, if it does.
func (r *Run) Asked(n Node) (EnrichmentAsked, bool) {
	a, ok := r.asked[n.ID]
	return a, ok && a.Hash == n.Hash()
}

// Open are the enrichments that are waited for.
func (r *Run) Open() []kernel.RunID {
	var out []kernel.RunID
	for _, n := range r.order {
		if a, ok := r.asked[n.ID]; ok {
			out = append(out, a.Enrichment)
		}
	}
	return out
}

// WaitsUntil is the end of the node's wait, if it has begun.
func (r *Run) WaitsUntil(n Node) (time.Time, bool) {
	w, ok := r.waits[n.ID]
	return w.Until, ok && w.Hash == n.Hash()
}

// Cursor is where the next page of a source begins.
func (r *Run) Cursor(n Node) string {
	if o := r.outcomes[work{n.ID, r.hash(n)}]; o != nil {
		return o.next
	}
	return ""
}

// Gathered reports whether a source has given the run all its rows.
func (r *Run) Gathered(n Node) bool {
	o := r.outcomes[work{n.ID, r.hash(n)}]
	return o != nil && o.gathered
}

// Begin starts the run.
func (r *Run) Begin(e Started) error {
	if _, ok := e.Graph.Order(); !ok {
		return kernel.E(kernel.KindInvalid, "WORKFLOW_INVALID", "the workflow has a circle")
	}
	return r.Record(r, e)
}

// Gather takes a page of a source's rows into the run. More than MaxRows rows are not taken; that is told.
func (r *Run) Gather(s Step, rows []kernel.RowID, next string, last bool) error {
	e := Gathered{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, TableID: s.Table, Next: next, Last: last}
	known := map[int]Mask{}
	seen := map[kernel.RowKey]bool{}
	for _, id := range rows {
		key, err := id.Key()
		if err != nil {
			return err
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		if p, ok := r.places[key]; ok {
			known[p/BatchRows] = known[p/BatchRows].With(p % BatchRows)
			continue
		}
		if len(r.places)+len(e.Rows) >= MaxRows || len(e.Rows) >= BatchRows {
			e.Cut, e.Last = true, true
			continue
		}
		e.Rows = append(e.Rows, id)
	}
	for b := range r.batches {
		if !known[b].Empty() {
			e.Known = append(e.Known, Piece{b, known[b]})
		}
	}
	return r.Record(r, e)
}

// Do notes what a node made of rows. credits are what its enrichments cost.
func (r *Run) Do(s Step, results []Result, credits kernel.Credits, note string) error {
	o := r.outcomes[work{s.Node.ID, s.Hash}]
	fresh := func(res Result) bool { return o == nil || !res.Rows.But(at(o.done, res.Batch)).Empty() }
	if _, waits := r.asked[s.Node.ID]; !waits && !slices.ContainsFunc(results, fresh) { // another worker has noted it
		return nil
	}
	return r.Record(r, NodeDone{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, Results: results, Spent: credits, Note: note})
}

// Fail notes that a node could not do its work on the rows, and ends the run unless the node's policy is to go on.
func (r *Run) Fail(s Step, pieces []Piece, credits kernel.Credits, reason string, now time.Time) error {
	e := NodeFailed{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, Pieces: pieces, Spent: credits, Reason: shorten(reason)}
	if err := r.Record(r, e); err != nil || s.Node.OnError == Continue {
		return err
	}
	return r.Record(r, Ended{RunID: r.started.RunID, State: Failed, Node: s.Node.ID, Reason: shorten(s.Node.Label() + ": " + reason), At: now})
}

func shorten(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > MaxReason {
		s = strings.ToValidUTF8(s[:MaxReason], "") + "…"
	}
	return s
}

// Ask notes which run of an enrichment answers for the rows.
func (r *Run) Ask(s Step, pieces []Piece, id kernel.RunID) error {
	return r.Record(r, EnrichmentAsked{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, Pieces: pieces, Enrichment: id})
}

// BeginWait notes until when a node waits.
func (r *Run) BeginWait(s Step, until time.Time) error {
	return r.Record(r, WaitBegun{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, Until: until})
}

// Pause holds the run before its next step. An enrichment that is under way goes on.
func (r *Run) Pause() error {
	if r.state.Final() {
		return errEnded()
	}
	if r.state == Paused || r.cancelled {
		return nil
	}
	return r.Record(r, RunPaused{RunID: r.started.RunID})
}

// Continue ends a pause.
func (r *Run) Continue() error {
	if r.state != Paused {
		return nil
	}
	return r.Record(r, RunContinued{RunID: r.started.RunID})
}

// Cancel asks the run to end. One that has ended stays as it is.
func (r *Run) Cancel() error {
	if r.state.Final() || r.cancelled {
		return nil
	}
	return r.Record(r, CancelRequested{RunID: r.started.RunID})
}

func errEnded() error { return kernel.E(kernel.KindConflict, "RUN_ENDED", "the run has ended") }

// Resume lets a run that has ended go on under a graph. From names the node that is to do its work again, with all after it; empty: only
// what is missing is done.
func (r *Run) Resume(version int, g Graph, from NodeID, by kernel.UserID, at time.Time) error {
	if !r.state.Final() {
		return kernel.E(kernel.KindConflict, "RUN_UNDER_WAY", "the run has not ended yet; cancel it first")
	}
	if _, ok := g.Order(); !ok {
		return kernel.E(kernel.KindInvalid, "WORKFLOW_INVALID", "the workflow has a circle")
	}
	old, _ := r.graph.Trigger()
	now, _ := g.Trigger()
	if old.Kind != now.Kind || now.Kind.Source() && now.Config.TableID != old.Config.TableID {
		return kernel.Invalid("version", "version %d is begun in another way than this run; start a new run of it", version)
	}
	if _, ok := g.Node(from); from != "" && !ok {
		return kernel.Invalid("from", "version %d has no node %q", version, kernel.Shorten(string(from)))
	}
	return r.Record(r, Resumed{RunID: r.started.RunID, Version: version, Graph: g, Round: r.round + 1, From: from, By: by, At: at})
}

// Lose notes that a worker was lost over the run, and answers how many were over the step that it is at.
func (r *Run) Lose() (killed int, err error) {
	if r.state.Final() {
		return 0, nil
	}
	err = r.Record(r, WorkerLost{RunID: r.started.RunID})
	return r.killed, err
}

// GiveUp ends the run as failed.
func (r *Run) GiveUp(reason string, at time.Time) error {
	if r.state.Final() {
		return nil
	}
	return r.Record(r, Ended{RunID: r.started.RunID, State: Failed, Reason: shorten(reason), At: at})
}

// End ends a run that has nothing left to do, or was cancelled.
func (r *Run) End(at time.Time) error {
	e := Ended{RunID: r.started.RunID, State: Completed, At: at}
	switch {
	case r.state.Final():
		return nil
	case r.cancelled:
		e.State = Cancelled
	case r.failures > 0 || len(r.broken) > 0:
		e.State, e.Reason = Partial, fmt.Sprintf("%d rows left the run because of errors", r.failures)
	case r.wasCut():
		e.State, e.Reason = Partial, fmt.Sprintf("a run takes %d rows; there were more", MaxRows)
	}
	return r.Record(r, e)
}

func (r *Run) wasCut() bool {
	for _, n := range r.order {
		if o := r.outcomes[work{n.ID, r.hash(n)}]; o != nil && o.cut {
			return true
		}
	}
	return false
}
