package searchread

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
)

// What JSON can say and jsonb can't hold may be in cells that were written before it was refused.
func TestCleanMakesJSONThatPostgresTakes(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	for raw, want := range map[string]string{
		`{"a":"\u0000\ud800","b":"ﷺ"}`:                      `{"a":"\ufffd\ufffd","b":"ﷺ"}`,
		`{"a":[1e999999,-1e131000,1e-99999,1e300,1.10]}`:    `{"a":["1e999999","-1e131000","1e-99999",1e300,1.10]}`,
		`{"1e999999":"1e999999 \" 1e999999","b":-1e140000}`: `{"1e999999":"1e999999 \" 1e999999","b":"-1e140000"}`,
	} {
		got := string(clean([]byte(raw)))
		require.Equal(t, want, got)
		var size int
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT length($1::jsonb::text)`, got).Scan(&size), raw)
		require.Less(t, size, 1000)
		require.Error(t, pool.QueryRow(t.Context(), `SELECT length($1::jsonb::text) WHERE length($1::jsonb::text) < 1000`, raw).Scan(&size), raw)
	}
}
