package livestream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ours, theirs = kernel.WorkspaceID("ws_ours"), kernel.WorkspaceID("ws_theirs")
	tbl          = kernel.TableID("tbl_a")
	col          = kernel.ColumnID("col_a")
)

// watchedLog notes what is read of the whole log.
type watchedLog struct {
	*memstore.Store
	t     *testing.T
	whole bool // the whole log may be read
}

func (l *watchedLog) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	if !l.whole {
		l.t.Error("the whole log was read for one reader")
	}
	return l.Store.ReadAll(ctx, after, limit)
}

type world struct {
	t     *testing.T
	log   *watchedLog
	codec *eventstore.Codec
	hub   *livestream.Hub
}

func newWorld(t *testing.T, cfg livestream.Config) *world {
	t.Helper()
	w := &world{t: t, log: &watchedLog{Store: memstore.New(kernel.NewManualClock(time.Unix(0, 0))), t: t}}
	var err error
	w.codec, err = eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events(), comment.Events())
	require.NoError(t, err)
	cfg.Subscriber, cfg.Log, cfg.Codec, cfg.Logger = membus.New(0), w.log, w.codec, slog.New(slog.DiscardHandler)
	w.hub, err = livestream.NewHub(cfg)
	require.NoError(t, err)
	return w
}

func (w *world) append(ws kernel.WorkspaceID, stream string, events ...kernel.Event) int64 {
	w.t.Helper()
	meta := kernel.Meta{Workspace: ws, Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}}
	req, err := w.codec.Append(meta, nil, eventstore.At(eventstore.StreamID(stream), eventstore.Any, events...))
	require.NoError(w.t, err)
	done, err := w.log.Append(w.t.Context(), req)
	require.NoError(w.t, err)
	return done.Last
}

func edit(id kernel.TableID, value string) kernel.Event {
	v, _ := json.Marshal(value) //nolint:errchkjson // a string
	return table.CellsEdited{TableID: id, Chunk: kernel.Chunk{Rows: []kernel.RowID{"row_a"}, Cols: map[kernel.ColumnID][]json.RawMessage{col: {v}}}}
}

// screen is an open stream that a test reads by hand.
type screen struct {
	t   *testing.T
	in  *bufio.Reader
	out *io.PipeReader
	end chan error
}

type answer struct {
	io.Writer
	header http.Header
}

func (a *answer) Header() http.Header { return a.header }
func (*answer) WriteHeader(int)       {}
func (*answer) Flush()                {}

func (w *world) open(r livestream.Reader) *screen {
	w.t.Helper()
	out, in := io.Pipe()
	s := &screen{t: w.t, in: bufio.NewReader(out), out: out, end: make(chan error, 1)}
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	w.t.Cleanup(stop)
	go func() {
		err := w.hub.Serve(ctx, &answer{in, http.Header{}}, r)
		s.end <- err
		_ = in.CloseWithError(io.EOF)
	}()
	require.Equal(w.t, fmt.Sprintf(`ping {"schema_version":%d,"row_count":%d}`, r.Schema, r.Rows), s.next())
	return s
}

// next returns the name and data of the next event, "" when the stream has ended.
func (s *screen) next() string {
	s.t.Helper()
	event := ""
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			require.ErrorIs(s.t, err, io.EOF)
			return ""
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			event = value
		case "data":
			event += " " + value
		case "":
			return event
		}
	}
}

// values returns the values of the column in the next patches.
func (s *screen) values(n int) (out []string) {
	s.t.Helper()
	for range n {
		_, data, _ := strings.Cut(s.next(), " ")
		var p struct {
			Cols map[kernel.ColumnID][]string `json:"cols"`
		}
		require.NoError(s.t, json.Unmarshal([]byte(data), &p))
		out = append(out, p.Cols[col]...)
	}
	return out
}

func (w *world) run() {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.hub.Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-ended })
}

func TestABusyInstallationMakesNobodyReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Replay: 10, Heartbeat: time.Hour})
	page := w.append(ours, "cells-tbl_a", edit(tbl, "on the page"))
	for i := range 500 {
		w.append(theirs, "cells-tbl_b", edit("tbl_b", strconv.Itoa(i)))
	}
	w.append(ours, "cells-tbl_a", edit(tbl, "missed"))
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: page, Schema: 7})
	require.Equal(t, []string{"missed"}, s.values(1))
}

func TestWhoIsTooFarBehindInTheirOwnWorkspaceReloads(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]livestream.Config{"events": {Replay: 10}, "bytes": {QueueBytes: 2000}} {
		w := newWorld(t, cfg)
		for range 30 {
			w.append(ours, "cells-tbl_a", edit(tbl, "a value"))
		}
		w.run()
		s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: 0})
		event := s.next()
		for strings.HasPrefix(event, "patch") {
			event = s.next()
		}
		require.Equal(t, `reload {"reason":"too far behind"}`, event, name)
		require.Empty(t, s.next(), name)
	}
}

func TestAPositionOfAnotherLogReloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{})
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: 99})
	require.Contains(t, s.next(), "reload")
}

func TestWhatWaitsForAReaderIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Look: time.Millisecond, QueueBytes: 10_000, Heartbeat: time.Hour})
	w.log.whole = true
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1}) // reads its ping, and then nothing
	big := strings.Repeat("x", 3000)
	for range 10 {
		w.append(ours, "cells-tbl_a", edit(tbl, big))
	}
	require.Eventually(t, func() bool { return w.hub.Clients() == 0 }, 10*time.Second, time.Millisecond, "the reader is let go")
	event := s.next()
	n := 0
	for strings.HasPrefix(event, "patch") {
		n++
		event = s.next()
	}
	require.Less(t, n, 10)
	require.Equal(t, `reload {"reason":"too slow"}`, event)
}

func TestOnePatchMayBeLargerThanWhatMayWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Look: time.Millisecond, QueueBytes: 100, Heartbeat: time.Hour})
	w.log.whole = true
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1})
	w.append(ours, "cells-tbl_a", edit(tbl, strings.Repeat("x", 3000)))
	require.Len(t, s.values(1)[0], 3000)
}

func TestTheStreamsOfATableEndWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Look: time.Millisecond, Heartbeat: time.Hour})
	w.log.whole = true
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1})
	other := w.open(livestream.Reader{Workspace: ours, Table: "tbl_b", After: -1})
	w.append(ours, "cells-tbl_a", edit(tbl, "last"))
	w.append(ours, "table-tbl_a", table.Trashed{TableID: tbl})
	require.Equal(t, []string{"last"}, s.values(1))
	require.Contains(t, s.next(), `"kind":"schema"`)
	require.Empty(t, s.next())
	require.NoError(t, <-s.end)
	w.append(ours, "cells-tbl_b", edit("tbl_b", "goes on"))
	require.Equal(t, []string{"goes on"}, other.values(1))
}

func TestARunFromBeforeAStartShowsItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Look: time.Millisecond, Heartbeat: time.Hour})
	w.log.whole = true
	w.append(ours, "run-run_1", enrichment.RunStarted{RunID: "run_1", TableID: tbl})
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1})
	w.append(ours, "run-run_1", enrichment.RunFinished{State: enrichment.RunCompleted})
	require.Contains(t, s.next(), `"job":{"kind":"run","id":"run_1","event":"run.finished.v1"}`)
}
