package creditcmd_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = kernel.WorkspaceID("ws_1")

func clock() *kernel.ManualClock {
	return kernel.NewManualClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
}

func TestLedger(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(*testing.T) eventstore.Store { return memstore.New(clock()) })
}

func TestGrantTwiceUnderOneKeyGrantsOnce(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(credit.Events())
	require.NoError(t, err)
	ledger := creditcmd.NewLedger(memstore.New(clock()), codec, ledgertest.Keys())
	h := creditcmd.NewHandlers(ledger, clock())
	meta := kernel.Meta{Actor: kernel.System(), IdempotencyKey: "k", Fingerprint: "f"}
	cmd := creditcmd.Grant{Workspace: ws, Amount: 500}
	first, err := h.Grant(t.Context(), meta, cmd)
	require.NoError(t, err)
	second, err := h.Grant(t.Context(), meta, cmd)
	require.NoError(t, err)
	require.True(t, second.Replayed)
	require.Equal(t, first.Value, second.Value)
	require.Equal(t, first.Position, second.Position)
	a, err := ledger.Account(t.Context(), ws)
	require.NoError(t, err)
	require.Equal(t, kernel.Credits(500), a.Available())
}
