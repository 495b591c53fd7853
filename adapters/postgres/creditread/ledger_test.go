package creditread_test

import (
	"testing"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/eventstore"
)

// The ledger keeps its promises over the log in Postgres.
func TestLedger(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) eventstore.Store {
		t.Helper()
		log, _ := pgtest.Log(t)
		return log
	})
}
