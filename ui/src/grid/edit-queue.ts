import { Observable } from '@/lib/emitter';
import type { CellChange, CellValue } from './model';

export interface EditBatch {
  key: string;
  changes: CellChange[];
  createOptions?: boolean;
  at: number;
}
export type Outcome = 'offline' | 'retry' | 'refused';

export interface EditPort {
  /** Sends the batch; answers with the log position. Repeating it with the same key acts once. */
  send(batch: EditBatch): Promise<number>;
  /** What a failure means for the batch. */
  classify(error: unknown): Outcome;
  begin(changes: CellChange[]): void;
  confirm(changes: CellChange[], position: number): void;
  rollback(changes: CellChange[], error: unknown): void;
  /** Keeps the waiting batches over a reload. */
  store(batches: EditBatch[]): void;
  load(): EditBatch[];
}

export interface SaveState {
  state: 'saved' | 'saving' | 'offline';
  waiting: number;
}

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

/**
 * Edits on their way to the server: shown at once, sent in order, repeated under the same key while the network is away,
 * rolled back when the server refuses them.
 */
export class EditQueue {
  readonly state = new Observable<SaveState>({ state: 'saved', waiting: 0 });
  private batches: EditBatch[] = [];
  private sending = false;
  private offline = false;
  private delay = FIRST_DELAY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private idle: (() => void)[] = [];
  private readonly done = new WeakMap<EditBatch, (position: number) => void>();

  constructor(private readonly port: EditPort) {}

  /** Takes up what an earlier session could not send. */
  resume(): void {
    const kept = this.port.load();
    for (const batch of kept) this.port.begin(batch.changes);
    this.batches.push(...kept);
    if (kept.length) void this.run();
    else this.publish();
  }

  /** Takes edits; answers with their log position once the server has them, or with 0 when it refused them. */
  push(changes: CellChange[], createOptions = false): Promise<number> {
    if (changes.length === 0) return Promise.resolve(0);
    const batch: EditBatch = { key: crypto.randomUUID(), changes, at: Date.now() };
    if (createOptions) batch.createOptions = true;
    this.port.begin(changes);
    this.batches.push(batch);
    this.port.store(this.batches);
    this.publish();
    void this.run();
    return new Promise((resolve) => this.done.set(batch, resolve));
  }

  /** Tries again now: the browser says it is online. */
  wake(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.delay = FIRST_DELAY;
    void this.run();
  }
  /** Resolves when everything that could be sent is sent. */
  settled(): Promise<void> {
    if (this.batches.length === 0 || this.offline) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
  /** The value still on its way for a cell, if any. */
  waitingFor(rowId: string, columnId: string): CellValue | undefined {
    for (let i = this.batches.length - 1; i >= 0; i--) {
      const found = this.batches[i]?.changes.find((c) => c.rowId === rowId && c.columnId === columnId);
      if (found) return found.value;
    }
    return undefined;
  }

  private async run(): Promise<void> {
    if (this.sending || this.stopped || this.timer !== undefined) return;
    this.sending = true;
    for (let batch = this.batches[0]; batch; batch = this.batches[0]) {
      if (!(await this.sendOne(batch))) break;
    }
    this.sending = false;
    this.publish();
    if (this.batches.length === 0 || this.offline) {
      for (const resolve of this.idle.splice(0)) resolve();
    }
  }

  private async sendOne(batch: EditBatch): Promise<boolean> {
    try {
      const position = await this.port.send(batch);
      this.offline = false;
      this.delay = FIRST_DELAY;
      this.drop(batch);
      this.port.confirm(batch.changes, position);
      this.done.get(batch)?.(position);
      return true;
    } catch (error) {
      const outcome = this.port.classify(error);
      if (outcome === 'refused') {
        this.drop(batch);
        this.port.rollback(batch.changes, error);
        this.done.get(batch)?.(0);
        return true;
      }
      this.offline = outcome === 'offline';
      this.later();
      return false;
    }
  }
  private drop(batch: EditBatch): void {
    this.batches = this.batches.filter((b) => b !== batch);
    this.port.store(this.batches);
    this.publish();
  }
  private later(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, this.delay);
    this.delay = Math.min(LONGEST_DELAY, this.delay * 2);
  }
  private publish(): void {
    const waiting = this.batches.reduce((n, b) => n + b.changes.length, 0);
    const state = waiting === 0 ? 'saved' : this.offline ? 'offline' : 'saving';
    const now = this.state.get();
    if (now.state !== state || now.waiting !== waiting) this.state.set({ state, waiting });
  }
}
