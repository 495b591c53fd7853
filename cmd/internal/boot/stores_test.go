package boot

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/servers/pgtest"
)

// whose says to which workspace a row belongs.
type whose string

const (
	byColumn  whose = "workspace_id" // the row names it
	byParent  whose = "parent"       // a row of another table does, which this one names
	byStream  whose = "stream"       // the events of its stream do
	ofNobody  whose = "nobody"       // it tells nothing of a workspace: positions, processes, counts
	ofSubject whose = "subject"      // it is a key; what it opens belongs to a workspace or a person
)

// holding is what is said of a table outside the read models: whose its rows are, and whether they hold what people wrote or what
// must stay secret. Those of read models say whose they are in postgres.Model.
type holding struct {
	of      whose
	by      string // the column that names the parent or the stream
	parent  string
	content bool // values of cells, names, addresses, answers
	sealed  bool // secrets, which are encrypted under keys that are not here
}

func holdings() map[string]holding {
	return map[string]holding{
		"auth_signals.attempts":    {of: ofNobody}, // by a hash of the address
		"auth_signals.key_uses":    {of: byColumn},
		"log.commands":             {of: byStream, by: "first_position", content: true}, // the answers to repeated requests
		"log.events":               {of: byColumn, content: true, sealed: true},
		"log.head":                 {of: ofNobody},
		"log.histories":            {of: ofNobody},
		"log.origin":               {of: ofNobody},
		"log.partitions":           {of: ofNobody},
		"log.redactions":           {of: byStream, by: "position"}, // keyed hashes
		"log.snapshots":            {of: byStream, by: "stream_id", content: true, sealed: true},
		"log.streams":              {of: byStream, by: "id"},
		"log.words":                {of: ofNobody}, // names of programs and commands
		"projection.attempts":      {of: ofNobody},
		"projection.checkpoints":   {of: ofNobody},
		"projection.leaders":       {of: ofNobody},
		"projection.moments":       {of: byColumn},
		"projection.parked":        {of: byStream, by: "stream_id"},
		"projection.processes":     {of: ofNobody},
		"provider_quotas.used":     {of: ofNobody}, // counts by workspace, provider and host or credential, for a day at most
		"vault.keys":               {of: ofSubject, by: "subject", sealed: true},
		"webhook_queue.attempts":   {of: byParent, by: "endpoint_id", parent: "webhook_queue.endpoints", content: true},
		"webhook_queue.deliveries": {of: byParent, by: "endpoint_id", parent: "webhook_queue.endpoints"},
		"webhook_queue.endpoints":  {of: byColumn, content: true, sealed: true},
		"webhook_queue.replays":    {of: byParent, by: "endpoint_id", parent: "webhook_queue.endpoints"},
	}
}

// Every table outside the read models says whose its rows are, and has the columns that say it: what is kept for a workspace must be
// found by it, to be shown to nobody else and to go with it.
func TestEveryTableOutsideTheReadModelsSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, migrate(t.Context(), pool))
	said := holdings()
	columns := map[string]map[string]bool{}
	for _, n := range outside(t, pool) {
		at := n.Schema + "." + n.Table
		require.Contains(t, said, at, "say in holdings whose the rows of the new table are")
		rows, err := pool.Query(t.Context(), `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`, n.String())
		require.NoError(t, err)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		columns[at] = map[string]bool{}
		for _, c := range names {
			columns[at][c] = true
		}
	}
	for at, h := range said {
		require.Contains(t, columns, at, "is no table any more")
		require.Equal(t, h.of == byColumn, columns[at]["workspace_id"], "%s is said to be found by %s", at, h.of)
		require.False(t, h.of == ofNobody && (h.content || h.sealed), "%s: content belongs to somebody", at)
		switch h.of {
		case byParent:
			require.Equal(t, byColumn, said[h.parent].of, at)
			require.True(t, columns[at][h.by], "%s has no column %s", at, h.by)
		case byStream, ofSubject:
			require.True(t, columns[at][h.by], "%s has no column %s", at, h.by)
		case byColumn, ofNobody:
		}
		for column := range columns[at] {
			secret := strings.Contains(column, "sealed") || strings.Contains(column, "secret") || strings.Contains(column, "wrapped")
			require.False(t, secret && !h.sealed, "%s.%s holds secrets", at, column)
		}
	}
}

// The tables in ClickHouse are ordered by workspace, which each question names, and have the table that a caller may be limited to.
func TestTheAnalyticsTablesSayWhoseTheirRowsAre(t *testing.T) {
	t.Parallel()
	for _, table := range clickhouse.AnalyticsModel(1).Tables {
		require.Contains(t, table.DDL, "workspace_id String", table.Name)
		require.Contains(t, table.DDL, "table_id ", table.Name)
		require.Contains(t, table.DDL, "ORDER BY (workspace_id, ", table.Name)
	}
}
