/**
 * A sample consumer of Morket's events over RabbitMQ. It has a durable queue of its own with a dead-letter queue, connects again by
 * itself, and acts on each event once: what it does and which event it did it for are one line of one file.
 *
 *     npm ci && npm run build
 *     AMQP_URL=amqp://… STATE=./events.jsonl node dist/consumer.js
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';

interface CloudEvent {
  /** stream/version: the same event always has the same id. */
  id: string;
  type: string;
  position: string;
}

const env = process.env;
const url = env['AMQP_URL'] ?? 'amqp://127.0.0.1';
const exchange = env['EXCHANGE'] ?? 'morket.events';
const queue = env['QUEUE'] ?? 'sample-typescript';
const binding = env['BINDING'] ?? 'ws.#';
/** After so many deliveries RabbitMQ puts a message that is never acknowledged into the dead-letter queue. */
const deliveryLimit = 5;
const retryMs = 1000;

/** The events that were dealt with. A line that a crash cut off was not written: it is cut away. */
class State {
  private readonly seen = new Set<string>();
  private readonly file: number;

  constructor(path: string) {
    if (existsSync(path)) {
      const text = readFileSync(path, 'utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      truncateSync(path, Buffer.byteLength(whole));
      for (const line of whole.split('\n')) if (line) this.seen.add((JSON.parse(line) as CloudEvent).id);
    }
    this.file = openSync(path, 'a');
  }

  /** Does the work for an event, and notes the event in the same write. A database would do both in one transaction. */
  handle({ id, type, position }: CloudEvent): void {
    if (this.seen.has(id)) return;
    writeSync(this.file, JSON.stringify({ id, type, position }) + '\n');
    fsyncSync(this.file);
    this.seen.add(id);
  }

  close(): void {
    closeSync(this.file);
  }
}

function parse(body: Buffer): CloudEvent | null {
  try {
    const event = JSON.parse(body.toString('utf8')) as Partial<CloudEvent> | null;
    if (!event?.id || !event.type || !event.position) return null;
    return { id: event.id, type: event.type, position: event.position };
  } catch {
    return null;
  }
}

/** Handles events until the connection is lost. */
async function consume(state: State): Promise<void> {
  const connection = await amqp.connect(url + (url.includes('?') ? '&' : '?') + 'heartbeat=10');
  const lost = new Promise<void>((resolve) => {
    connection.on('error', (error: Error) => console.warn('connection:', error.message));
    connection.on('close', () => resolve());
  });
  const channel = await connection.createChannel();
  channel.on('error', (error: Error) => console.warn('channel:', error.message));
  await channel.assertQueue(`${queue}.dead`, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(queue, {
    durable: true,
    deadLetterExchange: '',
    deadLetterRoutingKey: `${queue}.dead`,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': deliveryLimit,
      // Else a message is gone if the dead-letter queue can't take it just then. RabbitMQ wants to be allowed to refuse for it.
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  });
  await channel.bindQueue(queue, exchange, binding);
  await channel.prefetch(50);
  await channel.consume(queue, (message) => {
    if (!message) {
      void connection.close().catch(() => undefined); // the queue was deleted
      return;
    }
    const event = parse(message.content);
    if (!event) {
      console.warn('not an event, into the dead-letter queue:', message.properties.messageId);
      channel.reject(message, false);
      return;
    }
    state.handle(event); // what it throws ends the program; the message is unacknowledged and comes again
    channel.ack(message);
  });
  await lost;
}

async function main(): Promise<void> {
  const state = new State(env['STATE'] ?? 'events.jsonl');
  for (;;) {
    try {
      await consume(state);
    } catch (error) {
      console.warn('connecting again:', String(error));
    }
    await pause(retryMs);
  }
}

await main();
