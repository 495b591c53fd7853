package authapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func TestWhoAPersonIsStandsNowhereInTheClearInTheLog(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "canary-ann@example.com", Password: apitest.Password, Name: "Canary Ann"}).OK(nil)
	for range 110 { // enough events for a snapshot of the account
		login(w.Client(), "canary-ann@example.com", apitest.Password).OK(nil)
		w.Clock.Advance(time.Minute)
	}
	events, err := w.Log.ReadAll(t.Context(), 0, 10_000)
	require.NoError(t, err)
	var stream eventstore.StreamID
	for _, e := range events {
		require.NotRegexp(t, "(?i)canary", string(e.Data)+string(e.Metadata), e.Type)
		if e.Type == (auth.UserRegistered{}).EventType() {
			stream = e.Stream
		}
	}
	snapshot, found, err := w.Log.LoadSnapshot(t.Context(), stream)
	require.NoError(t, err)
	require.True(t, found)
	require.NotRegexp(t, "(?i)canary", string(snapshot.State))
}

func TestAPersonWhoseKeyIsDestroyedReadsAsDeleted(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	var me authapi.Me
	ann.Call(http.MethodGet, "/auth/me", nil).OK(&me)
	require.Equal(t, "ann@example.com", me.User.Email)
	require.NoError(t, w.Ring.Destroy(t.Context(), auth.PersonKey(me.User.ID)))
	w.Clock.Advance(authcmd.CacheLife)
	ann.Call(http.MethodGet, "/auth/me", nil).OK(&me)
	require.Equal(t, auth.DeletedUser, me.User.Name)
	require.Empty(t, me.User.Email)
	ann.Call(http.MethodPost, refreshPath, nil).OK(nil)
}

// Accounts that were made before there were keys go on as they are.
func TestAnAccountInTheClearStillReads(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	passwords, err := tokens.NewPasswords(4)
	require.NoError(t, err)
	hash, err := passwords.Hash(t.Context(), apitest.Password)
	require.NoError(t, err)
	id := kernel.UserID(w.IDs.New(kernel.PrefixUser))
	old, err := json.Marshal(map[string]any{"user_id": id, "email": "old@example.com", "name": "Old", "password_hash": hash, "at": w.Clock.Now()})
	require.NoError(t, err)
	reserved, err := json.Marshal(auth.EmailReserved{UserID: id})
	require.NoError(t, err)
	_, err = w.Log.Append(t.Context(), eventstore.Append{Meta: kernel.Meta{Actor: kernel.System()}, Streams: []eventstore.StreamAppend{
		{Stream: eventstore.Stream("email", auth.Email("old@example.com").Key()), Expected: eventstore.NoStream, Events: []eventstore.EventData{{Type: auth.EmailReserved{}.EventType(), Data: reserved}}},
		{Stream: eventstore.Stream("user", string(id)), Expected: eventstore.NoStream, Events: []eventstore.EventData{{Type: auth.UserRegistered{}.EventType(), Data: old}}},
	}})
	require.NoError(t, err)
	c := w.Client()
	var in authapi.SignedIn
	login(c, "old@example.com", apitest.Password).OK(&in)
	require.Equal(t, "Old", in.User.Name)
	require.Equal(t, "old@example.com", in.User.Email)
}
