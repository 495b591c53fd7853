// Package watch is how work that operators care about is told of: one wide line in the log and the same metrics for every kind. Kinds
// and outcomes are closed lists, so nothing can be told of that has no metrics.
package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Kind is a kind of work.
type Kind int

// The kinds.
const (
	Delivery Kind = iota // one attempt to deliver an event to a webhook
	RunSlice             // the part of a run that one activity does
	Import               // an import, or what is left of it after an interruption; or its undoing
	Rebuild              // of a read model
	Verify               // of a read model
	Export               // a file that leaves
	Backup
	Drill // a restore drill
)

// Outcome is what became of a piece of work.
type Outcome int

// The outcomes.
const (
	Succeeded   Outcome = iota
	Failed              // it is over, without what it was for
	Waits               // it goes on by itself later
	Interrupted         // the process stops, or the client went away
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Delivery, RunSlice, Import, Rebuild, Verify, Export, Backup, Drill}
}

// Outcomes lists all outcomes.
func Outcomes() []Outcome { return []Outcome{Succeeded, Failed, Waits, Interrupted} }

// String names the kind, as metrics and lines of the log do.
func (k Kind) String() string {
	return name(int(k), "webhook_delivery", "run_slice", "import", "rebuild", "verify", "export", "backup", "restore_drill")
}

// Ours reports whether it is a fault of the installation if the work fails; else it may be somebody else's, as a receiver's.
func (k Kind) Ours() bool { return slices.Contains([]Kind{Rebuild, Verify, Backup, Drill}, k) }

// String names the outcome, as metrics and lines of the log do.
func (o Outcome) String() string { return name(int(o), "succeeded", "failed", "waits", "interrupted") }

func name(i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return "unknown"
	}
	return names[i]
}

// Watcher is told of the work. It must be quick.
type Watcher interface {
	Began(k Kind)
	Ended(ctx context.Context, d Done)
}

// Done is a piece of work that has ended.
type Done struct {
	Kind    Kind
	Outcome Outcome
	Took    time.Duration
	Rows    int64 // records, cells or events dealt with; 0 where there is nothing to count
	Bytes   int64 // that were moved, likewise
	Err     error // why it failed
	About   []any // further fields of the line, keys and values in turn
}

// Operation is a piece of work under way. One goroutine uses it.
type Operation struct {
	watcher Watcher
	clock   kernel.Clock
	began   time.Time
	done    Done
	once    sync.Once
}

// Begin begins a piece of work, with fields of its line. watcher may be nil, which tells nobody.
func Begin(watcher Watcher, clock kernel.Clock, k Kind, about ...any) *Operation {
	if watcher != nil {
		watcher.Began(k)
	}
	return &Operation{watcher: watcher, clock: clock, began: clock.Now(), done: Done{Kind: k, About: about}}
}

// Count adds to what was dealt with.
func (o *Operation) Count(rows, bytes int64) {
	o.done.Rows += rows
	o.done.Bytes += bytes
}

// Note adds fields to the line.
func (o *Operation) Note(about ...any) { o.done.About = append(o.done.About, about...) }

// End tells what became of it. Only the first call counts, so that one may be deferred for ways out that nobody has thought of.
func (o *Operation) End(ctx context.Context, outcome Outcome, err error) {
	o.once.Do(func() {
		if o.watcher == nil {
			return
		}
		d := o.done
		d.Outcome, d.Err, d.Took = outcome, err, o.clock.Now().Sub(o.began)
		o.watcher.Ended(ctx, d)
	})
}

// EndWith ends work that has succeeded unless there is an error; one of a context that has ended is an interruption.
func (o *Operation) EndWith(ctx context.Context, err error) {
	switch {
	case err == nil:
		o.End(ctx, Succeeded, nil)
	case ctx.Err() != nil:
		o.End(ctx, Interrupted, err)
	default:
		o.End(ctx, Failed, err)
	}
}
