import { describe, expect, it } from 'vitest';
import { cellsIn, contains, edges, extend, fillTarget, rectOf, single, step } from './range';

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
