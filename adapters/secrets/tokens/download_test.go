package tokens_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/domain/kernel"
)

// moved is a clock that is moved by hand.
type moved struct{ at time.Time }

// Now implements kernel.Clock.
func (c *moved) Now() time.Time { return c.at }

func TestALinkToAFileIsGoodUntilItsTime(t *testing.T) {
	t.Parallel()
	clock := &moved{time.Unix(1_800_000_000, 0)}
	old, fresh := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("n", 32))
	before, err := tokens.New(clock, kernel.NewIDs(clock), old)
	require.NoError(t, err)
	now, err := tokens.New(clock, kernel.NewIDs(clock), fresh, old)
	require.NoError(t, err)
	other, err := tokens.New(clock, kernel.NewIDs(clock), fresh)
	require.NoError(t, err)
	link := before.Download("ws_1", "exp_1", clock.at.Add(time.Hour))
	ws, id, ok := now.Downloaded(link)
	require.True(t, ok, "the key before is still good")
	require.Equal(t, kernel.WorkspaceID("ws_1"), ws)
	require.Equal(t, kernel.ExportID("exp_1"), id)
	_, _, ok = other.Downloaded(link)
	require.False(t, ok, "another installation's")
	for _, bad := range []string{"", ".", "...", link + "x", link[1:], strings.Replace(link, "exp_1", "exp_2", 1), strings.Repeat("x", 300)} {
		_, _, ok := now.Downloaded(bad)
		require.False(t, ok, bad)
	}
	clock.at = clock.at.Add(time.Hour)
	_, _, ok = now.Downloaded(link)
	require.False(t, ok, "its time is over")
}
