import { expect, it } from 'vitest';
import { latest } from './latest';

it('takes six tables, the latest changed first', () => {
  const days = [3, 9, 1, 8, 2, 7, 5, 4].map((d) => ({ day: d, updated_at: `2026-03-0${String(d)}T08:00:00Z` }));
  expect(latest(days).map((t) => t.day)).toEqual([9, 8, 7, 5, 4, 3]);
  expect(
    latest([{ updated_at: '2026-03-01T10:00:00+02:00' }, { updated_at: '2026-03-01T09:00:00Z' }])[0]?.updated_at,
  ).toMatch(/Z$/);
});
