package boot

import (
	"context"
	"fmt"

	"github.com/morket/morket/eventstore/logmsg"
)

// observe tells the caches of roles and sessions what other processes have changed. A batch that is lost on the way costs
// nothing but time: the entries are at most 5 s old anyhow.
func (s *server) observe(ctx context.Context) error {
	messages, err := s.bus.subscribe("").Subscribe(ctx, logmsg.Topic)
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
				s.accounts.auth.Observe(b.Events)
				s.accounts.workspaces.Observe(b.Events)
			}
			m.Ack()
		}
	}
}
