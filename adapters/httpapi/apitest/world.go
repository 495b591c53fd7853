// Package apitest runs the REST API for tests: the log in memory, the read models in a Postgres database of the test's own,
// brought up to date within each append, and a client that speaks the envelope.
package apitest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/secrets/passkeys"
	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/authview"
	"github.com/morket/morket/projections/workspaceview"
)

// PasskeyDomain is the domain that passkeys are for; pages of it have no port.
const PasskeyDomain = "morket.test"

// Operator is the address of the installation's operator.
const Operator = "operator@example.com"

// testCost is the lowest cost of bcrypt, for speed.
const testCost = 4

// World is an API with accounts and workspaces. Clock stands still until the test moves it.
type World struct {
	Clock      *kernel.ManualClock
	IDs        *kernel.IDs
	Log        *Log
	Pool       *pgxpool.Pool
	Ring       *vault.Ring
	Tokens     *tokens.Issuer
	Auth       *authcmd.Handlers
	Workspaces *workspacecmd.Handlers
	API        *httpapi.API
	Mails      *Mailbox
	Output     *Output // what the API logged
	URL        string

	t testing.TB
}

// Option changes the API's configuration.
type Option func(*httpapi.Config)

// New starts a world. It ends with the test.
func New(t testing.TB, options ...Option) *World {
	t.Helper()
	w := &World{t: t, Clock: kernel.NewManualClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)), Mails: &Mailbox{}, Output: &Output{}}
	w.IDs = kernel.NewIDs(w.Clock)
	w.Ring = vaulttest.Ring(t, w.Clock)
	codec, err := eventstore.NewCodec(auth.Events(), workspace.Events())
	require.NoError(t, err)
	w.Pool = pgtest.Pool(t)
	w.Log = newLog(t, w.Pool, w.Clock, codec)
	w.Tokens, err = tokens.New(w.Clock, w.IDs, bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	w.handlers(codec)
	cfg := httpapi.Config{
		Authenticator: authapi.Authenticator(w.Auth), Memberships: w.Workspaces, Limiter: memlimit.New(w.Clock),
		Commands: w.Log, Positions: w.Log, IDs: w.IDs, Clock: w.Clock, Logger: slog.New(slog.NewJSONHandler(w.Output, nil)),
		ReadWait: time.Millisecond, FingerprintKey: w.Tokens.FingerprintKey(), Version: "test",
	}
	for _, o := range options {
		o(&cfg)
	}
	w.API = httpapi.New(cfg)
	w.register()
	server := httptest.NewServer(w.API.Handler())
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// Twin makes the handlers of a second process on the same log, which knows nothing of the first one's caches.
func Twin(t testing.TB, w *World) *authcmd.Handlers {
	t.Helper()
	twin := *w
	codec, err := eventstore.NewCodec(auth.Events(), workspace.Events())
	require.NoError(t, err)
	twin.handlers(codec)
	return twin.Auth
}

// NewPassword changes Password into another one.
func NewPassword() authcmd.ChangePassword {
	return authcmd.ChangePassword{Current: Password, New: "another good password"}
}

func (w *World) handlers(codec *eventstore.Codec) {
	logger := slog.New(slog.NewJSONHandler(w.Output, nil))
	signals, err := authread.OpenSignals(w.t.Context(), w.Pool)
	require.NoError(w.t, err)
	passwords, err := tokens.NewPasswords(testCost)
	require.NoError(w.t, err)
	w.Workspaces, err = workspacecmd.New(workspacecmd.Config{
		Store: w.Log, Codec: codec, IDs: w.IDs, Clock: w.Clock, Logger: logger, Mailer: w.Mails, Tokens: w.Tokens,
		Persons: w.Ring, PublicURL: "https://morket.test",
	})
	require.NoError(w.t, err)
	checker, err := passkeys.New(PasskeyDomain, "https://"+PasskeyDomain)
	require.NoError(w.t, err)
	w.Auth, err = authcmd.New(authcmd.Config{
		Store: w.Log, Codec: codec, IDs: w.IDs, Clock: w.Clock, Logger: logger, Access: w.Tokens, Refresh: w.Tokens, Keys: w.Tokens,
		Passwords: passwords, Codes: tokens.Codes{}, Persons: w.Ring, Attempts: signals, Members: w.Workspaces, KeyUses: signals, Mailer: w.Mails,
		PublicURL: "https://" + PasskeyDomain, Operators: []string{Operator},
		Passkeys: &authcmd.Passkeys{Checker: checker, Ceremonies: w.Tokens, Domain: PasskeyDomain, Origin: "https://" + PasskeyDomain},
	})
	require.NoError(w.t, err)
	w.t.Cleanup(w.Auth.Close)
}

func (w *World) register() {
	reads := workspaceread.NewQueries(w.Pool, w.Ring)
	signals, err := authread.OpenSignals(w.t.Context(), w.Pool)
	require.NoError(w.t, err)
	cookies := authapi.Cookies{Insecure: true}
	authapi.Register(w.API, authapi.Deps{
		Handlers: w.Auth, Sessions: authread.NewQueries(w.Pool), Workspaces: reads, Clock: w.Clock, Cookies: cookies,
	})
	workspaceapi.Register(w.API, workspaceapi.Deps{
		Handlers: w.Workspaces, Auth: w.Auth, Reads: reads, Signals: signals, Clock: w.Clock, Cookies: cookies, Tables: w,
	})
}

// Unknown implements httpapi.Tables: the world has every table but NoTable.
func (w *World) Unknown(_ context.Context, _ kernel.WorkspaceID, tables []kernel.TableID) ([]kernel.TableID, error) {
	if slices.Contains(tables, NoTable) {
		return []kernel.TableID{NoTable}, nil
	}
	return nil, nil
}

// NoTable is the id of a table that is in no workspace.
const NoTable kernel.TableID = "tbl_01ZZZZZZZZZZZZZZZZZZZZZZZZ"

// Log is a log in memory that brings the read models up to date within each append.
type Log struct {
	*memstore.Store
	mu    sync.Mutex
	reads *postgres.Store
	views []projections.Projector
	at    map[string]projections.Checkpoint
	keys  []string // of the appends
}

// Keys returns the idempotency keys of what was appended.
func (l *Log) Keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.keys)
}

