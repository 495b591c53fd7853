import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { ColumnType, DuplicatedTable, OptionDraft, Table } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

export const trashQuery = (ws: string) =>
  queryOptions({
    queryKey: ['trash', ws],
    queryFn: async () => (await api.get<unknown>(`${inWorkspace(ws)}/trash`)).data,
  });

export interface NewTable {
  name: string;
  columns: { name: string; type: ColumnType; options?: OptionDraft[] }[];
}
export async function createTable(ws: string, table: NewTable): Promise<Table> {
  return (await api.post<Table>(`${inWorkspace(ws)}/tables`, table)).data;
}
export interface TableDetails {
  name: string;
  description?: string;
  owner_id?: string;
}
export async function changeTable(ws: string, id: string, change: Partial<TableDetails>): Promise<void> {
  await api.put(`${inWorkspace(ws)}/tables/${id}`, change);
}
/** The new table, and the import that brings its rows. */
export async function duplicateTable(ws: string, id: string, name: string, rows: boolean): Promise<DuplicatedTable> {
  return (await api.post<DuplicatedTable>(`${inWorkspace(ws)}/tables/${id}/duplicate`, { name, rows })).data;
}
export async function trashTable(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/tables/${id}`);
}
export async function restoreTable(ws: string, id: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/tables/${id}/restore`);
}
