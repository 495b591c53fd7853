"""A sample consumer of Morket's events over RabbitMQ.

It has a durable queue of its own with a dead-letter queue, connects again by itself, and acts on each event once: what it does and
which event it did it for are one transaction in SQLite.

    pip install -r requirements.txt
    AMQP_URL=amqp://… STATE=./events.db python consumer.py
"""

import json
import logging
import os
import sqlite3
import time

import pika
import pika.exceptions

URL = os.environ["AMQP_URL"]
EXCHANGE = os.environ.get("EXCHANGE", "morket.events")
QUEUE = os.environ.get("QUEUE", "sample-python")
BINDING = os.environ.get("BINDING", "ws.#")
DELIVERY_LIMIT = 5  # after which RabbitMQ puts a message that is never acknowledged into the dead-letter queue
RETRY_SECONDS = 1

db = sqlite3.connect(os.environ.get("STATE", "events.db"), isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute(
    """CREATE TABLE IF NOT EXISTS events (
        stream TEXT, version INTEGER, position INTEGER, type TEXT, PRIMARY KEY (stream, version))"""
)


def handle(event):
    """Does the work for an event; the primary key makes a repeat do nothing."""
    stream, _, version = event["id"].rpartition("/")
    db.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (stream, int(version), int(event["position"]), event["type"]),
    )


def on_message(channel, method, properties, body):
    try:
        event = json.loads(body)
        event["id"], event["position"], event["type"]
    except (ValueError, KeyError, TypeError):
        logging.warning("not an event, into the dead-letter queue: %s", properties.message_id)
        channel.basic_reject(method.delivery_tag, requeue=False)
        return
    handle(event)
    channel.basic_ack(method.delivery_tag)


def consume():
    """Handles events until the connection is lost."""
    parameters = pika.URLParameters(URL)
    parameters.heartbeat = 10
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.queue_declare(QUEUE + ".dead", durable=True, arguments={"x-queue-type": "quorum"})
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(
        QUEUE,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": QUEUE + ".dead",
            # Else a message is gone if the dead-letter queue can't take it just then. RabbitMQ wants to be allowed to refuse for it.
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )
    channel.queue_bind(QUEUE, EXCHANGE, BINDING)
    channel.basic_qos(prefetch_count=50)
    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


def main():
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    while True:
        try:
            consume()
        except (pika.exceptions.AMQPError, OSError) as error:
            logging.warning("connecting again: %r", error)
        except KeyboardInterrupt:
            return
        time.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    main()
