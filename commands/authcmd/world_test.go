package authcmd_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	workspace = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	email     = "ann@example.com"
	password  = "correct horse battery"
	better    = "an even longer passphrase"
)

// world is accounts over a log in memory. It is also the members of the workspace, the count of attempts and the mails.
type world struct {
	t        *testing.T
	clock    *kernel.ManualClock
	log      *memstore.Store
	h        *authcmd.Handlers
	role     kernel.Role // of Ann in the workspace; none if empty
	member   string      // names her membership
	attempts map[string]int
	serial   *sync.Mutex // guards attempts where a test signs in twice at once
	mails    chan string
	ann      kernel.UserID
	tokens   *tokens.Issuer
	cfg      authcmd.Config
}

// only starts the process anew, with passwords for operators only.
func (w *world) only() {
	w.t.Helper()
	way := *w.cfg.SignOn
	way.Only = true
	w.cfg.SignOn = &way
	h, err := authcmd.New(w.cfg)
	require.NoError(w.t, err)
	w.t.Cleanup(h.Close)
	w.h = h
}

func (w *world) Member(context.Context, kernel.WorkspaceID, kernel.UserID) (kernel.Role, string, bool, error) {
	return w.role, w.member, w.role != "", nil
}

func (*world) Used(context.Context, kernel.APIKeyID, kernel.WorkspaceID, time.Time) error { return nil }

func (w *world) Begin(_ context.Context, key string, _ time.Time, limit int, _ time.Duration) (bool, time.Duration, error) {
	if w.serial != nil {
		w.serial.Lock()
		defer w.serial.Unlock()
	}
	w.attempts[key]++
	return w.attempts[key] <= limit, time.Minute, nil
}

func (w *world) Succeeded(_ context.Context, key string) error {
	if w.serial != nil {
		w.serial.Lock()
		defer w.serial.Unlock()
	}
	delete(w.attempts, key)
	return nil
}

func (w *world) Send(_ context.Context, _, _, text string) error {
	w.mails <- text
	return nil
}

// plain keeps passwords as they are: hashing them is tested elsewhere.
type plain struct{}

func (plain) Hash(_ context.Context, password string) (string, error) {
	return "hash of " + password, nil
}

func (plain) Matches(_ context.Context, hash, password string) (bool, error) {
	return hash == "hash of "+password, nil
}

// given is an account of Ann's, who owns the workspace.
func given(t *testing.T) *world {
	t.Helper()
	return givenWith(t, nil)
}

// givenWith is given with another configuration.
func givenWith(t *testing.T, change func(*world, *authcmd.Config)) *world {
	t.Helper()
	w := &world{
		t: t, clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), role: kernel.RoleOwner, member: "mem_1", attempts: map[string]int{}, mails: make(chan string, 10),
	}
	w.log = memstore.New(w.clock)
	codec, err := eventstore.NewCodec(auth.Events())
	require.NoError(t, err)
	ids := kernel.NewIDs(w.clock)
	issuer, err := tokens.New(w.clock, ids, bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	w.tokens = issuer
	w.cfg = authcmd.Config{
		Store: w.log, Codec: codec, IDs: ids, Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Access: issuer, Refresh: issuer, Keys: issuer, Passwords: plain{}, Codes: tokens.Codes{},
		Persons: vaulttest.Ring(t, w.clock), Attempts: w, Members: w, KeyUses: w, Mailer: w, PublicURL: "https://morket.example", Operators: []string{"root@example.com"},
	}
	if change != nil {
		change(w, &w.cfg)
	}
	w.h, err = authcmd.New(w.cfg)
	require.NoError(t, err)
	t.Cleanup(w.h.Close)
	made, err := w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: email, Password: password, Name: "Ann"})
	require.NoError(t, err)
	w.ann = made.Value.ID
	return w
}

func (w *world) meta() kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(w.ann)}, Workspace: workspace}
}

func (w *world) login(password string) (authcmd.Opened, error) {
	res, err := w.h.Login(w.t.Context(), kernel.Meta{}, authcmd.Login{Email: email, Password: password})
	return res.Value, err
}

func (w *world) signedIn() authcmd.Opened {
	w.t.Helper()
	o, err := w.login(password)
	require.NoError(w.t, err)
	return o
}

// good reports whether the token lets in.
func (w *world) good(token string) bool {
	_, err := w.h.Authenticate(w.t.Context(), token)
	return err == nil
}

func (w *world) key(role kernel.Role, tables ...kernel.TableID) authcmd.APIKey {
	w.t.Helper()
	res, err := w.h.CreateAPIKey(w.t.Context(), w.meta(), authcmd.CreateAPIKey{Name: "robot", Role: role, Tables: tables})
	require.NoError(w.t, err)
	return res.Value
}

var resetLink = regexp.MustCompile(`usr_[0-9A-Z]{26}\.[0-9a-f]{64}`)
