package kernel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestCreditsAreReadAndWrittenToTheThousandth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]kernel.Credits{"0": 0, "2": 2000, "0.5": 500, "0.05": 50, "0.001": 1, "12.345": 12345, "1000000000": 1_000_000_000_000} {
		got, err := kernel.ParseCredits(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Equal(t, text, got.String())
	}
	require.Equal(t, "-0.25", kernel.Credits(-250).String())
	for _, bad := range []string{"", ".", "1.", ".5", "-1", "1.2345", "1.-2", "1e3", "1,5", "1000000001", "99999999999999999999", " 1"} {
		_, err := kernel.ParseCredits(bad)
		require.Error(t, err, bad)
	}
}
