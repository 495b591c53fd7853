package workflow

import "github.com/morket/morket/domain/kernel"

// Apply implements kernel.Aggregate.
func (r *Run) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Started:
		r.started, r.state, r.version = e, Running, e.Version
		r.follow(e.Graph)
	case Gathered:
		return r.gathered(e)
	case NodeDone:
		r.did(e)
	case NodeFailed:
		r.missed(e)
	case EnrichmentAsked:
		r.asked[e.Node], r.killed = e, 0
		r.acts[e.Node]++
	case WaitBegun:
		r.waits[e.Node], r.killed = e, 0
	case ApprovalAsked:
		r.waits[e.Node], r.killed = WaitBegun(e), 0
	case Decided:
		r.decided(e)
	case RunPaused:
		r.state = Paused
	case RunContinued:
		r.state = Running
	case CancelRequested:
		r.cancelled = true
	case WorkerLost:
		r.killed++
	case Resumed:
		r.resumed(e)
	case Ended:
		r.state, r.ended, r.cancelled, r.killed = e.State, e, false, 0
	default:
		return kernel.UnknownEvent("workflow run", e)
	}
	return nil
}

func (r *Run) follow(g Graph) {
	r.graph = g
	r.order, _ = g.Order()
	r.hashes = make(map[NodeID]string, len(g.Nodes))
	for _, n := range g.Nodes {
		r.hashes[n.ID] = n.Hash()
	}
}

// hash is that of a node of the present graph.
func (r *Run) hash(n Node) string { return r.hashes[n.ID] }

func (r *Run) outcome(node NodeID, hash string) *outcome {
	w := work{node, hash}
	if r.outcomes[w] == nil {
		r.outcomes[w] = &outcome{out: map[string][]Mask{}}
	}
	return r.outcomes[w]
}

// add adds rows of a batch to masks by batch.
func add(masks []Mask, batch int, rows Mask) []Mask {
	for len(masks) <= batch {
		masks = append(masks, nil)
	}
	masks[batch] = masks[batch].Or(rows)
	return masks
}

func (o *outcome) take(batch int, rows Mask, out map[string]Mask) {
	o.done = add(o.done, batch, rows)
	for port, m := range out {
		o.out[port] = add(o.out[port], batch, m)
	}
}

func (r *Run) gathered(e Gathered) error {
	o := r.outcome(e.Node, e.Hash)
	if len(e.Rows) > 0 {
		b := Batch{Table: e.TableID}
		for i, id := range e.Rows {
			key, err := id.Key()
			if err != nil {
				return err
			}
			b.Rows = append(b.Rows, key)
			r.places[key] = len(r.batches)*BatchRows + i
		}
		all := FullMask(len(b.Rows))
		o.take(len(r.batches), all, map[string]Mask{Out: all})
		r.batches = append(r.batches, b)
	}
	for _, p := range e.Known {
		o.take(p.Batch, p.Rows, map[string]Mask{Out: p.Rows})
	}
	o.next, o.gathered, o.cut = e.Next, e.Last, o.cut || e.Cut
	r.killed = 0
	return nil
}

func (r *Run) did(e NodeDone) {
	o := r.outcome(e.Node, e.Hash)
	for _, res := range e.Results {
		o.take(res.Batch, res.Rows, res.Out)
	}
	r.settle(e.Node, e.Spent)
}

func (r *Run) missed(e NodeFailed) {
	for _, p := range e.Pieces {
		r.failed[e.Node] = add(r.failed[e.Node], p.Batch, p.Rows)
		r.failures += p.Rows.Count()
	}
	if len(e.Pieces) == 0 {
		r.broken[e.Node] = true
	}
	r.settle(e.Node, e.Spent)
}

func (r *Run) settle(node NodeID, spent kernel.Credits) {
	r.spent[node] += spent
	r.acts[node]++
	r.killed = 0
	delete(r.asked, node)
	delete(r.waits, node)
}

// resumed begins a round. What failed is tried again; what another graph does otherwise, or From forgets, is done again.
func (r *Run) resumed(e Resumed) {
	r.state, r.version, r.round, r.ended = Running, e.Version, e.Round, Ended{}
	r.follow(e.Graph)
	clear(r.failed)
	clear(r.broken)
	r.failures, r.cancelled, r.killed = 0, false, 0
	forgotten := map[NodeID]bool{}
	if e.From != "" {
		forgotten = e.Graph.After(e.From)
	}
	for id := range forgotten {
		r.again[id]++
	}
	for w := range r.outcomes {
		if forgotten[w.node] {
			delete(r.outcomes, w)
		}
	}
	for id, a := range r.asked {
		if n, ok := e.Graph.Node(id); !ok || forgotten[id] || n.Hash() != a.Hash {
			delete(r.asked, id)
		}
	}
	for id, w := range r.waits {
		if n, ok := e.Graph.Node(id); !ok || forgotten[id] || n.Hash() != w.Hash {
			delete(r.waits, id)
		}
	}
}
