package historyview_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/historyview"
)

func event(position int64, kind, step string, user kernel.UserID) historyview.StepAt {
	return historyview.StepAt{
		Position: position, At: time.Unix(position, 0).UTC(), Kind: kind, Step: step, Label: "Did " + step, Actor: historyview.Actor{User: user},
	}
}

func TestAStepIsOneTick(t *testing.T) {
	t.Parallel()
	ticks := historyview.Ticks([]historyview.StepAt{
		event(1, "import", "imp_1", ""), event(2, "import", "imp_1", ""), event(5, "paste", "s", "usr_a"), event(9, "undo", "u", "usr_a"),
	}, 10)
	require.Equal(t, []historyview.Tick{
		{First: 1, Position: 2, At: time.Unix(2, 0).UTC(), Kind: historyview.ImportTick, Step: "imp_1", Label: "Did imp_1", Steps: 1, Events: 2},
		{First: 5, Position: 5, At: time.Unix(5, 0).UTC(), Kind: historyview.EditTick, Step: "s", Label: "Did s", Steps: 1, Events: 1, User: "usr_a"},
		{First: 9, Position: 9, At: time.Unix(9, 0).UTC(), Kind: historyview.UndoTick, Step: "u", Label: "Did u", Steps: 1, Events: 1, User: "usr_a"},
	}, ticks)
	require.Empty(t, historyview.Ticks(nil, 10))
}

// Whatever the events are, there are not too many ticks, and each event is in one of its kind.
func TestTicksAreBoundedAndTellOfAllEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var events []historyview.StepAt
		position := int64(0)
		for range rapid.IntRange(0, 200).Draw(r, "events") {
			position += rapid.Int64Range(1, 1000).Draw(r, "pause")
			kind := rapid.SampledFrom([]string{"edit", "paste", "import", "run", "column", "undo", "restore"}).Draw(r, "kind")
			events = append(events, event(position, kind, fmt.Sprint(kind, rapid.IntRange(0, 3).Draw(r, "step")), "usr_a"))
		}
		limit := rapid.IntRange(20, 60).Draw(r, "limit")
		ticks := historyview.Ticks(events, limit)
		require.LessOrEqual(r, len(ticks), limit)
		total := 0
		for i, tick := range ticks {
			total += tick.Events
			require.LessOrEqual(r, tick.First, tick.Position)
			require.LessOrEqual(r, tick.Steps, tick.Events)
			require.True(r, i == 0 || ticks[i-1].Position < tick.Position, "in order")
		}
		require.Equal(r, len(events), total)
	})
}
