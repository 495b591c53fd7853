package dataopscmd_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

var errStoreAway = errors.New("read tcp 10.9.8.7:9000: connection reset by peer")

// awayFiles is an object store that loses its connection after some bytes of each file.
type awayFiles struct {
	dataopscmd.Files
	after int64
}

func (a awayFiles) Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error) {
	file, err := a.Files.Open(ctx, key, offset)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(file, a.after), broken{}), file}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errStoreAway }

// That the object store is away is no fault of the file: the import goes on when the store is back, and nobody reads the store's address.
func TestAStoreThatIsAwayDoesNotEndAnImport(t *testing.T) {
	t.Parallel()
	for after := range int64(len(leads)) {
		f := newFixture(t)
		imp := f.upload("leads.csv", leads)
		done := f.commit(dataopscmd.Commit{ImportID: imp.ID, NewTable: "Leads"})
		well := f.config.Files
		f.config.Files = awayFiles{well, after}
		err := f.importer(f.log, dataopscmd.Limits{}).Run(t.Context(), done.ID, func(dataops.Summary) {})
		require.ErrorIs(t, err, errStoreAway, "after %d bytes", after)
		f.config.Files = well
		end := f.run(done.ID, dataopscmd.Limits{})
		require.Equal(t, dataops.StateCompleted, end.State, end.Error)
		require.EqualValues(t, 3, end.Counts.Imported)
	}
}

func TestAStoreThatIsAwayIsNotTheFilesFaultInAPreview(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("leads.csv", leads)
	cfg := f.config
	cfg.Files = awayFiles{cfg.Files, 0}
	handlers, err := dataopscmd.New(cfg)
	require.NoError(t, err)
	_, err = handlers.Preview(t.Context(), f.meta, dataopscmd.Preview{ImportID: imp.ID})
	require.ErrorIs(t, err, errStoreAway)
	require.NotEqual(t, kernel.KindInvalid, kernel.KindOf(err))
}
