package crmcmd_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

func TestAnAttemptHasOneAnswerFromTheBrowserThatBeganIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixture, *crmcmd.Return){
		"another browser":  func(_ *fixture, r *crmcmd.Return) { r.Browser = "other" },
		"no browser":       func(_ *fixture, r *crmcmd.Return) { r.Browser = "" },
		"another state":    func(_ *fixture, r *crmcmd.Return) { r.State += "x" },
		"no state":         func(_ *fixture, r *crmcmd.Return) { r.State = "" },
		"too late":         func(f *fixture, _ *crmcmd.Return) { f.clock.Advance(11 * time.Minute) },
		"a newer attempt":  func(f *fixture, r *crmcmd.Return) { f.ask(idOf(r)) },
		"completed before": func(f *fixture, r *crmcmd.Return) { require.NoError(f.t, second(f.h.Complete(f.t.Context(), *r))) },
		"refused before": func(f *fixture, r *crmcmd.Return) {
			no := *r
			no.Error = "access_denied"
			require.ErrorContains(f.t, second(f.h.Complete(f.t.Context(), no)), "did not allow")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			_, back := f.ask("")
			change(f, &back)
			before := f.crm.times("exchange")
			_, err := f.h.Complete(t.Context(), back)
			require.ErrorIs(t, err, crm.ErrAttempt())
			require.Equal(t, before, f.crm.times("exchange"))
		})
	}
}

func idOf(r *crmcmd.Return) kernel.ConnectionID {
	return kernel.ConnectionID(r.State[:len("con_")+26])
}

func second[T any](_ T, err error) error { return err }

func TestSecretsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked, back := f.ask("")
	require.NoError(t, second(f.h.Complete(t.Context(), back)))
	f.conn = asked.ID
	f.crm.dead["canary-access-1"] = true
	f.row("ada@acme.example", "Ada", 1)
	f.run(f.start(false))
	require.Equal(t, 1, f.crm.times("refresh"), "the token that holds no longer was replaced")
	events, err := f.log.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	for _, e := range events {
		text := string(e.Data) + string(e.Metadata)
		for _, canary := range []string{"canary", "app-secret", back.State, back.Browser, "ada@acme.example\",\"label", "\"Ada\"", "ada@acme.example"} {
			require.NotContains(t, text, canary, e.Type)
		}
	}
}

// Connecting an account once more renews its connection, so that it has its syncs and the records that they know; after a disconnect it
// gets a new one.
func TestAnAccountHasOneConnection(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	connect := func() kernel.ConnectionID {
		_, back := f.ask("")
		done, err := f.h.Complete(t.Context(), back)
		require.NoError(t, err)
		return done.ID
	}
	require.Equal(t, f.conn, connect())
	f.row("ada@acme.example", "Ada", 1)
	require.Equal(t, crm.RunCompleted, f.run(f.start(false)).State(), "with the new tokens")
	require.NoError(t, second(f.h.Disconnect(t.Context(), f.meta, f.conn)))
	require.NotEqual(t, f.conn, connect())
}

func TestTokensAreRenewedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.clock.Advance(time.Hour)
	busy := 2
	f.crm.before = func(call string) error {
		if call == "refresh" && busy > 0 {
			busy--
			return &crm.CallError{Kind: crm.CallBusy, Message: "token request is already being processed"}
		}
		return nil
	}
	fields := func() error { return second(f.h.Fields(t.Context(), ws, f.conn, "contacts")) }
	require.NoError(t, fields())
	require.NoError(t, fields())
	require.Equal(t, 3, f.crm.times("refresh"), "tried until the vendor was ready, and then not again")
}

func TestARefreshThatWasLostIsTakenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.clock.Advance(time.Hour)
	f.crm.before = func(call string) error {
		if call == "refresh" {
			panic("the process died")
		}
		return nil
	}
	require.Panics(t, func() { _, _ = f.h.Fields(t.Context(), ws, f.conn, "contacts") })
	f.crm.before = nil
	before := f.clock.Now()
	require.NoError(t, second(f.h.Fields(t.Context(), ws, f.conn, "contacts")))
	require.GreaterOrEqual(t, f.clock.Now().Sub(before), 40*time.Second, "as long as the other process could still be at it, it is waited for")
}

func TestAnAccessThatIsGoneCanBeConnectedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect()
	f.clock.Advance(time.Hour)
	f.crm.before = func(call string) error {
		if call == "refresh" {
			return &crm.CallError{Kind: crm.CallDenied, Message: "the refresh token was revoked"}
		}
		return nil
	}
	require.ErrorIs(t, second(f.h.Fields(t.Context(), ws, f.conn, "contacts")), crm.ErrNotConnected())
	f.crm.before = nil
	require.ErrorIs(t, second(f.h.Fields(t.Context(), ws, f.conn, "contacts")), crm.ErrNotConnected(), "it isn't tried again")

	f.crm.account = "acc_2"
	_, back := f.ask(f.conn)
	require.ErrorContains(t, second(f.h.Complete(t.Context(), back)), "connect it as a new one")
	f.crm.account = "acc_1"
	_, back = f.ask(f.conn)
	require.NoError(t, second(f.h.Complete(t.Context(), back)))
	require.NoError(t, second(f.h.Fields(t.Context(), ws, f.conn, "contacts")))
}

func TestDisconnectRevokesAndErases(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{"": nil, "MemCRM is away": &crm.CallError{Kind: crm.CallFailed, Message: "MemCRM is away"}} {
		f := newFixture(t)
		f.connect()
		f.crm.before = func(call string) error {
			if call == "revoke" {
				return fail
			}
			return nil
		}
		other := f.meta
		other.Workspace = "ws_01JYYYYYYYYYYYYYYYYYYYYYYY"
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Disconnect(t.Context(), other, f.conn))))
		res, err := f.h.Disconnect(t.Context(), f.meta, f.conn)
		require.NoError(t, err)
		require.Equal(t, crmcmd.Disconnected{Revoked: fail == nil, Reason: name}, res.Value)
		require.Equal(t, []string{"canary-refresh-1"}, f.crm.revoked)
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Fields(t.Context(), ws, f.conn, "contacts"))))
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Disconnect(t.Context(), f.meta, f.conn))))
	}
}

func TestWhatIsNotConfiguredSaysWhatToSet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(second(f.h.Connect(t.Context(), f.meta, crmcmd.Connect{Vendor: "other"}))))
	for _, instance := range []string{"https://x", "elsewhere.example"} {
		require.ErrorContains(t, second(f.h.Connect(t.Context(), f.meta, crmcmd.Connect{Vendor: "mem", Instance: instance})), "instance")
	}
	f.crm.before = func(call string) error {
		if call == "account" {
			return errors.New("dial tcp 10.0.0.1: refused")
		}
		return nil
	}
	_, back := f.ask("")
	require.Equal(t, kernel.KindInternal, kernel.KindOf(second(f.h.Complete(t.Context(), back))))
}
