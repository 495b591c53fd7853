package tableapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

// sse is an open stream.
type sse struct {
	t    testing.TB
	in   *bufio.Scanner
	stop context.CancelFunc
}

type sseEvent struct {
	ID, Event string
	Data      struct {
		Position int64
		Kind     string
		Rows     []kernel.RowID
		Cols     map[kernel.ColumnID][]json.RawMessage
	}
}

func (u *user) listen(path, lastID string) *sse {
	u.w.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	u.w.t.Cleanup(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.w.server.URL+"/api/v1/workspaces/"+string(u.ws)+path, nil)
	require.NoError(u.w.t, err)
	req.Header.Set("Authorization", "Bearer "+u.token)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(u.w.t, err)
	u.w.t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(u.w.t, http.StatusOK, res.StatusCode)
	require.Equal(u.w.t, "text/event-stream", res.Header.Get("Content-Type"))
	s := &sse{t: u.w.t, in: bufio.NewScanner(res.Body), stop: stop}
	require.Equal(u.w.t, "ping", s.next().Event)
	return s
}

func (s *sse) next() sseEvent {
	s.t.Helper()
	var e sseEvent
	for s.in.Scan() {
		key, value, _ := strings.Cut(s.in.Text(), ": ")
		switch key {
		case "id":
			e.ID = value
		case "event":
			e.Event = value
		case "data":
			require.NoError(s.t, json.Unmarshal([]byte(value), &e.Data))
		case "":
			return e
		}
	}
	require.NoError(s.t, s.in.Err())
	require.Fail(s.t, "the stream ended")
	return e
}

func TestOthersSeeAnEditAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	vic := w.joinIn("Vic", kernel.RoleViewer, ann.ws)
	tbl, cols := ann.table(m{"name": "Company", "type": "text"}, m{"name": "N", "type": "number"})
	row := ann.insert(tbl, m{"Company": "Acme"})[0]
	path := "/tables/" + string(tbl.ID)
	vic.last = ann.last
	vic.rows(tbl, "")
	live := vic.listen(path+"/stream", "")
	start := time.Now()
	ann.edit(tbl, row, cols["Company"], "Acme Ltd").ok(nil)
	e := live.next()
	require.Less(t, time.Since(start), 5*time.Second)
	require.Equal(t, "patch", e.Event)
	require.Equal(t, "cells", e.Data.Kind)
	require.Equal(t, []kernel.RowID{row}, e.Data.Rows)
	require.Equal(t, `"Acme Ltd"`, string(e.Data.Cols[cols["Company"].ID][0]))
	live.stop()

	// A client that comes back gets what it missed, in order.
	ann.edit(tbl, row, cols["N"], "1234567890123456789").ok(nil)
	other, _ := ann.table(m{"name": "X", "type": "text"})
	ann.insert(other, m{"X": "not for this screen"})
	ann.insert(tbl, m{"Company": "New"})
	back := vic.listen(path+"/stream", e.ID)
	missed := back.next()
	require.Equal(t, `"1234567890123456789"`, string(missed.Data.Cols[cols["N"].ID][0]))
	require.Equal(t, "rows_added", back.next().Data.Kind)
	ann.call("PUT", path, m{"name": "Renamed"}).ok(nil)
	require.Equal(t, "schema", back.next().Data.Kind)

	far := vic.listen(path+"/stream", "999999")
	require.Equal(t, "reload", far.next().Event)
}
