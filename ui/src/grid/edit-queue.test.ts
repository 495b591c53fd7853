import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EditQueue, MAX_FAILING_MS, MAX_TRIES, type EditPort } from './edit-queue';
import { LocalEdits, type EditBatch, type HeldEdit } from './edit-store';
import type { CellChange } from './model';

class Offline extends Error {}
class Refused extends Error {}
class SignedOut extends Error {}

/** The locks of one browser: a lock is free when its work is done or its tab is gone. */
class Locks {
  private readonly queues = new Map<string, { tab: string; run: () => Promise<unknown> }[]>();
  of(tab: string) {
    return {
      request: <T>(name: string, o: { signal?: AbortSignal }, run: () => Promise<T>): Promise<T> =>
        new Promise<T>((resolve, reject) => {
          const queue = this.queues.get(name) ?? [];
          this.queues.set(name, queue);
          const entry = {
            tab,
            run: () =>
              run()
                .then(resolve, reject)
                .then(() => this.next(name, entry)),
          };
          o.signal?.addEventListener('abort', () => {
            if (queue[0] === entry) return;
            queue.splice(queue.indexOf(entry), 1);
            reject(new Error('aborted'));
          });
          queue.push(entry);
          if (queue[0] === entry) void entry.run();
        }),
      query: () => Promise.resolve({ held: [...this.queues].flatMap(([name, q]) => (q.length ? [{ name }] : [])) }),
    };
  }
  private next(name: string, entry: { run: () => Promise<unknown> }): void {
    const queue = this.queues.get(name) ?? [];
    if (queue[0] !== entry) return;
    queue.shift();
    void queue.at(0)?.run();
  }
  /** The tab is closed or has crashed. */
  kill(tab: string): void {
    for (const queue of this.queues.values()) {
      const first = queue[0];
      const left = queue.filter((e) => e.tab !== tab);
      queue.splice(0, queue.length, ...left);
      if (first?.tab === tab) void queue[0]?.run();
    }
  }
}

function memory(room = Infinity): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (i) => [...items.keys()][i] ?? null,
    getItem: (k) => items.get(k) ?? null,
    setItem: (k, v) => {
      if (items.size >= room && !items.has(k)) throw new DOMException('full', 'QuotaExceededError');
      items.set(k, v);
    },
    removeItem: (k) => void items.delete(k),
    clear: () => items.clear(),
  };
}

const cell = (value: string, columnId = 'c'): CellChange => ({ rowId: 'r1', columnId, value });
const change = (value: string): CellChange[] => [cell(value)];
type Send = EditPort['send'];

interface Options {
  storage?: Storage;
  locks?: Locks;
  tab?: string;
  prefix?: string;
}
const open: EditQueue[] = [];

function tab(send: Send, o: Options = {}) {
  const store = new LocalEdits(
    o.prefix ?? 'edits.ann.t',
    o.storage ?? memory(),
    (o.locks ?? new Locks()).of(o.tab ?? 'one'),
  );
  const port = {
    send: vi.fn(send),
    classify: (e: unknown) =>
      e instanceof Offline
        ? { is: 'offline' as const }
        : e instanceof SignedOut
          ? { is: 'signed-out' as const }
          : e instanceof Refused
            ? { is: 'refused' as const, alone: true, reason: e.message }
            : { is: 'retry' as const, reason: (e as Error).message },
    base: vi.fn<EditPort['base']>(() => 5),
    begin: vi.fn(),
    confirm: vi.fn<EditPort['confirm']>(),
    rollback: vi.fn(),
    theirs: vi.fn(),
    refused: vi.fn<(edits: HeldEdit[]) => void>(),
    store,
  };
  const queue = new EditQueue(port);
  open.push(queue);
  return { port, queue, sent: () => port.send.mock.calls.map(([b]) => b.changes[0]?.value) };
}
const ok: Send = () => Promise.resolve({ position: 7 });
const never: Send = () => Promise.reject(new Offline());

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const q of open.splice(0)) q.stop();
  vi.useRealTimers();
});
const flush = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('the edit queue', () => {
  it('shows, sends in order and confirms at the position', async () => {
    let position = 10;
    const { queue, port, sent } = tab(() => Promise.resolve({ position: ++position }));
    void queue.push(change('a'));
    void queue.push(change('b'));
    expect(port.begin).toHaveBeenCalledTimes(2);
    expect(queue.state.get()).toEqual({ state: 'saving', waiting: 2, unkept: 0 });
    await queue.settled();
    expect(sent()).toEqual(['a', 'b']);
    expect(port.confirm.mock.lastCall?.[1]).toBe(12);
    expect(queue.state.get()).toEqual({ state: 'saved', waiting: 0, unkept: 0 });
  });
  it('keeps edits while offline and repeats them under the same key, on condition that the cells are as they were', async () => {
    let online = false;
    const { queue, port } = tab(() => (online ? Promise.resolve({ position: 5 }) : Promise.reject(new Offline())));
    void queue.push(change('a'));
    await flush();
    void queue.push([cell('b', 'd')]);
    expect(queue.state.get()).toMatchObject({ state: 'offline', waiting: 2 });
    online = true;
    queue.wake();
    await queue.settled();
    const batches = port.send.mock.calls.map(([b]) => b);
    expect(batches[0]?.key).toBe(batches[1]?.key);
    expect(batches.slice(1).map((b) => [b.late, b.changes[0]?.base])).toEqual([
      [true, 5],
      [true, 5],
    ]);
  });
  it('knows that the second edit of a cell has seen the first', async () => {
    const { queue, port } = tab(() => Promise.resolve({ position: 9 }));
    void queue.push(change('a'));
    void queue.push(change('b'));
    await queue.settled();
    expect(port.send.mock.calls[1]?.[0].changes[0]?.base).toBe(9);
  });
});

