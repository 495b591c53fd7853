import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type {
  Column,
  ColumnType,
  FindDefinition,
  FindPreview,
  FindRun,
  FindSource,
  Import,
  RowSearch,
  Table,
} from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const WATCH_MS = 1_500;

export const searchesQuery = queryOptions({
  queryKey: ['searches'],
  queryFn: () => api.list<RowSearch>('/searches'),
  staleTime: Infinity,
});
export const sourcesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['sources', ws],
    queryFn: () => api.list<FindSource>(`${inWorkspace(ws)}/sources`),
  });
export const findsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['finds', ws],
    queryFn: async () => (await api.get<FindRun[] | null>(`${inWorkspace(ws)}/finds`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some((r) => r.state === 'running') ? WATCH_MS : false),
  });

/** The import that takes over what a run has found. */
export const takenOverQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['imports', ws, id],
    queryFn: async () => (await api.get<Import>(`${inWorkspace(ws)}/imports/${id}`)).data,
    refetchInterval: (q) => (q.state.data?.state === 'importing' || q.state.data?.undoing ? WATCH_MS : false),
  });

export interface PreviewRequest {
  search: string;
  credential_id: string;
  filters: Record<string, string[]>;
  max_rows: number;
}
/** What a search would find and cost. Nothing is spent. */
export async function previewFind(ws: string, body: PreviewRequest): Promise<FindPreview> {
  return (await api.post<FindPreview>(`${inWorkspace(ws)}/find-preview`, body)).data;
}
export async function saveSource(ws: string, body: FindDefinition): Promise<FindSource> {
  return (await api.post<FindSource>(`${inWorkspace(ws)}/sources`, body)).data;
}
export async function runSource(ws: string, id: string): Promise<string> {
  return (await api.post<{ id: string }>(`${inWorkspace(ws)}/sources/${id}/run`, {})).data.id;
}
export async function deleteSource(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/sources/${id}`);
}
export async function cancelFind(ws: string, id: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/finds/${id}/cancel`, {});
}
export async function undoFound(ws: string, importId: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/imports/${importId}/undo`, {});
}

interface NewColumn {
  name: string;
  type: ColumnType;
}
export async function makeTable(ws: string, name: string, columns: NewColumn[]): Promise<Table> {
  return (await api.post<Table>(`${inWorkspace(ws)}/tables`, { name, columns })).data;
}
export async function makeColumn(ws: string, table: string, column: NewColumn): Promise<Column> {
  return (await api.post<Column>(`${inWorkspace(ws)}/tables/${table}/columns`, column)).data;
}
