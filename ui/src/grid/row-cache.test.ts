import { describe, expect, it } from 'vitest';
import { applyCellsPatch } from './apply-patch';
import type { Row } from './model';
import { RowCache } from './row-cache';

const row = (id: string, cells: Row['cells'], states: Row['states'] = {}): Row => ({
  id,
  cells,
  states,
  version: 1,
  created_at: '',
  updated_at: '',
});
function cacheOf(...rows: Row[]): RowCache {
  const cache = new RowCache();
  cache.putWindow(0, rows, 10);
  return cache;
}
const edit = { rowId: 'r1', columnId: 'c', value: 'mine' };

describe('the row cache', () => {
  it('keeps one object per row over windows', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    const before = cache.get('r1');
    cache.putWindow(5, [row('r1', { c: 'b' })], 11);
    expect(cache.get('r1')).toBe(before);
    expect(before?.cells['c']).toBe('b');
    expect(cache.at(5)).toBe(before);
  });
  it('does not let an older window overwrite a newer patch', () => {
    const cache = cacheOf(row('r1', { c: 'a', d: 'a' }));
    applyCellsPatch(cache, { position: 20, rows: ['r1'], cols: { c: ['live'] } });
    cache.putWindow(0, [row('r1', { c: 'old', d: 'new' })], 15);
    expect(cache.get('r1')?.cells).toEqual({ c: 'live', d: 'new' });
  });
  it('ignores a patch that it has seen', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    applyCellsPatch(cache, { position: 20, rows: ['r1'], cols: { c: ['new'] } });
    expect(applyCellsPatch(cache, { position: 19, rows: ['r1'], cols: { c: ['old'] } }).size).toBe(0);
    expect(cache.get('r1')?.cells['c']).toBe('new');
  });
  it('shows states and clears them with the value', () => {
    const cache = cacheOf(row('r1', {}));
    applyCellsPatch(cache, { position: 20, rows: [], cols: {}, states: { r1: { c: { state: 'running' } } } });
    expect(cache.get('r1')?.states['c']?.state).toBe('running');
    const dirty = applyCellsPatch(cache, { position: 21, rows: ['r1'], cols: { c: ['found'] } });
    expect(dirty.get('r1')).toEqual(new Set(['c']));
    expect(cache.get('r1')?.states).toEqual({});
  });
  it('gives room without losing rows that are being edited', () => {
    const cache = new RowCache(20);
    cache.putWindow(0, [row('r1', {})], 1);
    cache.begin(edit);
    cache.putWindow(
      1,
      Array.from({ length: 40 }, (_, i) => row(`x${String(i)}`, {})),
      1,
    );
    expect(cache.size).toBeLessThanOrEqual(20);
    expect(cache.get('r1')?.cells['c']).toBe('mine');
  });
});

describe('an edit under way', () => {
  it('is shown at once and stays when it is confirmed', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    cache.begin(edit);
    expect(cache.get('r1')?.cells['c']).toBe('mine');
    expect(cache.get('r1')?.pending['c']).toBeDefined();
    cache.confirm(edit, 30);
    expect(cache.get('r1')?.cells['c']).toBe('mine');
    expect(cache.get('r1')?.pending).toEqual({});
  });
  it('gives way to what the server has when it is refused', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    cache.begin(edit);
    applyCellsPatch(cache, { position: 25, rows: ['r1'], cols: { c: ['theirs'] } });
    expect(cache.get('r1')?.cells['c']).toBe('mine');
    cache.rollback(edit);
    expect(cache.get('r1')?.cells['c']).toBe('theirs');
  });
  it('keeps the last of several', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    cache.begin(edit);
    cache.begin({ ...edit, value: 'later' });
    cache.rollback(edit);
    expect(cache.get('r1')?.cells['c']).toBe('later');
    cache.confirm({ ...edit, value: 'later' }, 31);
    expect(cache.get('r1')?.cells['c']).toBe('later');
  });
  it('loses to a later write of somebody else', () => {
    const cache = cacheOf(row('r1', { c: 'a' }));
    cache.begin(edit);
    applyCellsPatch(cache, { position: 40, rows: ['r1'], cols: { c: ['theirs'] } });
    cache.confirm(edit, 39);
    expect(cache.get('r1')?.cells['c']).toBe('theirs');
  });
});
