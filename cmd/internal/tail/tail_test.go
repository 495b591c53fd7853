package tail_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tail"
)

// feed is a server whose streams end after each event.
func feed(t *testing.T, events int) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/workspaces", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer mk_1" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"message":"the key is not good"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":[{"id":"ws_1"}]}`)
	})
	mux.HandleFunc("GET /api/v1/workspaces/ws_1/changes", func(w http.ResponseWriter, r *http.Request) {
		at := 0
		_, err := fmt.Sscan(r.URL.Query().Get("after"), &at)
		if err != nil || r.URL.Query().Get("types") != "table.*" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		next := at + 1
		if r.URL.Query().Get("wait") == "0" {
			_, _ = fmt.Fprintf(w, `{"data":{"events":[{"n":%d}],"cursor":"%d@h","more":%t}}`, next, next, next < events)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "id: %d@h\nevent: ping\ndata: {}\n\n", at)
		if at < events {
			_, _ = fmt.Fprintf(w, "id: %d@h\nevent: change\ndata: {\"n\":%d}\n\n", next, next)
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func with(t *testing.T, address, key string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URL: address, Key: key})
	require.NoError(t, err)
	return c
}

// output is written by the tail and read by the test.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const three = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"

func TestTailGoesOnWhereTheConnectionWasLost(t *testing.T) {
	t.Parallel()
	s := feed(t, 3)
	var out, errs output
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := with(t, s.URL, "mk_1")
	go func() {
		ended <- tail.Run(ctx, tail.Config{Client: c, After: "0", Types: "table.*", Out: &out, Err: &errs, Retry: time.Millisecond})
	}()
	require.Eventually(t, func() bool { return out.String() == three }, 10*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	require.Contains(t, errs.String(), "--after 3@h goes on from there")
}

func TestTailStopsAtTheEnd(t *testing.T) {
	t.Parallel()
	s := feed(t, 3)
	var out output
	require.NoError(t, tail.Run(t.Context(), tail.Config{Client: with(t, s.URL+"/", "mk_1"), After: "0", Types: "table.*", Stop: true, Out: &out, Err: io.Discard}))
	require.Equal(t, three, out.String())
}

func TestTailSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := feed(t, 3)
	for key, want := range map[string]string{"mk_2": "401 Unauthorized: the key is not good", "mk_1": "400 Bad Request"} {
		err := tail.Run(t.Context(), tail.Config{Client: with(t, s.URL, key), After: "x", Types: "table.*", Out: io.Discard, Err: io.Discard})
		require.ErrorContains(t, err, want)
	}
	err := tail.Run(t.Context(), tail.Config{Client: with(t, s.URL, "mk_1"), After: "0", Types: "table.*", Out: brokenPipe{}, Err: io.Discard})
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
