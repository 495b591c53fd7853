package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
)

// StreamLimits bound what goes on for long: streams of events, files that leave, uploads. Zero takes the default. Counts are of this
// process.
type StreamLimits struct {
	Recheck   time.Duration // how often it is asked whether the caller still may; default 2 s, at most 5 s
	WriteWait time.Duration // for one piece of 64 KB to a client; default 30 s
	FileTime  time.Duration // for a file altogether; default 30 min
	ReadWait  time.Duration // for the next piece of an upload; default 30 s
	ReadRate  int           // bytes a second that an upload brings at least, on average; default 16 KB
	// AnswerWait is how long a client may take to read an answer that is neither; default 2 min.
	AnswerWait time.Duration

	Events, Files, Uploads Slots
}

// Slots is how many of a kind may be open at once. Zero takes the default.
type Slots struct {
	User, Workspace, Total int
}

const (
	mostRecheck = 5 * time.Second
	writePiece  = 64 << 10
	// misses is how often in a row it may fail to find out whether the caller still may.
	misses = 3
)

func (l StreamLimits) withDefaults() StreamLimits {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&l.Recheck, 2*time.Second)
	l.Recheck = min(l.Recheck, mostRecheck)
	set(&l.WriteWait, 30*time.Second)
	set(&l.FileTime, 30*time.Minute)
	set(&l.ReadWait, 30*time.Second)
	set(&l.AnswerWait, 2*time.Minute)
	if l.ReadRate <= 0 {
		l.ReadRate = 16 << 10
	}
	l.Events = l.Events.withDefaults(Slots{User: 50, Workspace: 500, Total: 5000})
	l.Files = l.Files.withDefaults(Slots{User: 4, Workspace: 6, Total: 8})
	l.Uploads = l.Uploads.withDefaults(Slots{User: 3, Workspace: 6, Total: 16})
	return l
}

func (p Slots) withDefaults(d Slots) Slots {
	for _, f := range []struct {
		v *int
		d int
	}{{&p.User, d.User}, {&p.Workspace, d.Workspace}, {&p.Total, d.Total}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return p
}

// kind is what goes on for long.
type kind string

const (
	eventStream kind = "streams"
	file        kind = "files"
	upload      kind = "uploads"
)

func kindOf(contentType string) kind {
	if strings.HasPrefix(contentType, "text/event-stream") {
		return eventStream
	}
	return file
}

// slots counts what is open.
type slots struct {
	limits map[kind]Slots
	mu     sync.Mutex
	taken  map[string]int
}

func newSlots(l StreamLimits) *slots {
	return &slots{limits: map[kind]Slots{eventStream: l.Events, file: l.Files, upload: l.Uploads}, taken: map[string]int{}}
}

// take counts one more of the kind, until leave is called; or refuses it. A person's keys count as the person.
func (s *slots) acquire(k kind, p Principal, stranger string) (leave func(), err error) {
	who := string(p.User)
	if who == "" {
		who = p.Actor.ID + stranger
	}
	most := s.limits[k]
	counts := []struct {
		key, of string
		most    int
	}{
		{string(k) + "|user:" + who, "by you", most.User},
		{string(k) + "|ws:" + string(p.Workspace), "in this workspace", most.Workspace},
		{string(k), "on this server", most.Total},
	}
	if p.Workspace == "" {
		counts = slices.Delete(counts, 1, 2)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range counts {
		if s.taken[c.key] >= c.most {
			e := kernel.E(kernel.KindRateLimited, "TOO_MANY_"+strings.ToUpper(string(k)),
				"%d %s are open %s already; close one, or wait until one has ended", c.most, k, c.of)
			e.RetryAfter = 5 * time.Second
			return nil, e
		}
	}
	for _, c := range counts {
		s.taken[c.key]++
	}
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range counts {
			if s.taken[c.key]--; s.taken[c.key] <= 0 {
				delete(s.taken, c.key)
			}
		}
	}), nil
}

// errEnded is why an event stream ends whose reader's rights are others now: the reader connects again with them.
func errEnded() error {
	e := kernel.E(kernel.KindUnavailable, "RIGHTS_CHANGED", "what you may see here has changed; ask again")
	e.RetryAfter = time.Second
	return e
}

// life is the time of an answer that goes on for long. Its context ends when the caller may no longer have the answer.
type life struct {
	ctx   context.Context
	leave func()
	end   context.CancelCauseFunc
}

// live begins the life of an answer: counts it and asks every few seconds whether the request would still be admitted.
func (a *API) live(ctx context.Context, op Op, k kind) (*life, error) {
	c := Echo(ctx)
	leave, err := a.slots.acquire(k, PrincipalOf(ctx), c.RealIP())
	if err != nil {
		return nil, err
	}
	l := &life{leave: leave}
	l.ctx, l.end = context.WithCancelCause(ctx)
	go a.askAgain(l, op, k, c)
	return l, nil
}

func (a *API) askAgain(l *life, op Op, k kind, c echo.Context) {
	was := PrincipalOf(l.ctx)
	tick := time.NewTicker(a.cfg.Streams.Recheck)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		now, err := a.askOnce(l.ctx, op, c)
		switch {
		case err == nil && !same(k, was, now):
			l.end(errEnded())
		case err == nil:
			missed = 0
		case refused(err):
			l.end(err)
		default: // it can't be found out: for a moment the answer goes on
			if missed++; missed >= misses {
				l.end(err)
			}
		}
	}
}

