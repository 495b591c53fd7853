package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Limits of what is under way at once.
const (
	windowRows  = 1024     // read ahead of the slowest
	windowBytes = 64 << 20 // of their text
	grace       = 5 * time.Second
)

// row is a record on its way through.
type row struct {
	line    int64
	end     int64    // where the next record begins in the file
	fields  []string // of JSON Lines each value's JSON
	text    string   // the record as it stands in the file, where it is needed
	problem string   // why it can't be read
	weight  int64

	added    []any
	attempts [][]enrichment.Attempt // by request
	stopped  bool                   // the run ended before it was complete
	done     chan struct{}
}

// pipeline moves rows from the file through the providers to emit, in the file's order.
type pipeline struct {
	job     *job
	stream  *stream
	json    bool // the file is JSON Lines
	workers int
	emit    func(*row) error
}

// run moves all rows. When stop ends, no new question is asked; it then returns how many rows that could be read were not emitted.
func (p *pipeline) run(stop context.Context) (missing int64, err error) {
	calls, cancel := context.WithCancel(context.WithoutCancel(stop))
	defer cancel()
	defer context.AfterFunc(stop, func() { time.AfterFunc(grace, cancel) })()
	failed, fail := context.WithCancel(stop)
	defer fail()
	work, order := make(chan *row), make(chan *row, windowRows)
	room := semaphore.NewWeighted(windowBytes)
	session := p.job.engine.Session(waterfall.SessionConfig{Run: "local"})
	var workers sync.WaitGroup
	for range p.workers {
		workers.Go(func() {
			for r := range work {
				p.job.ask(calls, failed, session, r, p.json)
				close(r.done)
			}
		})
	}
	var unread int64
	var readErr error
	go func() {
		defer close(order)
		defer close(work)
		unread, readErr = p.read(failed, room, work, order)
	}()
	for r := range order {
		<-r.done
		room.Release(r.weight)
		if err == nil && !r.stopped && missing == 0 {
			if err = p.emit(r); err != nil {
				fail()
			}
		} else if r.problem == "" {
			missing++
		}
	}
	workers.Wait()
	return missing + unread, errors.Join(err, readErr)
}

// read reads the file to its end. After the run was stopped it only counts.
func (p *pipeline) read(stop context.Context, room *semaphore.Weighted, work, order chan<- *row) (unread int64, err error) {
	for {
		rec, err := p.stream.next()
		if errors.Is(err, io.EOF) {
			return unread, nil
		}
		if err != nil {
			return unread, fmt.Errorf("read the file: %w", err)
		}
		if stop.Err() != nil {
			if rec.Problem == "" {
				unread++
			}
			continue
		}
		r := p.row(rec)
		if room.Acquire(stop, r.weight) != nil {
			if rec.Problem == "" {
				unread++
			}
			continue
		}
		order <- r
		if r.problem != "" {
			close(r.done)
			continue
		}
		work <- r
	}
}

// row copies a record, whose memory is the reader's.
func (p *pipeline) row(rec dataops.Record) *row {
	r := &row{line: rec.Line, end: rec.Next.Offset, problem: rec.Problem, done: make(chan struct{})}
	if p.json || rec.Problem != "" {
		r.text = p.stream.text()
	}
	if rec.Problem == "" {
		r.fields = make([]string, len(rec.Fields))
		size := 0
		for _, f := range rec.Fields {
			size += len(f)
		}
		all := make([]byte, 0, size)
		for _, f := range rec.Fields {
			all = append(all, f...)
		}
		text, at := string(all), 0
		for i, f := range rec.Fields {
			r.fields[i] = text[at : at+len(f)]
			at += len(f)
		}
		r.weight = int64(size)
	}
	r.weight = min(r.weight+int64(len(r.text))+256, windowBytes)
	return r
}

// ask asks everything for one row.
func (j *job) ask(ctx, stop context.Context, session *waterfall.Session, r *row, isJSON bool) {
	values := func(id kernel.ColumnID) json.RawMessage { return r.value(indexOf(id), isJSON) }
	for _, a := range j.asks {
		out := session.Ask(ctx, stop, a.plan, "", values)
		if out.Stopped || ctx.Err() != nil {
			r.stopped = true
			return
		}
		for _, f := range a.added {
			r.added = append(r.added, out.Outputs[f.Name])
		}
		r.attempts = append(r.attempts, out.Provenance.Attempts)
	}
}

// value is a field, or an answer that came before, as JSON; nil if it is empty.
func (r *row) value(i int, isJSON bool) json.RawMessage {
	var v any
	switch {
	case i < 0:
		return nil
	case i >= len(r.fields):
		if i -= len(r.fields); i < len(r.added) {
			v = r.added[i]
		}
	case isJSON:
		return json.RawMessage(r.fields[i])
	default:
		v = r.fields[i]
	}
	if v == nil || v == "" {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}