describe('a server that fails', () => {
  it.each([
    ['often', MAX_TRIES, 0],
    ['for long', 2, MAX_FAILING_MS],
  ])('is asked %s, then the person is, and later edits go on', async (_, tries, wait) => {
    const { queue, port } = tab((b) =>
      b.changes[0]?.value === 'bad' ? Promise.reject(new Error('500')) : Promise.resolve({ position: 3 }),
    );
    void queue.push(change('bad'));
    void queue.push([cell('good', 'd')]);
    await flush();
    for (let i = 1; i < tries; i++) {
      if (wait) vi.setSystemTime(Date.now() + wait);
      await flush(30_000);
    }
    expect(port.send.mock.calls.filter(([b]) => b.changes[0]?.value === 'bad')).toHaveLength(tries);
    expect(queue.held.get()).toMatchObject([{ kind: 'failed', value: 'bad', reason: '500' }]);
    expect(port.confirm.mock.lastCall?.[0]).toMatchObject([{ value: 'good' }]);
    expect(queue.state.get().state).toBe('saved');
    port.send.mockImplementation(ok);
    queue.keepMine(queue.held.get().map((h) => h.id));
    await queue.settled();
    expect(queue.held.get()).toEqual([]);
    expect(port.send.mock.lastCall?.[0]).toMatchObject({ late: true, changes: [{ value: 'bad', base: 5 }] });
  });
  it('does not hold what was typed over since', async () => {
    const { queue } = tab((b) =>
      b.changes[0]?.value === 'bad' ? Promise.reject(new Error('500')) : Promise.resolve({ position: 3 }),
    );
    void queue.push(change('bad'));
    void queue.push(change('good'));
    for (let i = 0; i < MAX_TRIES; i++) await flush(30_000);
    expect(queue.held.get()).toEqual([]);
    expect(queue.state.get().state).toBe('saved');
  });
});

describe('an edit that is refused', () => {
  it('fails alone in an answer that tells of each', async () => {
    const { queue, port } = tab(() =>
      Promise.resolve({ position: 4, results: [{ status: 'ok' }, { status: 'error', reason: 'no number' }] }),
    );
    void queue.push([cell('good'), cell('bad', 'd')]);
    await queue.settled();
    expect(port.confirm).toHaveBeenCalledWith([expect.objectContaining({ value: 'good' })], 4);
    expect(queue.heldFor('r1', 'd')).toMatchObject({ kind: 'refused', reason: 'no number', value: 'bad' });
    expect(queue.heldFor('r1', 'c')).toBeUndefined();
  });
  it('is found by halving where the whole call is refused', async () => {
    const { queue, port } = tab((b) =>
      b.changes.some((c) => c.value === 'bad') ? Promise.reject(new Refused('no')) : Promise.resolve({ position: 4 }),
    );
    const done = queue.push(['1', '2', 'bad', '4', '5'].map((v, i) => cell(v, `c${String(i)}`)));
    await queue.settled();
    expect(await done).toBe(4);
    const saved = port.confirm.mock.calls.flatMap(([c]) => c.map((x) => x.value));
    expect(saved.sort()).toEqual(['1', '2', '4', '5']);
    expect(queue.held.get().map((h) => h.value)).toEqual(['bad']);
  });
  it('is given up by its person, or typed over', async () => {
    const { queue } = tab(() => Promise.reject(new Refused('no')));
    void queue.push(change('x'));
    void queue.push([cell('y', 'd')]);
    await queue.settled();
    queue.discard([queue.heldFor('r1', 'd')?.id ?? '']);
    expect(queue.held.get().map((h) => h.value)).toEqual(['x']);
    void queue.push(change('z'));
    expect(queue.held.get()).toEqual([]);
  });
});

describe('an edit that meets a newer value', () => {
  it('is held with both values; mine goes over theirs, or theirs stays', async () => {
    const { queue, port } = tab(() =>
      Promise.resolve({ position: 0, results: [{ status: 'conflict', theirs: 'bob’s', position: 20 }] }),
    );
    void queue.push(change('mine'));
    await queue.settled();
    expect(queue.held.get()).toMatchObject([{ kind: 'conflict', value: 'mine', theirs: 'bob’s', base: 20 }]);
    expect(port.theirs).toHaveBeenCalledWith(expect.objectContaining({ rowId: 'r1' }), 'bob’s', 20);
    expect(port.rollback).toHaveBeenCalled();
    port.send.mockImplementation(ok);
    queue.keepMine([queue.held.get()[0]?.id ?? '']);
    await queue.settled();
    expect(port.send.mock.lastCall?.[0]).toMatchObject({ late: true, changes: [{ value: 'mine', base: 20 }] });
  });
});

