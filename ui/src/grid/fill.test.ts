import { describe, expect, it } from 'vitest';
import { continueSeries } from './fill';
import type { CellValue } from './model';

describe('filling', () => {
  it.each<[string, CellValue[], number, CellValue[]]>([
    ['one value repeats', [7], 3, [7, 7, 7]],
    ['numbers with one step go on', [1, 2], 3, [3, 4, 5]],
    ['decimals stay exact', [0.1, 0.2], 3, [0.3, 0.4, 0.5]],
    ['uneven numbers repeat', [1, 2, 4], 4, [1, 2, 4, 1]],
    ['dates go on', ['2026-01-30', '2026-01-31'], 2, ['2026-02-01', '2026-02-02']],
    ['texts repeat', ['a', 'b'], 3, ['a', 'b', 'a']],
    [
      'long numbers are never computed with',
      ['12345678901234567890', '12345678901234567891'],
      1,
      ['12345678901234567890'],
    ],
    ['nothing clears', [], 2, [null, null]],
  ])('%s', (_, source, count, filled) => {
    expect(continueSeries(source, count)).toEqual(filled);
  });
  it('goes backwards before the first value', () => {
    expect(continueSeries([5, 6], 2, true)).toEqual([3, 4]);
    expect(continueSeries(['a', 'b'], 3, true)).toEqual(['b', 'a', 'b']);
  });
});
