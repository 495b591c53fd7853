package boot

import (
	"context"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/adapters/outbound/mailer"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
)

// accounts is accounts, sessions, workspaces and members.
type accounts struct {
	core       *core
	tokens     *tokens.Issuer
	signals    *authread.Signals
	auth       *authcmd.Handlers
	workspaces *workspacecmd.Handlers
	outbox     *mailer.Outbox // nil when mails go to an SMTP server
	mails      *mailer.Queue
	tables     httpapi.Tables // set when they are made, which need the zones of workspaces
	events     message.Subscriber
}

// mailQueue is how many mails may wait for the server.
const mailQueue = 1000

func newAccounts(ctx context.Context, c *core, b *bus, refused authcmd.Refused) (*accounts, error) {
	t := &accounts{core: c, events: b.subscribe("")}
	var err error
	if t.tokens, err = tokens.New(c.clock, c.ids, c.cfg.JWTKeys.Reveal()...); err != nil {
		return nil, err
	}
	if t.signals, err = authread.OpenSignals(ctx, c.pool); err != nil {
		return nil, err
	}
	if err := t.openMails(); err != nil {
		return nil, err
	}
	passwords, err := tokens.NewPasswords(tokens.PasswordCost)
	if err != nil {
		return nil, err
	}
	public := strings.TrimRight(c.cfg.PublicURL, "/")
	t.workspaces, err = workspacecmd.New(workspacecmd.Config{
		Store:     c.store,
		Codec:     c.codec,
		IDs:       c.ids,
		Clock:     c.clock,
		Logger:    c.log,
		Mailer:    t.mails,
		Tokens:    t.tokens,
		Persons:   c.ring,
		PublicURL: public,
		ShowLinks: !c.cfg.SMTPURL.IsSet(),
	})
	if err != nil {
		return nil, err
	}
	signOn, err := newSignOn(c, t.tokens, t.workspaces)
	if err != nil {
		return nil, err
	}
	passkeys, err := newPasskeys(public, t.tokens)
	if err != nil {
		return nil, err
	}
	operators := c.cfg.Operators
	if c.cfg.Demo() {
		operators = append(operators, DemoEmail)
	}
	t.auth, err = authcmd.New(authcmd.Config{ //nolint:contextcheck // its mails outlive the start; close ends them
		Store:     c.store,
		Codec:     c.codec,
		IDs:       c.ids,
		Clock:     c.clock,
		Logger:    c.log,
		Access:    t.tokens,
		Refresh:   t.tokens,
		Keys:      t.tokens,
		Passwords: passwords,
		Codes:     tokens.Codes{},
		Persons:   c.ring,
		Attempts:  t.signals,
		Members:   t.workspaces,
		KeyUses:   t.signals,
		Mailer:    t.mails,
		PublicURL: public,
		Operators: operators,
		Refused:   refused,
		SignOn:    signOn,
		Passkeys:  passkeys,
	})
	return t, err
}

// openMails makes the queue of mails, to the SMTP server when one is set.
func (t *accounts) openMails() error {
	c := t.core
	var to mailer.Mailer
	if c.cfg.SMTPURL.IsSet() {
		smtp, err := mailer.NewSMTP(c.cfg.SMTPURL.Reveal(), c.cfg.MailFrom)
		if err != nil {
			return err
		}
		to = smtp
	} else {
		outbox, err := mailer.NewOutbox(c.cfg.OutboxDir(), c.ids, c.clock, c.log)
		if err != nil {
			return err
		}
		t.outbox, to = outbox, outbox
	}
	t.mails = mailer.NewQueue(to, mailQueue, c.log, time.Second, 10*time.Second, time.Minute)
	return nil
}

func (t *accounts) endpoints(a *httpapi.API) {
	c := t.core
	reads := workspaceread.NewQueries(c.rows, c.ring)
	cookies := authapi.Cookies{Insecure: !strings.HasPrefix(c.cfg.PublicURL, "https://")}
	authapi.Register(a, authapi.Deps{
		Handlers: t.auth, Sessions: authread.NewQueries(c.rows), Workspaces: reads, Clock: c.clock, Cookies: cookies, Demo: demoLogin(c.cfg),
	})
	workspaceapi.Register(a, workspaceapi.Deps{
		Handlers: t.workspaces, Auth: t.auth, Reads: reads, Signals: t.signals, Clock: c.clock, Cookies: cookies, Tables: t.tables,
	})
}

func (t *accounts) parts() parts {
	return parts{
		tasks:  []task{{name: "observer", run: t.observe}},
		sweeps: []sweeper.Sweep{{Name: "sessions", Every: time.Hour, Run: t.sweepSessions}},
		close:  t.close,
	}
}

func (t *accounts) close(ctx context.Context) error {
	t.auth.Close()
	return t.mails.Close(ctx)
}

// sweepSessions closes sessions that can't be refreshed any more, so that an account's list holds living ones only.
func (t *accounts) sweepSessions(ctx context.Context) (int, error) {
	list, err := authread.NewQueries(t.core.rows).Expired(ctx, t.core.clock.Now(), sweepBatch)
	if err != nil {
		return 0, err
	}
	return each(list, func(id kernel.SessionID) (bool, error) { return t.auth.ExpireSession(ctx, sweeping(""), id) })
}
