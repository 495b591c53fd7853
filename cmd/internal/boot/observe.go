package boot

import (
	"context"
	"fmt"

	"github.com/morket/morket/eventstore/logmsg"
)

// observe tells the caches of roles and sessions what other processes have changed. A batch that is lost on the way costs
// nothing but time: the entries are at most 5 s old anyhow.
func (t *accounts) observe(ctx context.Context) error {
	messages, err := t.events.Subscribe(ctx, logmsg.Topic)
	if err != nil {
		return fmt.Errorf("listen for changed roles: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-messages:
			if !ok {
				return ctx.Err()
			}
			if b, err := logmsg.Decode(m); err == nil { //nolint:contextcheck // it only reads the batch that rides in the message
				t.auth.Observe(b.Events)
				t.workspaces.Observe(b.Events)
			}
			m.Ack()
		}
	}
}
