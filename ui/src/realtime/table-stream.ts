import type { EventSourceMessage } from 'eventsource-parser';
import { z } from 'zod';
import { parseExact } from '@/lib/exact-json';
import { patchSchema, type Patch } from './patches.gen';
import { serverEvents } from './sse';

export interface StreamPort {
  /** Opens the stream; `lastEventId` is the position to go on from. */
  open(lastEventId: string | undefined, signal: AbortSignal): Promise<Response>;
}
export interface StreamEvents {
  patch(patch: Patch): void;
  /** The client is too far behind, or missed something: everything shown must be read again. */
  reload(): void;
  connected(on: boolean): void;
  /** The stream is open: what the table is now. */
  opened(now: Opened): void;
  /** Who has the table open, all of them. */
  presence?(people: Present[]): void;
}

const pingSchema = z.looseObject({ schema_version: z.number().optional(), row_count: z.number().optional() });
export type Opened = z.infer<typeof pingSchema>;
const presenceSchema = z.looseObject({
  people: z.array(
    z.looseObject({
      user_id: z.string(),
      window: z.string(),
      row_id: z.string().optional(),
      column_id: z.string().optional(),
      editing: z.boolean().optional(),
    }),
  ),
});
/** A window in which somebody has the table open, and the cell that is selected in it. */
export type Present = z.infer<typeof presenceSchema>['people'][number];

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
/** The server sends a ping at least this often; a silent connection is a dead one. */
const SILENCE_MS = 45_000;

/** Follows a table's changes, over reconnects, by position. */
export class TableStream {
  private readonly abort = new AbortController();
  private lastId: string | undefined;
  private delay = FIRST_DELAY;

  constructor(
    private readonly port: StreamPort,
    private readonly events: StreamEvents,
    from: number,
  ) {
    if (from > 0) this.lastId = String(from);
  }

  start(): this {
    void this.loop();
    return this;
  }
  stop(): void {
    this.abort.abort();
  }

  private async loop(): Promise<void> {
    while (!this.abort.signal.aborted) {
      try {
        await this.follow();
      } catch {
        // every failure is the same here: try again from where we were
      }
      this.events.connected(false);
      await this.wait();
    }
  }
  private wait(): Promise<void> {
    const delay = this.delay;
    this.delay = Math.min(LONGEST_DELAY, this.delay * 2);
    return new Promise((resolve) => {
      const timer = setTimeout(done, delay);
      const signal = this.abort.signal;
      function done(): void {
        clearTimeout(timer);
        window.removeEventListener('online', done);
        signal.removeEventListener('abort', done);
        resolve();
      }
      window.addEventListener('online', done);
      signal.addEventListener('abort', done);
    });
  }

  private async follow(): Promise<void> {
    const connection = new AbortController();
    const end = (): void => connection.abort();
    this.abort.signal.addEventListener('abort', end);
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
    };
    try {
      heard();
      const response = await this.port.open(this.lastId, connection.signal);
      if (!response.body) return;
      this.events.connected(true);
      this.events.presence?.([]); // the server tells at once who is there
      this.delay = FIRST_DELAY;
      for await (const event of serverEvents(response)) {
        heard();
        this.take(event);
      }
    } finally {
      clearTimeout(silence);
      this.abort.signal.removeEventListener('abort', end);
    }
  }

  private take(event: EventSourceMessage): void {
    if (event.id) this.lastId = event.id;
    if (event.event === 'reload') {
      this.events.reload();
      return;
    }
    if (event.event === 'presence') {
      const now = read(presenceSchema, event.data);
      if (now) this.events.presence?.(now.people);
      return;
    }
    if (event.event === 'ping') {
      const now = read(pingSchema, event.data);
      if (now?.schema_version !== undefined) this.events.opened(now);
      return;
    }
    if (event.event !== 'patch') return;
    const patch = readPatch(event.data);
    if (patch) this.events.patch(patch);
    else this.events.reload();
  }
}

function read<T>(schema: z.ZodType<T>, data: string): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
function readPatch(data: string): Patch | null {
  try {
    const parsed = patchSchema.safeParse(parseExact(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
