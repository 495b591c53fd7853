package dataopscmd_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// still is a clock that is moved by hand.
type still struct{ at time.Time }

// Now implements kernel.Clock.
func (c *still) Now() time.Time { return c.at }

// made writes a table as what it is told to.
type made struct {
	text   string
	before func(wrote func(int64) error) error // asked before anything is written
}

func (m *made) Check(context.Context, kernel.WorkspaceID, kernel.TableID, kernel.UserID, dataops.ExportAsk) (string, int64, error) {
	return "T.csv", 2, nil
}

func (m *made) Write(_ context.Context, _ dataops.Export, w io.Writer, wrote func(int64) error) (int64, error) {
	if m.before != nil {
		if err := m.before(wrote); err != nil {
			return 0, err
		}
	}
	_, err := io.WriteString(w, m.text)
	return 2, err
}

type everybody struct{}

func (everybody) MayExport(context.Context, kernel.WorkspaceID, kernel.UserID) (bool, error) {
	return true, nil
}

type exporting struct {
	*dataopscmd.Exports
	t     *testing.T
	clock *still
	files *objectstore.Folder
	made  *made
	meta  kernel.Meta
	ws    kernel.WorkspaceID
}

func newExporting(t *testing.T) *exporting {
	t.Helper()
	clock := &still{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	ids := kernel.NewIDs(clock)
	codec, err := eventstore.NewCodec(dataops.Events())
	require.NoError(t, err)
	x := &exporting{t: t, clock: clock, made: &made{text: "a,b\r\n1,2\r\n"}, ws: kernel.WorkspaceID(ids.New(kernel.PrefixWorkspace))}
	x.files, err = objectstore.NewFolder(t.TempDir(), clock)
	require.NoError(t, err)
	x.Exports, err = dataopscmd.NewExports(dataopscmd.ExportsConfig{
		Store: memstore.New(clock), Codec: codec, IDs: ids, Clock: clock, Files: x.files, Tables: x.made, Rights: everybody{},
	})
	require.NoError(t, err)
	x.meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: x.ws}
	return x
}

func (x *exporting) request() kernel.ExportID {
	x.t.Helper()
	res, err := x.Request(x.t.Context(), x.meta, dataopscmd.RequestExport{TableID: "tbl_1", By: "usr_1", Ask: dataops.ExportAsk{Format: "csv"}})
	require.NoError(x.t, err)
	return res.Value.ID
}

func (x *exporting) run(id kernel.ExportID) error {
	return x.Run(x.t.Context(), x.ws, id, func(int64) {})
}

func (x *exporting) find(id kernel.ExportID) dataops.Export {
	x.t.Helper()
	e, err := x.Find(x.t.Context(), x.ws, id)
	require.NoError(x.t, err)
	return e
}

// kept are the keys of the files that the store has.
func (x *exporting) kept() (keys []string) {
	x.t.Helper()
	require.NoError(x.t, x.files.List(x.t.Context(), func(key string) error {
		keys = append(keys, key)
		return nil
	}))
	return keys
}

func TestAnExportedFileIsThereForADay(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	id := x.request()
	require.NoError(t, x.run(id))
	require.Equal(t, dataops.ExportReady, x.find(id).State)
	_, file, err := x.Open(t.Context(), x.ws, id)
	require.NoError(t, err)
	text, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, x.made.text, string(text))

	key := x.kept()[0]
	dropped, err := x.DropLeftover(t.Context(), key)
	require.NoError(t, err)
	require.False(t, dropped)
	x.clock.at = x.clock.at.Add(dataops.ExportLasts)
	_, _, err = x.Open(t.Context(), x.ws, id)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	dropped, err = x.DropLeftover(t.Context(), key)
	require.NoError(t, err)
	require.True(t, dropped)
	require.Equal(t, dataops.ExportTimedOver, x.find(id).State)
	require.Empty(t, x.kept())
}

func TestACancelledExportEndsItsWriterAndLeavesNothing(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	id := x.request()
	x.made.before = func(wrote func(int64) error) error {
		require.NoError(t, wrote(1000))
		_, err := x.Cancel(t.Context(), x.meta, id)
		require.NoError(t, err)
		require.NoError(t, wrote(2000), "it is not looked at the log for each thousand rows")
		x.clock.at = x.clock.at.Add(time.Minute)
		return wrote(3000)
	}
	require.NoError(t, x.run(id))
	require.Equal(t, dataops.ExportStopped, x.find(id).State)
	require.Empty(t, x.kept())
}

func TestAnExportGoesOnAfterAFault(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	id := x.request()
	x.made.before = func(wrote func(int64) error) error {
		x.clock.at = x.clock.at.Add(time.Minute)
		require.NoError(t, wrote(1000))
		return errors.New("the database went away")
	}
	require.ErrorContains(t, x.run(id), "the database went away")
	require.Equal(t, dataops.ExportRunning, x.find(id).State)
	require.EqualValues(t, 1000, x.find(id).Rows)
	running, err := x.Underway(t.Context(), x.ws)
	require.NoError(t, err)
	require.Equal(t, []kernel.ExportID{id}, running)
	require.Empty(t, x.kept())
	x.made.before = nil
	require.NoError(t, x.run(id))
	require.Equal(t, dataops.ExportReady, x.find(id).State)
}

func TestAnExportOfATableThatIsGoneFails(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	id := x.request()
	x.made.before = func(func(int64) error) error { return kernel.NotFound("table", "tbl_1") }
	require.NoError(t, x.run(id))
	require.Equal(t, dataops.ExportGivenUp, x.find(id).State)
	require.Contains(t, x.find(id).Reason, "tbl_1")
	dropped, err := x.DropLeftover(t.Context(), "uploads/x/y")
	require.NoError(t, err)
	require.False(t, dropped, "it is not an exported file")
	require.Empty(t, x.kept())
}
