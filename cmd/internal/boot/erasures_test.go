package boot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/searchview"
)

// erasedIn says for each table outside the read models where what it holds of people is erased, or why it holds nothing of the rows of
// tables.
func erasedIn() (in map[string]string, nothing map[string]string) {
	in = map[string]string{
		"log.events":             "event log",
		"log.snapshots":          "event log", // they go with a redaction of their stream
		"log.commands":           "answers to repeated requests",
		"webhook_queue.attempts": "webhook deliveries",
	}
	nothing = map[string]string{
		"auth_signals.attempts":    "keyed hashes of addresses of those who sign in",
		"auth_signals.key_uses":    "when keys were used",
		"log.head":                 "a position",
		"log.histories":            "names of histories",
		"log.origin":               "where the log lies",
		"log.partitions":           "positions",
		"log.redactions":           "keyed hashes of what was there",
		"log.streams":              "ids",
		"log.words":                "names of programs and commands",
		"projection.attempts":      "positions",
		"projection.checkpoints":   "positions",
		"projection.leaders":       "positions",
		"projection.moments":       "ids and positions; the copies are erased as tables as they were",
		"projection.parked":        "why an event could not be applied, which repeats no value",
		"projection.processes":     "processes",
		"provider_quotas.used":     "counts",
		"vault.keys":               "keys",
		"webhook_queue.deliveries": "positions and states",
		"webhook_queue.endpoints":  "settings of webhooks",
		"webhook_queue.replays":    "positions",
	}
	return in, nothing
}

// A new table, read model or store must say how what it holds of a person is erased and verified, or why it holds nothing.
func TestEveryPlaceIsErasedOrSaysWhyItNeedNotBe(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, migrate(t.Context(), pool))
	c := &core{base: &base{pool: pool}}
	codec, err := Codec()
	require.NoError(t, err)
	c.codec = codec
	v := &views{core: c, search: &searchStore{core: c}, analytics: &analytics{
		core: c, projector: analyticsview.New(analyticsview.Name, analyticsread.Open),
	}}
	names := erasurecmd.InTheLog()
	for _, p := range erasedPlaces(c, &modules{tables: &tables{}, webhooks: &webhooks{}}, v, &bus{}) {
		names = append(names, p.Place())
	}
	places := map[string]bool{}
	for _, name := range names {
		require.NotEmpty(t, name)
		require.False(t, places[name], "%s is twice", name)
		places[name] = true
	}
	in, nothing := erasedIn()
	for _, n := range outside(t, pool) {
		at := n.Schema + "." + n.Table
		place, erased := in[at]
		_, empty := nothing[at]
		require.NotEqual(t, erased, empty, "say in erasedIn where %s is erased, or why it holds nothing of people", at)
		require.True(t, !erased || places[place], "%s is erased nowhere", at)
		require.Equal(t, erased, holdings()[at].content && at != "webhook_queue.endpoints", at)
	}
	for _, m := range models() {
		beside := m.Name == analyticsview.NameClickHouse || m.Name == searchview.NameOpenSearch // they stand in for those in Postgres
		require.True(t, places["read model "+m.Name] || beside, "the read model %s is erased nowhere", m.Name)
	}
	for _, place := range []string{"table rows", "tables as they were", "files", "samples of workflows", "message queues", "space of what was deleted"} {
		require.True(t, places[place], place)
	}
}
