package webhookflowtest_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/commands/webhookflow/webhookflowtest"
	"github.com/morket/morket/domain/kernel"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	webhookflowtest.Run(t, func(*testing.T) webhookflowtest.Bench {
		clock, dead := kernel.NewManualClock(time.Unix(1_000_000, 0)), map[string]bool{}
		m := webhookflowtest.NewMemory(clock, func(process string) bool { return !dead[process] })
		hooks, last := 0, int64(0)
		return webhookflowtest.Bench{
			Open:   func(process string) webhookflow.Queue { return m.Process(process, nil) },
			End:    func(process string) { dead[process] = true },
			Return: func(process string) { delete(dead, process) },
			Add: func(ordered bool) kernel.WebhookID {
				hooks++
				id := kernel.WebhookID("whk_" + strconv.Itoa(hooks))
				m.Add(webhookflow.EndpointQueue{ID: id, Ordered: ordered})
				return id
			},
			Feed: func(id kernel.WebhookID, n int) (out []int64) {
				for range n {
					last++
					out = append(out, last)
				}
				m.Feed(id, out...)
				return out
			},
			Again: m.Again,
			Pass:  clock.Advance,
			Delivery: func(id kernel.WebhookID, position int64) webhookflowtest.State {
				d, _ := m.Delivery(id, position)
				return webhookflowtest.State{State: d.State, Attempts: d.Attempts}
			},
		}
	})
}
