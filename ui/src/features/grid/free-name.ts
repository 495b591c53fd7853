import type { Table } from '@/api/types';
import { nameKey } from '@/lib/fold';

/** A name for a new column that no other has: as it is, or with a number behind it. */
export function freeName(table: Table, name: string): string {
  const taken = new Set(table.columns.map((c) => nameKey(c.name)));
  for (let i = 1; ; i++) {
    const next = i === 1 ? name : `${name} ${String(i)}`;
    if (!taken.has(nameKey(next))) return next;
  }
}
