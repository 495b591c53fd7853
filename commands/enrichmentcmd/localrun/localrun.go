// Package localrun asks providers for the records of a file, without a server, a log or credits: it is behind
// `morket run leads.csv --enrich email_check:email`.
package localrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Job is what to ask of a file's records.
type Job struct {
	engine *waterfall.Engine
	header []string
	asks   []ask
}

// ask is one --enrich: a provider and the columns that its answer goes into.
type ask struct {
	provider enrichment.Provider
	plan     *waterfall.Plan
}

// Parse reads requests of the form provider:column, where column feeds the provider's first input, or
// provider:input=column,input=column. The header names the file's columns.
func Parse(engine *waterfall.Engine, header []string, requests []string) (*Job, error) {
	j := &Job{engine: engine, header: header}
	columns := make(enrichment.Columns, len(header))
	for i, name := range header {
		columns[i] = enrichment.Column{ID: kernel.ColumnID(name), Name: name}
	}
	rules := enrichment.Rules{Catalogue: engine.Registry, Expressions: condition.Checker{}, Columns: columns}
	for i, r := range requests {
		slug, mapping, _ := strings.Cut(r, ":")
		p, ok := engine.Registry.Provider(slug)
		if !ok {
			return nil, fmt.Errorf("--enrich %s: there is no provider %q", r, slug)
		}
		inputs, err := mapInputs(p, mapping)
		if err != nil {
			return nil, fmt.Errorf("--enrich %s: %w", r, err)
		}
		cfg, err := rules.Normalise(enrichment.Config{Steps: []enrichment.Step{{Provider: slug, Inputs: inputs, Output: p.Outputs[0].Name}}}, "")
		if err != nil {
			return nil, fmt.Errorf("--enrich %s: %w", r, err)
		}
		plan, err := engine.Compile(enrichment.Plan{ColumnID: kernel.ColumnID(fmt.Sprintf("answer %d", i)), Config: cfg}, columns, nil)
		if err != nil {
			return nil, fmt.Errorf("--enrich %s: %w", r, err)
		}
		j.asks = append(j.asks, ask{p, plan})
	}
	if len(j.asks) == 0 {
		return nil, errors.New("name at least one provider with --enrich")
	}
	return j, nil
}

func mapInputs(p enrichment.Provider, mapping string) (map[string]enrichment.Input, error) {
	if p.Dynamic || len(p.Inputs) == 0 || len(p.Outputs) == 0 {
		return nil, fmt.Errorf("%s needs a configuration; use it in a table", p.Slug)
	}
	if mapping == "" {
		return nil, fmt.Errorf("write %s:column", p.Slug)
	}
	out := map[string]enrichment.Input{}
	for _, part := range strings.Split(mapping, ",") {
		name, column, named := strings.Cut(part, "=")
		if !named {
			name, column = p.Inputs[0].Name, part
		}
		if _, dup := out[name]; dup {
			return nil, fmt.Errorf("the input %s is given twice", name)
		}
		out[name] = enrichment.Input{Column: kernel.ColumnID(strings.TrimSpace(column))}
	}
	return out, nil
}

// Header names the columns that are added to the file's: provider_output for each of a provider's outputs, and
// provider_error.
func (j *Job) Header() []string {
	var out []string
	for _, a := range j.asks {
		for _, f := range a.provider.Outputs {
			out = append(out, a.provider.Slug+"_"+f.Name)
		}
		out = append(out, a.provider.Slug+"_error")
	}
	return out
}

// Summary counts outcomes.
type Summary struct {
	Records, Values, Empty, Errors, Skipped, Cached int64
	Cost                                            kernel.Credits // what the same run would cost on a server
}

// workers is how many records are asked at once; window how many are read ahead of the slowest.
const (
	workers = 32
	window  = 256
)

// slot is a record on its way through, in the file's order.
type slot struct {
	record []string
	cells  []string
	marks  []enrichment.Provenance
	states []enrichment.MarkState
	done   chan struct{}
}

// Run reads records until next answers false, asks for each, and hands record and added cells to emit in the order of the
// file. Memory is bounded by a window of records. It ends early when ctx ends or emit or next fails.
func (j *Job) Run(ctx context.Context, next func() (record []string, more bool, err error), emit func(record, added []string, s Summary) error) (Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	session := j.engine.Session(waterfall.SessionConfig{Run: "local"})
	work, order := make(chan *slot), make(chan *slot, window)
	var readErr error
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for s := range work {
				j.ask(ctx, session, s)
				close(s.done)
			}
		})
	}
	go func() {
		defer close(order)
		defer close(work)
		readErr = j.read(ctx, next, work, order)
	}()
	sum, err := drain(ctx, order, emit)
	cancel()
	for range order { // the reader ends at once
	}
	pool.Wait()
	return sum, errors.Join(err, readErr)
}

func (j *Job) read(ctx context.Context, next func() ([]string, bool, error), work, order chan *slot) error {
	for {
		record, more, err := next()
		if err != nil || !more {
			return err
		}
		s := &slot{record: record, done: make(chan struct{})}
		select {
		case order <- s:
		case <-ctx.Done():
			return nil
		}
		select {
		case work <- s:
		case <-ctx.Done():
			close(s.done)
			return nil
		}
	}
}

func drain(ctx context.Context, order <-chan *slot, emit func(record, added []string, s Summary) error) (Summary, error) {
	var sum Summary
	for s := range order {
		select {
		case <-s.done:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		sum.add(s)
		if err := emit(s.record, s.cells, sum); err != nil {
			return sum, err
		}
	}
	return sum, ctx.Err()
}

func (s *Summary) add(done *slot) {
	s.Records++
	for i, state := range done.states {
		switch state {
		case enrichment.MarkValue:
			s.Values++
		case enrichment.MarkEmpty:
			s.Empty++
		case enrichment.MarkError:
			s.Errors++
		case enrichment.MarkSkipped:
			s.Skipped++
		}
		if done.marks[i].Cached {
			s.Cached++
		}
		s.Cost += done.marks[i].CreditsMC
	}
}

func (j *Job) ask(ctx context.Context, session *waterfall.Session, s *slot) {
	values := func(id kernel.ColumnID) json.RawMessage {
		for i, name := range j.header {
			if name == string(id) && i < len(s.record) {
				b, err := json.Marshal(s.record[i])
				if err != nil {
					return nil
				}
				return b
			}
		}
		return nil
	}
	for _, a := range j.asks {
		out := session.Ask(ctx, ctx, a.plan, "", values)
		s.marks, s.states = append(s.marks, out.Provenance), append(s.states, out.Mark.State)
		for _, f := range a.provider.Outputs {
			s.cells = append(s.cells, enrichment.Text(out.Outputs[f.Name]))
		}
		message := ""
		if out.Mark.State != enrichment.MarkValue {
			message = out.Mark.Message
		}
		s.cells = append(s.cells, message)
	}
}