func (a *API) askOnce(ctx context.Context, op Op, c echo.Context) (Principal, error) {
	ctx, cancel := context.WithTimeout(ctx, mostRecheck)
	defer cancel()
	return a.recheck(ctx, op, c)
}

// refused reports whether the error says that the caller may not, not that it could not be found out.
func refused(err error) bool {
	switch kernel.KindOf(err) {
	case kernel.KindUnauthorized, kernel.KindForbidden, kernel.KindNotFound:
		return true
	default:
		return false
	}
}

// same reports whether what the reader may see of an answer that is under way is still the same. A file is of what could be seen when it
// was begun; its reader only has to be let in still.
func same(k kind, was, now Principal) bool {
	if !slices.Equal(was.KeyTables, now.KeyTables) || was.User != now.User || was.Workspace != now.Workspace {
		return false
	}
	return k == file || was.Role == now.Role && was.Operator == now.Operator
}

// over returns why the answer has to end before its end; nil while it may go on.
func (l *life) over() error {
	if l.ctx.Err() == nil {
		return nil
	}
	return context.Cause(l.ctx)
}

// close ends the life.
func (l *life) close() {
	l.end(context.Canceled)
	l.leave()
}

// answerInTime gives the client only so long to take an answer, from its head on; streams then give time for each piece.
func (a *API) answerInTime(c echo.Context) {
	conn := http.NewResponseController(c.Response())
	_ = conn.SetWriteDeadline(time.Time{}) // of the connection's last answer
	c.Response().Before(func() { _ = conn.SetWriteDeadline(kernel.SystemClock{}.Now().Add(a.cfg.Streams.AnswerWait)) })
}

// watched lets nothing out after the answer's life, and gives a client only so long to take each piece, and a file altogether.
type watched struct {
	http.ResponseWriter
	life  *life
	rc    *http.ResponseController
	wait  time.Duration
	until time.Time // zero for a stream of events
	sent  int64
	// export is what operators are told of a file; nil of a stream of events.
	export *watch.Operation
}

func (a *API) watch(w http.ResponseWriter, l *life, k kind) *watched {
	out := &watched{ResponseWriter: w, life: l, rc: http.NewResponseController(w), wait: a.cfg.Streams.WriteWait}
	if k == file {
		out.export = watch.Begin(a.cfg.Watch, a.cfg.Clock, watch.Export)
		out.until = kernel.SystemClock{}.Now().Add(a.cfg.Streams.FileTime)
	}
	return out
}

// told tells operators of a file that has left, or not; a stream of events is none.
func (w *watched) told(ctx context.Context, op Op, err error) {
	if w.export == nil {
		return
	}
	p := PrincipalOf(ctx)
	w.export.Count(0, w.sent)
	w.export.Note("what", op.ID, "workspace", p.Workspace, "user", p.User, "table", Echo(ctx).Param("tableId"), "request_id",
		metaOf(ctx).CorrelationID)
	w.export.EndWith(ctx, err)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements io.Writer.
func (w *watched) Write(b []byte) (n int, err error) {
	for first := true; first || len(b) > 0; first = false {
		if err := w.life.over(); err != nil {
			return n, err
		}
		due := kernel.SystemClock{}.Now().Add(w.wait) // of the real clock: it is the socket's
		if !w.until.IsZero() && w.until.Before(due) {
			due = w.until
		}
		if err := w.rc.SetWriteDeadline(due); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return n, err
		}
		piece := b[:min(len(b), writePiece)]
		m, err := w.ResponseWriter.Write(piece)
		n += m
		w.sent += int64(m)
		if err != nil {
			return n, err
		}
		b = b[len(piece):]
	}
	return n, nil
}

// paced is an upload's body: the next piece has to come in time, and all of it at a rate, so that senders of a byte a minute don't
// take the places of others. Only the time that is spent waiting for the client counts.
type paced struct {
	body   io.ReadCloser
	rc     *http.ResponseController
	limits StreamLimits
	waited time.Duration
	n      int64
}

func (a *API) pace(c echo.Context) *paced {
	r := c.Request()
	p := &paced{body: r.Body, rc: http.NewResponseController(c.Response()), limits: a.cfg.Streams}
	r.Body = p
	return p
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	// What has come so far buys time; the first pieces have ReadWait.
	bought := p.limits.ReadWait + time.Duration(float64(p.n)/float64(p.limits.ReadRate)*float64(time.Second))
	wait := min(p.limits.ReadWait, bought-p.waited)
	if wait <= 0 {
		return 0, errSlowUpload(p.limits.ReadRate)
	}
	begun := kernel.SystemClock{}.Now() // of the real clock: it is the socket's
	if err := p.rc.SetReadDeadline(begun.Add(wait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.body.Read(b)
	p.n += int64(n)
	p.waited += kernel.SystemClock{}.Now().Sub(begun)
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		err = errSlowUpload(p.limits.ReadRate)
	}
	return n, err
}

// Close implements io.Closer.
func (p *paced) Close() error { return p.body.Close() }

// done gives the connection its time back, for the requests after this one.
func (p *paced) done() { _ = p.rc.SetReadDeadline(time.Time{}) }

func errSlowUpload(rate int) error {
	return kernel.E(kernel.KindMalformed, "UPLOAD_TOO_SLOW", "the file came too slowly: send at least %d KB a second, without long pauses",
		rate>>10)
}
