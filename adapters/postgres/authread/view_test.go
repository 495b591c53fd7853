package authread_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/authview"
)

func TestTheListOfSessions(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(auth.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, authview.New(codec, authread.Open), authread.Model())
	q, now := authread.NewQueries(h.Pool), h.Clock.Now()
	list := func(user kernel.UserID, at time.Time) []authview.Session {
		s, err := q.Sessions(t.Context(), user, at)
		require.NoError(t, err)
		return s
	}
	h.Meta.Client = "192.0.2.1"
	end := now.Add(auth.RefreshLife)
	for _, s := range []kernel.SessionID{"ses_1", "ses_2", "ses_3"} {
		h.Append(eventstore.Stream("session", string(s)), auth.SessionStarted{SessionID: s, UserID: "usr_1", Agent: "Firefox", At: now, ExpiresAt: end})
	}
	h.Append("session-ses_9", auth.SessionStarted{SessionID: "ses_9", UserID: "usr_2", At: now, ExpiresAt: end})
	h.Append("session-ses_2", auth.SessionRefreshed{SessionID: "ses_2", At: now.Add(time.Hour), ExpiresAt: end.Add(time.Hour)})
	h.Append("user-usr_1", auth.SessionClosed{UserID: "usr_1", SessionID: "ses_3", Reason: auth.ClosedByUser, At: now})
	require.Equal(t, []authview.Session{
		{ID: "ses_2", CreatedAt: now, LastUsedAt: now.Add(time.Hour), Client: "Firefox (192.0.2.1)"}, {ID: "ses_1", CreatedAt: now, LastUsedAt: now, Client: "Firefox (192.0.2.1)"},
	}, list("usr_1", now))
	require.Len(t, list("usr_1", end), 1, "one that ran out is not open")
	require.Equal(t, "192.0.2.1", list("usr_2", now)[0].Client)
	expired, err := q.Expired(t.Context(), end, 10)
	require.NoError(t, err)
	require.Equal(t, []kernel.SessionID{"ses_1", "ses_9"}, expired, "neither those that were closed nor those that were refreshed")
	h.Append("user-usr_1", auth.PasswordChanged{UserID: "usr_1", At: now})
	require.Empty(t, list("usr_1", now))
	require.Len(t, list("usr_2", now), 1)
	h.RequireRebuildable()
}

func TestAttemptsAreCountedForAllProcesses(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	var processes [4]*authread.Signals
	var wg sync.WaitGroup
	for i := range processes { // they start at the same moment
		wg.Go(func() {
			s, err := authread.OpenSignals(t.Context(), pool)
			if err == nil {
				processes[i] = s
			}
		})
	}
	wg.Wait()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var allowed atomic.Int64
	for i := range 40 {
		wg.Go(func() {
			ok, wait, err := processes[i%4].Begin(t.Context(), "k", now, 5, 15*time.Minute)
			if err == nil && ok {
				allowed.Add(1)
			} else if err == nil && wait != 15*time.Minute {
				allowed.Add(100)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(5), allowed.Load())
	s := processes[0]
	require.NoError(t, s.Succeeded(t.Context(), "k"))
	ok, _, err := s.Begin(t.Context(), "k", now, 5, 15*time.Minute)
	require.NoError(t, err)
	require.True(t, ok)

	require.NoError(t, s.Used(t.Context(), "key_1", "ws_1", now.Add(time.Minute)))
	require.NoError(t, s.Used(t.Context(), "key_1", "ws_1", now)) // a slower process's older news
	uses, err := s.Uses(t.Context(), "ws_1")
	require.NoError(t, err)
	require.Equal(t, map[kernel.APIKeyID]time.Time{"key_1": now.Add(time.Minute)}, uses)
	uses, err = s.Uses(t.Context(), "ws_2")
	require.NoError(t, err)
	require.Empty(t, uses)
}
