package scrapecmd

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// MaxQueue is how many tasks may wait.
const MaxQueue = 500

// Queue does tasks a few at a time. What waits is bounded, and small jobs come first: a task's place is its arrival plus the size of its
// job, so that one page overtakes a hundred and a hundred are overtaken by so many only.
type Queue struct {
	reader *Reader
	size   int
	most   int

	mu      sync.Mutex
	waiting places
	arrived int64
	running int
}

// NewQueue makes a queue that does size tasks at once.
func NewQueue(reader *Reader, size int) *Queue {
	return &Queue{reader: reader, size: size, most: MaxQueue}
}

// place is a task that waits.
type place struct {
	at    int64
	index int
	start chan struct{} // closed when it may begin
}

// Waiting is how many tasks wait, and Running how many are being done.
func (q *Queue) Waiting() (waiting, running int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), q.running
}

// fullRetry is when a full queue may have room again.
const fullRetry = 10 * time.Second

// Room answers a kernel.KindUnavailable error when so many more tasks can't wait.
func (q *Queue) Room(n int) error {
	waiting, _ := q.Waiting()
	if waiting+n > q.most {
		full := kernel.E(kernel.KindUnavailable, "QUEUE_FULL", "%d pages are waiting already, which is as many as may", waiting)
		full.RetryAfter = fullRetry
		return full
	}
	return nil
}

// Do does a task of a job of so many tasks when its turn comes. A full queue is a *scrape.Fault with scrape.ReasonBusy.
func (q *Queue) Do(ctx context.Context, ws kernel.WorkspaceID, t scrape.Task, job int) scrape.Outcome {
	p, ok := q.enter(job)
	if !ok {
		f := scrape.Fail(scrape.ReasonBusy, "as many pages wait as may")
		f.Retry = fullRetry
		return scrape.Outcome{Fault: f}
	}
	select {
	case <-p.start:
	case <-ctx.Done():
		q.leave(p)
		return scrape.Outcome{Fault: scrape.Fail(scrape.ReasonCancelled, "the task was given up before its turn came").Because(ctx.Err())}
	}
	defer q.next()
	return q.reader.Read(ctx, ws, t)
}

func (q *Queue) enter(job int) (*place, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := &place{at: q.arrived + int64(job), start: make(chan struct{})}
	q.arrived++
	if q.running < q.size {
		q.running++
		close(p.start)
		return p, true
	}
	if len(q.waiting) >= q.most {
		return nil, false
	}
	heap.Push(&q.waiting, p)
	return p, true
}

// leave gives up a place; one whose turn has come meanwhile lets the next begin.
func (q *Queue) leave(p *place) {
	q.mu.Lock()
	select {
	case <-p.start:
		q.mu.Unlock()
		q.next()
	default:
		heap.Remove(&q.waiting, p.index)
		q.mu.Unlock()
	}
}

func (q *Queue) next() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return
	}
	p, _ := heap.Pop(&q.waiting).(*place)
	close(p.start)
}

// places is a heap.
type places []*place

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i].at < p[j].at }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i]; p[i].index, p[j].index = i, j }

// Push implements heap.Interface.
func (p *places) Push(x any) {
	one, _ := x.(*place)
	one.index = len(*p)
	*p = append(*p, one)
}

// Pop implements heap.Interface.
func (p *places) Pop() any {
	last := len(*p) - 1
	one := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	return one
}
