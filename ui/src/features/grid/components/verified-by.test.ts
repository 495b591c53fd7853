import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '@/api/types';
import { verifiedBy } from './verified-by';

describe('what says the same as an answer', () => {
  it.each([
    [['dns'], 'By DNS'],
    [['mx', 'page'], 'By the mail server, a page that was read'],
    [['input', 'provider:hunter'], 'By what was asked, Hunter'],
    [['something new'], 'By something new'],
    [[], 'No: nothing else says the same'],
  ])('%j reads %s', (by, text) => {
    const entry = { verified: by.length > 0, verified_by: by } as unknown as HistoryEntry;
    expect(verifiedBy(entry, (slug) => (slug === 'hunter' ? 'Hunter' : slug))).toBe(text);
  });
});
