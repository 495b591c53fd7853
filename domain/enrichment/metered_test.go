package enrichment_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func TestMicros(t *testing.T) {
	t.Parallel()
	for in, want := range map[enrichment.Micros]string{0: "0.00", 1: "0.000001", 12_500: "0.0125", 1_000_000: "1.00", 2_500_000: "2.50", -10_000: "-0.01"} {
		require.Equal(t, want, in.String())
	}
}

// TestBillsAreFolded: what metered steps cost survives the slice, in the run's snapshot too.
func TestBillsAreFolded(t *testing.T) {
	t.Parallel()
	run := enrichment.NewRun()
	row, col := kernel.RowID("row_1"), kernel.ColumnID("col_1")
	at := []enrichment.Attempt{{Step: 0, Bill: enrichment.Bill{Cost: 7}}, {Step: 1}, {Step: 2, Bill: enrichment.Bill{Cost: 5}}}
	for range 2 {
		require.NoError(t, run.Apply(enrichment.RunAnswersRecorded{Provenance: []enrichment.Provenance{{RowID: row, ColumnID: col, Attempts: at}}}))
	}
	want := map[enrichment.Metering]enrichment.Micros{{Column: col, Step: 0}: 14, {Column: col, Step: 2}: 10}
	require.Equal(t, want, run.Billed())
	state, err := run.MarshalState()
	require.NoError(t, err)
	again := enrichment.NewRun()
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, want, again.Billed())
	_, err = json.Marshal(want)
	require.NoError(t, err)
}
