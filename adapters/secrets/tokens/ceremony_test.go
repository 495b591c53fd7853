package tokens_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/domain/kernel"
)

func TestAnAttemptAtAPasskeyIsForOnePurposeAndATime(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	ids := kernel.NewIDs(clock)
	old, current := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	before, err := tokens.New(clock, ids, old)
	require.NoError(t, err)
	i, err := tokens.New(clock, ids, current, old)
	require.NoError(t, err)
	attempt, challenge, err := i.Ceremony("sign-in", clock.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, challenge, 32)
	again, ok := i.CeremonyOf("sign-in", attempt)
	require.True(t, ok)
	require.Equal(t, challenge, again)
	other, different, err := i.Ceremony("sign-in", clock.Now().Add(time.Minute))
	require.NoError(t, err)
	require.NotEqual(t, challenge, different)
	require.NotContains(t, attempt, string(challenge))

	earlier, _, err := before.Ceremony("sign-in", clock.Now().Add(time.Minute))
	require.NoError(t, err)
	_, ok = i.CeremonyOf("sign-in", earlier)
	require.True(t, ok, "a key that was in force before is still accepted")
	for name, c := range map[string][2]string{
		"another purpose": {"register/usr_1", attempt}, "nothing": {"sign-in", ""}, "no tag": {"sign-in", attempt[:strings.LastIndexByte(attempt, '.')]},
		"another's tag": {"sign-in", attempt[:strings.LastIndexByte(attempt, '.')] + other[strings.LastIndexByte(other, '.'):]},
		"a longer life": {"sign-in", strings.Replace(attempt, ".", ".1", 1)}, "a long one": {"sign-in", strings.Repeat("a", 300) + attempt}, "dots": {"sign-in", ".."},
		"a purpose in the attempt": {"sign", "in\n" + attempt},
	} {
		_, ok := i.CeremonyOf(c[0], c[1])
		require.False(t, ok, name)
	}
	clock.Advance(time.Minute)
	_, ok = i.CeremonyOf("sign-in", attempt)
	require.False(t, ok, "its time is over")
}
