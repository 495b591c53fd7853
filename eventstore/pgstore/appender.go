package pgstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

const (
	// connectFor is how long a batch waits for the database to come back before its appends are answered with an error.
	connectFor = 5 * time.Second
	// connectPause is the time between two attempts to connect.
	connectPause = 100 * time.Millisecond
	// statementTimeout is how long one batch may take in the database, the wait for the head included.
	statementTimeout = 30 * time.Second
	// replyTimeout is how long the reply is waited for; then the connection is taken for lost.
	replyTimeout = statementTimeout + 5*time.Second
)

const appendSQL = `SELECT head, recorded, base, first, known_key, known_fingerprint, known_first, known_last, known_result
	FROM log.append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26)`

// appender takes batches from the queue and commits them over a connection of its own.
type appender struct {
	*Store
	conn  *pgx.Conn
	batch *batch
}

// Two appenders take turns. The one with the turn collects a batch and keeps the turn until the batch is committed: the next
// one would only wait for the head's lock, and what comes meanwhile makes a bigger batch, which is cheaper. Measured: two
// that always overlap are a third slower at 32 clients. With a big batch the turn is given up before it is sent: then
// its way to the database and its parsing there overlap with the batch before it, and small appends do not wait behind
// them. Measured: 1.8 times the cells per second in chunk events.
const (
	appenders    = 2
	overlapBytes = 256 << 10
)

// turn is held by the appender that collects.
type turn struct {
	sync.Mutex
	held *pending // did not go into the last batch; it begins the next one
	// The last batch was of small appends. Batches of small and of large ones take turns while both wait, so that neither keeps the other
	// from its turn.
	wasSmall bool
}

func (s *Store) runAppender(ctx context.Context) {
	w := &appender{Store: s, batch: newBatch()}
	defer w.disconnect(ctx)
	for w.appendBatch(ctx) {
	}
}

// appendBatch carries out one batch. It answers false when the store is closed and nothing is left.
func (w *appender) appendBatch(ctx context.Context) bool {
	w.turn.Lock()
	more := w.collect()
	overlap := w.batch.bytes >= overlapBytes
	if overlap {
		w.turn.Unlock()
	}
	if more {
		w.commit(ctx, w.batch)
	}
	if !overlap {
		w.turn.Unlock()
	}
	return more
}

// collect waits for an append and takes the other waiting ones of its size with it. It answers false when the store is closed and
// nothing is left.
func (w *appender) collect() bool {
	w.batch.reset()
	for len(w.batch.items) == 0 {
		if w.turn.held != nil {
			w.batch.add(w.turn.held)
			w.turn.held = nil
			break
		}
		p, open := w.queue.next(w.turn.wasSmall)
		if !open {
			return false
		}
		w.add(p)
	}
	like := w.queue.of(w.batch.items[0])
	w.turn.wasSmall = like == w.queue.small
	// Callers that were just answered get to run, so that their next appends are in this batch.
	runtime.Gosched()
	for w.turn.held == nil {
		select {
		case p, open := <-like:
			if !open {
				return true
			}
			w.add(p)
		default:
			return true
		}
	}
	return true
}

// add takes the append into the batch, or holds it for the next one.
func (w *appender) add(p *pending) {
	switch {
	case !p.claim():
		w.queue.done(p)
	case !w.batch.add(p):
		w.turn.held = p
	}
}

func (w *appender) answer(p *pending, a answer) {
	w.queue.done(p)
	p.answer <- a
}

func (w *appender) answerAll(b *batch, err error) {
	for _, p := range b.items {
		w.answer(p, answer{err: err})
	}
}

// commit carries a batch out and answers its appends.
func (w *appender) commit(ctx context.Context, b *batch) {
	for attempt := 1; ; attempt++ {
		if err := w.connect(ctx); err != nil {
			w.answerAll(b, kernel.E(kernel.KindUnavailable, "LOG_UNAVAILABLE", "the log's database cannot be reached; try again").Because(err))
			return
		}
		out, err := w.call(ctx, b)
		if err == nil {
			if w.cfg.OnBatch != nil {
				w.cfg.OnBatch(len(b.items), b.events)
			}
			if b.answers(out, w.answer) {
				w.announce(out.head + int64(b.events))
			}
			return
		}
		if w.again(ctx, b, err) && attempt < 3 {
			continue
		}
		w.fail(ctx, b, err)
		return
	}
}

