package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

var now = time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC) //nolint:gochecknoglobals // a constant

func created(t *testing.T) *webhook.Webhook {
	t.Helper()
	w := webhook.New()
	require.NoError(t, w.Create(webhook.Created{ID: "whk_1", Workspace: "ws_1", Settings: webhook.Settings{URL: "https://example.com"}, Sealed: webhook.Sealed{MasterKey: "1"}, At: now}))
	w.Committed()
	return w
}

func versions(list []webhook.Secret) (out []int) {
	for _, s := range list {
		out = append(out, s.Version)
	}
	return out
}

func TestTwoSecretsAreValidDuringTheOverlap(t *testing.T) {
	t.Parallel()
	w := created(t)
	require.NoError(t, w.Rotate(webhook.Sealed{MasterKey: "2"}, time.Hour, now))
	require.Equal(t, []int{2, 1}, versions(webhook.Valid(w.Secrets(), now.Add(59*time.Minute))))
	require.Equal(t, []int{2}, versions(webhook.Valid(w.Secrets(), now.Add(time.Hour))))
	require.NoError(t, w.Rotate(webhook.Sealed{MasterKey: "3"}, time.Hour, now.Add(time.Minute)))
	require.Equal(t, []int{3, 2}, versions(webhook.Valid(w.Secrets(), now.Add(2*time.Minute))), "never more than two")
	require.NoError(t, w.Rewrap(2, webhook.Sealed{MasterKey: "new"}))
	require.Equal(t, "new", w.Secrets()[1].Sealed.MasterKey)
	w.Committed()
	require.NoError(t, w.Rewrap(1, webhook.Sealed{}))
	require.Empty(t, w.Pending(), "one that is gone is not wrapped anew")
}

func TestAWebhookThatIsOffSendsNothing(t *testing.T) {
	t.Parallel()
	w := created(t)
	require.NoError(t, w.Disable(webhook.ByFailures, &now, now))
	require.NoError(t, w.Disable(webhook.ByUser, nil, now))
	require.Len(t, w.Pending(), 1, "it is turned off once")
	require.False(t, w.Enabled())
	require.Equal(t, kernel.KindConflict, kernel.KindOf(w.Test("x", now)))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(w.Redeliver(1)))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(w.Replay(0, 1)))
	require.NoError(t, w.Enable(now))
	require.NoError(t, w.Enable(now))
	require.Len(t, w.Pending(), 2)
	require.NoError(t, w.Replay(0, 10))
	require.Error(t, w.Replay(11, 10))
	require.Error(t, w.Replay(-1, 10))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := created(t)
	require.NoError(t, w.Change(webhook.Settings{URL: "https://example.com"}, nil))
	require.Empty(t, w.Pending(), "the same settings change nothing")
	require.NoError(t, w.Change(webhook.Settings{URL: "https://example.com", Types: webhook.Filter{"table.*"}}, nil))
	require.Len(t, w.Pending(), 1)
	require.True(t, w.Exists("ws_1"))
	require.False(t, w.Exists("ws_2"))
	require.NoError(t, w.Delete())
	require.False(t, w.Exists("ws_1"))
	require.Empty(t, w.Secrets())
	require.Error(t, w.Apply(stranger{}))
}

type stranger struct{}

func (stranger) EventType() string { return "stranger.v1" }

func TestAddresses(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://example.com/hook?x=1": true, "https://example.com:8443/": false, "https://example.com:443/": true, "https://example.com:80/": true, "https://example.com:0443/": false, "http://example.com/": false, "https://": false, "": false, "ftp://example.com": false,
		"https://user:pass@example.com": false, "https://example.com/#x": false, "https://localhost/": false, "http://127.0.0.1:9/": false, "https://[::1]/": false,
		"https://[::ffff:127.0.0.1]/": false, "example.com": false, "https://exa mple.com": false, "https://example.com/" + strings.Repeat("x", 2000): false,
	} {
		err := webhook.Settings{URL: url}.Validate(false)
		require.Equal(t, want, err == nil, "%s: %v", url, err)
	}
	for url, want := range map[string]bool{"http://127.0.0.1:9/": true, "http://localhost:9": true, "https://127.0.0.1:9/": true, "http://example.com": false, "http://10.0.0.1/": false} {
		require.Equal(t, want, webhook.Settings{URL: url}.Validate(true) == nil, url)
	}
	ok := webhook.Settings{URL: "https://example.com"}
	long, many, odd := ok, ok, ok
	long.Description = strings.Repeat("x", 201)
	many.Tables = make([]kernel.TableID, 51)
	odd.Tables = []kernel.TableID{"x"}
	for _, s := range []webhook.Settings{long, many, odd} {
		require.Error(t, s.Validate(false))
	}
}
