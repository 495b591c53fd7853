package livestream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Serve writes a table's patches to w until the client goes away, falls behind or the hub ends. after is the position of
// the last event that the client has seen, -1 for a new client.
func (h *Hub) Serve(ctx context.Context, w http.ResponseWriter, id kernel.TableID, after int64) error {
	c, err := h.join(id)
	if err != nil {
		return err
	}
	defer h.leave(id, c)
	s := &stream{w: w, rc: http.NewResponseController(w), wait: h.cfg.WriteWait}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if err := s.write(0, "ping", []byte(`{}`)); err != nil {
		return gone(err)
	}
	sent, ok, err := h.replay(ctx, s, id, after)
	if err != nil || !ok {
		return gone(err)
	}
	return gone(h.follow(ctx, s, c, sent))
}

// gone forgets errors that only say that the client has left.
func gone(err error) error {
	var w *writeError
	if errors.As(err, &w) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// replay sends what a returning client has missed, or tells it to reload.
func (h *Hub) replay(ctx context.Context, s *stream, id kernel.TableID, after int64) (sent int64, ok bool, err error) {
	head := h.at.Load()
	if after < 0 {
		return head, true, nil
	}
	if now, err := h.cfg.Log.Head(ctx); err != nil {
		return 0, false, err
	} else if head = max(head, now); after > head || head-after > h.cfg.Replay {
		return 0, false, s.write(head, "reload", []byte(`{"reason":"too far behind"}`))
	}
	for after < head {
		events, err := h.cfg.Log.ReadAll(ctx, after, int(min(head-after, 1000)))
		if err != nil {
			return 0, false, err
		}
		if len(events) == 0 {
			break
		}
		for _, rec := range events {
			after = rec.Position
			p, ok := h.make(rec)
			if !ok || p.Table != id {
				continue
			}
			if err := s.write(p.Position, "patch", p.Data); err != nil {
				return 0, false, err
			}
		}
	}
	return after, true, nil
}

func (h *Hub) follow(ctx context.Context, s *stream, c *client, sent int64) error {
	beat := time.NewTicker(h.cfg.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.gone:
			if h.wasSlow(c) {
				return s.write(0, "reload", []byte(`{"reason":"too slow"}`))
			}
			return nil
		case p := <-c.queue:
			if p.Position <= sent {
				continue
			}
			sent = p.Position
			if err := s.write(p.Position, "patch", p.Data); err != nil {
				return err
			}
		case <-beat.C:
			at := h.at.Load()
			if len(c.queue) > 0 { // the patches tell that the line is alive
				continue
			}
			sent = max(sent, at) // nothing of this table lies before it
			if err := s.write(sent, "ping", []byte(`{}`)); err != nil {
				return err
			}
		}
	}
}

// stream writes Server-Sent Events (WHATWG HTML, section 9.2).
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	wait time.Duration
	buf  []byte
}

// writeError is the error of a write to the client.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write to the client: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

func (s *stream) write(id int64, event string, data []byte) error {
	b := s.buf[:0]
	if id > 0 {
		b = append(strconv.AppendInt(append(b, "id: "...), id, 10), '\n')
	}
	b = append(append(append(b, "event: "...), event...), "\ndata: "...)
	b = append(append(b, data...), "\n\n"...)
	s.buf = b
	if err := s.rc.SetWriteDeadline(deadline(s.wait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return &writeError{err}
	}
	if _, err := s.w.Write(b); err != nil {
		return &writeError{err}
	}
	if err := s.rc.Flush(); err != nil {
		return &writeError{fmt.Errorf("flush: %w", err)}
	}
	return nil
}

// deadline is the wall-clock time until which a write may take.
func deadline(wait time.Duration) time.Time { return kernel.SystemClock{}.Now().Add(wait) }
