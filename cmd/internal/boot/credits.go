package boot

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// credits is the ledger.
type credits struct {
	core     *core
	ledger   *creditcmd.Ledger
	handlers *creditcmd.Handlers
	cells    creditapi.Cells
}

func newCredits(c *core, cells creditapi.Cells) (*credits, error) {
	ledger, err := openLedger(c)
	if err != nil {
		return nil, err
	}
	return &credits{core: c, ledger: ledger, handlers: creditcmd.NewHandlers(ledger, c.clock), cells: cells}, nil
}

// openLedger opens the ledger under keys that are derived from the master keys: they are not in the database, so write access to that
// is not enough to write a ledger that proves.
func openLedger(c *core) (*creditcmd.Ledger, error) {
	keys, err := ledgerKeys(c.cfg.MasterKey)
	if err != nil {
		return nil, err
	}
	return creditcmd.NewLedger(c.store, c.codec, keys), nil
}

func ledgerKeys(master config.Keys) (credit.Keys, error) {
	var secrets [][]byte
	for _, key := range master.Reveal() {
		secret, err := hkdf.Key(sha256.New, key, nil, "morket ledger v1", sha256.Size)
		if err != nil {
			return credit.Keys{}, err
		}
		secrets = append(secrets, secret)
	}
	return credit.NewKeys(secrets...)
}

func (m *credits) endpoints(a *httpapi.API) {
	creditapi.Register(a, creditapi.Deps{
		Handlers: m.handlers, Reads: creditread.NewQueries(m.core.rows), Log: m.core.store, Clock: m.core.clock, Cells: m.cells,
	})
}

func (m *credits) parts() parts {
	return parts{sweeps: []sweeper.Sweep{{Name: "ledgers", Every: time.Hour, Run: m.sign}}}
}

// sign proves each ledger and signs its head, once a day.
func (m *credits) sign(ctx context.Context) (n int, err error) {
	reads := creditread.NewQueries(m.core.pool)
	return n, eachLedger(ctx, m.core, func(ws kernel.WorkspaceID) error {
		shown, e := reads.Balance(ctx, ws)
		if e == nil {
			var signed bool
			if signed, e = m.handlers.SignHead(ctx, sweeping(ws), ws, shown.Shown()); signed {
				n++
			}
		}
		if e != nil {
			m.core.log.ErrorContext(ctx, "sign a ledger's head", "workspace", ws, "error", e)
		}
		return ctx.Err()
	})
}
