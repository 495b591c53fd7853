package boot

import (
	"context"
	"fmt"

	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/demo"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// The demo login, which everybody knows; see config.Demo.
const (
	DemoEmail    = demo.Email
	DemoPassword = demo.Password
)

// demoLogin is what the page of signing in offers: nothing where a proxy may stand before the server, since others may be behind it.
func demoLogin(cfg config.Config) *authapi.DemoLogin {
	if !cfg.Demo() || !cfg.Local() {
		return nil
	}
	return &authapi.DemoLogin{Email: DemoEmail, Password: DemoPassword}
}

// demoCredits are enough for a few thousand paid answers.
const demoCredits = 1000 * kernel.Credit

// demo makes the demo account, its workspace, some credits and the sample table, each once: the keys make repeats harmless,
// and an account that outlived its key was completed long ago.
func (s *modules) demo(ctx context.Context) error {
	meta := func(key string) kernel.Meta {
		return kernel.Meta{Actor: kernel.System(), IdempotencyKey: "demo/" + key, Fingerprint: "1", CorrelationID: "demo"}
	}
	owner, err := s.accounts.auth.Register(ctx, meta("user"), authcmd.Register{
		Email:    DemoEmail,
		Password: DemoPassword,
		Name:     "Demo",
		Demo:     true,
	})
	if kernel.KindOf(err) == kernel.KindConflict {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the account: %w", err)
	}
	m := meta("workspace")
	m.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(owner.Value.ID)}
	ws, err := s.accounts.workspaces.Create(ctx, m, workspacecmd.Create{Name: "Demo", Slug: "demo"})
	if err != nil {
		return fmt.Errorf("make the workspace: %w", err)
	}
	m.Workspace = ws.Value.ID
	_, err = s.credits.handlers.Grant(ctx, meta("credits"), creditcmd.Grant{
		Workspace: ws.Value.ID,
		Kind:      credit.KindTrial,
		Amount:    demoCredits,
		Note:      "Demo credits",
	})
	if err != nil {
		return fmt.Errorf("grant credits: %w", err)
	}
	return s.demoTable(ctx, m)
}

// demoTable makes the sample table; m is on behalf of the demo account.
func (s *modules) demoTable(ctx context.Context, m kernel.Meta) error {
	rows, err := demo.Rows()
	if err != nil {
		return err
	}
	m.IdempotencyKey = "demo/table"
	t, err := s.tables.handlers.Create(ctx, m, tablecmd.CreateTable{Name: demo.TableName, Columns: demo.Columns()})
	if err != nil {
		return fmt.Errorf("make the sample table: %w", err)
	}
	m.IdempotencyKey = "demo/rows"
	_, err = s.tables.handlers.BatchRows(ctx, m, tablecmd.BatchRows{Table: t.Value.ID, Operations: rows, CreateOptions: true})
	if err != nil {
		return fmt.Errorf("fill the sample table: %w", err)
	}
	return nil
}
