package dataopscmd_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

func TestCommitRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("a.csv", leads)
	for name, cmd := range map[string]dataopscmd.Commit{
		"no table":         {ImportID: imp.ID},
		"both tables":      {ImportID: imp.ID, TableID: "tbl_1", NewTable: "x"},
		"unknown table":    {ImportID: imp.ID, TableID: kernel.TableID(f.ids.New("tbl"))},
		"upsert, no key":   {ImportID: imp.ID, NewTable: "x", Mode: dataops.Upsert},
		"unknown key":      {ImportID: imp.ID, NewTable: "x", Mode: dataops.Upsert, KeyColumns: []string{"Nope"}},
		"key named twice":  {ImportID: imp.ID, NewTable: "x", Mode: dataops.Upsert, KeyColumns: []string{"Name", "Name"}},
		"unknown mode":     {ImportID: imp.ID, NewTable: "x", Mode: "merge"},
		"no such column":   {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 9, NewColumn: &dataopscmd.NewColumn{Name: "a", Type: "text"}}}},
		"mapped twice":     {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 0, Skip: true}, {Index: 0, Skip: true}}},
		"nothing mapped":   {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 0, Skip: true}}},
		"two ways":         {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 0, Skip: true, ColumnID: "col_1"}}},
		"same name twice":  {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "a", Type: "text"}}, {Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "A", Type: "text"}}}},
		"read-only column": {ImportID: imp.ID, NewTable: "x", Mapping: []dataopscmd.Mapping{{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "a", Type: table.CreatedAt}}}},
	} {
		_, err := f.handlers.Commit(t.Context(), f.meta, cmd)
		require.Error(t, err, name)
		require.NotEqual(t, kernel.KindInternal, kernel.KindOf(err), name)
	}
	other := f.meta
	other.Workspace = "ws_other"
	_, err := f.handlers.Commit(t.Context(), other, dataopscmd.Commit{ImportID: imp.ID, NewTable: "x"})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "another tenant's import does not exist")
	for _, ask := range []func() error{
		func() error {
			_, err := f.handlers.Cancel(t.Context(), other, dataopscmd.Cancel{ImportID: imp.ID})
			return err
		},
		func() error {
			_, err := f.handlers.Undo(t.Context(), other, dataopscmd.Undo{ImportID: imp.ID})
			return err
		},
		func() error {
			_, err := f.handlers.Preview(t.Context(), other, dataopscmd.Preview{ImportID: imp.ID})
			return err
		},
	} {
		require.Equal(t, kernel.KindNotFound, kernel.KindOf(ask()))
	}
}

func TestARepeatedUploadIsOneImport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.meta.IdempotencyKey, f.meta.Fingerprint = "once", "same"
	first, again := f.upload("a.csv", leads), f.upload("a.csv", leads)
	require.Equal(t, first.ID, again.ID)
}

func TestAFileOfAForeignKindIsRefusedAndNotKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, err := f.handlers.Upload(t.Context(), f.meta, dataopscmd.Upload{Filename: "a.pdf", Body: strings.NewReader("%PDF-1.7")})
	require.Equal(t, kernel.KindUnsupported, kernel.KindOf(err))
	_, err = f.handlers.Upload(t.Context(), f.meta, dataopscmd.Upload{Filename: "a.xlsx", Body: strings.NewReader("PK\x03\x04")})
	require.ErrorContains(t, err, "cut off or damaged")
	head, err := f.log.Head(t.Context())
	require.NoError(t, err)
	require.Zero(t, head)
}

func TestAnUploadThatNobodyCommittedIsRemovedWithItsFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	waiting, committed := f.upload("a.csv", leads), f.upload("b.csv", leads)
	f.commit(dataopscmd.Commit{ImportID: committed.ID, NewTable: "Leads"})
	for _, want := range []bool{true, false} { // twice is no fault
		expired, err := f.handlers.Expire(t.Context(), f.meta, waiting.ID)
		require.NoError(t, err)
		require.Equal(t, want, expired)
	}
	expired, err := f.handlers.Expire(t.Context(), f.meta, committed.ID)
	require.NoError(t, err)
	require.False(t, expired, "it was committed meanwhile")
	_, err = f.handlers.Commit(t.Context(), f.meta, dataopscmd.Commit{ImportID: waiting.ID, NewTable: "x"})
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	events, err := f.log.ReadStream(t.Context(), eventstore.Stream(dataops.ImportStream, string(waiting.ID)), 0, 1)
	require.NoError(t, err)
	var uploaded dataops.Uploaded
	require.NoError(t, json.Unmarshal(events[0].Data, &uploaded))
	_, err = f.config.Files.Open(t.Context(), uploaded.Object, 0)
	require.Error(t, err, "its file is gone")
	require.Equal(t, dataops.StateCompleted, f.run(committed.ID, dataopscmd.Limits{}).State, "the other's is there")
}
