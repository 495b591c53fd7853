package archtest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// While a test that fails now and then is mended it may stand in .ci/quarantine, which make leaves out, but then nothing lands.
func TestNothingIsInQuarantine(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("../../../.ci/quarantine")
	require.NoError(t, err)
	for _, line := range strings.Split(string(list), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("%s is in quarantine: let it wait for a signal (make test/repeat shows whether it does), and take it out", line)
		}
	}
}
