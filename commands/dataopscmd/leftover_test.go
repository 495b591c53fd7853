package dataopscmd_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/kernel"
)

// held is an object store from which nothing may be removed, as while a backup is taken.
type held struct{ dataopscmd.Files }

func (held) Delete(context.Context, string) error {
	return kernel.E(kernel.KindUnavailable, "BACKUP_UNDER_WAY", "a backup is being taken")
}

// What could not be removed when its import ended is removed later; what an import still needs, and what is not ours, stays.
func TestLeftoversOfImportsAreDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	free := f.config.Files
	body, _ := bigFile(10)
	waiting, started, cancelled, ended := f.upload("a.csv", body), f.upload("b.csv", body), f.upload("c.csv", body), f.upload("d.csv", body)
	f.commit(dataopscmd.Commit{ImportID: started.ID, NewTable: "Started"})
	f.config.Files = held{free}
	var err error
	f.handlers, err = dataopscmd.New(f.config)
	require.NoError(t, err)
	_, err = f.handlers.Cancel(t.Context(), f.meta, dataopscmd.Cancel{ImportID: cancelled.ID})
	require.NoError(t, err)
	f.commit(dataopscmd.Commit{ImportID: ended.ID, NewTable: "Ended"})
	f.run(ended.ID, dataopscmd.Limits{})

	put := func(key string) string {
		_, err := free.Put(t.Context(), key, strings.NewReader("x"), 1)
		require.NoError(t, err)
		return key
	}
	of := func(id kernel.ImportID) string { return "uploads/" + string(ws) + "/" + string(id) }
	old := kernel.NewIDs(kernel.NewManualClock(time.Now().Add(-25 * time.Hour)))
	drops := map[string]bool{
		of(waiting.ID): false, of(started.ID): false, of(cancelled.ID): true, of(ended.ID): true,
		put(of(kernel.ImportID(f.ids.New(kernel.PrefixImport)))): false, // it may just be on its way
		put(of(kernel.ImportID(old.New(kernel.PrefixImport)))):   true,
		put("exports/a"):         false,
		put("uploads/ws_1/else"): false,
	}
	_, err = f.handlers.DropLeftover(t.Context(), of(ended.ID))
	require.ErrorContains(t, err, "a backup is being taken")
	f.config.Files = free
	f.handlers, err = dataopscmd.New(f.config)
	require.NoError(t, err)
	for key, drop := range drops {
		dropped, err := f.handlers.DropLeftover(t.Context(), key)
		require.NoError(t, err, key)
		require.Equal(t, drop, dropped, key)
		_, err = free.Open(t.Context(), key, 0)
		require.Equal(t, drop, kernel.KindOf(err) == kernel.KindNotFound, key)
	}
}
