package creditread_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// What can be done to the log with the rights of its owner, each so that the log itself remains whole.
func TestWhatWasChangedBySQLDoesNotProve(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	for name, c := range map[string]struct{ sql, says string }{
		"the tail is cut": {`DELETE FROM log.events WHERE stream_id = 'credit-ws_1' AND version = 2;
			UPDATE log.streams SET version = 1, last_position = first_position WHERE id = 'credit-ws_1'`, "the ledger ends at entry 1"},
		"an amount is changed": {`UPDATE log.events SET data = replace(data::text, '"amount_mc":700', '"amount_mc":900')::json
			WHERE stream_id = 'credit-ws_1' AND version = 1`, "its content does not have its hash"},
		"an actor is changed": {`UPDATE log.events SET metadata = replace(metadata::text, 'usr_1', 'usr_2')::json
			WHERE stream_id = 'credit-ws_1' AND version = 2`, "its actor is not the one that was signed"},
		"another workspace's ledger is put in place": {`DELETE FROM log.events WHERE stream_id = 'credit-ws_1';
			UPDATE log.events SET stream_id = 'credit-ws_1', workspace_id = 'ws_1' WHERE stream_id = 'credit-ws_2';
			UPDATE log.streams a SET version = b.version, first_position = b.first_position, last_position = b.last_position
			FROM log.streams b WHERE a.id = 'credit-ws_1' AND b.id = 'credit-ws_2'`, "it belongs to the workspace ws_2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, pool := pgtest.Log(t)
			codec, err := eventstore.NewCodec(credit.Events())
			require.NoError(t, err)
			open := func() *creditcmd.Handlers {
				return creditcmd.NewHandlers(creditcmd.NewLedger(log, codec, ledgertest.Keys()), clock)
			}
			meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}}
			for _, grant := range []creditcmd.Grant{
				{Workspace: "ws_1", Amount: 700}, {Workspace: "ws_2", Amount: 5_000_000}, {Workspace: "ws_1", Amount: 800}, {Workspace: "ws_2", Amount: 1},
			} {
				_, err := open().Grant(t.Context(), meta, grant)
				require.NoError(t, err)
			}
			_, err = open().SignHead(t.Context(), meta, "ws_1", nil)
			require.NoError(t, err)
			proof, err := open().Prove(t.Context(), meta, "ws_1", creditcmd.Known{})
			require.NoError(t, err)
			require.True(t, proof.OK, "%+v", proof.FirstBad)

			for _, statement := range strings.Split(c.sql, ";") {
				_, err := pool.Exec(t.Context(), statement)
				require.NoError(t, err)
			}
			proof, err = open().Prove(t.Context(), meta, "ws_1", creditcmd.Known{})
			require.NoError(t, err)
			require.False(t, proof.OK)
			require.Contains(t, proof.FirstBad.Reason, c.says)
			_, err = open().Grant(t.Context(), meta, creditcmd.Grant{Workspace: "ws_1", Amount: 1})
			require.ErrorIs(t, err, credit.ErrClosed())
		})
	}
}
