package feedapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/sse"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
)

// reader goes through a workspace's events as one caller sees them. It holds one page of the log at most.
type reader struct {
	*service
	ws      kernel.WorkspaceID
	filter  webhook.Filter
	tables  []kernel.TableID // none: all
	visible map[string]bool  // by event type
	at      int64            // everything up to here has been looked at
}

// page looks at the next events and hands those that the caller sees to give, which may stop it. more says that there may be
// further events already.
func (r *reader) page(ctx context.Context, give func(position int64, event []byte) (goOn bool, err error)) (more bool, err error) {
	head, err := r.Log.Head(ctx) // first: what is read after it reaches at least as far
	if err != nil {
		return false, err
	}
	events, err := r.Log.ReadWorkspace(ctx, r.ws, r.at, r.limits.Page)
	if err != nil {
		return false, err
	}
	for _, e := range events {
		seen, err := r.sees(ctx, e)
		if err != nil {
			return false, err
		}
		if !seen {
			r.at = e.Position
			continue
		}
		body, ok, err := r.Encoder.Encode(e)
		if err != nil {
			return false, err
		}
		r.at = e.Position
		if !ok {
			continue
		}
		if goOn, err := give(e.Position, body); err != nil || !goOn {
			return true, err
		}
	}
	if len(events) == 0 {
		r.at = max(r.at, head)
	}
	return len(events) > 0, nil
}

func (r *reader) sees(ctx context.Context, e eventstore.Recorded) (bool, error) {
	if !r.visible[e.Type] {
		return false, nil
	}
	if len(r.tables) == 0 {
		return true, nil
	}
	id, err := r.service.tables.Of(ctx, e)
	return id != "" && slices.Contains(r.tables, id), err
}

// list is the long poll.
func (s *service) list(ctx context.Context, p httpapi.Principal, in *changesIn) (Changes, httpapi.Meta, error) {
	out := Changes{Events: []Event{}}
	r, err := s.reader(ctx, p, in)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	wait := time.NewTimer(time.Duration(in.Wait) * time.Second)
	defer wait.Stop()
	scan := time.NewTimer(s.limits.Scan)
	defer scan.Stop()
	size := 0
	for {
		bell := s.Bells.Changed(r.ws)
		out.More, err = r.page(ctx, func(_ int64, event []byte) (bool, error) {
			out.Events = append(out.Events, event)
			size += len(event)
			return len(out.Events) < in.Limit && size < s.limits.Bytes, nil
		})
		if err != nil {
			return out, httpapi.Meta{}, err
		}
		if len(out.Events) > 0 && (!out.More || len(out.Events) >= in.Limit || size >= s.limits.Bytes) {
			break
		}
		if out.More {
			if over(scan.C) || ctx.Err() != nil {
				break
			}
			continue
		}
		if in.Wait == 0 || !s.await(ctx, bell, wait.C) {
			break
		}
	}
	out.Next, out.Cursor = r.at, s.cursor(r.at)
	return out, httpapi.Meta{Position: r.at}, nil
}

// over reports whether the timer has run out.
func over(c <-chan time.Time) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// await waits for the bell, or a while; false when the time is up or the follower has to go.
func (s *service) await(ctx context.Context, bell <-chan struct{}, up <-chan time.Time) bool {
	poll := time.NewTimer(s.limits.Poll)
	defer poll.Stop()
	select {
	case <-bell:
	case <-poll.C:
	case <-up:
		return false
	case <-s.Bells.Ended():
		return false
	case <-ctx.Done():
		return false
	}
	return true
}

// stream is the feed as Server-Sent Events (WHATWG HTML, section 9.2).
func (s *service) stream(ctx context.Context, p httpapi.Principal, in *changesIn) (func(http.ResponseWriter) error, error) {
	r, err := s.reader(ctx, p, in)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter) error {
		return sse.Ended(s.follow(ctx, r, &feed{Writer: sse.New(w), cursor: s.cursor}))
	}, nil
}

func (s *service) follow(ctx context.Context, r *reader, out *feed) error {
	if err := out.ping(r.at); err != nil {
		return err
	}
	beat := time.NewTicker(s.limits.Heartbeat)
	defer beat.Stop()
	for {
		bell := s.Bells.Changed(r.ws)
		more, err := r.page(ctx, func(position int64, event []byte) (bool, error) { return true, out.change(position, event) })
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return err
		}
		select {
		case <-beat.C: // also amid many events that are not for the reader
			if err := out.ping(r.at); err != nil {
				return err
			}
		case <-s.Bells.Ended():
			return nil
		default:
		}
		if !more && !s.await(ctx, bell, beat.C) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := out.ping(r.at); err != nil {
				return err
			}
		}
	}
}

// feed writes changes, whose ids are cursors.
type feed struct {
	*sse.Writer
	cursor func(position int64) string
}

func (f *feed) change(position int64, event []byte) error {
	return f.Add(f.cursor(position), "change", event)
}

// ping also tells the position, so that a returning follower need not look again at what it may not see.
func (f *feed) ping(position int64) error { return f.Send(f.cursor(position), "ping", []byte("{}")) }
