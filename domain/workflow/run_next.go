package workflow

import "github.com/morket/morket/domain/kernel"

// Step is what is to be done next: a node, and the rows that it has not done.
type Step struct {
	Node   Node
	Hash   string
	Table  kernel.TableID
	Pieces []Piece
}

// Next is the next step; false when nothing is left to do. A node is next when those that lead into it have nothing left to do.
func (r *Run) Next() (Step, bool) { return r.NextBut(nil) }

// NextBut is the next step of another node than those that wait.
func (r *Run) NextBut(waits map[NodeID]bool) (Step, bool) {
	var ins []map[NodeID]Mask // found when the first node needs them
	tables := r.graph.tables()
	for _, n := range r.order {
		s := Step{Node: n, Hash: r.hash(n), Table: tables[n.ID]}
		if n.Kind.Source() {
			if o := r.outcomes[work{n.ID, s.Hash}]; !r.broken[n.ID] && (o == nil || !o.gathered) {
				return s, true
			}
			continue
		}
		if n.Kind.Trigger() || waits[n.ID] {
			continue
		}
		if ins == nil {
			ins = r.allComing()
		}
		for b, in := range ins {
			if rows := r.left(n, s.Hash, b, in[n.ID]); !rows.Empty() {
				s.Pieces = append(s.Pieces, Piece{b, rows})
			}
		}
		if len(s.Pieces) > 0 {
			return s, true
		}
	}
	return Step{}, false
}

// left are those of the batch's rows that come to the node that it has neither done nor failed on.
func (r *Run) left(n Node, hash string, batch int, in Mask) Mask {
	if o := r.outcomes[work{n.ID, hash}]; o != nil {
		in = in.But(at(o.done, batch))
	}
	return in.But(at(r.failed[n.ID], batch))
}

// allComing are the rows that come to each node, by batch.
func (r *Run) allComing() []map[NodeID]Mask {
	out := make([]map[NodeID]Mask, len(r.batches))
	for b := range out {
		out[b] = r.coming(b)
	}
	return out
}

// coming are the batch's rows that come to each node under the present graph. What a node once let through of rows that do not come to it
// any more does not count.
func (r *Run) coming(batch int) map[NodeID]Mask {
	in := make(map[NodeID]Mask, len(r.order))
	for _, n := range r.order {
		o := r.outcomes[work{n.ID, r.hash(n)}]
		if n.Kind.Source() && o != nil {
			in[n.ID] = at(o.done, batch)
		}
		if o == nil || in[n.ID].Empty() {
			continue
		}
		for _, e := range r.graph.Edges {
			if e.From == n.ID {
				in[e.To] = in[e.To].Or(at(o.out[e.Port], batch).And(in[n.ID]))
			}
		}
	}
	return in
}

func at(masks []Mask, batch int) Mask {
	if batch >= len(masks) {
		return nil
	}
	return masks[batch]
}
