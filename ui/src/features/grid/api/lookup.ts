import { api } from '@/api/client';
import type { CheckedLookup, Column, Lookup } from '@/api/types';
import { tablePath } from './table';

export interface LookupCheck {
  lookup: Lookup;
  column_id?: string;
  type?: Column['type'];
  row_id?: string;
}

/** Asks what a lookup finds for the table's first rows, and what it makes of a row. */
export async function checkLookup(ws: string, table: string, check: LookupCheck): Promise<CheckedLookup> {
  return (await api.post<CheckedLookup>(`${tablePath(ws, table)}/lookup:check`, check)).data;
}
