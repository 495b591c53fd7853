package pgtest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := pgtest.Pool(t), pgtest.Pool(t)
	_, err := a.Exec(t.Context(), "CREATE TABLE only_here (x int)")
	require.NoError(t, err)
	_, err = b.Exec(t.Context(), "SELECT FROM only_here")
	require.ErrorContains(t, err, "does not exist")
}

func TestLogIsMigratedAndEmpty(t *testing.T) {
	t.Parallel()
	for range 3 {
		log, pool := pgtest.Log(t)
		head, err := log.Head(t.Context())
		require.NoError(t, err)
		require.Zero(t, head)
		done, err := log.Append(t.Context(), eventstore.Append{
			Meta: kernel.Meta{Actor: kernel.System()},
			Streams: []eventstore.StreamAppend{{
				Stream: "a-1", Expected: eventstore.NoStream,
				Events: []eventstore.EventData{{Type: "a.b.v1", Data: json.RawMessage(`{}`)}},
			}},
		})
		require.NoError(t, err)
		require.EqualValues(t, 1, done.Last)
		require.NoError(t, pool.Ping(t.Context()))
	}
}
