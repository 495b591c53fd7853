import { describe, expect, it } from 'vitest';
import type { CreditTransaction } from '@/api/types';
import { signedAmount } from './amount';

const entry = (kind: string, amount_mc: number): CreditTransaction => ({
  kind,
  amount_mc,
  seq: 1,
  position: 1,
  at: '',
  hash: '',
  prev_hash: '',
  lines: 0,
  balance_after_mc: 0,
  reserved_after_mc: 0,
  actor: { kind: 'system' },
});

describe('an amount', () => {
  it.each([
    ['grant', 1_000_000, '+1,000'],
    ['debit', 1_500, '−1.5'],
    ['expiry', 2_000, '−2'],
    ['reservation', 25_000, '25'],
    ['release', 0, '0'],
    ['adjustment', -500, '−0.5'],
  ])('of a %s of %d shows as %s', (kind, amount, shown) => {
    expect(signedAmount(entry(kind, amount))).toBe(shown);
  });
});
