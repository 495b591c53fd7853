package workflow

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Outputs of an approval.
const (
	Approved = "approved"
	Rejected = "rejected"
	Late     = "late" // nobody decided in time
)

// AskApproval notes that a node waits for people's decision, and until when.
func (r *Run) AskApproval(s Step, until time.Time) error {
	return r.Record(r, ApprovalAsked{RunID: r.started.RunID, Node: s.Node.ID, Hash: s.Hash, Until: until})
}

// Awaiting is the step of an approval that waits for a decision, with its rows.
func (r *Run) Awaiting(node NodeID) (Step, bool) {
	n, ok := r.graph.Node(node)
	w, begun := r.waits[node]
	if !ok || n.Kind != Approval || !begun || w.Hash != n.Hash() || r.state.Final() || r.cancelled {
		return Step{}, false
	}
	s := Step{Node: n, Hash: n.Hash(), Table: r.graph.tables()[node]}
	for b := range r.batches {
		if rows := r.left(n, s.Hash, b, r.coming(b)[node]); !rows.Empty() {
			s.Pieces = append(s.Pieces, Piece{b, rows})
		}
	}
	return s, len(s.Pieces) > 0
}

// Decision is what a person says of rows that wait.
type Decision struct {
	Node    NodeID
	Rows    []kernel.RowID // all that wait if it is nil
	Approve bool
	By      kernel.UserID
	At      time.Time
}

// Decide lets rows go on by the way that a person has chosen for them. It answers how many there were.
func (r *Run) Decide(d Decision) (int, error) {
	s, ok := r.Awaiting(d.Node)
	if !ok {
		return 0, kernel.E(kernel.KindConflict, "NOTHING_TO_DECIDE", "no rows wait for a decision here; they may have been decided meanwhile")
	}
	if until := r.waits[d.Node].Until; !d.At.Before(until) {
		return 0, kernel.E(kernel.KindConflict, "TOO_LATE", "the time to decide is over; the rows go on by themselves")
	}
	chosen := map[int]bool{}
	for _, id := range d.Rows {
		key, err := id.Key()
		if err != nil {
			return 0, kernel.Invalid("rows", "%s", err)
		}
		place, ok := r.places[key]
		if !ok {
			return 0, kernel.Invalid("rows", "the run has no row %s", kernel.Shorten(string(id)))
		}
		chosen[place] = true
	}
	port := Rejected
	if d.Approve {
		port = Approved
	}
	e := Decided{RunID: r.started.RunID, Node: d.Node, Hash: s.Hash, Approved: d.Approve, By: d.By, At: d.At, Until: r.waits[d.Node].Until}
	count := 0
	for _, p := range s.Pieces {
		rows := p.Rows
		if d.Rows != nil {
			rows = nil
			for i := range BatchRows {
				if p.Rows.Has(i) && chosen[p.Batch*BatchRows+i] {
					rows = rows.With(i)
				}
			}
		}
		e.Left += p.Rows.But(rows).Count()
		if rows.Empty() {
			continue
		}
		count += rows.Count()
		e.Results = append(e.Results, Result{Batch: p.Batch, Rows: rows, Out: map[string]Mask{port: rows}})
	}
	if count == 0 {
		return 0, kernel.E(kernel.KindConflict, "NOTHING_TO_DECIDE", "none of these rows wait; they may have been decided meanwhile")
	}
	return count, r.Record(r, e)
}

// decided lets rows out. The time to decide on the others stays.
func (r *Run) decided(e Decided) {
	o := r.outcome(e.Node, e.Hash)
	for _, res := range e.Results {
		o.take(res.Batch, res.Rows, res.Out)
	}
	r.acts[e.Node]++
	r.killed = 0
	if e.Left == 0 {
		delete(r.waits, e.Node)
	}
}
