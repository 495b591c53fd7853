import { describe, expect, it } from 'vitest';
import type { RunRequest } from '@/api/types';
import { firstChoice, runRequest, type RunChoice, type Shown } from './run-request';

const filter = { and: [{ column: 'c1', op: 'is' as const, value: 'x' }] };
const shown: Shown = { tableId: 't', columnIds: ['e'], rowIds: null, filter: null, q: '' };
const rows = ['r1', 'r2'];

describe('runRequest', () => {
  it.each<[string, Partial<Shown>, Partial<RunChoice>, Partial<RunRequest>]>([
    ['what the view shows without a value', { filter, q: 'ab' }, {}, { scope: 'empty', filter, q: 'ab' }],
    ['everything that the view shows', { filter }, { only: 'all' }, { scope: 'all', filter }],
    ['the whole table', { filter, q: 'ab' }, { among: 'table' }, { scope: 'empty' }],
    ['selected rows', { rowIds: rows, filter }, {}, { scope: 'empty', row_ids: rows }],
    ['selected rows, also with a value', { rowIds: rows }, { only: 'all' }, { scope: 'rows', row_ids: rows }],
    ['selected rows that failed', { rowIds: rows }, { only: 'failed' }, { scope: 'failed', row_ids: rows }],
    [
      'the shown rows in spite of a selection',
      { rowIds: rows, q: 'ab' },
      { among: 'shown' },
      { scope: 'empty', q: 'ab' },
    ],
    [
      'limits',
      {},
      { first: 5, cap: 1.25, force: true },
      { scope: 'empty', first: 5, max_credits_mc: 1250, force: true },
    ],
    ['a cap of nothing', {}, { cap: 0 }, { scope: 'empty', max_credits_mc: 0 }],
  ])('%s', (_, change, choice, want) => {
    const s = { ...shown, ...change };
    expect(runRequest(s, { ...firstChoice(s.rowIds), ...choice })).toEqual({ table_id: 't', columns: ['e'], ...want });
  });
});