// again says whether the batch should be tried once more as it is: nothing of it was done, and the cause is gone.
func (w *appender) again(ctx context.Context, b *batch, err error) bool {
	switch {
	case pgconn.SafeToRetry(err):
		w.disconnect(ctx)
		return true
	case w.conn == nil || w.conn.IsClosed():
		return false
	case isNoPartition(err):
		if err := w.extend(ctx, b.events); err != nil {
			w.log.ErrorContext(ctx, "extend the log", "error", err)
			return false
		}
		return true
	}
	return code(err) == codeDeadlock
}

// extend makes partitions for so many more events. It is needed here only when the log has outrun the background.
func (w *appender) extend(ctx context.Context, events int) error {
	head, err := w.Head(ctx)
	if err != nil {
		return err
	}
	return w.partitions.extend(ctx, head+int64(events))
}

// fail answers a batch that the database refused. One bad append fails alone: its batch is tried again one by one.
func (w *appender) fail(ctx context.Context, b *batch, err error) {
	switch {
	case w.conn == nil || w.conn.IsClosed():
		w.disconnect(ctx)
		w.log.ErrorContext(ctx, "lost the connection during an append", "appends", len(b.items), "error", err)
		w.answerAll(b, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, err))
	case isOverload(err):
		w.log.WarnContext(ctx, "the log did not take a batch in time", "appends", len(b.items), "error", err)
		w.answerAll(b, fmt.Errorf("%w: %w", eventstore.ErrBusy, err))
	case b.links == 1:
		w.answerAll(b, refused(err))
	case len(b.items) == 1:
		w.commitLinks(ctx, b.items[0])
	default:
		w.log.WarnContext(ctx, "a batch failed and is tried one by one", "appends", len(b.items), "error", err)
		one := newBatch()
		for _, p := range b.items {
			one.reset()
			one.add(p)
			w.commit(ctx, one)
		}
	}
}

// commitLinks carries out a chain link by link. What somebody else appends in between can't deceive it: a link is tried only
// when the one before it was taken, and is at its expected version only if nothing came between.
func (w *appender) commitLinks(ctx context.Context, p *pending) {
	var all answer
	one := newBatch()
	for i := range p.links {
		l := &pending{links: p.links[i : i+1], answer: make(chan answer, 1)}
		one.reset()
		one.add(l)
		w.commit(ctx, one)
		ans := <-l.answer
		all.done, all.err = append(all.done, ans.done...), ans.err
		if ans.err != nil || ans.done[0].Replayed {
			break
		}
	}
	w.answer(p, all)
}

// call is the round trip. An error of an open connection means that nothing was done.
func (w *appender) call(ctx context.Context, b *batch) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	binary := []int16{pgx.BinaryFormatCode}
	res := w.conn.PgConn().ExecPrepared(ctx, appendStatement, b.encode(w.cfg.Clock), binary, binary).Read()
	if res.Err != nil {
		return outcome{}, res.Err
	}
	out, err := readOutcome(res.Rows)
	if err != nil { // it was committed, but how is not known: as if the reply had been lost
		w.disconnect(ctx)
	}
	return out, err
}

const appendStatement = "log_append"

// connect makes sure of a connection, for a while.
func (w *appender) connect(ctx context.Context) error {
	if w.conn != nil && !w.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectFor)
	defer cancel()
	for {
		conn, err := w.dial(ctx)
		if err == nil {
			w.conn = conn
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(connectPause):
		}
	}
}

// sessionSQL sets the timeouts, and keeps the plans from depending on statistics: a connection plans log.append once, maybe
// on an empty log, and a plan that scans a small table would go on scanning it when it has a million rows.
const sessionSQL = `SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),
	set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false),
	set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)`

func (w *appender) dial(ctx context.Context) (*pgx.Conn, error) {
	conn, err := w.Store.dial(ctx, "morket log append")
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, sessionSQL, millis(w.cfg.LockTimeout), millis(statementTimeout))
	if err == nil {
		_, err = conn.Prepare(ctx, appendStatement, appendSQL)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

func (w *appender) disconnect(ctx context.Context) {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.conn.Close(ctx); err != nil {
		w.log.DebugContext(ctx, "close the appender's connection", "error", err)
	}
	w.conn = nil
}

// announce tells everybody that the log has grown.
func (s *Store) announce(head int64) {
	s.appended.Fire()
	s.partitions.reached(head)
	select {
	case s.notify <- struct{}{}:
	default:
	}
}