describe('a reload', () => {
  it('takes up what was not sent, under its key, and what was to be decided', async () => {
    const storage = memory();
    const locks = new Locks();
    const first = tab(
      (b) => (b.changes[0]?.value === 'bad' ? Promise.reject(new Refused('no')) : Promise.reject(new Offline())),
      { storage, locks },
    );
    void first.queue.push([cell('bad', 'd')]);
    void first.queue.push(change('kept'));
    await flush();
    const key = first.port.send.mock.lastCall?.[0].key;
    locks.kill('one');
    const second = tab(ok, { storage, locks, tab: 'two' });
    await second.queue.resume();
    expect(second.port.begin).toHaveBeenCalled();
    expect(second.port.send).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ key, late: true }));
    expect(second.queue.held.get()).toMatchObject([{ value: 'bad' }]);
    expect(storage.length).toBe(1);
  });
  it('reads what an earlier release had kept', async () => {
    const storage = memory();
    storage.setItem('edits.ann.t', JSON.stringify([{ key: 'k', changes: change('old'), at: 0 } satisfies EditBatch]));
    const { queue, port } = tab(ok, { storage });
    await queue.resume();
    expect(port.send).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ key: 'k' }));
    expect(storage.length).toBe(0);
  });
  it.each(['', '{', '7', '[{"no":1}]', '{"key":1}'])('passes over %j in the storage', async (text) => {
    const storage = memory();
    storage.setItem('edits.ann.t', text);
    storage.setItem('edits.ann.t/gone/batch/k', text);
    const { queue, port } = tab(ok, { storage });
    await queue.resume();
    expect(port.send).not.toHaveBeenCalled();
  });
});

describe('two tabs', () => {
  it('keep their own edits and send by turns', async () => {
    const storage = memory();
    const locks = new Locks();
    let under = 0;
    const slow: Send = async () => {
      expect(++under).toBe(1);
      await new Promise((done) => setTimeout(done, 10));
      under--;
      return { position: 1 };
    };
    const one = tab(slow, { storage, locks, tab: 'one' });
    const two = tab(slow, { storage, locks, tab: 'two' });
    for (const v of ['a', 'b', 'c']) {
      void one.queue.push([cell(`1${v}`, v)]);
      void two.queue.push([cell(`2${v}`, v)]);
    }
    expect(storage.length).toBe(6);
    await flush(1000);
    expect(one.sent()).toEqual(['1a', '1b', '1c']);
    expect(two.sent()).toEqual(['2a', '2b', '2c']);
    expect(storage.length).toBe(0);
  });
  it('one takes over what the other had when it was closed', async () => {
    const storage = memory();
    const locks = new Locks();
    const one = tab(never, { storage, locks, tab: 'one' });
    void one.queue.push(change('left'));
    await flush();
    const two = tab(ok, { storage, locks, tab: 'two' });
    await two.queue.resume();
    expect(two.port.send).not.toHaveBeenCalled();
    locks.kill('one');
    await flush();
    expect(two.sent()).toEqual(['left']);
    expect(storage.length).toBe(0);
  });
});

describe('nothing is lost', () => {
  it('untold where the browser has no room', async () => {
    const { queue } = tab(never, { storage: memory(1) });
    void queue.push(change('a'));
    void queue.push([cell('b', 'd')]);
    await flush();
    expect(queue.state.get()).toEqual({ state: 'offline', waiting: 2, unkept: 1 });
  });
  it('when the person is signed out; another one doesn’t send it', async () => {
    const storage = memory();
    const locks = new Locks();
    const ann = tab(() => Promise.reject(new SignedOut()), { storage, locks });
    void ann.queue.push(change('ann’s'));
    await flush(60_000);
    expect(ann.queue.state.get().state).toBe('signed-out');
    expect(ann.port.send).toHaveBeenCalledOnce();
    ann.queue.detach();
    const bob = tab(ok, { storage, locks, tab: 'two', prefix: 'edits.bob.t' });
    await bob.queue.resume();
    expect(bob.port.send).not.toHaveBeenCalled();
    const again = tab(ok, { storage, locks, tab: 'three' });
    await again.queue.resume();
    expect(again.sent()).toEqual(['ann’s']);
  });
  it('when the grid is left while edits are on their way', async () => {
    let online = false;
    const { queue, port } = tab(() => (online ? Promise.resolve({ position: 1 }) : Promise.reject(new Error('503'))));
    void queue.push(change('a'));
    await flush();
    queue.detach();
    online = true;
    await flush(2_000);
    expect(port.send).toHaveBeenCalledTimes(2);
  });
});
