import { Observable } from '@/lib/emitter';
import type { EditBatch, EditStore, HeldEdit } from './edit-store';
import { isGroupId, type CellChange, type CellValue } from './model';

/** What became of one change of a batch. */
export type ChangeResult =
  { status: 'ok' } | { status: 'error'; reason: string } | { status: 'conflict'; theirs: CellValue; position: number };

/** What a failure means for a batch. `alone`: it may be the fault of one edit, so each is to be tried for itself. */
export type Outcome =
  | { is: 'offline' | 'signed-out' }
  | { is: 'retry'; afterMs?: number; reason: string }
  | { is: 'refused'; alone: boolean; reason: string };

export interface EditPort {
  /** Sends the batch; answers with the log position and, if they differ, with what became of each change. The same key acts once. */
  send(batch: EditBatch): Promise<{ position: number; results?: ChangeResult[] | undefined }>;
  classify(error: unknown): Outcome;
  /** The position as of which a cell is known. */
  base(change: CellChange): number | undefined;
  begin(changes: CellChange[]): void;
  confirm(changes: CellChange[], position: number): void;
  rollback(changes: CellChange[]): void;
  /** Somebody else's value of a cell. */
  theirs(change: CellChange, value: CellValue, position: number): void;
  refused(edits: HeldEdit[]): void;
  store: EditStore;
  now?: () => number;
}

export interface PushOptions {
  createOptions?: boolean;
  gesture?: string;
  /** The edits hold only if the cells are still as they were seen. */
  late?: boolean;
}

export interface SaveState {
  state: 'saved' | 'saving' | 'offline' | 'signed-out';
  waiting: number;
  /** How many of them would be lost with the page: the browser has no room to keep them. */
  unkept: number;
}

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
/** How often, and how long, a failing server is asked to take a batch before the person is asked. */
export const MAX_TRIES = 8;
export const MAX_FAILING_MS = 5 * 60_000;
/** An edit that is older when it is sent for the first time may meet a newer value. */
const LATE_MS = 5_000;

/**
 * Edits on their way to the server: shown at once, sent in order by one tab at a time, repeated under the same key while the
 * network is away. What the server refuses, has a newer value for or fails to take is held for the person to decide; nothing
 * waits behind it.
 */
export class EditQueue {
  readonly state = new Observable<SaveState>({ state: 'saved', waiting: 0, unkept: 0 });
  readonly held = new Observable<readonly HeldEdit[]>([]);
  private batches: EditBatch[] = [];
  private readonly unkept = new Set<string>();
  private sending = false;
  private blocked: 'offline' | 'signed-out' | null = null;
  private delay = FIRST_DELAY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private detached = false;
  private again = false;
  private made = 0;
  private idle: (() => void)[] = [];
  private readonly done = new Map<string, (position: number) => void>();
  private readonly now: () => number;

  constructor(private readonly port: EditPort) {
    this.now = port.now ?? Date.now;
    port.store.onOrphans(() => void this.resume());
  }

  /** Takes up what earlier sessions and tabs that are gone could not send. */
  async resume(): Promise<void> {
    const kept = await this.port.store.exclusive(() => this.port.store.adopt());
    for (const batch of kept.batches) {
      batch.late = true;
      this.port.begin(batch.changes);
    }
    this.batches = [...kept.batches, ...this.batches];
    if (kept.held.length) this.held.set([...this.held.get(), ...kept.held]);
    this.publish();
    await this.run();
  }

