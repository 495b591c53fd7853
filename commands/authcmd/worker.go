package authcmd

import (
	"context"
	"log/slog"
	"sync"
)

// backlog is how many jobs may wait; one more is dropped, which the person sees as a mail that doesn't come.
const backlog = 100

// worker does, one after the other, what the caller must not be able to time.
type worker struct {
	logger *slog.Logger
	mu     sync.Mutex
	closed bool
	jobs   chan func(context.Context) error
	done   chan struct{}
}

func newWorker(logger *slog.Logger) *worker {
	w := &worker{logger: logger, jobs: make(chan func(context.Context) error, backlog), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *worker) run() {
	defer close(w.done)
	for job := range w.jobs {
		if err := job(context.Background()); err != nil { //nolint:forbidigo // the request that asked has been answered
			w.logger.Error("password reset", "error", err)
		}
	}
}

func (w *worker) do(job func(context.Context) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	select {
	case w.jobs <- job:
	default:
		w.logger.Warn("password reset dropped: too many are waiting")
	}
}

func (w *worker) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.done
}
