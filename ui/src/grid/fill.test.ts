import { describe, expect, it } from 'vitest';
import { continueSeries, fillValues } from './fill';
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
      'long numbers are exact',
      ['12345678901234567890', '12345678901234567891'],
      2,
      ['12345678901234567892', '12345678901234567893'],
    ],
    ['very small numbers stay what they are', [1e-7, 2e-7], 2, [3e-7, 4e-7]],
    ['large ones too', [1e21, 2e21], 1, [3e21]],
    ['the step may be long', [0.1, 0.25], 2, [0.4, 0.55]],
    ['exponents in texts repeat', ['1e5'], 2, ['1e5', '1e5']],
    ['and two of them', ['1e5', '1e6'], 2, ['1e5', '1e6']],
    ['months go on over the year', ['2024-11', '2024-12'], 3, ['2025-01', '2025-02', '2025-03']],
    ['one month goes on', ['2024-01'], 2, ['2024-02', '2024-03']],
    ['no month is none', ['2024-13'], 1, ['2024-13']],
    ['quarters of a year', ['2024-01', '2024-04'], 2, ['2024-07', '2024-10']],
    ['one date goes on by days', ['2024-02-28'], 2, ['2024-02-29', '2024-03-01']],
    ['the same day of months', ['2024-01-15', '2024-02-15'], 2, ['2024-03-15', '2024-04-15']],
    ['the last day of months', ['2024-01-31', '2024-02-29'], 3, ['2024-03-31', '2024-04-30', '2024-05-31']],
    ['the 30th of months', ['2024-01-30', '2024-02-29'], 2, ['2024-03-30', '2024-04-30']],
    ['years', ['2023-02-01', '2024-02-01'], 2, ['2025-02-01', '2026-02-01']],
    ['the end of days', ['9999-12-31'], 1, [null]],
    ['a counted item', ['Item 1'], 3, ['Item 2', 'Item 3', 'Item 4']],
    ['by its step', ['Item 1', 'Item 3'], 2, ['Item 5', 'Item 7']],
    ['with its zeros', ['INV-009'], 2, ['INV-010', 'INV-011']],
    ['after a space', ['No 009'], 2, ['No 010', 'No 011']],
    ['a number before words', ['1 apple', '2 apple'], 2, ['3 apple', '4 apple']],
    ['ordinals', ['1st', '2nd'], 3, ['3rd', '4th', '5th']],
    ['different items repeat', ['Item 1', 'Thing 2'], 2, ['Item 1', 'Thing 2']],
    ['weekdays go round', ['Sat'], 3, ['Sun', 'Mon', 'Tue']],
    ['written as they are', ['MONDAY', 'WEDNESDAY'], 2, ['FRIDAY', 'SUNDAY']],
    ['names of months', ['Nov'], 3, ['Dec', 'Jan', 'Feb']],
    ['quarters', ['Q3'], 3, ['Q4', 'Q1', 'Q2']],
    ['a version repeats', ['v1.2'], 1, ['v1.2']],
    ['a time repeats', ['12:30'], 1, ['12:30']],
    ['an address repeats', ['10.0.0.1'], 1, ['10.0.0.1']],
    ['a price repeats', ['$5'], 1, ['$5']],
    ['a phone repeats', ['+49 30 1234'], 1, ['+49 30 1234']],
    ['leading zeros alone repeat', ['00123'], 2, ['00123', '00123']],
    ['flags repeat', [true, false], 3, [true, false, true]],
    [
      'lists repeat',
      [['a', 'b']],
      2,
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
    ['nothing clears', [], 2, [null, null]],
  ])('%s', (_, source, count, filled) => {
    expect(continueSeries(source, count)).toEqual(filled);
  });
  it('goes backwards before the first value', () => {
    expect(continueSeries([5, 6], 2, true)).toEqual([3, 4]);
    expect(continueSeries(['a', 'b'], 3, true)).toEqual(['b', 'a', 'b']);
    expect(continueSeries(['Item 2'], 3, true)).toEqual(['Item 1', 'Item 0', 'Item 1'].reverse());
    expect(continueSeries(['2024-01-01'], 1, true)).toEqual(['2023-12-31']);
    expect(continueSeries(['Mon'], 1, true)).toEqual(['Sun']);
  });
});

describe('filling with Ctrl', () => {
  it.each<[string, CellValue[], CellValue[], CellValue[]]>([
    ['one number goes on by one', [7], [8, 9, 10], [4, 5, 6]],
    ['a decimal too', [0.5], [1.5, 2.5, 3.5], [-2.5, -1.5, -0.5]],
    ['a long number exactly', ['12345678901234567890'], ['12345678901234567891'], ['12345678901234567889']],
    ['a series is copied', [1, 2], [1, 2, 1], [2, 1, 2]],
    ['dates are copied', ['2026-01-30'], ['2026-01-30', '2026-01-30'], ['2026-01-30']],
    ['counted texts are copied', ['Item 1', 'Item 2'], ['Item 1', 'Item 2'], ['Item 1', 'Item 2']],
    ['nothing stays nothing', [], [null], [null]],
  ])('%s', (_name, source, forwards, backwards) => {
    expect(fillValues(source, forwards.length, { toggled: true })).toEqual(forwards);
    expect(fillValues(source, backwards.length, { toggled: true, backwards: true })).toEqual(backwards);
  });
  it('is like a series without it', () => {
    expect(fillValues([1, 2], 2)).toEqual(continueSeries([1, 2], 2));
    expect(fillValues([1, 2], 2, { backwards: true })).toEqual(continueSeries([1, 2], 2, true));
  });
});
