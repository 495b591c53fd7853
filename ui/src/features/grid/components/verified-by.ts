import type { HistoryEntry } from '@/api/types';

const evidence: Record<string, string> = {
  input: 'what was asked',
  dns: 'DNS',
  mx: 'the mail server',
  page: 'a page that was read',
};

/** What else says the same as the answer, in words. */
export function verifiedBy(entry: HistoryEntry, nameOf: (slug: string) => string): string {
  const by = (entry.verified_by ?? []).map((e) => evidence[e] ?? nameOf(e.replace(/^provider:/, '')));
  return entry.verified ? `By ${by.join(', ')}` : 'No: nothing else says the same';
}
