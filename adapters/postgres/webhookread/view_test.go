package webhookread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/webhookread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/webhookview"
)

func TestTheListOfWebhooksFollowsTheLog(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(webhook.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, webhookview.New(codec, webhookread.Open), webhookread.Model())
	at := h.Clock.Now()
	q := webhookread.NewQueries(h.Pool)
	h.Append("webhook-whk_1", webhook.Created{ID: "whk_1", Workspace: "ws_1", Settings: webhook.Settings{URL: "https://example.com", Types: webhook.Filter{"table.*"}}, At: at})
	h.Append("webhook-whk_2", webhook.Created{ID: "whk_2", Workspace: "ws_1", Settings: webhook.Settings{URL: "https://example.org", Ordered: true, Tables: []kernel.TableID{"tbl_1"}}, At: at})
	h.Append("webhook-whk_3", webhook.Created{ID: "whk_3", Workspace: "ws_2", Settings: webhook.Settings{URL: "https://example.net"}, At: at})
	h.Clock.Advance(time.Hour)
	h.Append("webhook-whk_1", webhook.Changed{ID: "whk_1", Settings: webhook.Settings{URL: "https://example.com/2"}},
		webhook.SecretRotated{ID: "whk_1", Version: 2, OldUntil: at.Add(time.Hour), At: at}, webhook.Disabled{ID: "whk_1", Reason: webhook.ByUser, At: at})

	list, err := q.List(t.Context(), "ws_1")
	require.NoError(t, err)
	require.Len(t, list, 2)
	one := list[0]
	require.Equal(t, "https://example.com/2", one.URL)
	require.Empty(t, one.Types)
	require.False(t, one.Enabled)
	require.Equal(t, webhook.ByUser, one.Reason)
	require.EqualValues(t, 6, one.OffPosition)
	require.Equal(t, 2, one.SecretVersion)
	require.True(t, one.OldUntil.Equal(at.Add(time.Hour)))
	require.True(t, one.UpdatedAt.Equal(at.Add(time.Hour)))
	require.Equal(t, []kernel.TableID{"tbl_1"}, list[1].Tables)
	require.True(t, list[1].Ordered)

	h.Append("webhook-whk_1", webhook.Enabled{ID: "whk_1", At: at})
	h.Append("webhook-whk_2", webhook.Deleted{ID: "whk_2"})
	_, found, err := q.Webhook(t.Context(), "ws_1", "whk_2")
	require.NoError(t, err)
	require.False(t, found)
	one, found, err = q.Webhook(t.Context(), "ws_1", "whk_1")
	require.NoError(t, err)
	require.True(t, found && one.Enabled)
	_, found, err = q.Webhook(t.Context(), "ws_2", "whk_1")
	require.NoError(t, err)
	require.False(t, found, "another workspace's")
	n, err := q.Count(t.Context(), "ws_1")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	h.RequireRebuildable()
}
