import { describe, expect, it } from 'vitest';
import { cellsIn, contains, edges, extend, fillTarget, jump, rectOf, single, step } from './range';

describe('a range', () => {
  it('covers the cells between its ends in any direction', () => {
    const range = extend(single({ row: 5, col: 4 }), { row: 2, col: 6 });
    expect(rectOf(range)).toEqual({ top: 2, bottom: 5, left: 4, right: 6 });
    expect(cellsIn(rectOf(range))).toBe(12);
    expect(contains(rectOf(range), 3, 5)).toBe(true);
    expect(contains(rectOf(range), 1, 5)).toBe(false);
  });
  it('draws its border on its outer cells', () => {
    const rect = { top: 1, bottom: 2, left: 1, right: 1 };
    expect(edges(rect, 1, 1)).toEqual(['mk-range', 'mk-range-t', 'mk-range-l', 'mk-range-r']);
    expect(edges(rect, 0, 1)).toEqual([]);
  });
  it('stays inside the grid when it moves', () => {
    expect(step({ row: 0, col: 0 }, 'up', 10, 5)).toEqual({ row: 0, col: 0 });
    expect(step({ row: 3, col: 0 }, 'down', 10, 5, true)).toEqual({ row: 9, col: 0 });
    expect(step({ row: 3, col: 2 }, 'right', 10, 5, true)).toEqual({ row: 3, col: 4 });
  });
});

describe('a jump to an edge', () => {
  // A column of ten rows: values, a gap, a value, a gap, two values; the last row isn't loaded in the second.
  const column = [true, true, true, false, true, false, false, true, true, false];
  const filled = (p: { row: number }): boolean | undefined => column[p.row];
  it.each([
    [0, 'down', 2],
    [1, 'down', 2],
    [2, 'down', 4],
    [3, 'down', 4],
    [4, 'down', 7],
    [7, 'down', 8],
    [8, 'down', 9],
    [9, 'down', 9],
    [9, 'up', 8],
    [8, 'up', 7],
    [7, 'up', 4],
    [4, 'up', 2],
    [2, 'up', 0],
    [0, 'up', 0],
  ] as const)('from row %i %s ends at %i', (row, direction, end) => {
    expect(jump({ row, col: 0 }, direction, 10, 1, filled)).toEqual({ row: end, col: 0 });
  });
  it('goes to the end of the table where rows are not loaded', () => {
    const loaded = (p: { row: number }): boolean | undefined => (p.row < 3 ? true : undefined);
    expect(jump({ row: 0, col: 0 }, 'down', 1_000_000, 1, loaded)).toEqual({ row: 999_999, col: 0 });
  });
  it('goes along a row', () => {
    const row = (p: { col: number }): boolean => [true, true, false, true][p.col] ?? false;
    expect(jump({ row: 0, col: 0 }, 'right', 1, 4, row)).toEqual({ row: 0, col: 1 });
    expect(jump({ row: 0, col: 3 }, 'left', 1, 4, row)).toEqual({ row: 0, col: 1 });
  });
});

describe('the fill handle', () => {
  const rect = { top: 2, bottom: 3, left: 1, right: 2 };
  it('goes the longer way out of the range', () => {
    expect(fillTarget(rect, { row: 8, col: 3 })).toEqual({
      direction: 'down',
      rect: { top: 4, bottom: 8, left: 1, right: 2 },
    });
    expect(fillTarget(rect, { row: 3, col: 6 })).toEqual({
      direction: 'right',
      rect: { top: 2, bottom: 3, left: 3, right: 6 },
    });
    expect(fillTarget(rect, { row: 0, col: 1 })).toEqual({
      direction: 'up',
      rect: { top: 0, bottom: 1, left: 1, right: 2 },
    });
  });
  it('does nothing inside it', () => {
    expect(fillTarget(rect, { row: 2, col: 2 })).toBeNull();
  });
});
