package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/relay"
)

const consumerP95 = 150 // ms

// toConsumer measures how long it takes from a person's edit until a consumer of RabbitMQ has it, on a server and a broker of its own.
func (r *run) toConsumer(ctx context.Context) (ratios []Ratio, err error) {
	broker, err := rabbitchild.Start(ctx, rabbitchild.Config{
		Dir:    filepath.Join(r.dir, "consumer-rabbitmq"),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, broker.Kill()) }() // its data goes with it
	cfg, err := r.serverConfig(ctx, "consumer-data")
	if err != nil {
		return nil, err
	}
	if err := cfg.AMQPURL.UnmarshalText([]byte(broker.URL())); err != nil {
		return nil, err
	}
	c, stop, err := r.serve(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	b := &serverBench{client: c, run: r}
	edit, err := b.sample(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	arrivals, ended := make(chan arrival, 16), make(chan error, 1)
	conn, deliveries, err := consume(broker.URL())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the broker is gone by then or soon
	go func() { ended <- receive(ctx, deliveries, arrivals) }()
	took, answered, err := editsUntilShown(ctx, edit, arrivals, ended)
	if err != nil {
		return nil, err
	}
	return latencies("edit to RabbitMQ consumer", took, answered, 0, consumerP95,
		"from the PATCH of a cell to a consumer of morket.events; limit: the edit's own answer"), nil
}

// sample returns how to edit a cell of the sample table.
func (b *serverBench) sample(ctx context.Context) (func(ctx context.Context, i int) (int64, error), error) {
	var tables []tablecmd.Table
	if err := b.get(ctx, b.workspace+"/tables", &tables); err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, errors.New("there is no sample table")
	}
	b.table = tables[0].ID
	var t tablecmd.Table
	if err := b.get(ctx, b.path(""), &t); err != nil {
		return nil, err
	}
	var rows []struct{ ID kernel.RowID }
	if err := b.get(ctx, b.path(fmt.Sprint("/rows?limit=", questionRounds)), &rows); err != nil {
		return nil, err
	}
	if len(t.Columns) == 0 || len(rows) < questionRounds {
		return nil, fmt.Errorf("the sample table has %d columns and %d rows", len(t.Columns), len(rows))
	}
	return func(ctx context.Context, i int) (int64, error) {
		return b.send(ctx, http.MethodPatch, b.path("/cells"), map[string]any{
			"edits": []map[string]any{{"row_id": rows[i].ID, "column_id": t.Columns[0].ID, "value": fmt.Sprint("Edited ", i)}},
		}, nil)
	}, nil
}

// consume takes what comes to morket.events from now on, through a queue of its own.
func consume(url string) (*amqp.Connection, <-chan amqp.Delivery, error) {
	conn, err := amqp.Dial(url)
	if err != nil {
		return nil, nil, err
	}
	ch, err := conn.Channel()
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	_, err = ch.QueueDeclare(benchName, true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	if err == nil {
		err = ch.QueueBind(benchName, "ws.#", relay.EventsTopic, false, nil)
	}
	var deliveries <-chan amqp.Delivery
	if err == nil {
		deliveries, err = ch.Consume(benchName, "", true, false, false, false, nil)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("consume %s: %w", relay.EventsTopic, err), conn.Close())
	}
	return conn, deliveries, nil
}

// receive notes the positions of events as they come.
func receive(ctx context.Context, deliveries <-chan amqp.Delivery, arrivals chan<- arrival) error {
	for d := range deliveries {
		at := time.Now()
		var e struct {
			Position string `json:"position"`
		}
		if err := json.Unmarshal(d.Body, &e); err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		position, err := strconv.ParseInt(e.Position, 10, 64)
		if err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		select {
		case arrivals <- arrival{position, at}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return io.EOF
}
