package webhookcmd_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// sealer hides a secret as its reverse, so that a test can tell a sealed one from an open one.
type sealer struct{}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func (sealer) Seal(_ kernel.WorkspaceID, _ kernel.WebhookID, _ int, secret string) (webhook.Sealed, error) {
	return webhook.Sealed{Ciphertext: []byte(reverse(secret))}, nil
}

func (sealer) Open(_ kernel.WorkspaceID, _ kernel.WebhookID, _ int, s webhook.Sealed) (string, error) {
	return reverse(string(s.Ciphertext)), nil
}
func (sealer) Stale(webhook.Sealed) bool { return false }
func (sealer) Rewrap(_ kernel.WorkspaceID, _ kernel.WebhookID, _ int, s webhook.Sealed) (webhook.Sealed, error) {
	return s, nil
}

type count int

func (c *count) Count(context.Context, kernel.WorkspaceID) (int, error) { return int(*c), nil }

type world struct {
	*webhookcmd.Handlers
	log   *memstore.Store
	clock *kernel.ManualClock
	count *count
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), count: new(count)}
	w.log = memstore.New(w.clock)
	codec, err := eventstore.NewCodec(webhook.Events())
	require.NoError(t, err)
	w.Handlers, err = webhookcmd.New(webhookcmd.Config{Store: w.log, Codec: codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Sealer: sealer{}, Counter: w.count, Random: rand.Reader})
	require.NoError(t, err)
	return w
}

func meta(key string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1", IdempotencyKey: key, Fingerprint: key}
}

func TestASecretIsShownOnceAndToARepeatOfTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.Create(t.Context(), meta("a"), webhook.Settings{URL: "https://example.com"})
	require.NoError(t, err)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, first.Value.Secret)
	again, err := w.Create(t.Context(), meta("a"), webhook.Settings{URL: "https://example.com"})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Value, again.Value)

	rotated, err := w.Rotate(t.Context(), meta("b"), webhookcmd.Rotate{ID: first.Value.ID, Overlap: time.Hour})
	require.NoError(t, err)
	repeat, err := w.Rotate(t.Context(), meta("b"), webhookcmd.Rotate{ID: first.Value.ID, Overlap: time.Hour})
	require.NoError(t, err)
	require.True(t, repeat.Replayed)
	require.Equal(t, rotated.Value.Secret, repeat.Value.Secret)

	events, err := w.log.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 2)
	all, err := json.Marshal(events)
	require.NoError(t, err)
	cmd, _, err := w.log.Command(t.Context(), "a")
	require.NoError(t, err)
	for _, secret := range []string{first.Value.Secret, rotated.Value.Secret} {
		require.NotContains(t, string(all)+string(cmd.Result), strings.TrimPrefix(secret, "whsec_"))
	}
}

func TestAnotherWorkspacesWebhookDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), meta(""), webhook.Settings{URL: "https://example.com"})
	require.NoError(t, err)
	theirs := kernel.Meta{Workspace: "ws_2"}
	id, off := made.Value.ID, false
	for name, fn := range map[string]func() error{
		"change": func() error {
			_, err := w.Change(t.Context(), theirs, webhookcmd.Change{ID: id, Enabled: &off})
			return err
		},
		"rotate":        func() error { _, err := w.Rotate(t.Context(), theirs, webhookcmd.Rotate{ID: id}); return err },
		"delete":        func() error { _, err := w.Delete(t.Context(), theirs, id); return err },
		"test":          func() error { _, err := w.Test(t.Context(), theirs, id); return err },
		"replay":        func() error { _, err := w.Replay(t.Context(), theirs, id, 0); return err },
		"redeliver":     func() error { _, err := w.Redeliver(t.Context(), theirs, id, 1); return err },
		"no such id":    func() error { _, err := w.Test(t.Context(), meta(""), "whk_x"); return err },
		"no such event": func() error { _, err := w.Redeliver(t.Context(), meta(""), id, 99); return err },
	} {
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(fn()), name)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), meta(""), webhook.Settings{URL: "https://example.com", Types: webhook.Filter{"table.*"}})
	require.NoError(t, err)
	off, url, none, bad := false, "https://example.org", webhook.Filter{}, "http://example.org"
	_, err = w.Change(t.Context(), meta(""), webhookcmd.Change{ID: made.Value.ID, URL: &url, Types: &none, Enabled: &off})
	require.NoError(t, err)
	_, err = w.Change(t.Context(), meta(""), webhookcmd.Change{ID: made.Value.ID, URL: &bad})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	_, err = w.Rotate(t.Context(), meta(""), webhookcmd.Rotate{ID: made.Value.ID, Overlap: 1000 * time.Hour})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	events, err := w.log.ReadAll(t.Context(), 1, 10)
	require.NoError(t, err)
	require.Len(t, events, 2)
	var changed map[string]any
	require.NoError(t, json.Unmarshal(events[0].Data, &changed))
	require.NotEmpty(t, changed["sealed_url"])
	delete(changed, "sealed_url")
	require.Equal(t, map[string]any{"id": string(made.Value.ID), "url": "https://example.org"}, changed)
	require.Equal(t, "webhook.disabled.v1", events[1].Type)
	_, err = w.Test(t.Context(), meta(""), made.Value.ID)
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	*w.count = webhook.MaxPerSpace
	_, err = w.Create(t.Context(), meta(""), webhook.Settings{URL: "https://example.com"})
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
}

func TestGivingUpIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), meta(""), webhook.Settings{URL: "https://example.com"})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, w.GiveUp(t.Context(), "ws_1", made.Value.ID, w.clock.Now()))
	}
	on := true
	_, err = w.Change(t.Context(), meta(""), webhookcmd.Change{ID: made.Value.ID, Enabled: &on})
	require.NoError(t, err)
	require.NoError(t, w.GiveUp(t.Context(), "ws_1", made.Value.ID, w.clock.Now().Add(-time.Hour)), "it was turned on meanwhile")
	_, err = w.Delete(t.Context(), meta(""), made.Value.ID)
	require.NoError(t, err)
	require.NoError(t, w.GiveUp(t.Context(), "ws_1", made.Value.ID, w.clock.Now()), "it was deleted meanwhile")
	head, err := w.log.Head(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, head)
}

func TestAnAddressIsSealedAndShowsOnlyItsHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), meta("a"), webhook.Settings{URL: "https://hooks.example.com/services/T0/B0/CANARY1?k=CANARY2"})
	require.NoError(t, err)
	id, text, url, off, on := made.Value.ID, "a word", "https://hooks.example.com/services/T0/B0/CANARY3", false, true
	for _, c := range []webhookcmd.Change{{Description: &text}, {Enabled: &off}, {Enabled: &on}, {URL: &url}, {URL: &url}} {
		c.ID = id
		_, err = w.Change(t.Context(), meta(""), c)
		require.NoError(t, err)
	}
	require.NoError(t, w.GiveUp(t.Context(), "ws_1", id, w.clock.Now()))
	events, err := w.log.ReadAll(t.Context(), 0, 20)
	require.NoError(t, err)
	require.Len(t, events, 6, "the same address again changes nothing")
	all, err := json.Marshal(events)
	require.NoError(t, err)
	cmd, _, err := w.log.Command(t.Context(), "a")
	require.NoError(t, err)
	require.NotContains(t, string(all)+string(cmd.Result), "CANARY")
	require.Contains(t, string(events[0].Data), `"url":"https://hooks.example.com/…"`)
	var last webhook.Changed
	require.NoError(t, json.Unmarshal(events[4].Data, &last))
	opened, err := w.URL(t.Context(), "ws_1", id, last.URL, last.SealedURL)
	require.NoError(t, err)
	require.Equal(t, url, opened)
}

// Events from before addresses were sealed have them in clear.
func TestAnAddressFromBeforeStaysReadableAndIsSealedAtItsNextChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), meta(""), webhook.Settings{URL: "https://example.com"})
	require.NoError(t, err)
	codec, err := eventstore.NewCodec(webhook.Events())
	require.NoError(t, err)
	old := webhook.Changed{ID: made.Value.ID, Settings: webhook.Settings{URL: "https://example.com/OLD"}}
	req, err := codec.Append(meta(""), nil, eventstore.At(eventstore.Stream("webhook", string(made.Value.ID)), eventstore.Any, old))
	require.NoError(t, err)
	_, err = w.log.Append(t.Context(), req)
	require.NoError(t, err)
	text, off := "a word", false
	for _, c := range []webhookcmd.Change{{}, {Enabled: &off}, {Description: &text}} {
		c.ID = made.Value.ID
		_, err = w.Change(t.Context(), meta(""), c)
		require.NoError(t, err)
	}
	events, err := w.log.ReadAll(t.Context(), 2, 20)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.NotContains(t, string(events[0].Data), "OLD", "turned off")
	require.NotContains(t, string(events[1].Data), "OLD", "changed")
	var last webhook.Changed
	require.NoError(t, json.Unmarshal(events[1].Data, &last))
	opened, err := w.URL(t.Context(), "ws_1", made.Value.ID, last.URL, last.SealedURL)
	require.NoError(t, err)
	require.Equal(t, "https://example.com/OLD", opened)
}
