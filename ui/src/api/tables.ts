import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api } from './client';
import type { Table, TableSummary } from './types';
import { inWorkspace } from './use-workspace';

export const tablesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['tables', ws],
    queryFn: async () => (await api.list<TableSummary>(`${inWorkspace(ws)}/tables`)).filter((t) => !t.trashed_at),
  });
export const tableQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['table', ws, id],
    queryFn: async () => (await api.get<Table>(`${inWorkspace(ws)}/tables/${id}`)).data,
    staleTime: 60_000,
    refetchInterval: (query) => (query.state.data?.recompute ? RECOMPUTE_MS : false),
  });
/** Between looks at how far formula and lookup columns are computed. */
const RECOMPUTE_MS = 1000;

export function tablesChanged(client: QueryClient, ws: string): Promise<void> {
  void client.invalidateQueries({ queryKey: ['trash', ws] });
  return client.invalidateQueries({ queryKey: ['tables', ws] });
}
