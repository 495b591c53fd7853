import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Import, ImportMapping } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';
import { saveBlob } from '@/lib/download';
import { serverEvents } from '@/realtime/sse';

const WATCH_MS = 1_500;
const path = (ws: string): string => `${inWorkspace(ws)}/imports`;

export const importsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['imports', ws],
    queryFn: async () => (await api.get<Import[] | null>(path(ws))).data ?? [],
    refetchInterval: (q) => (q.state.data?.some((i) => i.state === 'importing') ? WATCH_MS : false),
  });
export const importQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['imports', ws, id],
    queryFn: async () => (await api.get<Import>(`${path(ws)}/${id}`)).data,
    refetchInterval: (q) =>
      q.state.data && (q.state.data.state === 'importing' || q.state.data.undoing) ? WATCH_MS : false,
  });

export async function upload(ws: string, file: File): Promise<Import> {
  const { data } = await api.request<Import>('POST', path(ws), {
    query: { filename: file.name },
    raw: file,
    contentType: file.type || 'application/octet-stream',
  });
  return data;
}
export interface Reading {
  encoding?: string;
  delimiter?: string;
  header?: boolean;
  header_line?: number;
  escape?: string;
  /** Of a workbook: the sheet that is read. */
  sheet?: string;
}
export async function previewAgain(ws: string, id: string, reading: Reading): Promise<Import> {
  return (await api.post<Import>(`${path(ws)}/${id}/preview`, reading)).data;
}
export interface Commit {
  table_id?: string;
  new_table?: { name: string };
  mapping: ImportMapping[];
  mode: 'append' | 'upsert' | 'add_new';
  key_columns?: string[];
  header?: boolean;
  unescape_formulas?: boolean;
  create_options?: boolean;
  bad_values?: 'skip_row' | 'empty_cell';
  /** Put the columns of an empty table that the file doesn't fill into the trash. */
  drop_unfilled?: boolean;
}
export async function commit(ws: string, id: string, body: Commit): Promise<Import> {
  return (await api.post<Import>(`${path(ws)}/${id}/commit`, body)).data;
}

export interface Lost {
  line: number;
  value: string;
  reason: string;
}
/** What an import would lose. */
export interface Report {
  rows: number;
  lossy: number;
  broken: number;
  full?: number;
  columns: { column: string; values: number; samples: Lost[] }[];
  samples: Lost[];
  left_out: string[];
}

/** Has the server read the whole file as it would be imported; answers with what would be lost. */
export async function check(
  ws: string,
  id: string,
  body: Commit,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<Report> {
  const response = await api.stream(`${path(ws)}/${id}/check`, {
    method: 'POST',
    body,
    headers: { Accept: 'text/event-stream' },
    ...(signal ? { signal } : {}),
  });
  for await (const { event, data } of serverEvents(response)) {
    if (event === 'progress') onProgress((JSON.parse(data) as { progress: number }).progress);
    if (event === 'report') return JSON.parse(data) as Report;
  }
  throw new Error('The check ended early. Try again.');
}
export async function cancelImport(ws: string, id: string): Promise<void> {
  await api.post(`${path(ws)}/${id}/cancel`, {});
}
export async function undoImport(ws: string, id: string): Promise<void> {
  await api.post(`${path(ws)}/${id}/undo`, {});
}
export async function downloadErrors(ws: string, id: string): Promise<void> {
  const response = await api.stream(`${path(ws)}/${id}/errors.csv`, { headers: { Accept: 'text/csv' } });
  saveBlob(await response.blob(), 'import-errors.csv');
}
