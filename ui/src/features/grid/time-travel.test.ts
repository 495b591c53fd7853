import { expect, it } from 'vitest';
import type { RestoredTo, Timeline } from '@/api/types';
import { described, fits, restoreAll, stopAt, stops, summed } from './time-travel';

const at = (minute: number): string => new Date(Date.UTC(2026, 4, 3, 14, minute)).toISOString();
const line: Timeline = {
  begin: { position: 3, at: at(0) },
  events: 4,
  of: 1,
  ticks: [
    { first: 5, position: 8, at: at(1), kind: 'import', step: 'imp_1', label: 'Import', steps: 1, events: 3 },
    { first: 11, position: 11, at: at(5), kind: 'edit', label: 'Edit cells', steps: 1, events: 1, name: 'Ann' },
    { first: 15, position: 40, at: at(9), kind: 'edit', steps: 12, events: 12 },
  ],
};

it('begins where the table is made and says what happened at each place', () => {
  const list = stops(line);
  expect(list.map((s) => `${s.asOf} ${s.label}`)).toEqual([
    '3 The table is made',
    '8 Import',
    '11 Edit cells · Ann',
    '40 12 edits',
  ]);
  expect(described(list[2])).toMatch(/2026.* · Edit cells · Ann$/);
  expect(described(undefined)).toBe('');
});

it('finds the place of a position and of a time', () => {
  const list = stops(line);
  expect(['1', '3', '9', '11', '12', '99'].map((p) => stopAt(list, p))).toEqual([0, 0, 1, 2, 2, 3]);
  expect([at(0), at(4), at(5), at(30)].map((t) => stopAt(list, t))).toEqual([0, 1, 2, 3]);
});

it('tells whether a filter fits the columns that were there', () => {
  const there = new Set(['a', 'b']);
  const is = (column: string) => ({ column, op: 'empty' as const });
  expect(fits(null, there)).toBe(true);
  expect(fits({ and: [is('a'), { or: [is('b'), is('a')] }] }, there)).toBe(true);
  expect(fits({ and: [is('a'), { or: [is('c')] }] }, there)).toBe(false);
});

const part = (change: Partial<RestoredTo>): RestoredTo => ({
  position: 1,
  at: at(0),
  cells: 0,
  rows_restored: 0,
  rows_deleted: 0,
  rows_gone: 0,
  refused: 0,
  ...change,
});

it('restores part after part, adds up what was done, and can be stopped', async () => {
  const asked: unknown[] = [];
  const answers = [part({ cells: 2, next: { row_id: 'r', column: 1 } }), part({ cells: 1, rows_restored: 1 })];
  const call = (after: RestoredTo['next']): Promise<RestoredTo> => {
    asked.push(after);
    return Promise.resolve(answers[asked.length - 1] ?? part({}));
  };
  const sum = await restoreAll(
    call,
    () => undefined,
    () => false,
  );
  expect(asked).toEqual([undefined, { row_id: 'r', column: 1 }]);
  expect(summed(sum)).toEqual(['3 cells set to what they were', '1 row back from the trash']);

  asked.length = 0;
  const first = await restoreAll(
    call,
    () => undefined,
    () => true,
  );
  expect(asked).toHaveLength(1);
  expect(summed(first)).toEqual(['at least 2 cells set to what they were']);
});
