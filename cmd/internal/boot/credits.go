package boot

import (
	"crypto/hkdf"
	"crypto/sha256"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/credentialapi"
	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/adapters/postgres/credentialread"
	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
)

// money is the credit ledger and the vault.
type credits struct {
	ledger      *creditcmd.Ledger
	credits     *creditcmd.Handlers
	credentials *credentialcmd.Handlers
}

func (p *Platform) credits() (*credits, error) {
	ledger, err := p.ledger()
	if err != nil {
		return nil, err
	}
	return &credits{
		ledger: ledger, credits: creditcmd.NewHandlers(ledger, p.clock), credentials: credentialcmd.NewHandlers(p.store, p.codec, p.ids, p.vault),
	}, nil
}

// ledger opens the ledger under keys that are derived from the master keys: they are not in the database, so write access to
// that is not enough to write a ledger that proves.
func (p *Platform) ledger() (*creditcmd.Ledger, error) {
	var secrets [][]byte
	for _, master := range p.cfg.MasterKey.Reveal() {
		secret, err := hkdf.Key(sha256.New, master, nil, "morket ledger v1", sha256.Size)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	keys, err := credit.NewKeys(secrets...)
	if err != nil {
		return nil, err
	}
	return creditcmd.NewLedger(p.store, p.codec, keys), nil
}

func (p *Platform) registerCredits(a *httpapi.API, m *credits, keyed func(provider string) bool, cells creditapi.Cells) {
	creditapi.Register(a, creditapi.Deps{Handlers: m.credits, Reads: creditread.NewQueries(p.rows), Log: p.store, Clock: p.clock, Cells: cells})
	credentialapi.Register(a, credentialapi.Deps{Handlers: m.credentials, Reads: credentialread.NewQueries(p.rows), Keyed: keyed})
}
