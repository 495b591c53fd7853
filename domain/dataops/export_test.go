package dataops_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func asked(t *testing.T, x *dataops.Exports, id kernel.ExportID) {
	t.Helper()
	require.NoError(t, x.Request(dataops.ExportRequested{ExportID: id, TableID: "tbl_1", Name: "T", Ask: dataops.ExportAsk{Format: "xlsx"}, By: "usr_1", Rows: 10}))
}

func TestAnExportFromRequestToExpiry(t *testing.T) {
	t.Parallel()
	x, at := dataops.NewExports(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	asked(t, x, "exp_1")
	require.NoError(t, x.Progress("exp_1", 5))
	e, _ := x.Find("exp_1")
	require.Equal(t, dataops.ExportRunning, e.State)
	require.EqualValues(t, 5, e.Rows)
	require.NoError(t, x.Finish(dataops.ExportFinished{ExportID: "exp_1", Object: "exports/ws/exp_1", Size: 99, Rows: 10, ExpiresAt: at}))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Fail("exp_1", "late")))
	require.NoError(t, x.Expire("exp_1", at.Add(-time.Second)))
	e, _ = x.Find("exp_1")
	require.Equal(t, dataops.ExportReady, e.State)
	require.NoError(t, x.Expire("exp_1", at))
	e, _ = x.Find("exp_1")
	require.Equal(t, dataops.ExportTimedOver, e.State)
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Cancel("exp_1")))
}

func TestACancelledExportGoesNoFurther(t *testing.T) {
	t.Parallel()
	x := dataops.NewExports()
	asked(t, x, "exp_1")
	require.NoError(t, x.Cancel("exp_1"))
	require.NoError(t, x.Cancel("exp_1"))
	require.Len(t, x.Pending(), 2)
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Progress("exp_1", 1)))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(x.Finish(dataops.ExportFinished{ExportID: "exp_1"})))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(x.Cancel("exp_2")))
}

func TestAWorkspaceHasSoManyExports(t *testing.T) {
	t.Parallel()
	x := dataops.NewExports()
	for i := range dataops.MaxRunningExports {
		asked(t, x, kernel.ExportID(fmt.Sprint("exp_", i)))
	}
	require.ErrorContains(t, x.Request(dataops.ExportRequested{ExportID: "exp_x"}), "3 exports are under way")
	for i := range dataops.MaxRunningExports {
		require.NoError(t, x.Cancel(kernel.ExportID(fmt.Sprint("exp_", i))))
	}
	for i := range dataops.MaxReadyExports {
		id := kernel.ExportID(fmt.Sprint("exp_r", i))
		asked(t, x, id)
		require.NoError(t, x.Finish(dataops.ExportFinished{ExportID: id}))
	}
	require.ErrorContains(t, x.Request(dataops.ExportRequested{ExportID: "exp_x"}), "20 exported files are kept")
	for i := range dataops.MaxReadyExports {
		require.NoError(t, x.Cancel(kernel.ExportID(fmt.Sprint("exp_r", i))))
	}
	for i := range 2 * dataops.MaxListedExports {
		id := kernel.ExportID(fmt.Sprint("exp_n", i))
		asked(t, x, id)
		require.NoError(t, x.Fail(id, "x"))
	}
	require.Len(t, x.List(), dataops.MaxListedExports)
	require.Equal(t, kernel.ExportID("exp_n99"), x.List()[0].ID)
}
