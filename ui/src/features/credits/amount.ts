import type { CreditTransaction } from '@/api/types';
import type { Tone } from '@/components/states';
import { credits } from '@/lib/format';

/** How an entry moved the balance: the ledger keeps amounts without a sign, and what is only set aside moves nothing. */
export function signedAmount({ kind, amount_mc: amount }: CreditTransaction): string {
  switch (kind) {
    case 'reservation':
    case 'release':
      return credits(amount);
    case 'debit':
    case 'expiry':
      return amount === 0 ? '0' : `−${credits(Math.abs(amount))}`;
    default:
      return amount > 0 ? `+${credits(amount)}` : credits(amount).replace('-', '−');
  }
}

export function toneOf(kind: string): Tone {
  if (kind === 'debit' || kind === 'expiry') return 'primary';
  return kind === 'reservation' || kind === 'release' ? 'neutral' : 'success';
}
