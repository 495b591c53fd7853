package sse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/sse"
)

func TestEventsAreWrittenAsTheStandardSays(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	s := sse.New(rec)
	require.NoError(t, s.Add("7", "change", []byte(`{"a":1}`)))
	require.Empty(t, rec.Body.String(), "gathered")
	require.NoError(t, s.Send("", "ping", []byte(`{}`)))
	require.Equal(t, "id: 7\nevent: change\ndata: {\"a\":1}\n\nevent: ping\ndata: {}\n\n", rec.Body.String())
	require.True(t, rec.Flushed)
	require.Equal(t, http.StatusOK, rec.Code)
	require.Equal(t, map[string][]string{
		"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}, "X-Accel-Buffering": {"no"},
	}, map[string][]string(rec.Header()))
}

func TestWhatIsGatheredIsBounded(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	s := sse.New(rec)
	for range 100 {
		require.NoError(t, s.Add("", "change", []byte(strings.Repeat("x", 1<<10))))
	}
	require.GreaterOrEqual(t, rec.Body.Len(), 64<<10)
}

type broken struct{ *httptest.ResponseRecorder }

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAClientThatLeavesIsNoError(t *testing.T) {
	t.Parallel()
	err := sse.New(broken{httptest.NewRecorder()}).Send("", "ping", []byte(`{}`))
	require.ErrorContains(t, err, "broken pipe")
	require.NoError(t, sse.Ended(fmt.Errorf("follow: %w", err)))
	require.NoError(t, sse.Ended(context.Canceled))
	other := errors.New("the log is away")
	require.ErrorIs(t, sse.Ended(other), other)
}