func newLog(t testing.TB, pool *pgxpool.Pool, clock kernel.Clock, codec *eventstore.Codec) *Log {
	t.Helper()
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	reads, err := postgres.NewStore(pool, authread.Model(), workspaceread.Model())
	require.NoError(t, err)
	l := &Log{Store: memstore.New(clock), reads: reads, at: map[string]projections.Checkpoint{}}
	l.views = []projections.Projector{authview.New(codec, authread.Open), workspaceview.New(codec, workspaceread.Open)}
	for _, p := range l.views {
		l.at[p.Name()], err = reads.Create(t.Context(), projections.LiveOf(p.Name()), p.Version())
		require.NoError(t, err)
	}
	return l
}

// Append appends and applies.
func (l *Log) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := l.Store.Append(ctx, a)
	if err != nil {
		return done, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if key := a.Meta.IdempotencyKey; key != "" {
		l.keys = append(l.keys, key)
	}
	for _, p := range l.views {
		if err := l.apply(ctx, p); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (l *Log) apply(ctx context.Context, p projections.Projector) error {
	at := l.at[p.Name()]
	events, err := l.ReadAll(ctx, at.Position, 10_000)
	if err != nil || len(events) == 0 {
		return err
	}
	types := strings.Join(p.Types(), " ")
	var wanted []eventstore.Recorded
	for _, e := range events {
		if strings.Contains(" "+types+" ", " "+e.Type+" ") {
			wanted = append(wanted, e)
		}
	}
	step := projections.Step{To: events[len(events)-1].Position, Apply: func(ctx context.Context, tx projections.Tx) error {
		if len(wanted) == 0 {
			return nil
		}
		return p.Apply(ctx, tx, wanted)
	}}
	l.at[p.Name()], err = l.reads.Advance(ctx, at, step)
	return err
}

// Wait implements httpapi.Positions.
func (l *Log) Wait(_ context.Context, projection string, position int64) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	reached := l.at[projection].Position
	return reached, reached >= position
}

// Mailbox keeps the mails that were sent.
type Mailbox struct {
	mu    sync.Mutex
	mails []string
}

// Send implements the mail ports.
func (m *Mailbox) Send(_ context.Context, to, subject, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, "To: "+to+"\nSubject: "+subject+"\n\n"+text)
	return nil
}

// All returns the mails, oldest first.
func (m *Mailbox) All() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.mails...)
}

// Token returns the token at the end of the link in the latest mail.
func (m *Mailbox) Token(t testing.TB) string {
	t.Helper()
	all := m.All()
	require.NotEmpty(t, all, "no mail was sent")
	found := regexp.MustCompile(`(?:token=|/invitations/)(\S+)`).FindStringSubmatch(all[len(all)-1])
	require.Len(t, found, 2, "the mail has no link")
	return found[1]
}

// Output collects log lines.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns all that was logged.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
