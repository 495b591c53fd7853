import { describe, expect, test } from 'vitest';
import type { Found } from '@/api/types';
import type { FindFrom } from './api/find';
import { FindSession, type FoundCell } from './find-session';
import { replaceEverywhere } from './replace-all';

const COLUMNS = ['b', 'a', 'c']; // as they lie on the screen
const rows: [number, string[]][] = [
  [2, ['a', 'b']],
  [5, ['c']],
  [9, ['a']],
];

/** Answers as the server does, whose columns are in the order of the table. */
function server(at: FindFrom): Promise<Found> {
  let first = 1;
  const all = rows.map(([place, columns]) => {
    const hit = { place, row_id: `row_${String(place)}`, first, columns };
    first += columns.length;
    return hit;
  });
  const hits = at.backwards ? all.filter((h) => h.place <= at.from).reverse() : all.filter((h) => h.place >= at.from);
  return Promise.resolve({ cells: first - 1, rows: rows.length, hits: hits.slice(0, at.limit) });
}
const session = () => new FindSession(server, () => COLUMNS);
const at = (cell: FoundCell | null) => (cell ? `${String(cell.row)}${cell.columnId} ${String(cell.number)}` : null);

describe('a find session', () => {
  test.each([
    [{ row: 0, col: 0 }, 'next', '2b 1'],
    [{ row: 2, col: 0 }, 'next', '2a 2'],
    [{ row: 2, col: 1 }, 'next', '5c 3'],
    [{ row: 9, col: 1 }, 'next', '2b 1'],
    [{ row: 9, col: 0 }, 'next', '9a 4'],
    [{ row: 9, col: 1 }, 'previous', '5c 3'],
    [{ row: 5, col: 0 }, 'previous', '2a 2'],
    [{ row: 2, col: 0 }, 'previous', '9a 4'],
  ] as const)('from %j the %s match is %s', async (from, direction, want) => {
    const found = await session().step(from, direction, false);
    expect(at(found.cell)).toBe(want);
    expect(found.cells).toBe(4);
  });
  test('goes through all matches and around, both ways', async () => {
    for (const direction of ['next', 'previous'] as const) {
      const seen: number[] = [];
      let from = { row: 0, col: 0 };
      for (let i = 0; i < 8; i++) {
        const { cell } = await session().step(from, direction, false);
        seen.push(cell?.number ?? 0);
        from = { row: cell?.row ?? 0, col: COLUMNS.indexOf(cell?.columnId ?? '') };
      }
      const ahead = [1, 2, 3, 4, 1, 2, 3, 4];
      expect(seen).toEqual(direction === 'next' ? ahead : [...ahead].reverse());
    }
  });
  test('counts the cell where it begins when it looks anew', async () => {
    expect(at((await session().step({ row: 2, col: 0 }, 'next', true)).cell)).toBe('2b 1');
  });
  test('asks once when there is nothing', async () => {
    let asked = 0;
    const none = new FindSession(
      () => {
        asked++;
        return Promise.resolve({ cells: 0, rows: 0, hits: [] });
      },
      () => COLUMNS,
    );
    expect(await none.step({ row: 3, col: 0 }, 'next', true)).toEqual({ cell: null, cells: 0 });
    expect(asked).toBe(1);
  });
});

describe('a replacement everywhere', () => {
  const part = (cells: number, next?: string) => ({ cells, rows: cells, refused: 1, ...(next ? { next } : {}) });
  test('goes on from where the last call ended, and sums up', async () => {
    const after: (string | undefined)[] = [];
    const parts = [part(3, 'row_3'), part(4, 'row_7'), part(5)];
    const told: number[] = [];
    const sum = await replaceEverywhere(
      (a) => Promise.resolve(parts[after.push(a) - 1] ?? part(0)),
      (s) => told.push(s.cells),
      () => false,
    );
    expect(after).toEqual([undefined, 'row_3', 'row_7']);
    expect(told).toEqual([3, 7, 12]);
    expect(sum).toMatchObject({ cells: 12, rows: 12, refused: 3, stopped: false });
  });
  test('stops between two calls', async () => {
    const sum = await replaceEverywhere(
      () => Promise.resolve(part(3, 'row_3')),
      () => undefined,
      () => true,
    );
    expect(sum).toMatchObject({ cells: 3, stopped: true });
  });
});
