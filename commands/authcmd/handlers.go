package authcmd

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// CacheLife is how long another process's change may go unnoticed.
const CacheLife = 5 * time.Second

// cacheLimit bounds what the caches hold.
const cacheLimit = 20_000

// AccessTokens makes and reads the short-lived tokens that go with each request.
type AccessTokens interface {
	Access(user kernel.UserID, session kernel.SessionID) (token string, expires time.Time, err error)
	Verify(token string) (user kernel.UserID, session kernel.SessionID, jti string, err error)
}

// RefreshTokens makes and reads the tokens of a session. A token's successor follows from the token.
type RefreshTokens interface {
	NewRefresh(session kernel.SessionID) (string, error)
	NextRefresh(token string) (string, error)
	RefreshSession(token string) (kernel.SessionID, error)
}

// KeySecrets makes and reads API keys and the tokens of mailed links.
type KeySecrets interface {
	APIKey(id kernel.APIKeyID) string
	APIKeyID(token string) (kernel.APIKeyID, bool)
	Mailed() (string, error)
}

// Passwords hashes passwords. Matches takes the same time for an empty hash as for any other.
type Passwords interface {
	Hash(ctx context.Context, password string) (string, error)
	Matches(ctx context.Context, hash, password string) (bool, error)
}

// Attempts counts sign-ins by address for all processes together, and forgets them by itself.
type Attempts interface {
	// Begin counts an attempt that may fail. After max attempts in the window it answers false and how long to wait.
	Begin(ctx context.Context, key string, now time.Time, limit int, window time.Duration) (ok bool, wait time.Duration, err error)
	// Succeeded forgets the key's attempts.
	Succeeded(ctx context.Context, key string) error
}

// Members tells a person's role and stay in a workspace.
type Members interface {
	Member(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (role kernel.Role, membership string, ok bool, err error)
}

// KeyUses notes that an API key was used.
type KeyUses interface {
	Used(ctx context.Context, key kernel.APIKeyID, ws kernel.WorkspaceID, at time.Time) error
}

// Mailer sends a mail, or takes it to be sent soon.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Persons seals and opens what accounts say about people, each under the person's own key.
type Persons interface {
	auth.Sealer
	auth.Opener
}

// Refused records a wrong password, code or passkey for an account that exists. It must not make the sign-in wait.
type Refused interface {
	SignInFailed(meta kernel.Meta, user kernel.UserID)
}

// Config is what the handlers need.
type Config struct {
	Store     eventstore.Store
	Codec     *eventstore.Codec
	IDs       *kernel.IDs
	Clock     kernel.Clock
	Logger    *slog.Logger
	Access    AccessTokens
	Refresh   RefreshTokens
	Keys      KeySecrets
	Passwords Passwords
	Codes     Codes
	Persons   Persons
	Attempts  Attempts
	Members   Members
	KeyUses   KeyUses
	Mailer    Mailer
	PublicURL string    // where links in mails lead, without a slash at the end
	Operators []string  // email addresses of the installation's operators
	Refused   Refused   // told of wrong passwords and codes; may be nil
	SignOn    *SignOn   // nil: there is no single sign-on
	Passkeys  *Passkeys // nil: browsers can't use passkeys at the public URL
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Store":     c.Store == nil,
		"Codec":     c.Codec == nil,
		"IDs":       c.IDs == nil,
		"Clock":     c.Clock == nil,
		"Logger":    c.Logger == nil,
		"Access":    c.Access == nil,
		"Refresh":   c.Refresh == nil,
		"Keys":      c.Keys == nil,
		"Passwords": c.Passwords == nil,
		"Codes":     c.Codes == nil,
		"Persons":   c.Persons == nil,
		"Attempts":  c.Attempts == nil,
		"Members":   c.Members == nil,
		"KeyUses":   c.KeyUses == nil,
		"Mailer":    c.Mailer == nil,
	} {
		if missing {
			errs = append(errs, errors.New("authcmd needs "+name))
		}
	}
	return errors.Join(errs...)
}

// Handlers carries out the module's commands.
type Handlers struct {
	cfg       Config
	users     *eventstore.Repo[*auth.User]
	sessions  *eventstore.Repo[*auth.Session]
	keys      *eventstore.Repo[*auth.APIKey]
	policy    *auth.PasswordPolicy
	accounts  *cached.Recent[kernel.UserID, account]
	liveKeys  *cached.Recent[kernel.APIKeyID, *auth.APIKey]
	keyUses   *cached.Recent[kernel.APIKeyID, struct{}]
	operators map[auth.Email]bool
	resets    *worker
}

// New makes the handlers. Close ends their background work.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Handlers{
		cfg:       cfg,
		users:     newUsers(cfg.Store, cfg.Codec),
		sessions:  eventstore.NewRepo("session", cfg.Store, cfg.Codec, func() *auth.Session { return &auth.Session{} }),
		keys:      eventstore.NewRepo("apikey", cfg.Store, cfg.Codec, func() *auth.APIKey { return &auth.APIKey{} }),
		policy:    auth.NewPasswordPolicy(),
		accounts:  cached.NewRecent[kernel.UserID, account](cfg.Clock, CacheLife, cacheLimit),
		liveKeys:  cached.NewRecent[kernel.APIKeyID, *auth.APIKey](cfg.Clock, CacheLife, cacheLimit),
		keyUses:   cached.NewRecent[kernel.APIKeyID, struct{}](cfg.Clock, keyUseEvery, cacheLimit),
		operators: map[auth.Email]bool{},
	}
	for _, o := range cfg.Operators {
		email, err := auth.ParseEmail("operator", o)
		if err != nil {
			return nil, err
		}
		h.operators[email] = true
	}
	h.resets = newWorker(cfg.Logger)
	return h, nil
}

func newUsers(log eventstore.Store, codec *eventstore.Codec) *eventstore.Repo[*auth.User] {
	return eventstore.NewRepo("user", log, codec, func() *auth.User { return &auth.User{} })
}

// Close waits for the background work that was begun.
func (h *Handlers) Close() { h.resets.close() }

// Observe drops from the caches what the events change. It is for events of other processes; it must be quick and is.
func (h *Handlers) Observe(events []eventstore.Recorded) {
	for _, e := range events {
		switch e.Stream.Category() {
		case "user":
			h.accounts.Forget(kernel.UserID(e.Stream.ID()))
		case "apikey":
			h.liveKeys.Forget(kernel.APIKeyID(e.Stream.ID()))
		}
	}
}

// updateUser changes an account and makes the change count at once.
func (h *Handlers) updateUser(
	ctx context.Context, meta kernel.Meta, id kernel.UserID, fn func(*auth.User) error,
) (commands.Result[Done], error) {
	done, err := h.users.Update(ctx, meta, string(id), func(u *auth.User) (any, error) {
		if !u.Exists() {
			return nil, kernel.NotFound("user", string(id))
		}
		return Done{}, fn(u)
	})
	h.accounts.Forget(id)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return commands.Reply(done, Done{})
}

// Done is the answer of commands that have nothing to say.
type Done struct{}

// person returns the signed-in caller; an API key is none.
func person(meta kernel.Meta) (kernel.UserID, error) {
	if meta.Actor.Kind != kernel.ActorUser {
		return "", kernel.E(kernel.KindForbidden, "FORBIDDEN", "only a signed-in person may do this, not an API key")
	}
	return kernel.UserID(meta.Actor.ID), nil
}
