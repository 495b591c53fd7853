import { describe, expect, it } from 'vitest';
import type { Column } from './model';
import { planPaste, tile } from './paste-plan';

const columns: Column[] = [
  { id: 'a', name: 'A', type: 'text', kind: 'data', created_at: '' },
  { id: 'n', name: 'N', type: 'number', kind: 'data', created_at: '' },
  { id: 'x', name: 'Changed', type: 'updated_at', kind: 'data', created_at: '' },
];

describe('planning a paste', () => {
  it('changes cells that exist', () => {
    const plan = planPaste([['q', '4']], { row: 1, col: 0 }, columns, 5);
    expect(plan.edits).toEqual([
      { row: 1, columnId: 'a', value: 'q' },
      { row: 1, columnId: 'n', value: 4 },
    ]);
    expect(plan.newRows).toEqual([]);
    expect(plan.newColumns).toBe(0);
  });
  it('adds rows and columns beyond the edge', () => {
    const plan = planPaste(
      [
        ['1', 't', 'over'],
        ['2', 't', 'more'],
      ],
      { row: 4, col: 1 },
      columns,
      5,
    );
    expect(plan.newColumns).toBe(1);
    expect(plan.newRows).toEqual([{ n: 2, 'new:0': 'more' }]);
    expect(plan.overflow).toEqual([{ row: 4, newColumn: 0, value: 'over' }]);
    expect(plan.skippedReadOnly).toBe(2);
  });
  it('leaves out what does not fit and says why', () => {
    const plan = planPaste([['abc']], { row: 0, col: 1 }, columns, 5);
    expect(plan.edits).toEqual([]);
    expect(plan.problems).toEqual([{ row: 0, column: 'N', reason: '“abc” is not a number; write it like 1234.5' }]);
  });
  it('repeats a small paste over a bigger selection, when it fits', () => {
    expect(tile([['a', 'b']], { top: 0, bottom: 1, left: 0, right: 3 })).toEqual([
      ['a', 'b', 'a', 'b'],
      ['a', 'b', 'a', 'b'],
    ]);
    expect(tile([['a', 'b']], { top: 0, bottom: 0, left: 0, right: 2 })).toEqual([['a', 'b']]);
  });
});
