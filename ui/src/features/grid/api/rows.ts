import { api, type Answer } from '@/api/client';
import type {
  BatchAnswer,
  CellEdit,
  Filter,
  HistoryEntry,
  Row,
  RowOperation,
  SortKey,
  UndoAnswer,
  UndoStack,
} from '@/api/types';
import { tablePath } from './table';

export interface RowQuery {
  filter: Filter | null;
  sort: SortKey[];
  q: string;
}
export function queryParams(query: RowQuery): Record<string, string | undefined> {
  return {
    filter: query.filter ? JSON.stringify(query.filter) : undefined,
    sort: query.sort.length ? query.sort.map((s) => `${s.column}:${s.dir}`).join(',') : undefined,
    q: query.q || undefined,
  };
}
export function rows(
  ws: string,
  table: string,
  query: RowQuery,
  offset: number,
  limit: number,
): Promise<Answer<Row[] | null>> {
  return api.get<Row[] | null>(`${tablePath(ws, table)}/rows`, { query: { ...queryParams(query), offset, limit } });
}
export async function countRows(ws: string, table: string, query: RowQuery): Promise<number> {
  return (await countRowsAt(ws, table, query, 0)).count;
}
/** Counts once the rows are as of the position; stale when they were not in time. */
export async function countRowsAt(
  ws: string,
  table: string,
  query: RowQuery,
  minPosition: number,
): Promise<{ count: number; stale: boolean }> {
  const { filter, q } = queryParams(query);
  const path = `${tablePath(ws, table)}/rows:count`;
  const { data, meta } = await api.get<{ count: number }>(path, { query: { filter, q }, minPosition });
  return { count: data.count, stale: meta.stale ?? false };
}
/** How many rows come before a row while nothing is sorted or filtered. */
export async function rowPlace(ws: string, table: string, id: string): Promise<number> {
  return (await api.get<{ count: number }>(`${tablePath(ws, table)}/rows:count`, { query: { before: id } })).data.count;
}
export async function row(ws: string, table: string, id: string): Promise<Row> {
  return (await api.get<Row>(`${tablePath(ws, table)}/rows/${id}`)).data;
}
export function editCells(
  ws: string,
  table: string,
  edits: CellEdit[],
  createOptions: boolean,
  key: string,
): Promise<Answer<unknown>> {
  return api.patch(
    `${tablePath(ws, table)}/cells`,
    { edits, ...(createOptions ? { create_options: true } : {}) },
    { key },
  );
}
export function batchRows(
  ws: string,
  table: string,
  operations: RowOperation[],
  createOptions = false,
): Promise<Answer<BatchAnswer>> {
  return api.post<BatchAnswer>(`${tablePath(ws, table)}/rows:batch`, {
    operations,
    ...(createOptions ? { create_options: true } : {}),
  });
}
export async function deleteByFilter(
  ws: string,
  table: string,
  query: RowQuery,
  dryRun: boolean,
): Promise<{ matched: number; deleted?: number }> {
  const body = {
    ...(query.filter ? { filter: query.filter } : {}),
    ...(query.q ? { q: query.q } : {}),
    dry_run: dryRun,
  };
  return (await api.post<{ matched: number; deleted?: number }>(`${tablePath(ws, table)}/rows:deleteByFilter`, body))
    .data;
}
export async function restoreRows(ws: string, table: string, ids: string[]): Promise<void> {
  await api.post(`${tablePath(ws, table)}/rows:restore`, { row_ids: ids });
}
export async function cellHistory(
  ws: string,
  table: string,
  rowId: string,
  columnId: string | null,
  cursor?: string,
): Promise<Answer<HistoryEntry[] | null>> {
  const path = columnId ? `cells/${rowId}/${columnId}/history` : `rows/${rowId}/history`;
  return api.get<HistoryEntry[] | null>(`${tablePath(ws, table)}/${path}`, { query: { limit: 50, cursor } });
}
export async function undoStack(ws: string, table: string): Promise<UndoStack> {
  return (await api.get<UndoStack>(`${tablePath(ws, table)}/undo-stack`)).data;
}
export async function undo(ws: string, table: string, steps?: string[], force?: boolean): Promise<UndoAnswer> {
  return (
    await api.post<UndoAnswer>(`${tablePath(ws, table)}/undo`, {
      ...(steps ? { steps } : {}),
      ...(force ? { force } : {}),
    })
  ).data;
}
export async function redo(ws: string, table: string): Promise<UndoAnswer> {
  return (await api.post<UndoAnswer>(`${tablePath(ws, table)}/redo`, {})).data;
}
export function openStream(
  ws: string,
  table: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (lastEventId) headers['Last-Event-ID'] = lastEventId;
  return api.stream(`${tablePath(ws, table)}/stream`, { headers, signal });
}
