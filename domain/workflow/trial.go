package workflow

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Trial is a run that has ended, gone through again in memory under another graph: what nodes have done with the same hash stands, and
// what the graph does otherwise is told by the caller. Nothing of it is kept.
type Trial struct {
	run    *Run
	old    Graph
	before []map[NodeID]Mask
}

// Try begins a trial over the first batches of the run. The run is of no other use afterwards.
func (r *Run) Try(version int, g Graph, batches int, at time.Time) (*Trial, error) {
	if !r.state.Final() {
		return nil, kernel.E(kernel.KindConflict, "RUN_UNDER_WAY", "the run has not ended yet; look at it again when it has")
	}
	r.batches = r.batches[:min(len(r.batches), batches)]
	t := &Trial{run: r, old: r.graph, before: r.allComing()}
	return t, r.Resume(version, g, "", "", at)
}

// Rows is how many rows are tried.
func (t *Trial) Rows() int {
	n := 0
	for _, b := range t.run.batches {
		n += len(b.Rows)
	}
	return n
}

// Source are the rows of the run that may leave a source of the table.
func (t *Trial) Source(table kernel.TableID) []kernel.RowID {
	var out []kernel.RowID
	for _, b := range t.run.batches {
		if b.Table == table {
			out = append(out, b.Pick(FullMask(len(b.Rows)))...)
		}
	}
	return out
}

// Passage is what comes to a node, beside what came to it in the run.
type Passage struct {
	Node   Node
	Gone   bool // the node is not in the graph that is tried
	Before int  // rows
	After  int
	Came   int // rows that did not come to it before
	Left   int // rows that do not come to it any more
}

// Passages are those of the nodes that rows come to, in the order of the graph; nodes that are not in it stand at the end.
func (t *Trial) Passages() []Passage {
	after := t.run.allComing()
	var out []Passage
	note := func(n Node, gone bool) {
		if n.Kind.Trigger() && !n.Kind.Source() {
			return
		}
		p := Passage{Node: n, Gone: gone}
		for b := range t.run.batches {
			was, is := t.before[b][n.ID], after[b][n.ID]
			p.Before += was.Count()
			p.After += is.Count()
			p.Came += is.But(was).Count()
			p.Left += was.But(is).Count()
		}
		out = append(out, p)
	}
	for _, n := range t.run.order {
		note(n, false)
	}
	for _, n := range t.old.Nodes {
		if _, ok := t.run.graph.Node(n.ID); !ok {
			note(n, true)
		}
	}
	return out
}
