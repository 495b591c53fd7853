package boot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/adapters/outbound/mailer"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
)

// team is accounts, sessions, workspaces and members.
type accounts struct {
	tokens     *tokens.Issuer
	signals    *authread.Signals
	auth       *authcmd.Handlers
	workspaces *workspacecmd.Handlers
	outbox     *mailer.Outbox // nil when mails go to an SMTP server
	mails      *mailer.Queue
}

// mailQueue is how many mails may wait for the server.
const mailQueue = 1000

func (p *Platform) accounts(ctx context.Context, refused authcmd.Refused) (*accounts, error) {
	t := &accounts{}
	var err error
	if t.tokens, err = tokens.New(p.clock, p.ids, p.cfg.JWTKeys.Reveal()...); err != nil {
		return nil, err
	}
	if t.signals, err = authread.OpenSignals(ctx, p.pool); err != nil {
		return nil, err
	}
	if err := p.mails(t); err != nil {
		return nil, err
	}
	passwords, err := tokens.NewPasswords(tokens.PasswordCost)
	if err != nil {
		return nil, err
	}
	public := strings.TrimRight(p.cfg.PublicURL, "/")
	t.workspaces, err = workspacecmd.New(workspacecmd.Config{
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Logger: p.log, Mailer: t.mails, Tokens: t.tokens, Persons: p.ring, PublicURL: public,
	})
	if err != nil {
		return nil, err
	}
	operators := p.cfg.Operators
	if p.cfg.Demo() {
		operators = append(operators, DemoEmail)
	}
	t.auth, err = authcmd.New(authcmd.Config{ //nolint:contextcheck // its mails outlive the start; close ends them
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Logger: p.log, Access: t.tokens, Refresh: t.tokens, Keys: t.tokens,
		Passwords: passwords, Persons: p.ring, Attempts: t.signals, Members: t.workspaces, KeyUses: t.signals, Mailer: t.mails, PublicURL: public, Operators: operators, Refused: refused,
	})
	return t, err
}

func (p *Platform) mails(t *accounts) error {
	var to mailer.Mailer
	if p.cfg.SMTPURL.IsSet() {
		smtp, err := mailer.NewSMTP(p.cfg.SMTPURL.Reveal(), p.cfg.MailFrom)
		if err != nil {
			return err
		}
		to = smtp
	} else {
		outbox, err := mailer.NewOutbox(p.cfg.OutboxDir(), p.ids, p.clock, p.log)
		if err != nil {
			return err
		}
		t.outbox, to = outbox, outbox
	}
	t.mails = mailer.NewQueue(to, mailQueue, p.log, time.Second, 10*time.Second, time.Minute)
	return nil
}

func (p *Platform) registerAccounts(a *httpapi.API, t *accounts, tables httpapi.Tables) {
	reads := workspaceread.NewQueries(p.rows, p.ring)
	cookies := authapi.Cookies{Insecure: !strings.HasPrefix(p.cfg.PublicURL, "https://")}
	authapi.Register(a, authapi.Deps{Handlers: t.auth, Sessions: authread.NewQueries(p.rows), Workspaces: reads, Clock: p.clock, Cookies: cookies})
	workspaceapi.Register(a, workspaceapi.Deps{
		Handlers: t.workspaces, Auth: t.auth, Reads: reads, Signals: t.signals, Clock: p.clock, Cookies: cookies, Tables: tables,
	})
}

func (t *accounts) close(ctx context.Context) error {
	t.auth.Close()
	return errors.Join(t.mails.Close(ctx))
}
