package credit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

func TestAPreviewIsPaidOutOfItsReservation(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := account()
	require.ErrorIs(t, a.ReservePreview("preview_1", "tbl_1", 1, at), credit.ErrInsufficient())
	require.NoError(t, a.Grant(credit.KindGrant, 10_000, "", at))
	require.NoError(t, a.ReservePreview("preview_1", "tbl_1", 3000, at))
	require.NoError(t, a.SettlePreview("preview_1", []credit.Line{{Row: "row_1", Provider: "p", Amount: 2000}}, at))
	require.Equal(t, kernel.Credits(8000), a.Available())
	require.Zero(t, a.Reserved())
	require.Error(t, a.SettlePreview("preview_1", nil, at), "once")

	require.NoError(t, a.ReservePreview("preview_2", "tbl_1", 3000, at))
	require.NoError(t, a.ReservePreview("preview_3", "tbl_1", 1000, at.Add(time.Hour)))
	require.NoError(t, a.Reserve("run_1", "run_1", "", 500, at))
	require.NoError(t, a.ReleasePreviews(at.Add(time.Minute), at.Add(time.Hour)))
	require.Equal(t, kernel.Credits(1500), a.Reserved(), "what a dead process held comes back; runs and younger previews keep theirs")
	notes := map[string]int{}
	for _, e := range a.Pending() {
		switch e := e.(type) {
		case credit.Reserved:
			notes[e.Note]++
		case credit.Debited:
			notes[e.Note]++
		}
	}
	require.Equal(t, map[string]int{credit.PreviewNote: 4, "": 1}, notes)
}

func TestCapsStandAgainstPreviews(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]credit.Cap{
		"a day": {Scope: credit.ScopeWorkspace, Period: credit.PeriodDay, Limit: 1000}, "a run": {Scope: credit.ScopeRun, Limit: 1000},
	} {
		a := account()
		require.NoError(t, a.Grant(credit.KindGrant, 10_000, "", at))
		require.NoError(t, a.SetCaps([]credit.Cap{c}))
		require.ErrorIs(t, a.ReservePreview("preview_1", "", 1001, at), credit.ErrCapReached(), name)
		require.NoError(t, a.ReservePreview("preview_1", "", 1000, at), name)
		require.NoError(t, a.SetCaps([]credit.Cap{{Scope: c.Scope, Period: c.Period, Limit: 1}}))
		require.NoError(t, a.SettlePreview("preview_1", []credit.Line{{Amount: 1000}}, at), "an answer that is there is paid")
	}
}

// Two processes whose clocks lie on different sides of midnight must not reset each other's caps.
func TestACapsPeriodNeverGoesBack(t *testing.T) {
	t.Parallel()
	before, after := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 1, 0, time.UTC)
	for _, period := range []credit.Period{credit.PeriodDay, credit.PeriodMonth} {
		a := account()
		require.NoError(t, a.Grant(credit.KindGrant, 100_000, "", before))
		require.NoError(t, a.SetCaps([]credit.Cap{{Scope: credit.ScopeWorkspace, Period: period, Limit: 5000}}))
		require.NoError(t, a.Reserve("run_1", "run_1", "", 50_000, before))
		spent := kernel.Credits(0)
		for i := range 20 {
			at := after
			if i%2 == 1 {
				at = before
			}
			if a.Debit("run_1", []credit.Line{{Amount: 1000}}, at) == nil {
				spent += 1000
			}
			room, why, capped := a.CapRoom("run_1", at)
			require.True(t, capped)
			require.Equal(t, 5000-spent, room)
			require.Contains(t, why, string(period))
		}
		require.Equal(t, kernel.Credits(5000), spent, period)
	}
}
