package analyticsview

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// The names of the projection: one for each store, so that changing the store loses neither.
const (
	Name           = "analytics"
	NameClickHouse = "analytics_clickhouse"
)

const version = 2

// Projector keeps the facts.
type Projector struct {
	name string
	open func(projections.Tx) (Writer, error)
}

// New makes the projector under one of the names; open turns the step of that store into a Writer.
func New(name string, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{name, open}
}

// Name implements projections.Projector.
func (p *Projector) Name() string { return p.name }

// Version implements projections.Projector.
func (*Projector) Version() int { return version }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return []string{
		(enrichment.RunAnswersRecorded{}).EventType(), (credit.Granted{}).EventType(), (credit.Reserved{}).EventType(),
		(credit.Debited{}).EventType(), (credit.Released{}).EventType(),
	}
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	var all []Fact
	for _, e := range events {
		facts, err := FactsOf(e)
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		all = append(all, facts...)
	}
	if len(all) == 0 {
		return nil
	}
	return w.Write(ctx, all)
}

// FactsOf returns what the event adds. It is a function of the event alone.
func FactsOf(r eventstore.Recorded) ([]Fact, error) {
	meta, err := r.Meta()
	if err != nil {
		return nil, err
	}
	t := &tally{sums: map[Key]*Measures{}, of: Key{Workspace: r.Workspace, Quarter: r.RecordedAt.UTC().Truncate(Quarter)}}
	member := string(meta.Actor.User())
	if r.Type == (enrichment.RunAnswersRecorded{}).EventType() {
		err = t.answers(r.Data, member)
	} else {
		err = t.entry(r.Data, member)
	}
	return t.facts(r.Position), err
}

// tally adds up one event.
type tally struct {
	of   Key // what all keys have in common
	sums map[Key]*Measures
}

func (t *tally) at(kind Kind, dims [DimCount]string) *Measures {
	k := t.of
	k.Kind, k.Dims = kind, dims
	m := t.sums[k]
	if m == nil {
		m = &Measures{}
		t.sums[k] = m
	}
	return m
}

// facts numbers the sums in an order that depends on the event only.
func (t *tally) facts(position int64) []Fact {
	out := make([]Fact, 0, len(t.sums))
	for k, m := range t.sums {
		out = append(out, Fact{Key: k, Position: position, Measures: *m})
	}
	slices.SortFunc(out, func(a, b Fact) int {
		if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
			return c
		}
		return slices.Compare(a.Dims[:], b.Dims[:])
	})
	for i := range out {
		out[i].Line = i
	}
	return out
}

func (t *tally) answers(data json.RawMessage, member string) error {
	var e enrichment.RunAnswersRecorded
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	source := SourceRun
	switch {
	case e.TableID == "":
		source = SourceRequest
	case member == "":
		source = SourceAuto
	}
	for i, mark := range e.Marks {
		var p enrichment.Provenance
		if i < len(e.Provenance) {
			p = e.Provenance[i]
		}
		dims := [DimCount]string{string(e.TableID), string(mark.ColumnID), "", "", member, source}
		t.cell(dims, mark.State, p)
		for _, a := range p.Attempts {
			dims[2], dims[3] = a.Provider, strconv.Itoa(a.Step)
			t.at(Attempt, dims).attempt(a)
		}
	}
	for column, values := range e.Chunk.Cols {
		m := t.at(Field, [DimCount]string{string(e.TableID), string(column), "", "", member, source})
		for _, v := range values {
			if m.N++; kernel.IsNull(v) {
				m.Empty++
			} else {
				m.Hits++
			}
		}
	}
	return nil
}

func (t *tally) cell(dims [DimCount]string, state enrichment.MarkState, p enrichment.Provenance) {
	m := t.at(Cell, dims)
	m.N++
	m.Credits += int64(p.CreditsMC)
	m.Latency += p.LatencyMS
	if p.Cached {
		m.Cached++
	}
	calls := int64(0)
	for _, a := range p.Attempts {
		calls += int64(a.Calls)
		m.Repeats += int64(a.Repeats)
	}
	m.Calls += calls
	switch state {
	case enrichment.MarkValue:
		m.Hits++
	case enrichment.MarkEmpty:
		m.Empty++
	case enrichment.MarkError:
		m.Failed++
	case enrichment.MarkSkipped:
		m.Skipped++
	}
	if !p.Cached && calls > 0 {
		m.took(p.LatencyMS)
	}
}

func (m *Measures) attempt(a enrichment.Attempt) {
	m.N++
	m.Calls += int64(a.Calls)
	m.Repeats += int64(a.Repeats)
	m.Credits += int64(a.CreditsMC)
	m.Latency += a.LatencyMS
	if a.FromCache {
		m.Cached++
	}
	switch {
	case a.Status == enrichment.StatusSucceeded:
		m.Hits++
	case !a.Asked() && !a.FromCache:
		m.Skipped++
	case a.Failed():
		m.Failed++
	default:
		m.Empty++
	}
	if a.Asked() {
		m.took(a.LatencyMS / int64(a.Calls))
	}
}

// entry counts a ledger entry; a debit by what its lines paid for.
func (t *tally) entry(data json.RawMessage, member string) error {
	var e credit.Entry
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	dims := [DimCount]string{string(e.Table), "", "", "", member, string(e.Kind)}
	rest := int64(e.Amount)
	for _, l := range e.Lines {
		dims[1], dims[2] = string(l.Column), l.Provider
		m := t.at(Credit, dims)
		m.N++
		m.Credits += int64(l.Amount)
		rest -= int64(l.Amount)
	}
	if rest != 0 || len(e.Lines) == 0 {
		dims[1], dims[2] = "", ""
		m := t.at(Credit, dims)
		m.N++
		m.Credits += rest
	}
	return nil
}
