package webhookqueue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/commands/webhookflow/webhookflowtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	webhookflowtest.Run(t, func(t *testing.T) webhookflowtest.Bench {
		t.Helper()
		w := newWorld(t)
		hooks := 0
		back := func(process string) {
			_, err := w.pool.Exec(t.Context(), `INSERT INTO projection.processes VALUES ($1, clock_timestamp(), '1 hour') ON CONFLICT DO NOTHING`, process)
			require.NoError(t, err)
		}
		table := map[kernel.WebhookID]string{}
		return webhookflowtest.Bench{
			Open:   func(process string) webhookflow.Queue { back(process); return w.open(process) },
			End:    w.end,
			Return: back,
			Add: func(ordered bool) kernel.WebhookID {
				hooks++
				only := kernel.TableID(fmt.Sprintf("tbl_01ARZ3NDEKTSV4RRFFQ69G5F%02d", hooks))
				hook := w.create(webhook.Settings{URL: "https://example.com", Ordered: ordered, Types: webhook.Filter{edited}, Tables: []kernel.TableID{only}})
				table[hook.ID] = string(only)
				return hook.ID
			},
			Feed: func(id kernel.WebhookID, n int) []int64 { return w.putInto(table[id], edited, n) },
			Again: func(id kernel.WebhookID, position int64) {
				_, err := w.handlers.Redeliver(t.Context(), w.meta, id, position)
				require.NoError(t, err)
				w.feed()
			},
			Pass: func(d time.Duration) { w.pass(d) },
			Delivery: func(id kernel.WebhookID, position int64) webhookflowtest.State {
				var s webhookflowtest.State
				require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT state, attempts FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND position = $2`, id, position).
					Scan(&s.State, &s.Attempts))
				return s
			},
		}
	})
}