  /** Takes edits; answers with their log position once the server has them, or with 0 when it has none of them. */
  push(all: CellChange[], o: PushOptions = {}): Promise<number> {
    const changes = all.filter((c) => !isGroupId(c.rowId));
    if (changes.length === 0) return Promise.resolve(0);
    const based = changes.map((c) => {
      const base = c.base ?? this.port.base(c);
      return base === undefined ? c : { ...c, base };
    });
    const batch: EditBatch = { key: crypto.randomUUID(), changes: based, at: this.now(), n: this.made++ };
    if (o.createOptions) batch.createOptions = true;
    if (o.gesture) batch.gesture = o.gesture;
    if (this.blocked || o.late) batch.late = true;
    for (const h of this.held.get().filter((held) => based.some((c) => sameCell(c, held)))) this.forget(h.id);
    this.port.begin(based);
    this.batches.push(batch);
    this.keep(batch);
    this.publish();
    const sent = new Promise<number>((resolve) => this.done.set(batch.key, resolve));
    void this.run();
    return sent;
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
    if (this.batches.length === 0 || (this.blocked && !this.sending)) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }
  /** The grid is gone: what waits is still sent, then the tab's name is given up so that another grid finds what is held. */
  detach(): void {
    this.detached = true;
    if (this.batches.length === 0 || this.blocked) this.stop();
  }
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.port.store.close();
  }
  /** The changes that are still on their way, the oldest first. */
  waiting(): CellChange[] {
    return this.batches.flatMap((b) => b.changes);
  }
  heldFor(rowId: string, columnId: string): HeldEdit | undefined {
    return this.held.get().find((h) => h.rowId === rowId && h.columnId === columnId);
  }

  /** The person insists: the held values are sent again, over those that are known now. */
  keepMine(ids: readonly string[]): void {
    const mine = this.held.get().filter((h) => ids.includes(h.id));
    for (const h of mine) this.forget(h.id);
    for (const create of [false, true]) {
      const changes = mine
        .filter((h) => (h.createOptions ?? false) === create)
        .map(({ rowId, columnId, value, base }) => ({
          rowId,
          columnId,
          value,
          ...(base === undefined ? {} : { base }),
        }));
      void this.push(changes, { createOptions: create, late: true });
    }
  }
  /** The person gives the held values up. */
  discard(ids: readonly string[]): void {
    for (const id of ids) this.forget(id);
  }
  private forget(id: string): void {
    this.port.store.release(id);
    this.unkept.delete(id);
    this.held.set(this.held.get().filter((h) => h.id !== id));
  }

  private async run(): Promise<void> {
    if (this.sending) {
      this.again = true;
      return;
    }
    if (this.stopped || this.timer !== undefined || this.batches.length === 0) return;
    this.sending = true;
    try {
      await this.port.store.exclusive(async () => {
        for (let batch = this.batches[0]; batch && !this.stopped; batch = this.batches[0]) {
          if (!(await this.sendOne(batch))) break;
        }
      });
    } finally {
      this.sending = false;
    }
    this.publish();
    if (this.batches.length === 0 || this.blocked) for (const resolve of this.idle.splice(0)) resolve();
    if (this.detached && (this.batches.length === 0 || this.blocked)) this.stop();
    const again = this.again;
    this.again = false;
    if (again && !this.blocked) await this.run();
  }

  private async sendOne(batch: EditBatch): Promise<boolean> {
    if (!batch.tries && this.now() - batch.at > LATE_MS) batch.late = true;
    try {
      const { position, results } = await this.port.send(batch);
      this.blocked = null;
      this.delay = FIRST_DELAY;
      this.take(batch, position, results);
      return true;
    } catch (error) {
      return this.failed(batch, this.port.classify(error));
    }
  }
  private take(batch: EditBatch, position: number, results: ChangeResult[] | undefined): void {
    this.drop(batch);
    const of = (i: number): ChangeResult => results?.[i] ?? { status: 'ok' };
    const saved = batch.changes.filter((_, i) => of(i).status === 'ok');
    this.port.confirm(saved, position);
    this.lift(saved, position);
    batch.changes.forEach((change, i) => {
      const result = of(i);
      if (result.status === 'error') this.hold(batch, [change], 'refused', result.reason);
      if (result.status !== 'conflict') return;
      this.hold(batch, [{ ...change, base: result.position }], 'conflict', 'Somebody changed the cell.', result.theirs);
      this.port.theirs(change, result.theirs, result.position);
    });
    this.finish(batch, saved.length ? position : 0);
  }
  /** Edits behind this one in the same cells have seen its value. */
  private lift(saved: readonly CellChange[], position: number): void {
    const known = new Set(saved.map((s) => `${s.rowId}/${s.columnId}`));
    for (const batch of this.batches) {
      for (const change of batch.changes) {
        if (known.has(`${change.rowId}/${change.columnId}`)) change.base = Math.max(change.base ?? 0, position);
      }
    }
  }

  private failed(batch: EditBatch, outcome: Outcome): boolean {
    if (outcome.is === 'refused') {
      this.drop(batch);
      if (outcome.alone && batch.changes.length > 1) this.split(batch);
      else {
        this.hold(batch, batch.changes, 'refused', outcome.reason);
        this.finish(batch, 0);
      }
      return true;
    }
    batch.late = true; // it may have arrived nevertheless, or arrive when somebody else has changed the cells
    if (outcome.is !== 'retry') {
      this.blocked = outcome.is;
      this.keep(batch);
      if (outcome.is === 'offline') this.later();
      return false;
    }
    this.blocked = null;
    batch.tries = (batch.tries ?? 0) + 1;
    batch.failing ??= this.now();
    this.keep(batch);
    if (batch.tries < MAX_TRIES && this.now() - batch.failing < MAX_FAILING_MS) {
      this.later(outcome.afterMs);
      return false;
    }
    this.drop(batch);
    this.hold(batch, batch.changes, 'failed', outcome.reason);
    this.finish(batch, 0);
    return true;
  }
  /** Halves a batch that was refused as a whole, so that in the end only the edit at fault fails. */
  private split(batch: EditBatch): void {
    const middle = Math.ceil(batch.changes.length / 2);
    const halves = [batch.changes.slice(0, middle), batch.changes.slice(middle)].map((changes) => ({
      ...batch,
      key: crypto.randomUUID(),
      changes,
    }));
    const finish = this.done.get(batch.key);
    this.done.delete(batch.key);
    let left = halves.length;
    let last = 0;
    for (const half of halves) {
      this.keep(half);
      this.done.set(half.key, (position) => {
        last = Math.max(last, position);
        if (--left === 0) finish?.(last);
      });
    }
    this.batches = [...halves, ...this.batches];
  }
  /** Shows what the server has again, and keeps what was typed; but what was typed over since needs no decision. */
  private hold(
    batch: EditBatch,
    changes: readonly CellChange[],
    kind: HeldEdit['kind'],
    reason: string,
    theirs?: CellValue,
  ): void {
    this.port.rollback([...changes]);
    const open = changes.filter((c) => !this.batches.some((b) => b.changes.some((later) => sameCell(later, c))));
    const edits = open.map((c): HeldEdit => {
      const edit: HeldEdit = { ...c, id: crypto.randomUUID(), kind, reason };
      if (theirs !== undefined) edit.theirs = theirs;
      if (batch.createOptions) edit.createOptions = true;
      return edit;
    });
    for (const edit of edits) if (!this.port.store.hold(edit)) this.unkept.add(edit.id);
    if (edits.length === 0) return;
    this.held.set([...this.held.get(), ...edits]);
    this.port.refused(edits);
  }
  private finish(batch: EditBatch, position: number): void {
    this.done.get(batch.key)?.(position);
    this.done.delete(batch.key);
  }

  private keep(batch: EditBatch): void {
    if (this.port.store.keep(batch)) this.unkept.delete(batch.key);
    else this.unkept.add(batch.key);
  }
  private drop(batch: EditBatch): void {
    this.batches = this.batches.filter((b) => b !== batch);
    this.port.store.drop(batch.key);
    this.unkept.delete(batch.key);
    this.publish();
  }
  private later(afterMs?: number): void {
    if (this.stopped) return;
    const again = (): void => {
      this.timer = undefined;
      void this.run();
    };
    this.timer = setTimeout(again, Math.max(afterMs ?? 0, this.delay));
    this.delay = Math.min(LONGEST_DELAY, this.delay * 2);
  }
  private publish(): void {
    const waiting = this.batches.reduce((n, b) => n + b.changes.length, 0);
    const state = waiting === 0 ? 'saved' : (this.blocked ?? 'saving');
    const lost = this.batches.filter((b) => this.unkept.has(b.key)).reduce((n, b) => n + b.changes.length, 0);
    const unkept = lost + this.held.get().filter((h) => this.unkept.has(h.id)).length;
    const now = this.state.get();
    if (now.state !== state || now.waiting !== waiting || now.unkept !== unkept)
      this.state.set({ state, waiting, unkept });
  }
}

function sameCell(a: CellChange, b: CellChange): boolean {
  return a.rowId === b.rowId && a.columnId === b.columnId;
}
