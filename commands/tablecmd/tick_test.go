package tablecmd_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// zone is every workspace's.
type zone string

func (z zone) TimeZone(context.Context, kernel.WorkspaceID) (string, error) { return string(z), nil }

func TestATickIsRecordedOnlyWhenFormulasCanTell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, expression string
		later            time.Duration
		ticked           bool
	}{
		{"no formula asks", `1`, 48 * time.Hour, false},
		{"the same day", `today()`, 10 * time.Hour, false},
		{"the next day in the workspace's zone, not yet in UTC", `today()`, 11 * time.Hour, true},
		{"the same hour", `now()`, 30 * time.Minute, false},
		{"the next hour", `now()`, time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock := kernel.NewManualClock(time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC)) // 13:00 in Tokyo
			codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
			require.NoError(t, err)
			m := &memory{log: memstore.New(clock), codec: codec}
			h, err := tablecmd.New(tablecmd.Config{Store: m.log, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Rows: m, Tables: m, History: m, Waiter: m, Zones: zone("Asia/Tokyo")})
			require.NoError(t, err)
			made, err := h.Create(t.Context(), meta(ann), tablecmd.CreateTable{Name: "T", Columns: []tablecmd.NewColumn{
				{Name: "F", Type: table.Text, Kind: table.FormulaKind, Formula: &table.Formula{Expression: c.expression}},
			}})
			require.NoError(t, err)
			clock.Advance(c.later)
			ticked, err := h.Tick(t.Context(), meta(ann), made.Value.ID)
			require.NoError(t, err)
			require.Equal(t, c.ticked, ticked)
			again, err := h.Tick(t.Context(), meta(ann), made.Value.ID)
			require.NoError(t, err)
			require.False(t, again)
			if c.ticked {
				im, err := m.fold(made.Value.ID)
				require.NoError(t, err)
				require.Equal(t, clock.Now().Unix(), im.structure.Schema().Tick.Unix())
				_, offset := im.structure.Schema().Tick.Zone()
				require.Equal(t, 9*3600, offset)
			}
			other := meta(ann)
			other.Workspace = "ws_other"
			clock.Advance(48 * time.Hour)
			ticked, err = h.Tick(t.Context(), other, made.Value.ID)
			require.NoError(t, err)
			require.False(t, ticked, "a table of another workspace")
		})
	}
}
