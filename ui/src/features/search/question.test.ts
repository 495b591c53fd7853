import { describe, expect, it } from 'vitest';
import { asks, paramsOf, questionOf, rangeOfMonth } from './question';

describe('a search in the address', () => {
  it('comes back as it went in', () => {
    const params = new URLSearchParams('q=acme+%22a+b%22&table=tbl_1&table=tbl_2&tag=New&updated=2026-03&sort=name');
    const question = questionOf(params);
    expect(question).toEqual({
      q: 'acme "a b"',
      filters: {
        tables: ['tbl_1', 'tbl_2'],
        tags: ['New'],
        updated: { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' },
      },
      sort: 'name',
      descending: false,
    });
    expect(paramsOf(question).toString()).toBe(params.toString());
  });
  it('asks for nothing when it is empty', () => {
    expect(asks(questionOf(new URLSearchParams('q=++&updated=nonsense')))).toBe(false);
    expect(asks(questionOf(new URLSearchParams('state=error')))).toBe(true);
  });
  it('knows that December ends in the next year', () => {
    expect(rangeOfMonth('2026-12')?.to).toBe('2027-01-01T00:00:00.000Z');
    expect(rangeOfMonth('2026-13')).toBeNull();
  });
});
