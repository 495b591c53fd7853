package credentialcmd_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const canary = "canary-secret-0123456789"

func setup(t *testing.T) (*credentialcmd.Handlers, eventstore.Store, kernel.Meta) {
	t.Helper()
	codec, err := eventstore.NewCodec(credential.Events())
	require.NoError(t, err)
	clock := kernel.NewManualClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	store := memstore.New(clock)
	v, err := vault.New(bytes.Repeat([]byte{3}, vault.KeySize))
	require.NoError(t, err)
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1"}
	return credentialcmd.NewHandlers(store, codec, kernel.NewIDs(clock), v), store, meta
}

func TestSecretsComeOutForUseOnlyAndLeaveNoTrace(t *testing.T) {
	t.Parallel()
	h, store, meta := setup(t)
	res, err := h.Store(t.Context(), meta, credentialcmd.Store{Provider: "http_api", Name: "CRM", Secret: map[string]string{"api_key": canary}})
	require.NoError(t, err)
	require.Equal(t, "api_key ••••6789", res.Value.Masked)
	secret, _, err := h.Open(t.Context(), meta, res.Value.ID, "run run_1")
	require.NoError(t, err)
	require.Equal(t, canary, secret["api_key"])

	rotated := canary + "-next"
	_, err = h.Rotate(t.Context(), meta, credentialcmd.Rotate{ID: res.Value.ID, Secret: map[string]string{"api_key": rotated}})
	require.NoError(t, err)
	secret, _, err = h.Open(t.Context(), meta, res.Value.ID, "run run_2")
	require.NoError(t, err)
	require.Equal(t, rotated, secret["api_key"])

	_, err = h.Delete(t.Context(), meta, res.Value.ID)
	require.NoError(t, err)
	_, _, err = h.Open(t.Context(), meta, res.Value.ID, "run run_3")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))

	events, err := store.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, events, 5, "stored, used, rotated, used, deleted")
	for _, e := range events {
		require.NotContains(t, string(e.Data)+string(e.Metadata), canary)
	}
}

func TestAnotherWorkspacesCredentialDoesNotExist(t *testing.T) {
	t.Parallel()
	h, _, meta := setup(t)
	res, err := h.Store(t.Context(), meta, credentialcmd.Store{Provider: "http_api", Name: "CRM", Secret: map[string]string{"api_key": canary}})
	require.NoError(t, err)
	meta.Workspace = "ws_2"
	_, _, err = h.Open(t.Context(), meta, res.Value.ID, "x")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = h.Delete(t.Context(), meta, res.Value.ID)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = h.Rotate(t.Context(), meta, credentialcmd.Rotate{ID: res.Value.ID, Secret: map[string]string{"api_key": "x"}})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestBadSecretsAreRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	h, _, meta := setup(t)
	for name, c := range map[string]credentialcmd.Store{
		"no fields":     {Provider: "p", Name: "n"},
		"no provider":   {Name: "n", Secret: map[string]string{"a": canary}},
		"no name":       {Provider: "p", Secret: map[string]string{"a": canary}},
		"bad field":     {Provider: "p", Name: "n", Secret: map[string]string{"A B": canary}},
		"empty value":   {Provider: "p", Name: "n", Secret: map[string]string{"a": ""}},
		"endless value": {Provider: "p", Name: "n", Secret: map[string]string{"a": canary + string(bytes.Repeat([]byte("x"), 17<<10))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.Store(t.Context(), meta, c)
			require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
			require.NotContains(t, err.Error(), canary)
		})
	}
}

func TestHostsAreNamedAndChanged(t *testing.T) {
	t.Parallel()
	h, store, meta := setup(t)
	res, err := h.Store(t.Context(), meta, credentialcmd.Store{Provider: "http_api", Name: "CRM", Secret: map[string]string{"api_key": canary}, Hosts: []string{"API.example.com"}})
	require.NoError(t, err)
	require.Equal(t, []string{"api.example.com"}, res.Value.Hosts)
	_, hosts, err := h.Open(t.Context(), meta, res.Value.ID, "x")
	require.NoError(t, err)
	require.Equal(t, []string{"api.example.com"}, hosts)
	for range 2 { // the second time changes nothing
		_, err = h.ChangeHosts(t.Context(), meta, credentialcmd.ChangeHosts{ID: res.Value.ID, Hosts: []string{"*.example.org"}})
		require.NoError(t, err)
	}
	hosts, err = h.Hosts(t.Context(), meta.Workspace, res.Value.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"*.example.org"}, hosts)
	_, err = h.Hosts(t.Context(), "ws_2", res.Value.ID)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = h.ChangeHosts(t.Context(), meta, credentialcmd.ChangeHosts{ID: res.Value.ID, Hosts: []string{"https://x"}})
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	meta.Workspace = "ws_2"
	_, err = h.ChangeHosts(t.Context(), meta, credentialcmd.ChangeHosts{ID: res.Value.ID, Hosts: nil})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	events, err := store.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, events, 3, "stored, used, hosts changed")
}
