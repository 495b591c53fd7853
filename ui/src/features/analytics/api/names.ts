import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Member, Table, TableSummary } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const minutes = 60_000;

export const tableNamesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['analytics-names', ws, 'tables'],
    queryFn: async () =>
      new Map((await api.list<TableSummary>(`${inWorkspace(ws)}/tables`)).map((t) => [t.id, t.name])),
    staleTime: minutes,
  });
export const columnsQuery = (ws: string, table: string) =>
  queryOptions({
    queryKey: ['analytics-names', ws, 'columns', table],
    queryFn: async () => {
      const { data } = await api.get<Table>(`${inWorkspace(ws)}/tables/${encodeURIComponent(table)}`);
      return new Map(data.columns.map((c) => [c.id, c.name]));
    },
    staleTime: minutes,
    retry: false,
  });
export const membersQuery = (ws: string) =>
  queryOptions({
    queryKey: ['analytics-names', ws, 'members'],
    queryFn: async () =>
      new Map((await api.list<Member>(`${inWorkspace(ws)}/members`)).map((m) => [m.user_id, m.name])),
    staleTime: minutes,
    retry: false,
  });
