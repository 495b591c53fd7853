import { api } from '@/api/client';
import type { Difference, DifferencesCount, RestoredTo, Table, Timeline } from '@/api/types';
import { queryParams, type RowQuery } from './rows';
import { tablePath } from './table';

/** What happened in the table's life, as ticks. */
export async function timeline(ws: string, table: string): Promise<Timeline> {
  return (await api.get<Timeline>(`${tablePath(ws, table)}/timeline`)).data;
}
/** The table as it was, with the moment that it stands for. */
export async function tableAsOf(ws: string, table: string, asOf: string): Promise<{ table: Table; at: string }> {
  const { data, meta } = await api.get<Table>(tablePath(ws, table), { query: { as_of: asOf } });
  return { table: data, at: meta.as_of?.at ?? '' };
}
export async function countAsOf(ws: string, table: string, query: RowQuery, asOf: string): Promise<number> {
  const { filter, q } = queryParams(query);
  const path = `${tablePath(ws, table)}/rows:count`;
  return (await api.get<{ count: number }>(path, { query: { filter, q, as_of: asOf } })).data.count;
}
/** How much is otherwise now. */
export async function countSince(ws: string, table: string, asOf: string): Promise<DifferencesCount> {
  return (await api.get<DifferencesCount>(`${tablePath(ws, table)}/diff:count`, { query: { from: asOf } })).data;
}
/** The first thousand things that are otherwise now. */
export async function differencesSince(ws: string, table: string, asOf: string): Promise<Difference[]> {
  const path = `${tablePath(ws, table)}/diff`;
  return (await api.get<Difference[] | null>(path, { query: { from: asOf, limit: 1000 } })).data ?? [];
}

/** What is restored: all of the table, or cells of some rows and columns. */
export interface RestoreScope {
  rowIds?: string[];
  columns?: string[];
}
/** Restores a part, or tells what would be; the answer's next says where to go on. */
export async function restorePart(
  ws: string,
  table: string,
  asOf: string,
  scope: RestoreScope,
  o: { after?: RestoredTo['next']; gesture: string; dryRun: boolean },
): Promise<RestoredTo> {
  const body = {
    as_of: asOf,
    ...(scope.rowIds ? { row_ids: scope.rowIds } : {}),
    ...(scope.columns ? { columns: scope.columns } : {}),
    ...(o.after ? { after: o.after } : {}),
    ...(o.dryRun ? { dry_run: true } : {}),
  };
  return (await api.post<RestoredTo>(`${tablePath(ws, table)}/rows:restoreTo`, body, { gesture: o.gesture })).data;
}
