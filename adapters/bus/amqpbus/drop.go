package amqpbus

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// DropQueues deletes the queues of consumer groups on a topic with what they hold, and answers how many messages that were. Emptying one
// would leave what was taken in its files until thousands more have come. Consumers declare their queues anew within moments, and read what
// they have missed from the log.
func DropQueues(ctx context.Context, url, prefix, topic string, groups []string) (n int64, err error) {
	conn, wire, err := dial(url, "morket drop")
	if err != nil {
		return 0, err
	}
	defer func() { _ = wire.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	defer stop()
	for _, group := range groups {
		name := groupQueue(prefix, topic, group)
		err := onChannel(conn, func(ch *amqp.Channel) error {
			held, err := ch.QueueDelete(name, false, false, false)
			n += int64(held)
			return err
		})
		if err != nil {
			return n, errors.Join(fmt.Errorf("delete queue %s: %w", name, err), ctx.Err())
		}
	}
	return n, nil
}
