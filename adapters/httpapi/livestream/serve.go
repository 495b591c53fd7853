package livestream

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi/sse"
	"github.com/morket/morket/domain/kernel"
)

// Reader is the receiver of a stream.
type Reader struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Reached   []kernel.TableID // what the table's lookups look into, directly or through others
	After     int64            // the position of the last event that the client has seen or read with a page; -1 for a new client
	Schema    int64            // the version of the table's structure now; the first event tells it
	Rows      int64            // how many rows the table has now; likewise
}

// Serve writes a table's patches to w until ctx ends, the client falls behind, the table goes or the hub ends.
func (h *Hub) Serve(ctx context.Context, w http.ResponseWriter, r Reader) error {
	c, from, err := h.join(ctx, r.Table, r.Reached)
	if err != nil {
		return err
	}
	defer h.leave(c)
	s := sse.New(w)
	if err := s.Send("", "ping", fmt.Appendf(nil, `{"schema_version":%d,"row_count":%d}`, r.Schema, r.Rows)); err != nil {
		return sse.Ended(err)
	}
	sent, ok, err := h.replay(ctx, s, r, from)
	if err != nil || !ok {
		return sse.Ended(err)
	}
	return sse.Ended(h.follow(ctx, s, c, sent))
}

// replayPage is how many events are read at a time.
const replayPage = 500

// replay sends what a returning client has missed of the workspace's events, or tells it to reload.
func (h *Hub) replay(ctx context.Context, s *sse.Writer, r Reader, head int64) (sent int64, ok bool, err error) {
	if r.After < 0 {
		return head, true, nil
	}
	if now, err := h.cfg.Log.Head(ctx); err != nil {
		return 0, false, err
	} else if head = max(head, now); r.After > head {
		return 0, false, s.Send(id(head), "reload", []byte(`{"reason":"the position is of another log"}`))
	}
	// Up to head: what comes after it comes from the bus, which may bring some of it as well.
	for at, seen, size := r.After, 0, 0; at < head; {
		events, err := h.cfg.Log.ReadWorkspace(ctx, r.Workspace, at, min(replayPage, h.cfg.Replay))
		if err != nil {
			return 0, false, err
		}
		if len(events) == 0 {
			break
		}
		for _, rec := range events {
			if at = rec.Position; at > head {
				break
			}
			p, ok := h.make(ctx, rec)
			if ok && !p.Aside && slices.Contains(r.Reached, p.Table) {
				p = computed(r.Table, p.Position)
			}
			if !ok || p.Table != r.Table {
				continue
			}
			if size += len(p.Data); size > h.cfg.QueueBytes {
				break
			}
			if err := s.Send(id(p.Position), "patch", p.Data); err != nil {
				return 0, false, err
			}
		}
		if seen += len(events); at < head && seen >= h.cfg.Replay || size > h.cfg.QueueBytes {
			return 0, false, s.Send(id(head), "reload", []byte(`{"reason":"too far behind"}`))
		}
	}
	return head, true, nil
}

func (h *Hub) follow(ctx context.Context, s *sse.Writer, c *client, sent int64) error {
	beat := time.NewTicker(h.cfg.Heartbeat)
	defer beat.Stop()
	for {
		at := h.at.Load()
		queue, ended, slow := c.drain()
		for _, p := range queue {
			if p.Position <= sent {
				continue
			}
			sent = p.Position
			if err := s.Send(id(p.Position), "patch", p.Data); err != nil {
				return err
			}
		}
		if people := c.people(); people != nil {
			if err := s.Send("", "presence", people); err != nil {
				return err
			}
		}
		if slow {
			return s.Send("", "reload", []byte(`{"reason":"too slow"}`))
		}
		if ended {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.rings:
		case <-beat.C:
			sent = max(sent, at) // nothing of this table lies before it
			if err := s.Send(id(sent), "ping", []byte(`{}`)); err != nil {
				return err
			}
		}
	}
}

// id is a position as the id of an event.
func id(position int64) string { return strconv.FormatInt(position, 10) }
