package enrichmentflow

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func TestASliceThatWasAskedToStopEndsNoRun(t *testing.T) {
	t.Parallel()
	lost, superseded := temporal.NewHeartbeatTimeoutError(), temporal.NewApplicationError("superseded", "superseded")
	gone := temporal.NewNonRetryableApplicationError("no such run", ErrorGone, nil)
	for name, c := range map[string]struct {
		err   error
		asked bool
		want  bool
	}{
		"it is well":                               {nil, true, false},
		"its worker was killed after a signal":     {lost, true, true},
		"another worker took over after a signal":  {superseded, true, true},
		"it was cancelled before it had begun":     {temporal.NewCanceledError(), false, true},
		"the run is gone":                          {gone, false, false},
		"the run is gone when a signal comes":      {gone, true, false},
		"it can't go on and nobody has stopped it": {lost, false, false},
	} {
		require.Equal(t, c.want, onlyStopped(c.err, c.asked), name)
	}
}
