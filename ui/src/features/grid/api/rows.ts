import { api, type Answer } from '@/api/client';
import type {
  Aggregate,
  BatchAnswer,
  CellEdit,
  EditAnswer,
  Filter,
  Group,
  HistoryEntry,
  Row,
  RowGroups,
  ColumnSummary,
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
  /** Rows of a group lie together. */
  groups?: readonly Group[];
}
const groupParam = (groups: readonly Group[] = []): string | undefined =>
  groups.map((g) => `${g.column}:${g.dir}${g.unit ? `:${g.unit}` : ''}`).join(',') || undefined;

export function queryParams(query: RowQuery): Record<string, string | undefined> {
  return {
    filter: query.filter ? JSON.stringify(query.filter) : undefined,
    sort: query.sort.length ? query.sort.map((s) => `${s.column}:${s.dir}`).join(',') : undefined,
    q: query.q || undefined,
    group: groupParam(query.groups),
  };
}
/** A window of the groups of a query's rows, as of the log position at least. */
export async function rowGroups(
  ws: string,
  table: string,
  query: RowQuery,
  aggregates: readonly Aggregate[],
  window: { offset: number; limit: number; position: number },
): Promise<RowGroups> {
  const { filter, q, group } = queryParams(query);
  const path = `${tablePath(ws, table)}/rows:groups`;
  const { offset, limit, position } = window;
  const asked = aggregates.map((a) => `${a.column}:${a.of}`).join(',') || undefined;
  return (
    await api.get<RowGroups>(path, {
      query: { filter, q, group, aggregates: asked, offset, limit },
      minPosition: position,
    })
  ).data;
}
export function rows(
  ws: string,
  table: string,
  query: RowQuery,
  offset: number,
  limit: number,
  asOf?: string,
): Promise<Answer<Row[] | null>> {
  const path = `${tablePath(ws, table)}/rows`;
  return api.get<Row[] | null>(path, { query: { ...queryParams(query), offset, limit, as_of: asOf } });
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
/** What a column's values come to in the rows that the query shows. */
export async function columnSummary(
  ws: string,
  table: string,
  column: string,
  query: RowQuery,
): Promise<ColumnSummary> {
  const { filter, q } = queryParams(query);
  const path = `${tablePath(ws, table)}/columns/${column}/summary`;
  return (await api.get<ColumnSummary>(path, { query: { filter, q } })).data;
}
/** How many rows of the query come before a row; null for one that the query leaves out. */
export async function rowPlace(ws: string, table: string, id: string, query: RowQuery): Promise<number | null> {
  const path = `${tablePath(ws, table)}/rows:count`;
  const { data } = await api.get<{ count: number; absent?: boolean }>(path, {
    query: { ...queryParams(query), before: id },
  });
  return data.absent ? null : data.count;
}
export async function row(ws: string, table: string, id: string): Promise<Row> {
  return (await api.get<Row>(`${tablePath(ws, table)}/rows/${id}`)).data;
}
export interface EditOptions {
  createOptions: boolean;
  key: string;
  as: string;
  gesture: string | undefined;
}
/** Sets cells; one that can't be set fails alone. */
export function editCells(
  ws: string,
  table: string,
  edits: CellEdit[],
  o: EditOptions,
): Promise<Answer<EditAnswer | null>> {
  return api.patch(
    `${tablePath(ws, table)}/cells`,
    { edits, on_error: 'skip', ...(o.createOptions ? { create_options: true } : {}) },
    { key: o.key, as: o.as, ...(o.gesture ? { gesture: o.gesture } : {}) },
  );
}
export function batchRows(
  ws: string,
  table: string,
  operations: RowOperation[],
  createOptions = false,
  gesture?: string,
): Promise<Answer<BatchAnswer>> {
  return api.post<BatchAnswer>(
    `${tablePath(ws, table)}/rows:batch`,
    { operations, ...(createOptions ? { create_options: true } : {}) },
    gesture ? { gesture } : {},
  );
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
export function takeBack(
  ws: string,
  table: string,
  name: 'undo' | 'redo',
  steps?: string[],
  force?: boolean,
): Promise<Answer<UndoAnswer>> {
  return api.post<UndoAnswer>(`${tablePath(ws, table)}/${name}`, {
    ...(steps ? { steps } : {}),
    ...(force ? { force } : {}),
  });
}
/** Where a window is, as the others in the table see it. */
export interface Whereabouts {
  window: string;
  row_id?: string;
  column_id?: string;
  editing?: boolean;
  gone?: boolean;
}
export async function tellPresence(ws: string, table: string, said: Whereabouts, leaving: boolean): Promise<void> {
  await api.post(`${tablePath(ws, table)}/presence`, said, { keepalive: leaving });
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
