import { describe, expect, it } from 'vitest';
import type { Job } from '@/api/types';
import { columnsText, notDone, scopeText, secondsLeft } from './run-scope';

const job = (change: Partial<Job>): Job => ({
  id: 'run_1',
  columns: ['c1', 'c2'],
  state: 'running',
  counts: { total: 10, done: 4, succeeded: 4, not_found: 0, failed: 0, skipped: 0, cached: 0 },
  spent_mc: 0,
  reserved_mc: 0,
  estimate: { records: 10, min_mc: 0, likely_mc: 0, max_mc: 0, per_provider: [] },
  created_at: '2026-01-01T00:00:00Z',
  ...change,
});

describe('scopeText', () => {
  it.each<[NonNullable<Job['over']>, string]>([
    [{ scope: 'all' }, 'all rows'],
    [{ scope: 'empty' }, 'all rows without a value'],
    [{ scope: 'empty', filtered: true }, 'shown rows without a value'],
    [{ scope: 'failed', search: 'berlin' }, 'shown rows with “berlin” that failed'],
    [{ scope: 'rows', rows: 1 }, '1 selected row'],
    [{ scope: 'empty', rows: 12, filtered: true }, '12 selected rows without a value'],
    [{ scope: 'all', first: 1000 }, 'first 1,000 of all rows'],
    [{ scope: 'view', filtered: true }, 'rows of a view'],
    [{ scope: 'inline' }, 'records of a request'],
    [{ scope: 'all', recorded: true }, 'from recorded answers'],
  ])('%j is “%s”', (over, text) => {
    expect(scopeText(over)).toBe(text);
  });
  it('says nothing of a run whose rows are not known', () => {
    expect(scopeText(undefined)).toBe('');
  });
});

it('names the columns that are there still', () => {
  expect(columnsText(job({}), new Map([['c2', 'Email']]))).toBe('Email');
  expect(columnsText(job({}), new Map())).toBe('2 deleted columns');
});

it('says what a run that stopped did not get to', () => {
  expect(notDone(job({ state: 'cancelled' }))).toBe(6);
  expect(notDone(job({ state: 'completed' }))).toBe(0);
});

describe('secondsLeft', () => {
  const began = '2026-01-01T00:00:00Z';
  const now = Date.parse(began) + 8_000;
  it('goes on at the pace so far', () => {
    expect(secondsLeft(job({ started_at: began }), now)).toBe(12);
  });
  it.each<Partial<Job>>([{}, { state: 'paused', started_at: began }, { started_at: '2026-01-01T01:00:00Z' }])(
    'is not known for %j',
    (change) => {
      expect(secondsLeft(job(change), now)).toBeNull();
    },
  );
});
