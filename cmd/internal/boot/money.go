package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/credentialapi"
	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/adapters/pgread/credentialread"
	"github.com/morket/morket/adapters/pgread/creditread"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/commands/creditcmd"
)

// money is the credit ledger and the vault.
type money struct {
	ledger      *creditcmd.Ledger
	credits     *creditcmd.Handlers
	credentials *credentialcmd.Handlers
}

func (p *Platform) money() *money {
	m := &money{ledger: creditcmd.NewLedger(p.store, p.codec)}
	m.credits = creditcmd.NewHandlers(m.ledger, p.clock)
	m.credentials = credentialcmd.NewHandlers(p.store, p.codec, p.ids, p.vault)
	return m
}

func (p *Platform) registerMoney(a *httpapi.API, m *money, keyed func(provider string) bool) {
	creditapi.Register(a, creditapi.Deps{Handlers: m.credits, Reads: creditread.NewQueries(p.rows), Log: p.store, Codec: p.codec, Clock: p.clock})
	credentialapi.Register(a, credentialapi.Deps{Handlers: m.credentials, Reads: credentialread.NewQueries(p.rows), Keyed: keyed})
}
