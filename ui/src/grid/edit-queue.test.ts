import { describe, expect, it, vi } from 'vitest';
import { EditQueue, type EditBatch, type EditPort } from './edit-queue';

class Offline extends Error {}
class Refused extends Error {}
const change = (value: string) => [{ rowId: 'r1', columnId: 'c', value }];

function port(send: EditPort['send'], kept: EditBatch[] = []) {
  return {
    send: vi.fn(send),
    classify: (e: unknown) =>
      (e instanceof Offline ? 'offline' : e instanceof Refused ? 'refused' : 'retry') as 'offline',
    begin: vi.fn(),
    confirm: vi.fn(),
    rollback: vi.fn(),
    store: vi.fn(),
    load: () => kept,
  };
}

describe('the edit queue', () => {
  it('shows, sends in order and confirms at the position', async () => {
    let position = 10;
    const p = port(() => Promise.resolve(++position));
    const queue = new EditQueue(p);
    void queue.push(change('a'));
    void queue.push(change('b'));
    expect(p.begin).toHaveBeenCalledTimes(2);
    expect(queue.state.get()).toEqual({ state: 'saving', waiting: 2 });
    await queue.settled();
    expect(p.send.mock.calls.map(([b]) => b.changes[0]?.value)).toEqual(['a', 'b']);
    expect(p.confirm).toHaveBeenLastCalledWith(change('b'), 12);
    expect(queue.state.get()).toEqual({ state: 'saved', waiting: 0 });
  });
  it('rolls back what the server refuses and goes on', async () => {
    const p = port((b) => (b.changes[0]?.value === 'bad' ? Promise.reject(new Refused()) : Promise.resolve(1)));
    const queue = new EditQueue(p);
    void queue.push(change('bad'));
    void queue.push(change('good'));
    await queue.settled();
    expect(p.rollback).toHaveBeenCalledExactlyOnceWith(change('bad'), expect.any(Refused));
    expect(p.confirm).toHaveBeenCalledExactlyOnceWith(change('good'), 1);
  });
  it('keeps edits while offline and repeats them under the same key', async () => {
    let online = false;
    const p = port(() => (online ? Promise.resolve(5) : Promise.reject(new Offline())));
    const queue = new EditQueue(p);
    void queue.push(change('a'));
    await vi.waitFor(() => expect(queue.state.get().state).toBe('offline'));
    void queue.push(change('b'));
    expect(queue.state.get()).toEqual({ state: 'offline', waiting: 2 });
    online = true;
    queue.wake();
    await vi.waitFor(() => expect(queue.state.get().state).toBe('saved'));
    const keys = p.send.mock.calls.map(([b]) => b.key);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(2);
    queue.stop();
  });
  it('takes up what an earlier session left', async () => {
    const p = port(() => Promise.resolve(7), [{ key: 'k', changes: change('kept'), at: 0 }]);
    const queue = new EditQueue(p);
    queue.resume();
    await queue.settled();
    expect(p.send).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ key: 'k' }));
  });
});
